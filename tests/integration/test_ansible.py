# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as people run them: the examples of their documentation, pasted into a playbook, by ansible-playbook."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from cloud import PASSWORD, Cloud

ROOT = Path(__file__).resolve().parents[2]
MODULES = "ansible_collections.openstack_ha.masakari.plugins.modules"
RESERVED_HOST = {
    "name": "S1", "recovery_method": "reserved_host", "description": "row 1", "is_enabled": True, "purge_hosts": True,
    "hosts": [{"name": "compute1"}, {"name": "compute2", "reserved": True}],
}


def play(tasks: list[dict[str, Any]], **keywords: Any) -> dict[str, Any]:
    return {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks, **keywords}


def ansible(cloud: Cloud, plays: list[dict[str, Any]], *options: str, succeeds: bool = True) -> str:
    """Run the plays and return what ansible-playbook printed; nothing but a task or its defaults names the cloud."""
    environment = {name: value for name, value in cloud.environment.items() if name != "OS_CLOUD"}
    playbook = cloud.dir / "playbook.yml"
    playbook.write_text(json.dumps(plays))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-e",
         f"ansible_python_interpreter={sys.executable}", *options, playbook],
        env={**environment, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "HOME": str(cloud.dir)},
        capture_output=True, text=True, check=False, cwd=ROOT,
    )
    assert (done.returncode == 0) is succeeds, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout


def changed(output: str) -> int:
    match = re.search(r"changed=(\d+)", output)
    assert match, output
    return int(match[1])


def test_check_and_diff_mode_and_module_defaults(cloud: Cloud) -> None:
    tasks: list[dict[str, Any]] = [
        {"openstack_ha.masakari.segment": RESERVED_HOST},
        {"openstack_ha.masakari.compute_service": {"host": "compute2", "state": "disabled"}},
    ]
    plays = [play(tasks, module_defaults={"group/openstack_ha.masakari.masakari": {"cloud": "default"}})]

    output = ansible(cloud, plays, "--check", "--diff", "-vvv")
    assert changed(output) == 2
    assert cloud.segments() == {} and cloud.nova.services["compute2"]["status"] == "enabled"
    for line in ("+    name: S1", "+    recovery_method: reserved_host", "+        name: compute2",
                 "-    status: enabled", "+    status: disabled"):
        assert line in output.splitlines(), output

    assert changed(ansible(cloud, plays, "--diff")) == 2
    assert cloud.segments() == {"S1": {"compute1": "", "compute2": "reserved"}}
    assert cloud.nova.services["compute2"]["status"] == "disabled"

    before = len(cloud.requests())
    assert changed(ansible(cloud, plays, "--check", "--diff")) == 0
    assert len(cloud.requests()) - before == 2
    assert changed(ansible(cloud, plays)) == 0


def test_no_secret_in_the_output_of_a_failure(cloud: Cloud) -> None:
    for options in ({"cloud": "wrong_password"}, {"auth": {**cloud.auth, "username": "nobody"}, "cloud": None},
                    {"cloud": {"auth": {**cloud.auth, "username": "nobody"}, "region_name": "RegionOne"}}):
        task = {"openstack_ha.masakari.segment": {**RESERVED_HOST, **options}}
        output = ansible(cloud, [play([task])], "-vvv", succeeds=False)
        assert "Keystone refuses the credentials (401)" in output


def examples(module: str) -> list[dict[str, Any]]:
    return yaml.safe_load(importlib.import_module(f"{MODULES}.{module}").EXAMPLES)


def test_examples_of_the_documentation(cloud: Cloud) -> None:
    """In an order in which one finds what another one left."""
    segments = examples("segment")
    plays = [
        play(segments[:2] + examples("segment_info")),
        play(examples("segment_host")[:-2] + examples("segment_host_info") + examples("segment_host")[-2:]),
        play(examples("compute_service")),
        play(segments[2:]),
    ]
    output = ansible(cloud, plays)
    assert "failed=0" in output
    assert cloud.segments() == {"S1": {"compute1": "", "compute3": "reserved"}}
    assert cloud.nova.services["compute3"]["disabled_reason"] == "reserved for failover"

    cloud.connect().instance_ha.create_notification(
        type="COMPUTE_HOST", hostname="compute1", generated_time="2026-11-21T01:00:00", payload={"event": "STOPPED"},
    )
    output = ansible(cloud, [play(examples("notification_info") + examples("vmove_info"))])
    assert "failed=0" in output
