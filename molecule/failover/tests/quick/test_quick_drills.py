# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One drill of each sort, with the promised times. The rest stands in tests/long."""

from __future__ import annotations

import time

from cluster import is_running, maas, node, successes
from drills import compute_services, declare, is_as_declared, recover, report_dead, segment_hosts
from lab import connect, wait_until


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


def test_qemu_killed(boot, drill):
    guest = boot("drill-1", "compute1")
    report = drill("qemu_killed", "compute1", failover_drill_guest=guest.name).passed()
    assert report["durations"]["heartbeat"] <= 15
    assert guest.host == "compute1"


def test_process_killed(boot, drill):
    """libvirtd, as in the seed; the guest lives on and does not notice."""
    guest = boot("drill-1", "compute1")
    before, running = connect("compute1").check_output("systemctl show --property=MainPID libvirtd"), guest.disk.head()
    report = drill("process_killed", "compute1", failover_drill_process="libvirtd").passed()
    assert report["durations"]["running"] <= 10
    assert connect("compute1").check_output("systemctl show --property=MainPID libvirtd") != before
    assert guest.beats()
    assert guest.disk.head().boot == running.boot


def test_maas_unreachable(boot, drill):
    """The host's daemons are dead, its guest writes on: nobody evacuates it, whoever says so. When MAAS is back it goes
    on by itself."""
    guest, before = boot("drill-1", "compute1"), successes("compute1")
    maas("faults", "PUT", {"answers": ["break"] * 10000})
    running = drill("services_killed", "compute1")
    wait_until(lambda: node("compute1")["unclean"] == "true", 120, "the cluster holds it for failed")
    report_dead("compute1")  # hostmonitor would not before the fence
    time.sleep(45)
    assert guest.beats()
    assert (guest.host, guest.status) == ("compute1", "ACTIVE")
    assert is_running("compute1")
    assert successes("compute1") == before
    maas("faults", "DELETE")
    report = running.passed()
    assert report["durations"]["waiting"] < report["durations"]["fenced"] < report["durations"]["gate"]
    assert [row["to"] for row in report["guests"]] == ["compute3"]
