# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member leaves and comes again; a second fencing device stands in for the first. Nobody is fenced by mistake."""

from __future__ import annotations

import json
import shutil
import time

import pytest
import yaml
from cluster import CA, all_fencings, cut_power, fenced_after, is_up, maas, monitor, on_member, started_on, successes
from lab import INVENTORY, ansible_playbook, connect, wait_until

MEMBER = "infra3"


def members() -> set[str]:
    return {node.get("name") for node in monitor().findall(".//nodes/node[@type='member']")}


def run_cluster(*arguments: str) -> None:
    run = ansible_playbook("cluster", *arguments)
    assert run.code == 0, run.output[-3000:]


@pytest.fixture
def without_member(tmp_path):
    """The inventory as its operator leaves it when the host goes."""
    inventory = shutil.copytree(INVENTORY, tmp_path / "inventory")
    file = inventory / "openstack_user_config.yml"
    declared = yaml.safe_load(file.read_text())
    for hosts in ("infrastructure_hosts", "masakari-infra_hosts"):
        declared[hosts].pop(MEMBER, None)
    file.write_text(yaml.safe_dump(declared))
    return ["--inventory", str(inventory), "--extra-vars", json.dumps({"masakari_pki_directory": str(CA.parent)})]


def test_a_member_goes_and_comes_again(without_member):
    fenced = all_fencings()
    keys = ["/etc/corosync/authkey", "/etc/pacemaker/authkey"]
    former = {key: connect("infra1").file(key).sha256sum for key in keys}
    remove = [*without_member, "--extra-vars", "pacemaker_cluster_remove_members=true"]
    run = ansible_playbook("cluster", *remove)
    assert run.code != 0 and run.changed == set()
    refusal = f"{MEMBER} is not in pacemaker_cluster_members (infra1, infra2), but runs in"
    assert refusal in " ".join(run.output.split()), run.output[-3000:]

    connect(MEMBER).check_output("systemctl stop pacemaker corosync")
    run_cluster(*without_member)  # nobody has said that it may be removed
    assert MEMBER in members() and f"name: {MEMBER}\n" in on_member("cat /etc/corosync/corosync.conf", "infra1")

    run_cluster(*remove)
    assert members() == {"infra1", "infra2"}
    assert started_on("haproxy") == {"infra1", "infra2"}
    assert on_member("corosync-quorumtool -s || true").count("Quorate:          Yes") == 1
    again = ansible_playbook("cluster", *remove)
    assert (again.code, again.changed) == (0, set()), again.output[-3000:]

    # As if they had been installed anew, the first one as well: the key comes from where the cluster lives.
    for name in ("infra1", MEMBER):
        connect(name).check_output(f"rm {' '.join(keys)}")
    numbers = on_member("corosync-cmapctl -g nodelist.node.1.nodeid", "infra2")
    run_cluster()
    for name in ("infra1", "infra2", MEMBER):
        assert {key: connect(name).file(key).sha256sum for key in keys} == former
    assert on_member("corosync-cmapctl -g nodelist.node.1.nodeid", "infra2") == numbers
    wait_until(lambda: is_up(MEMBER), 60, f"{MEMBER} is a member again")
    assert members() == {"infra1", "infra2", MEMBER}
    wait_until(lambda: len(started_on("haproxy")) == 3, 60, "HAProxy runs on it")
    assert all_fencings() == fenced


@pytest.fixture
def two_levels():
    """A device that is tried first and reaches nothing, before the one of MAAS."""
    first = {"id": "fence-first", "agent": "stonith:fence_maas", "nodes": {"compute1": "compute1"}, "attributes": {
        "url": "http://172.29.236.1:5241/MAAS", "key_file": "/etc/pacemaker/fence_maas.key", "plugs": "compute1",
        "power_timeout": 20}}
    levels = [{"node": "compute1", "index": 1, "devices": ["fence-first"]},
              {"node": "compute1", "index": 2, "devices": ["fence-maas"]}]
    run_cluster("--extra-vars", json.dumps({
        "pacemaker_cluster_devices": ["{{ maas_stonith_device }}", first], "pacemaker_cluster_fencing_levels": levels}))
    yield
    run_cluster()
    assert "fence-first" not in on_member("cibadmin --query --scope=configuration")


@pytest.mark.usefixtures("two_levels")
@pytest.mark.parametrize("host", ["compute1"], indirect=True)
def test_the_second_level_fences_what_the_first_cannot(host):
    assert on_member("cibadmin --query --scope=fencing-topology").count("<fencing-level ") == 2
    before, start = successes(host), time.monotonic()
    cut_power(host)
    fenced_after(host, "power cut, the first device out of reach", before, start, 150)
    assert maas("log")[-1]["machine"] == host
