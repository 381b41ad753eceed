# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role etcd refuses before it touches a host; the lab has none of these."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


def preflight(directory: Path, members: dict[str, str], **variables: Any) -> tuple[bool, str]:
    """Whether infra1 passes, and what was printed."""
    role = {"name": "openstack_ha.masakari.etcd", "tasks_from": "preflight"}
    play = {"hosts": "infra1", "connection": "local", "gather_facts": False,
            "tasks": [{"ansible.builtin.import_role": role}]}
    (directory / "play.yml").write_text(json.dumps([play]))
    ours, other = directory / "masakari", directory / "default"
    given = {
        "etcd_members": members, "__etcd_data": str(ours), "__etcd_data_of_debian": str(other),
        "ansible_python_interpreter": sys.executable,
    }
    done = subprocess.run(
        ["ansible-playbook", "-i", "infra1,", "-e", json.dumps(given | variables), str(directory / "play.yml")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        },
    )
    return done.returncode == 0, " ".join(done.stdout.split())


def test_a_new_member(tmp_path: Path) -> None:
    assert preflight(tmp_path, {"infra1": "172.29.236.11"})[0]


def test_a_host_that_is_no_member(tmp_path: Path) -> None:
    fine, said = preflight(tmp_path, {"infra2": "172.29.236.12"})
    assert not fine and "infra1 is not in etcd_members (infra2). Add it with its address." in said


@pytest.mark.parametrize("address", ["", "infra1", "172.29.236.1111"])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    fine, said = preflight(tmp_path, {"infra1": address})
    assert not fine and f"infra1 has address '{address}' in etcd_members, where etcd cannot listen." in said


@pytest.mark.parametrize(("found", "fine"), [
    (["default"], False), (["default", "masakari"], True), (["masakari"], True),
])
def test_an_etcd_of_another_purpose_is_left_alone(tmp_path: Path, found: list[str], fine: bool) -> None:
    for name in found:
        (tmp_path / name / "member").mkdir(parents=True)
    passed, said = preflight(tmp_path, {"infra1": "172.29.236.11"})
    assert passed is fine
    assert (f"infra1 already has an etcd with data in {tmp_path}/default, which is left alone." in said) is not fine
