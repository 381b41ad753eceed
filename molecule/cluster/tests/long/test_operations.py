# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators do to a cluster that lives."""

from __future__ import annotations

import pytest
from cluster import all_fencings, daemons, is_running, node, node_fenced
from lab import ansible_playbook, connect


def test_another_key_restarts_the_daemon_under_maintenance():
    fenced, before = all_fencings(), daemons()
    connect("compute1").run("echo other >> /etc/pacemaker/authkey")
    run = ansible_playbook("cluster", "--limit", "compute1")
    assert run.code == 0, run.output[-2000:]
    assert run.changed == {"compute1"}
    assert all_fencings() == fenced
    assert node("compute1")["maintenance"] == "false"
    assert {host for host, process in daemons().items() if process != before[host]} == {"compute1"}


def test_fencing_proof():
    run = ansible_playbook("fencing_proof", "--extra-vars", "fencing_proof_host=compute2")
    assert run.code == 0, run.output[-2000:]
    assert "compute2 was fenced by infra" in " ".join(run.output.split())
    assert is_running("compute2")
    assert (node("compute2")["online"], node_fenced("compute2")) == ("true", "0")


@pytest.mark.parametrize("host, words", [
    ("compute9", "fencing_proof_host compute9 is not in the group masakari_monitor"),
    ("infra1", "fencing_proof_host infra1 is not in the group masakari_monitor"),
])
def test_fencing_proof_of_a_host_that_is_not_watched(host, words):
    run = ansible_playbook("fencing_proof", "--extra-vars", f"fencing_proof_host={host}")
    assert run.code != 0
    assert words in " ".join(run.output.split())
