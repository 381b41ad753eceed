# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine check names what is missing and the cure, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest


@pytest.fixture
def good(machine):
    return machine.Machine(
        is_root=True,
        architecture="x86_64",
        missing_tools=(),
        podman_version=(4, 3, 1),
        cgroup="hybrid",
        runtimes=frozenset({"runc"}),
        filesystem="ext2/ext3",
        free_memory=20.0,
        free_disk=60.0,
        has_default_route=True,
    )


@pytest.mark.parametrize(
    "difference",
    [
        {},
        {"cgroup": "v2", "runtimes": frozenset({"crun"})},
        {"podman_version": (5, 0, 0)},
        {"free_memory": 6.0, "free_disk": 15.0},
        {"free_disk": 5.0, "has_images": True},
        {"free_memory": 1.0, "is_running": True},
    ],
    ids=["hybrid", "v2", "newer podman", "just enough", "images are there", "already running"],
)
def test_nothing_to_say(machine, good, difference):
    assert machine.problems(replace(good, **difference)) == []


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ({"is_root": False}, ["not root", "as root"]),
        ({"architecture": "aarch64"}, ["aarch64", "x86_64 machine"]),
        ({"missing_tools": ("podman", "ip"), "podman_version": ()}, ["podman, ip", "apt-get install podman iproute2"]),
        ({"podman_version": (3, 0, 1)}, ["3.0.1", "4.3", "Debian 12"]),
        ({"runtimes": frozenset({"crun"})}, ["hybrid", "apt-get install runc"]),
        ({"cgroup": "v2"}, ["v2", "apt-get install crun"]),
        ({"cgroup": "none"}, ["/sys/fs/cgroup"]),
        ({"filesystem": "overlayfs"}, ["overlayfs", "on a disk or a volume"]),
        ({"has_default_route": False}, ["default route"]),
        ({"free_memory": 5.94}, ["5.9 GiB of memory", "needs 6: stop something"]),
        ({"free_disk": 14.9}, ["14.9 GiB of disk", "needs 15"]),
        ({"free_disk": 3.0, "has_images": True}, ["3.0 GiB of disk", "needs 4"]),
    ],
)
def test_one_sentence_names_the_problem_and_the_cure(machine, good, difference, said):
    (sentence,) = machine.problems(replace(good, **difference))
    for words in said:
        assert words in sentence


def test_every_problem_is_named_at_once(machine, good):
    assert len(machine.problems(replace(good, is_root=False, free_memory=1.0, free_disk=1.0))) == 3


def test_main_prints_the_sentences_and_fails(machine, good, monkeypatch, capsys):
    monkeypatch.setattr(machine, "this_machine", lambda: replace(good, is_root=False))
    assert machine.main() == 1
    assert "Run the command as root." in capsys.readouterr().err


def test_facts_of_this_machine_are_found(machine):
    facts = machine.this_machine()
    assert facts.cgroup in {"v2", "hybrid", "none"}
    assert facts.free_memory > 0
    assert facts.free_disk > 0
