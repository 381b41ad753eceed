# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a process of this host still is the engine that it was."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from masakari_fence_gate.owner import Owner, runs_here, this_process

OWNER = Owner("infra1", "boot-a", 4711, "1000", "2026-11-21T12:00:00")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A kernel that says of process 4711: (masakari) engine) S, started 1000 ticks after boot-a."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot-a\n")
    (tmp_path / "4711").mkdir()
    (tmp_path / "4711/stat").write_text(f"4711 (masakari) engine) S {' '.join(['1'] * 18)} 1000 5 6 7\n")
    return tmp_path


@pytest.mark.parametrize("owner, runs", [
    (OWNER, True),
    (replace(OWNER, pid=4712), False),
    (replace(OWNER, started="999"), False),  # its number was given to another one
    (replace(OWNER, boot="boot-b"), False),
    (replace(OWNER, taken="another time"), True),
])
def test_runs_here(proc: Path, owner: Owner, runs: bool) -> None:
    assert runs_here(owner, proc) is runs


def test_this_process_runs() -> None:
    assert runs_here(this_process("infra1", OWNER.taken))


def test_process_ends() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        stat = Path(f"/proc/{process.pid}/stat").read_text()
        owner = replace(this_process("infra1", ""), pid=process.pid, started=stat.split()[21])
        assert runs_here(owner)
        process.kill()
        process.wait()
        assert not runs_here(owner)
