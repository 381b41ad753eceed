# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The segments are as declared, and an operator can work on them by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lab import ansible_playbook, cloud, openstack

pytestmark = pytest.mark.usefixtures("free_reserve")


@pytest.fixture
def free_hosts() -> Iterator[None]:
    """Compute hosts outside of every segment; afterwards the segments are as declared again."""
    for host in ("compute1", "compute2", "compute3"):
        cloud(f"openstack segment host delete S1 {host}")
    yield
    for segment in openstack("segment list"):
        if segment["name"] != "S1":
            cloud(f"openstack segment delete {segment['name']}")
    assert ansible_playbook("segments").code == 0


def hosts(segment: str) -> dict[str, tuple[bool, bool]]:
    listed = openstack(f"segment host list -c name -c reserved -c on_maintenance {segment}")
    return {host["name"]: (host["reserved"], host["on_maintenance"]) for host in listed}


def test_declared_segments_are_there() -> None:
    (segment,) = openstack("segment list")
    assert (segment["name"], segment["recovery_method"], segment["service_type"]) == ("S1", "reserved_host", "COMPUTE")
    assert hosts("S1") == {"compute1": (False, False), "compute2": (False, False), "compute3": (True, False)}


def test_reserved_hosts_are_disabled_in_nova() -> None:
    services = openstack("compute service list --service nova-compute --long")
    state = {service["Host"]: (service["Status"], service["Disabled Reason"]) for service in services}
    assert state["compute3"] == ("disabled", "Reserved for failover by Masakari")
    assert state["compute1"][0] == state["compute2"][0] == "enabled"


LINES = """
set -e
openstack segment create R1 reserved_host COMPUTE
openstack segment host create compute1 COMPUTE SSH R1
openstack segment host create compute2 COMPUTE SSH R1
openstack segment host create --reserved True compute3 COMPUTE SSH R1
openstack compute service set --disable compute3 nova-compute
openstack segment list
openstack segment host list -c name -c reserved -c on_maintenance R1
openstack segment host update --on_maintenance=True R1 compute2
openstack compute service set --enable compute2 nova-compute
openstack segment host update --on_maintenance=False R1 compute2
openstack segment update --recovery_method auto --service_type COMPUTE R1
openstack segment host update --reserved=True R1 compute2
openstack segment host delete R1 compute1
openstack segment create A1 auto COMPUTE
openstack segment host create compute1 COMPUTE SSH A1
"""


@pytest.mark.usefixtures("free_hosts")
def test_the_lines_of_the_deployment_guide_work() -> None:
    cloud(LINES)
    methods = {segment["name"]: segment["recovery_method"] for segment in openstack("segment list")}
    assert methods == {"S1": "reserved_host", "R1": "auto", "A1": "auto"}
    assert hosts("R1") == {"compute2": (True, False), "compute3": (True, False)}
    assert hosts("A1") == {"compute1": (False, False)}
