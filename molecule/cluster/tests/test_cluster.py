# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that stands, and what a run of the playbook does to it."""

from __future__ import annotations

import pytest
from cluster import MEMBERS, REMOTES, maas, monitor, on_member
from lab import ansible_playbook, connect

SECRETS = ("lab-only-maas-secret", "lab-token")


def test_members_and_remotes_are_online():
    nodes = {node.get("name"): (node.get("type"), node.get("online"), node.get("unclean"))
             for node in monitor().findall(".//nodes/node")}
    assert nodes == {**dict.fromkeys(MEMBERS, ("member", "true", "false")),
                     **dict.fromkeys(REMOTES, ("remote", "true", "false"))}


def test_the_fencing_device_runs():
    device = monitor().find(".//resource[@id='fence-maas']")
    assert (device.get("role"), device.get("failed")) == ("Started", "false")


def test_the_configuration_is_valid():
    assert on_member("crm_verify -LV 2>&1") == ""


@pytest.mark.parametrize("host", [*MEMBERS, *REMOTES])
def test_keys_are_for_their_owners_alone(host):
    key = connect(host).file("/etc/pacemaker/authkey")
    assert (key.user, key.group, key.mode) == ("root", "haclient", 0o640)
    assert key.sha256sum == connect("infra1").file("/etc/pacemaker/authkey").sha256sum


@pytest.mark.parametrize("host", MEMBERS)
def test_secrets_of_members(host):
    for path, mode in (("/etc/corosync/authkey", 0o400), ("/etc/pacemaker/fence_maas.key", 0o600)):
        key = connect(host).file(path)
        assert (key.user, key.mode) == ("root", mode)
    for place in ("crm configure show", "ps -ef", "journalctl --no-pager", "cat /var/log/pacemaker/pacemaker.log",
                  "cat /var/lib/pacemaker/cib/*.xml"):
        shown = connect(host).run(f"{place} | grep -v grep").stdout
        assert not [secret for secret in SECRETS if secret in shown], place


def test_every_member_can_ask_maas():
    for host in MEMBERS:
        for machine in (*MEMBERS, *REMOTES):
            answer = connect(host).run("fence_maas -o status -u http://172.29.236.1:5240/MAAS -n %s", machine)
            assert (answer.rc, answer.stdout) == (0, "on\n"), answer.stderr


def test_check_mode_tells_the_truth_and_no_secret():
    run = ansible_playbook("cluster", "--check", "--diff", "-vvv")
    assert run.code == 0, run.output[-2000:]
    assert run.changed == set()
    assert not [secret for secret in SECRETS if secret in run.output]


@pytest.mark.parametrize("fault, words", [
    ({"locked": True}, "compute2: the machine is locked in MAAS: unlock it"),
    ({"power_type": "manual"}, "compute2: its power type in MAAS is manual"),
])
def test_preflight_stops_before_anything_is_changed(fault, words):
    maas("machines/compute2", "PUT", fault)
    try:
        run = ansible_playbook("cluster", "--tags", "never-matches")
    finally:
        maas("faults", "DELETE")
    assert run.code != 0
    assert words in " ".join(run.output.split())


def test_a_node_without_a_device_stops_the_play():
    machines = "{maas_stonith_machines: {infra1: infra1, infra2: infra2, infra3: infra3, compute1: compute1}}"
    run = ansible_playbook("cluster", "--limit", "infra1", "--extra-vars", machines)
    assert run.code != 0
    assert "compute2, compute3: no fencing device covers it" in " ".join(run.output.split())
