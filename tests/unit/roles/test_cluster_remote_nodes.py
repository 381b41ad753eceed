# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role pacemaker_cluster does about remote nodes that come and go, with commands that pretend a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Its history goes with the second look, and it is remembered until it was forgotten twice.
CLUSTER = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLED"
count() { grep --count "^$1" "$CALLED"; }
case "$(basename "$0") $*" in
  "cibadmin --query") cat "$CIB" ;;
  cibadmin*lrm_resource"[@id"*)
    [ "$(count crm_node)" -lt 2 ] || exit 105
    [ "$(count cibadmin)" -gt 1 ] && operation=stop || operation=start
    echo '<lrm_resource id="compute4" provider="pacemaker" type="remote">'
    echo "<lrm_rsc_op id='compute4_last_0' operation='$operation' rc-code='0'/></lrm_resource>" ;;
  cibadmin*) [ "$(count crm_node)" -lt 2 ] || exit 105 ;;
  crm_mon*) echo '<nodes><node name="infra1"/></nodes>' ;;
esac
"""
VARIABLES: dict[str, Any] = {
    "ansible_python_interpreter": sys.executable,
    "pacemaker_cluster_members": {"infra1": ["127.0.0.1"]},
    "pacemaker_cluster_remotes": {"compute1": "127.0.0.1"},
    "pacemaker_cluster_devices": [
        {"id": "fence", "agent": "stonith:fence_x", "nodes": {"infra1": "1", "compute1": "2"}}],
}


@pytest.fixture
def role(tmp_path: Path):
    """Run task files of the role; returns the exit code, what was printed, and what the cluster was told."""
    called, cib = tmp_path / "called", tmp_path / "cib.xml"
    cib.write_text("<cib><configuration/></cib>")
    for name in ("cibadmin", "crm_mon", "crm_node", "crm_resource", "stonith_admin"):
        (tmp_path / name).write_text(CLUSTER)
        (tmp_path / name).chmod(0o755)

    def run(tasks_from: str, *arguments: str, **variables: Any) -> tuple[int, str, list[str]]:
        called.write_text("")
        role = {"name": "openstack_ha.masakari.pacemaker_cluster", "tasks_from": tasks_from}
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLED": str(called), "CIB": str(cib)}
        playbook = tmp_path / "play.yml"
        play = {"hosts": "infra1", "connection": "local", "gather_facts": False, "environment": environment}
        playbook.write_text(json.dumps([{**play, "tasks": [{"ansible.builtin.import_role": role}]}]))
        done = subprocess.run(
            ["ansible-playbook", "-i", "infra1,", "-e", json.dumps(VARIABLES | variables), *arguments, str(playbook)],
            cwd=ROOT, env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"},
            capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, " ".join(done.stdout.split()), called.read_text().splitlines()

    return run


def test_a_new_remote_node_must_answer(role) -> None:
    code, said, called = role("configuration")
    assert code != 0
    assert ("compute1 is new to the cluster, and its pacemaker_remote does not answer at 127.0.0.1 port 3121: it would "
            "be powered off for that. The configuration was not changed. Run the playbook without --limit, or start "
            "pacemaker_remote on it") in said
    assert called == ["cibadmin --query"]


def test_a_removed_node_is_forgotten_until_the_cluster_does(role) -> None:
    code, said, called = role("forget", __pacemaker_cluster_node="compute4")
    assert code == 0, said
    commands = [line.split()[0] for line in called if not line.startswith("cibadmin")]
    assert commands == ["crm_resource", "crm_node", "stonith_admin", "crm_mon"] * 2
    assert called[:2] == ["cibadmin --query --xpath //lrm_resource[@id='compute4']"] * 2, "it was connected at first"
    assert "crm_resource --refresh --resource compute4 --node infra1" in called
    assert "crm_node --force --remove compute4" in called


def test_a_device_without_attributes(role) -> None:
    code, said, _ = role("fencing")
    assert code == 0, said


def test_check_mode_tells_it_and_does_nothing(role) -> None:
    code, said, called = role("forget", "--check", __pacemaker_cluster_node="compute4")
    assert (code, called) == (0, []), said
    assert "compute4 would be forgotten." in said
    assert "changed=1" in said


@pytest.mark.parametrize(("variables", "words"), [
    ({"pacemaker_cluster_devices": []}, "compute1, infra1: no fencing device covers it"),
    ({"pacemaker_cluster_fencing_levels": [{"node": "compute1", "index": 1, "devices": ["other"]}]},
     "pacemaker_cluster_fencing_levels: level 1 of compute1 names other, which is not in pacemaker_cluster_devices."),
    ({"pacemaker_cluster_devices": [{"id": "other", "agent": "stonith:fence_x"}]},
     "missing required arguments: nodes found in pacemaker_cluster_devices"),
    ({"pacemaker_cluster_members": {"infra1": ["127.0.0.1"], "compute1": ["127.0.0.1"]}},
     "compute1: both in pacemaker_cluster_members (the group masakari_api) and in pacemaker_cluster_remotes (the group "
     "masakari_monitor)"),
], ids=["no device", "a level", "a device without nodes", "a member that is a remote node"])
def test_a_node_that_nothing_could_fence(role, variables, words) -> None:
    code, said, called = role("fencing", **variables)
    assert code != 0
    assert words in said
    assert called == []
