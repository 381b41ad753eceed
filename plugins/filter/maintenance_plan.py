# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What taking a host out for maintenance takes, and putting it back, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._drain import running

DOCUMENTATION = r"""
name: maintenance_plan
short_description: The steps that take a compute host out for maintenance, or put it back
version_added: 0.1.0
description:
  - A host that failed is none to be maintained; it is for the filter P(openstack_ha.masakari.recovery_plan#filter).
  - Nova uses a host again only when it was this maintenance that disabled it, as its reason tells.
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
  state:
    description: V(present) takes the host out, V(absent) puts it back.
    type: str
    default: present
  guests:
    description: Whether its guests V(migrate) to other hosts, or it may V(leave) them.
    type: str
    default: migrate
  reason:
    description: The reason for which this maintenance disables a host in Nova.
    type: str
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Say what is to be done
  ansible.builtin.debug:
    msg: "{{ (compute1.host | openstack_ha.masakari.maintenance_plan(node, reason='Maintenance')).steps }}"
  vars:
    node: "{{ cluster.stdout | openstack_ha.masakari.cluster_node('compute1') }}"
"""

RETURN = r"""
_value:
  description:
    - C(problems), sentences on what forbids it; C(steps), what is to be done, in words and in order, empty when nothing
      is; C(notes), what a person should know besides; C(enable), whether Nova is to use the host again.
  type: dict
"""


def maintenance_plan(host: Mapping[str, Any], node: Mapping[str, Any], *, reason: str, state: str = "present",
                     guests: str = "migrate") -> dict[str, Any]:
    service = host["compute_service"] or {}
    enable = (state == "absent" and service.get("status") == "disabled" and service.get("disabled_reason") == reason
              and not host["reserved"])
    steps = _enter(host, node, guests) if state == "present" else _leave(host, node, enable)
    notes = _staying(host, guests) if state == "present" else _still_disabled(host, enable)
    return {"problems": list(_problems(host, node, state, reason)), "steps": list(steps), "notes": list(notes),
            "enable": enable}


def _problems(host: Mapping[str, Any], node: Mapping[str, Any], state: str, reason: str) -> Iterator[str]:
    name, service = host["name"], host["compute_service"]
    for recovery in host["recoveries"]:
        yield (f"Masakari is at work in segment {host['segment']['name']}: {recovery}. Wait until it has ended "
               "(openstack notification show), then run this again.")
    if service is None:
        yield f"Nova has no nova-compute service of the name {name}: correct maintenance_host."
    elif not node["known"]:
        yield f"Pacemaker has no remote node {name}: run the playbook cluster, then this again."
    elif not node["maintenance"] and _has_failed(host, node, state, reason):
        yield (f"{name} is {node['state']} in the cluster, and nova-compute on it {service['status']} "
               f"({service['disabled_reason'] or 'no reason given'}): it failed. The playbook recover_host brings it "
               f"back: -e recover_host={name}")


def _has_failed(host: Mapping[str, Any], node: Mapping[str, Any], state: str, reason: str) -> bool:
    """A host that an interrupted run has left held, and disabled for this reason, is none that failed."""
    if state == "present":
        return not node["up"]
    is_ours = host["compute_service"]["disabled_reason"] == reason or host["reserved"]
    return node["fenced"] or node["unclean"] or bool(host["on_maintenance"] and not is_ours)


def _enter(host: Mapping[str, Any], node: Mapping[str, Any], guests: str) -> Iterator[str]:
    name = host["name"]
    if (host["compute_service"] or {}).get("status") == "enabled":
        yield f"disable nova-compute on {name}"
    if guests == "migrate":
        yield from (f"migrate {guest} away from {name}" for guest in _running(host))
    if host["on_maintenance"] is False:
        yield f"have Masakari ignore {name} (on_maintenance true)"
    if not node["maintenance"] or node["managed"]:
        yield f"have the cluster look away from {name} (maintenance true)"


def _leave(host: Mapping[str, Any], node: Mapping[str, Any], enable: bool) -> Iterator[str]:
    name = host["name"]
    if node["maintenance"]:
        yield f"have the cluster connect to {name} anew, and end its maintenance"
    elif not node["up"]:
        yield f"have {name}, which is {node['state']}, join the cluster"
    if host["on_maintenance"]:
        yield f"have Masakari watch {name} again (on_maintenance false)"
    if enable:
        yield f"enable nova-compute on {name}"


def _staying(host: Mapping[str, Any], guests: str) -> Iterator[str]:
    left, every = _running(host), [guest["name"] for guest in host["servers"]]
    if guests == "leave" and left:
        yield f"nobody brings back the guests on {host['name']} until its maintenance ends: {', '.join(left)}"
    stopped = [name for name in every if name not in left]
    if stopped:
        yield f"guests that do not run stay on {host['name']}: {', '.join(stopped)}"


def _still_disabled(host: Mapping[str, Any], enable: bool) -> Iterator[str]:
    service = host["compute_service"] or {}
    if service.get("status") == "disabled" and not enable and not host["reserved"]:
        yield (f"nova-compute on {host['name']} stays disabled, since it was so for another reason: "
               f"{service['disabled_reason'] or 'none given'}")


def _running(host: Mapping[str, Any]) -> list[str]:
    return [guest["name"] for guest in running(host["servers"])]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"maintenance_plan": maintenance_plan}
