#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: segment_host
short_description: Manage one host of a failover segment of Masakari
version_added: 0.1.0
description:
  - Puts a host into a failover segment of Masakari, changes it, brings it back after a failure, or removes it.
  - A host is in one segment at most. A host found in another segment is moved, that is deleted there and created here
    with the values it had; the diff says so.
  - To manage many hosts, use M(openstack_ha.masakari.segment), which takes one task for all hosts of a segment.
  - Masakari allows no change to a host while it recovers one of the same segment. The module then waits, see
    O(wait_timeout).
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.change
options:
  segment:
    description:
      - Name or UUID of the segment.
    type: str
    required: true
  name:
    description:
      - Name of the host, exactly as Nova has it (C(openstack compute service list)).
    type: str
    required: true
  reserved:
    description:
      - Whether the host is kept in reserve, for the recovery methods that use reserved hosts.
      - Masakari itself turns this off for a host that takes over the guests of a failed one.
    type: bool
  on_maintenance:
    description:
      - Whether notifications about the host are ignored.
      - Masakari itself turns this on for a host that failed; set V(false) to bring the host back.
    type: bool
  type:
    description:
      - Type of the host. A new host gets V(COMPUTE) unless this is set.
    type: str
  control_attributes:
    description:
      - How to control the host; Masakari only stores this. A new host gets V(SSH) unless this is set.
    type: str
  wait_timeout:
    description:
      - How long to wait, in seconds, for a recovery that does not allow the change. V(0) fails at once.
    type: int
    default: 300
  state:
    description:
      - Whether the host must be in the segment. With V(absent), a host in another segment is left alone.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: openstack_ha.masakari.segment
  - module: openstack_ha.masakari.segment_host_info
  - module: openstack_ha.masakari.compute_service
"""

EXAMPLES = r"""
- name: Keep a host in reserve
  openstack_ha.masakari.segment_host:
    cloud: default
    segment: S1
    name: compute3
    reserved: true

- name: Enable nova-compute on a host that was repaired after a failure
  openstack_ha.masakari.compute_service:
    cloud: default
    host: compute2
    state: enabled

- name: Have Masakari watch the repaired host again
  openstack_ha.masakari.segment_host:
    cloud: default
    segment: S1
    name: compute2
    on_maintenance: false

- name: Move a host to another segment
  openstack_ha.masakari.segment_host:
    cloud: default
    segment: S2
    name: compute2

- name: Remove a host from its segment
  openstack_ha.masakari.segment_host:
    cloud: default
    segment: S2
    name: compute2
    state: absent
"""

RETURN = r"""
host:
  description:
    - The host as it is after the task; in check mode as it would be. C(null) when it is absent.
    - What only the API can tell is C(null) in check mode, for instance the C(uuid) of a new host.
  returned: success
  type: dict
  contains:
    uuid:
      description: Identifier of the host in Masakari.
      type: str
      sample: 42c5cbcb-1c60-4303-9c44-8ae0d82965bc
    name:
      description: Name of the host.
      type: str
      sample: compute1
    segment:
      description: Name of the segment that the host is in.
      type: str
      sample: S1
    failover_segment_id:
      description: Identifier of that segment.
      type: str
      sample: 3af6dfe7-1619-486f-a2c6-8453488c6a66
    type:
      description: Type of the host.
      type: str
      sample: COMPUTE
    control_attributes:
      description: How to control the host.
      type: str
      sample: SSH
    reserved:
      description: Whether the host is kept in reserve.
      type: bool
      sample: false
    on_maintenance:
      description: Whether notifications about the host are ignored.
      type: bool
      sample: false
    created_at:
      description: Time of creation in UTC, ISO 8601.
      type: str
      sample: "2026-11-21T01:17:13.000000"
    updated_at:
      description: Time of the last change in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:18:36.000000"
actions:
  description:
    - What was changed, or would be in check mode, in words. When the task fails midway, what had been changed by then.
  returned: always
  type: list
  elements: str
  sample: ["delete host compute2 from segment S1", "create host compute2 in segment S2"]
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import listed
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import name_problems, raise_all
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import (
    find_segment,
    outcome,
    plan_host,
    plan_host_absent,
)


class SegmentHostModule(MasakariModule):
    argument_spec = {
        "segment": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "reserved": {"type": "bool"},
        "on_maintenance": {"type": "bool"},
        "type": {"type": "str"},
        "control_attributes": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 300},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        name = self.params["name"]
        raise_all(name_problems("segment", [self.params["segment"]]) + name_problems("name", [name]))
        segments = gateway.segments()
        segment = find_segment(segments, self.params["segment"])
        if self.params["state"] == "absent":
            current = _find_host(gateway, segment, name)
            plan = plan_host_absent(segment, current)
        elif segment is None:
            raise MasakariError(
                f"Segment {self.params['segment']!r} does not exist: create it with openstack_ha.masakari.segment. "
                f"There is {listed(row['name'] for row in segments) or 'no segment yet'}."
            )
        else:
            found_in, current = _locate(gateway, segment, segments, name)
            plan = plan_host(segment, found_in, current, self.params)
        answers = self.carry_out(gateway, plan, ask_first=True)
        hosts = outcome(segment, [current] if current else [], plan.actions, answers)[1]
        result = self.change_result(plan)
        if len(plan.actions) > 1:  # a move
            result["diff"] |= {"before_header": str(plan.actions[0]), "after_header": str(plan.actions[1])}
        return {**result, "host": {**hosts[0], "segment": segment["name"]} if segment and hosts else None}


def _find_host(gateway: Gateway, segment: Row | None, name: str) -> Row | None:
    hosts = gateway.hosts(segment["uuid"]) if segment else []
    return next((host for host in hosts if host["name"] == name), None)


def _locate(gateway: Gateway, segment: Row, segments: list[Row], name: str) -> tuple[Row | None, Row | None]:
    """The host and the segment it is in; that where it belongs is asked first."""
    for candidate in [segment, *(row for row in segments if row is not segment)]:
        host = _find_host(gateway, candidate, name)
        if host:
            return candidate, host
    return None, None


def main() -> None:
    SegmentHostModule()()


if __name__ == "__main__":
    main()
