# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other methods and ways to die; after each the host is recovered."""

from __future__ import annotations

import time

import pytest
from cluster import is_running, is_up, node_fenced, podman
from drills import compute_services, declare, is_as_declared, notifications, recover, segment_hosts
from lab import cloud, connect, openstack, wait_until

OUT = (False, True)
IN = (False, False)
RESERVED = (True, False)


def test_power_cut_with_auto(boot, drill):
    """Every guest moves, with HA_Enabled or without; Pacemaker's fence comes first."""
    declare("auto")
    guests = [boot("drill-1", "compute1"), boot("drill-2", "compute1", ha_enabled=False)]
    report = drill("power_cut", "compute1").passed()
    times = report["durations"]
    print(times)
    assert times["fenced"] < times["gate"] < times["heartbeat"] <= 60
    assert {row["to"] for row in report["guests"]} <= {"compute2", "compute3"}
    assert {row["status"] for row in report["guests"]} == {"ACTIVE"}
    assert segment_hosts() == {"compute1": (False, True), "compute2": (False, False), "compute3": (False, False)}
    assert compute_services()["compute1"] == ("disabled", "down")
    for guest in guests:
        guest.delete()
    recover("compute1")
    assert segment_hosts()["compute1"] == (False, False)
    assert compute_services()["compute1"] == ("enabled", "up")


def test_services_killed_with_reserved_host_and_main_job_finds_nothing_to_do_after_recovery(boot, drill):
    """The seed's way of killing, and its tables: the reserve is enabled and no longer reserved, the host is out."""
    guest = boot("drill-1", "compute1")
    report = drill("services_killed", "compute1").passed()
    assert [row["to"] for row in report["guests"]] == ["compute3"]
    assert segment_hosts() == {"compute1": (False, True), "compute2": (False, False), "compute3": (False, False)}
    assert compute_services() == {"compute1": ("disabled", "down"), "compute2": ("enabled", "up"),
                                  "compute3": ("enabled", "up")}
    guest.delete()
    recover("compute1")
    assert segment_hosts() == {"compute1": (False, False), "compute2": (False, False), "compute3": (True, False)}
    is_as_declared()


def test_link_cut_with_reserved_host(boot, drill):
    """The host lives on without its network, and its guest writes until it is fenced."""
    guest = boot("drill-1", "compute1")
    report = drill("link_cut", "compute1").passed()
    print(report["durations"])
    assert [row["to"] for row in report["guests"]] == ["compute3"]
    assert segment_hosts() == {"compute1": OUT, "compute2": IN, "compute3": IN}
    assert compute_services()["compute3"] == ("enabled", "up")
    guest.delete()
    recover("compute1")


def test_rh_priority_with_an_unfit_reserve(boot, drill):
    """The reserve is on maintenance, so that the guest goes where Nova finds room."""
    declare("rh_priority", ["compute3"])
    cloud("openstack segment host update --on_maintenance True S1 compute3")
    guest = boot("drill-1", "compute1")
    report = drill("power_cut", "compute1").passed()
    assert [row["to"] for row in report["guests"]] == ["compute2"]
    assert segment_hosts() == {"compute1": OUT, "compute2": IN, "compute3": (True, True)}
    assert compute_services()["compute3"][0] == "disabled"
    guest.delete()
    recover("compute1")


def test_rh_priority_with_a_fit_reserve(boot, drill):
    declare("rh_priority", ["compute3"])
    boot("drill-1", "compute1")
    report = drill("services_killed", "compute1").passed()
    assert [row["to"] for row in report["guests"]] == ["compute3"]
    assert segment_hosts() == {"compute1": OUT, "compute2": IN, "compute3": IN}


def test_auto_priority(boot, drill):
    declare("auto_priority", ["compute3"])
    boot("drill-1", "compute1")
    report = drill("services_killed", "compute1").passed()
    assert [row["to"] for row in report["guests"]] == ["compute2"]
    assert segment_hosts() == {"compute1": OUT, "compute2": IN, "compute3": RESERVED}


def test_auto_priority_when_auto_is_impossible(boot, drill):
    """Nova has no host left that takes guests, so that the reserve is enabled."""
    declare("auto_priority", ["compute3"])
    cloud("openstack compute service set --disable compute2 nova-compute")
    guest = boot("drill-1", "compute1")
    report = drill("power_cut", "compute1").passed()
    assert [row["to"] for row in report["guests"]] == ["compute3"]
    assert segment_hosts() == {"compute1": OUT, "compute2": IN, "compute3": IN}
    assert compute_services()["compute3"] == ("enabled", "up")
    assert guest.beats()


def test_guest_without_ha_enabled_is_left_alone(boot):
    guest, start = boot("drill-1", "compute1", ha_enabled=False), time.time()
    assert connect("compute1").run(f"pkill --signal KILL --full -- '[-]uuid {guest.uuid}'").succeeded
    wait_until(lambda: notifications(start, "VM"), 30, "Masakari is told")
    wait_until(lambda: guest.status == "SHUTOFF", 60, "Nova sees that it is off")
    time.sleep(20)
    assert guest.status == "SHUTOFF"
    assert not guest.beats()
    # Nova notes by itself that the guest has stopped; Masakari would start, reboot or evacuate it.
    assert {row["Action"] for row in openstack(f"server event list {guest.uuid}")} <= {"create", "stop"}


@pytest.mark.parametrize("process", ["libvirtd", "nova-compute"])
def test_process_killed(boot, drill, process):
    """processmonitor restarts it, as in the seed; the guest lives on and does not notice."""
    guest = boot("drill-1", "compute1")
    before = connect("compute1").check_output("systemctl show --property=MainPID %s", process)
    running = guest.disk.head()
    report = drill("process_killed", "compute1", failover_drill_process=process).passed()
    assert report["durations"]["running"] <= 10
    assert connect("compute1").check_output("systemctl show --property=MainPID %s", process) != before
    assert guest.beats()
    assert guest.disk.head().boot == running.boot
    wait_until(lambda: compute_services()["compute1"] == ("enabled", "up"), 30, "Nova has it again")


def test_all_monitors_report_one_failure_and_it_is_recovered_once(boot, drill):
    boot("drill-1", "compute1")
    start = time.time()
    report = drill("power_cut", "compute1").passed()
    said = (f"journalctl --no-pager --output cat --unit masakari-hostmonitor --since @{int(start)} "
            "| grep --quiet \"Send a notification.*'hostname': 'compute1'\"")
    reporters = [host for host in ("compute2", "compute3") if connect(host).run(said).succeeded]
    assert reporters == ["compute2", "compute3"]
    assert len(notifications(start)) == 1
    began = [event for event in report["timeline"] if (event["phase"], event["source"]) == ("evacuation", "Nova")]
    assert len(began) == 1


def test_fenced_host_that_is_switched_on_by_hand_stays_out(boot, drill):
    guest = boot("drill-1", "compute1")
    drill("power_cut", "compute1").passed()
    podman("start", "compute1")
    for _ in range(6):
        time.sleep(10)
        assert is_running("compute1")
        assert not is_up("compute1")
        assert node_fenced("compute1") != "0"
        assert compute_services()["compute1"][0] == "disabled"
        assert segment_hosts()["compute1"] == OUT
    assert (guest.host, guest.beats()) == ("compute3", True)
    guest.delete()
    recover("compute1")
