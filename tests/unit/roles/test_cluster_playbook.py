# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who stands in for a first member that is down, whose address is missing, and what OpenStack-Ansible's tag runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PLAYBOOK = ROOT / "playbooks/cluster.yml"
PLAYS = {play["name"]: play for play in yaml.safe_load(PLAYBOOK.read_text())}
MEMBER = yaml.safe_load((ROOT / "roles/pacemaker_remote/defaults/main.yml").read_text())["pacemaker_remote_member"]


def ansible_playbook(directory: Path, playbook: Path, *arguments: str, **hosts: dict[str, Any]) -> tuple[int, str]:
    """Hosts are those given, by their names of infra or compute; and infra1..3 and compute1..2 with an address."""
    given = {name: {"management_address": f"192.0.2.{number}"} for number, name in enumerate(
        ["infra1", "infra2", "infra3", "compute1", "compute2"], start=1)} | hosts
    groups = {group: {"hosts": {name: values for name, values in given.items() if name.startswith(kind)}}
              for group, kind in (("masakari_api", "infra"), ("masakari_monitor", "compute"))}
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"all": {"children": groups, "vars": {
        "ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}))
    done = subprocess.run(
        ["ansible-playbook", "-i", str(inventory), *arguments, str(playbook)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        },
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def run(directory: Path, *arguments: str, **hosts: dict[str, Any]) -> tuple[int, str]:
    """The first play, who is left in those that one member does, and the member that remote nodes turn to."""
    who = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }} does it"}}
    remote = {"ansible.builtin.debug": {"msg": f"{{{{ inventory_hostname }}}} asks {MEMBER}"}}
    alone = [{**PLAYS[name], "tasks": [PLAYS[name]["tasks"][0], who]}
             for name in ("Check the fencing before anything is changed", "Configure the cluster")]
    plays = [PLAYS["Check the addresses of the cluster"], *alone,
             {"hosts": "masakari_monitor", "gather_facts": False, "tasks": [remote]}]
    (directory / "play.yml").write_text(json.dumps(plays))
    return ansible_playbook(directory, directory / "play.yml", *arguments, **hosts)


@pytest.mark.parametrize(("limit", "does", "asks"), [
    ("all", ["infra1"] * 2, {"infra1"}),
    ("!infra1", ["infra2"] * 2, {"infra2"}),
    ("!infra2", ["infra1"] * 2, {"infra1"}),
    ("compute1", [], {"infra1"}),
])
def test_the_first_member_of_the_run(tmp_path: Path, limit: str, does: list[str], asks: set[str]) -> None:
    code, said = run(tmp_path, "--limit", limit)
    assert code == 0, said
    assert re.findall(r"msg: (\w+) does it", said) == does
    assert set(re.findall(r"msg: compute\d asks (\w+)", said)) == asks
    assert "WARNING" not in said and "changed=1" not in said


def test_a_host_without_an_address(tmp_path: Path) -> None:
    code, said = run(tmp_path, infra3={}, compute2={"management_address": ""})
    assert code != 0
    assert "infra3, compute2: no management_address, at which the hosts of the cluster reach each other. Set it" in said
    assert "does it" not in said


def test_addresses_of_another_variable(tmp_path: Path) -> None:
    given = {"pacemaker_cluster_members": {"infra1": ["192.0.2.1"]}, "pacemaker_cluster_remotes": {}}
    code, said = run(tmp_path, "-e", json.dumps(given), infra3={}, compute2={})
    assert code == 0, said


def test_the_tag_of_openstack_ansible(tmp_path: Path) -> None:
    code, said = ansible_playbook(tmp_path, PLAYBOOK, "--list-tasks", "--tags", "pacemaker-corosync",
                                  "-e", "maas_stonith_url=http://maas.example.org/MAAS")
    assert code == 0, said
    for task in ("Start Corosync and Pacemaker", "Install the agent", "Start the daemon", "Configure the cluster"):
        assert f" : {task} TAGS:" in said
    assert "Install HAProxy" not in said
