# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of this scenario reach the lab as those of the scenario masakari do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

MOLECULE = Path(__file__).resolve().parents[2]
for path in ("masakari/tests", "cluster/tests"):
    sys.path.insert(0, str(MOLECULE / path))


@pytest.fixture(scope="session", autouse=True)
def trusted_ca():
    """A client of the API has the CA."""
    from cluster import CA, podman

    podman("cp", str(CA), "cloud1:/root/lab-ca.pem")


@pytest.fixture(scope="module", autouse=True)
def nothing_to_recover():
    """Hosts die here and nobody recovers them: Masakari forgets them, and refuses what hostmonitor reports."""
    from lab import cloud, openstack

    for segment in openstack("segment list"):
        cloud(f"openstack segment delete {segment['uuid']}")


@pytest.fixture
def host(request):
    """A host that the test may let die; MAAS is healed and the host brought back."""
    from cluster import agents_run, bring_back, is_running, maas, node_fenced, on_member
    from lab import wait_until

    yield request.param
    maas("faults", "DELETE")
    # An attempt that the cluster gave up may still run on another member, and now it succeeds.
    wait_until(lambda: not agents_run(), 60, "no fence agent runs")
    on_member("crm_resource --cleanup --resource fence-maas")  # its monitor may have met the fault
    if not is_running(request.param):
        # Powered off by such an attempt, it still reads online until the cluster looks.
        wait_until(lambda: node_fenced(request.param) != "0", 120, "the cluster takes it for fenced")
        bring_back(request.param)
