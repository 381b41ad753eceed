# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What make test drills: a host and a guest, with the promised times. The rest stands in tests/long."""

from __future__ import annotations

from drills import compute_services, recover, segment_hosts


def test_power_cut_with_reserved_host(boot, drill):
    """As declared: the reserve is enabled and no longer reserved, the host is out. Pacemaker's fence comes first."""
    guest = boot("drill-1", "compute1")
    report = drill("power_cut", "compute1").passed()
    times = report["durations"]
    print(times)
    assert times["fenced"] < times["gate"] < times["heartbeat"] <= 60
    assert [(row["to"], row["status"]) for row in report["guests"]] == [("compute3", "ACTIVE")]
    assert segment_hosts() == {"compute1": (False, True), "compute2": (False, False), "compute3": (False, False)}
    assert compute_services() == {"compute1": ("disabled", "down"), "compute2": ("enabled", "up"),
                                  "compute3": ("enabled", "up")}
    guest.delete()
    recover("compute1")
    assert segment_hosts() == {"compute1": (False, False), "compute2": (False, False), "compute3": (True, False)}


def test_qemu_killed(boot, drill):
    guest = boot("drill-1", "compute1")
    report = drill("qemu_killed", "compute1", failover_drill_guest=guest.name).passed()
    assert report["durations"]["heartbeat"] <= 15
    assert guest.host == "compute1"
