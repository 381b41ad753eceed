# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random drills, one after another, with guests that live through all of them."""

from __future__ import annotations

import os
import random

from drills import declare, put_right, recover

KINDS = ("power_cut", "link_cut", "services_killed", "qemu_killed", "process_killed")


def test_soak(boot, drill):
    seed, count = int(os.environ.get("SOAK_SEED", "1")), int(os.environ.get("SOAK_DRILLS", "20"))
    chance = random.Random(seed)
    print(f"seed {seed}")
    declare("auto")
    homes = ("compute1", "compute2", "compute3", "compute1")
    guests = [boot(f"soak-{number}", host) for number, host in enumerate(homes)]
    for number in range(count):
        victim, kind = chance.choice(guests), chance.choice(KINDS)
        host = victim.host
        print(f"drill {number + 1} of {count}: {kind} on {host} ({victim.name})")
        variables = {"qemu_killed": {"failover_drill_guest": victim.name},
                     "process_killed": {"failover_drill_process": chance.choice(("libvirtd", "nova-compute"))}}
        report = drill(kind, host, **variables.get(kind, {})).passed()
        print(report["durations"])
        if kind not in variables:
            recover(host)
        assert [guest.disk.conflict() for guest in guests] == [None] * len(guests)
        assert all(guest.beats(3) for guest in guests)
    for guest in guests:
        guest.delete()
    put_right()
