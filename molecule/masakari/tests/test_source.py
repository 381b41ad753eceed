# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari comes from PyPI, pinned, into a virtual environment of its own."""

from __future__ import annotations

import json
import re

import pytest
from lab import CHECKOUT, INFRA, connect

VENV = "/openstack/venvs/masakari-untagged"


def test_versions_are_the_pinned_ones() -> None:
    pins = re.findall(
        r"^([^#=\s]+)==(\S+)$",
        (CHECKOUT / "roles/masakari/files/constraints-2026.2.txt").read_text(),
        re.MULTILINE,
    )
    pinned = {re.sub("[-_.]+", "-", name.lower()): version for name, version in pins}
    for name in INFRA:
        packages = connect(name).check_output(f"{VENV}/bin/pip list --format json --disable-pip-version-check")
        listed = json.loads(packages)
        installed = {re.sub("[-_.]+", "-", p["name"].lower()): p["version"] for p in listed}
        assert installed["masakari"].startswith("22.")
        del installed["pip"]
        assert installed.items() <= pinned.items(), dict(installed.items() - pinned.items())


def test_no_compiler_came_with_it() -> None:
    assert not connect("infra1").exists("gcc")


def test_the_virtual_environment_tells_what_it_was_made_from() -> None:
    stamp = connect("infra1").file(f"{VENV}/made-from")
    assert "masakari~=22.0" in stamp.content_string
    assert "--constraint constraints.txt" in stamp.content_string
    assert (stamp.user, oct(stamp.mode)) == ("root", "0o644")
    assert oct(connect("infra1").file(VENV).mode) == "0o755"


def test_services_run_from_it() -> None:
    processes = connect("infra1").check_output("ps -u masakari -o args=")
    assert f"{VENV}/bin/uwsgi" in processes
    assert f"{VENV}/bin/masakari-engine --config-file /etc/masakari/masakari.conf" in processes


@pytest.mark.parametrize("unit", ["masakari-api", "masakari-engine"])
@pytest.mark.parametrize("name", INFRA)
def test_the_first_run_starts_it_once(name: str, unit: str) -> None:
    """With what is configured, and not as it was before, to be restarted at the end of the play."""
    started = "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf"  # systemd's
    journal = connect(name).check_output(f"journalctl --quiet --output short-unix {started} UNIT={unit}.service")
    first, *others = [float(line.split()[0]) for line in journal.splitlines()]
    assert [start - first for start in others if start - first < 60] == []
