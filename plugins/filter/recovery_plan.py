# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What bringing a host back takes, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
name: recovery_plan
short_description: The steps that bring a failed compute host back
version_added: 0.1.0
description:
  - Decides who of a failover segment is the reserve once the host is back. A reserve that took over guests stays in use
    as long as it has them; the host that comes back then takes its place.
positional: _input
options:
  _input:
    description: The host, as M(openstack_ha.masakari.compute_host_info) returns it.
    type: dict
    required: true
  node:
    description: The host in the cluster, as the filter P(openstack_ha.masakari.cluster_node#filter) returns it.
    type: dict
    required: true
  reserves:
    description: Names of the hosts that are meant as reserves, of this and other segments.
    type: list
    elements: str
    default: []
  taken:
    description:
      - Those reserves of the segment that are in use, each as M(openstack_ha.masakari.compute_host_info) returns it.
    type: list
    elements: dict
    default: []
  swap:
    description: Whether the host takes the place of a reserve that has guests.
    type: bool
    default: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Say what is to be done
  ansible.builtin.debug:
    msg: >-
      {{ (compute1.host | openstack_ha.masakari.recovery_plan(node, reserves=['compute3'],
                                                              taken=[compute3.host])).steps }}
  vars:
    node: "{{ cluster.stdout | openstack_ha.masakari.cluster_node('compute1') }}"
"""

RETURN = r"""
_value:
  description:
    - C(problems), sentences on what forbids it; C(steps), what is to be done, in words and in order, empty for a host
      that is well; C(notes), what a person should know besides; C(reserved), whether the host itself is a reserve
      afterwards; C(returned), names of other hosts that are made reserves again.
  type: dict
"""


def recovery_plan(host: Mapping[str, Any], node: Mapping[str, Any], *, reserves: Iterable[str] = (),
                  taken: Sequence[Mapping[str, Any]] = (), swap: bool = True) -> dict[str, Any]:
    reserved, returned, notes = _reserve(host, set(reserves), taken, swap)
    steps = list(_steps(host, node, reserved, returned))
    return {"problems": list(_problems(host, node)), "steps": steps, "notes": notes, "reserved": reserved,
            "returned": returned}


def _problems(host: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[str]:
    name, service = host["name"], host["compute_service"]
    for recovery in host["recoveries"]:
        yield (f"Masakari is at work in segment {host['segment']['name']}: {recovery}. Wait until it has ended "
               "(openstack notification show), then run this again.")
    if not node["known"]:
        yield f"Pacemaker has no remote node {name}: run the playbook cluster, then this again."
    if node["unclean"]:
        yield (f"Pacemaker has not fenced {name} yet (unclean) and would cut its power again. See what its fencing "
               f"device says, crm_mon --one-shot --fence-history=3, then: stonith_admin --fence {name}")
    if node["maintenance"]:
        yield (f"{name} is in maintenance, which the playbook maintenance ends: -e maintenance_host={name} "
               "-e maintenance_state=absent")
    if service is None:
        yield f"Nova has no nova-compute service of the name {name}: register the host in Nova, then run this again."
    elif service["is_forced_down"]:
        yield (f"Somebody has forced nova-compute on {name} down, so that Nova will never see it up: "
               f"openstack compute service set --up {name} nova-compute")


def _steps(host: Mapping[str, Any], node: Mapping[str, Any], reserved: bool, returned: Sequence[str]) -> Iterator[str]:
    name, segment = host["name"], host["segment"]
    if not node["up"]:
        yield f"bring {name}, which is {node['state']}, back into the cluster"
    yield from (f"make {other}, which has no guests any more, a reserve again" for other in returned)
    if reserved and not host["reserved"]:
        yield f"make {name} a reserve of segment {segment['name']}"
    if host["on_maintenance"]:
        yield f"have Masakari watch {name} again (on_maintenance false)"
    status = (host["compute_service"] or {}).get("status")
    if status != ("disabled" if reserved else "enabled"):
        yield f"{'disable' if reserved else 'enable'} nova-compute on {name}"


def _reserve(host: Mapping[str, Any], reserves: set[str], taken: Sequence[Mapping[str, Any]],
             swap: bool) -> tuple[bool, list[str], list[str]]:
    """Whether the host becomes a reserve, which other hosts do, and what there is to tell about it."""
    if host["reserved"] or not host["segment"]:
        return bool(host["reserved"]), [], []
    missing = sum(row["name"] in reserves for row in host["segment_hosts"]) - sum(
        row["reserved"] for row in host["segment_hosts"])
    if missing > 0 and host["name"] in reserves and not host["servers"]:
        return True, [], []
    returned = [other["name"] for other in taken if not other["servers"]][:max(missing, 0)]
    missing -= len(returned)
    if missing <= 0:
        return False, returned, []
    busy = [other["name"] for other in taken if other["servers"]]
    # Only a host that failed: one that is in use is never taken out of it.
    if swap and busy and host["on_maintenance"] and not host["servers"]:
        return True, returned, [f"{host['name']} takes the place of the reserve {busy[0]}, which has guests"]
    return False, returned, [_lack(host["segment"], missing, taken)]


def _lack(segment: Mapping[str, Any], missing: int, taken: Sequence[Mapping[str, Any]]) -> str:
    guests = ", ".join(f"{other['name']} has {len(other['servers'])} guests" for other in taken if other["servers"])
    return (f"segment {segment['name']} ({segment['recovery_method']}) lacks {missing} of its reserves"
            f"{': ' + guests if guests else ''}; move the guests away and run the playbook segments")


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"recovery_plan": recovery_plan}
