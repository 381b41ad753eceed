# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is taken out and put back; whatever happens to it meanwhile, nobody is fenced and nothing is recovered."""

from __future__ import annotations

import time

import pytest
from cluster import cut_power, is_running, is_up, node, podman, successes
from drills import compute_services, notifications, play, put_right, segment_hosts
from lab import connect, wait_until

HOST = "compute2"


@pytest.fixture
def out():
    """The host out for maintenance; in the end it is back, and was never fenced."""
    put_right()
    fenced, start = successes(HOST), time.time()
    foreseen = play("maintenance", "--check", maintenance_host=HOST)
    assert foreseen.changed == {"infra1"}
    assert compute_services()[HOST][0] == "enabled"
    play("maintenance", maintenance_host=HOST)
    assert compute_services()[HOST][0] == "disabled"
    assert segment_hosts()[HOST] == (False, True)
    assert node(HOST)["maintenance"] == "true"
    assert play("maintenance", maintenance_host=HOST).changed == set()
    yield
    foreseen = play("maintenance", "--check", maintenance_host=HOST, maintenance_state="absent")
    assert foreseen.changed == {"infra1"}
    play("maintenance", maintenance_host=HOST, maintenance_state="absent")
    assert is_up(HOST)
    assert node(HOST)["maintenance"] == "false"
    assert segment_hosts()[HOST] == (False, False)
    wait_until(lambda: compute_services()[HOST] == ("enabled", "up"), 60, "Nova uses it again")
    time.sleep(45)  # longer than the cluster takes to fence a silent host
    assert is_up(HOST)
    assert successes(HOST) == fenced
    assert notifications(start) == []
    assert play("maintenance", maintenance_host=HOST, maintenance_state="absent").changed == set()


@pytest.mark.usefixtures("out")
def test_nothing_happens():
    pass


@pytest.mark.usefixtures("out")
def test_the_daemon_is_killed():
    connect(HOST).run("systemctl kill --signal=KILL pacemaker_remote")
    time.sleep(30)


@pytest.mark.usefixtures("out")
def test_the_host_is_restarted():
    cut_power(HOST)
    time.sleep(30)
    podman("start", HOST)
    time.sleep(30)


@pytest.mark.usefixtures("out")
def test_the_host_stays_off():
    """It is put back by being powered on."""
    cut_power(HOST)
    time.sleep(30)
    assert not is_running(HOST)


def test_guests_are_left_unprotected_and_come_to_no_harm(boot):
    vm1 = boot("vm1", "compute1")
    run = play("maintenance", maintenance_host="compute1", maintenance_guests="leave")
    words = " ".join(run.output.split())
    assert "note: nobody brings back the guests on compute1 until its maintenance ends: vm1" in words
    assert vm1.beats()
    play("maintenance", maintenance_host="compute1", maintenance_state="absent")
    assert (vm1.host, vm1.status) == ("compute1", "ACTIVE")
    assert vm1.beats()
