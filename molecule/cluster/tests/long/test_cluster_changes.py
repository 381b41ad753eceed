# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes in a cluster that lives touches nothing else: no fencing, no restart."""

from __future__ import annotations

import json

import pytest
from cluster import (
    MEMBERS,
    REMOTES,
    all_fencings,
    configuration,
    daemons,
    is_up,
    monitor,
    podman,
)
from lab import INVENTORY, ansible_playbook, wait_until


@pytest.fixture
def fourth_host(tmp_path):
    """A host made like the others that nothing runs on, and the inventory that has it."""
    image = podman("container", "inspect", "--format", "{{.ImageName}}", "infra1")
    networks = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}"
    network = podman("container", "inspect", "--format", networks, "infra1")
    podman("run", "--detach", "--name=compute4", "--hostname=compute4", f"--network={network}", "--ip=172.29.236.24",
           "--systemd=always", "--cap-add=NET_ADMIN,NET_RAW,SYS_NICE,IPC_LOCK,AUDIT_WRITE,SYS_PTRACE", image)
    inventory = tmp_path / "fourth.yml"
    inventory.write_text(json.dumps({"masakari_monitor": {"hosts": {"compute4": {
        "ansible_host": "compute4", "management_address": "172.29.236.24"}}}}))
    yield inventory
    podman("rm", "--force", "--time", "0", "compute4")


def test_a_fourth_host_comes_and_goes(fourth_host):
    configured, running, fenced = configuration(), daemons(), all_fencings()

    run = ansible_playbook("cluster", "--inventory", str(INVENTORY), "--inventory", str(fourth_host))
    assert run.code == 0, run.output[-2000:]
    wait_until(lambda: is_up("compute4"), 30, "the fourth host is online")
    added = [line for line in configuration() if line not in configured]
    assert all("compute4" in line for line in added if "<nvpair" in line or "<primitive" in line), added
    assert run.changed == {"infra1", "compute4"}
    assert (daemons(), all_fencings()) == (running, fenced)

    run = ansible_playbook("cluster")
    assert run.code == 0, run.output[-2000:]
    assert run.changed == {"infra1"}
    left = [line for line in configuration() if line not in configured and "<configuration" not in line]
    assert left == []
    assert {element.get("name") for element in monitor().findall(".//nodes/node")} == {*MEMBERS, *REMOTES}
    assert (daemons(), all_fencings()) == (running, fenced)
