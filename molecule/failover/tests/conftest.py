# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test has guests whose disks are looked at in the end, and leaves the lab as its inventory declares it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

MOLECULE = Path(__file__).resolve().parents[2]
for path in ("shared", "masakari/tests", "cluster/tests", "failover/tests"):
    sys.path.insert(0, str(MOLECULE / path))


@pytest.fixture(scope="session", autouse=True)
def empty_cloud():
    """No guest of another scenario is in the way. After all tests the cloud is as before."""
    from drills import all_guests, is_as_declared, put_right

    for guest in all_guests():
        guest.delete()
    put_right()
    yield
    is_as_declared()


@pytest.fixture
def boot():
    """Boots guests. In the end none of them has ever run twice; then they go, and the lab is put right."""
    from drills import boot, put_right

    guests = []

    def remember(*arguments, **options):
        guests.append(boot(*arguments, **options))
        return guests[-1]

    yield remember
    for guest in guests:
        guest.delete()
    put_right()
    conflicts = {guest.name: guest.conflict for guest in guests}
    assert set(conflicts.values()) <= {None}, conflicts


@pytest.fixture
def drill(tmp_path):
    from drills import Drill

    return lambda kind, host, **variables: Drill(tmp_path, kind, host, **variables)
