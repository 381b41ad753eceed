# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's inventory says of the machine that carries it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("play", [
    {"hosts": "localhost", "connection": "local"}, {"hosts": "infra1", "delegate_to": "localhost"},
], ids=["localhost", "delegated"])
def test_ansible_keeps_its_temporary_files_in_the_checkout(tmp_path: Path, play: dict[str, str]) -> None:
    delegation = {key: value for key, value in play.items() if key == "delegate_to"}
    play = {key: value for key, value in play.items() if key != "delegate_to"}
    task = {"ansible.builtin.copy": {"content": "", "dest": f"{tmp_path}/file"}, **delegation,
            "vars": {"ansible_python_interpreter": sys.executable}}
    (tmp_path / "play.yml").write_text(json.dumps([{**play, "gather_facts": False, "tasks": [task]}]))
    done = subprocess.run(
        ["ansible-playbook", "-vvv", "-i", str(ROOT / "inventory/lab"), str(tmp_path / "play.yml")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(ROOT / ".cache/ansible"),
                          "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"), "ANSIBLE_FORCE_COLOR": "0"})
    assert done.returncode == 0, done.stdout
    assert set(re.findall(r'mkdir -p "` echo (\S+) `"', done.stdout)) == {str(ROOT / ".cache/ansible/tmp")}


def test_hosts_of_the_lab_have_their_own() -> None:
    done = subprocess.run(
        ["ansible-inventory", "-i", str(ROOT / "inventory/lab"), "--host", "infra1"], cwd=ROOT, capture_output=True,
        text=True, timeout=60, check=True, env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")})
    assert "ansible_remote_tmp" not in json.loads(done.stdout)
