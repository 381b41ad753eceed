#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: segment
short_description: Manage a failover segment of Masakari with its hosts
version_added: 0.1.0
description:
  - Creates, changes, renames or deletes a failover segment of Masakari, the instance high availability service of
    OpenStack, together with the hosts in it.
  - A segment with any number of hosts is one task. It takes two API requests when nothing changes, and two more than
    there are hosts when all is new; hosts are created side by side.
  - Input that Masakari refuses, such as a host unknown to Nova or one in another segment, leaves nothing half made -
    what had been created by then is taken back.
  - Masakari allows no change to a segment or its hosts while it recovers one of them. The module then waits, see
    O(wait_timeout).
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.change
options:
  name:
    description:
      - Name of the segment.
    type: str
    required: true
  new_name:
    description:
      - Rename the segment to this name. A segment that has this name already is taken as the renamed one.
    type: str
  recovery_method:
    description:
      - How guests of a failed host are recovered. V(auto) evacuates them to any host of the segment, V(reserved_host)
        to a host kept in reserve; V(auto_priority) and V(rh_priority) try that one first and the other one next.
      - Required to create a segment.
    type: str
    choices: [auto, reserved_host, auto_priority, rh_priority]
  service_type:
    description:
      - Type of the services in the segment. A new segment gets V(COMPUTE) unless this is set.
    type: str
  description:
    description:
      - Description of the segment. An empty one equals none.
    type: str
  is_enabled:
    description:
      - Whether Masakari recovers anything in this segment. A new segment is enabled unless this is set.
      - Needs API microversion 1.2.
    type: bool
  hosts:
    description:
      - Hosts that must be in the segment. What is not given of a host that exists is left as it is.
      - When this is omitted, the hosts are not managed.
    type: list
    elements: dict
    suboptions:
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
  purge_hosts:
    description:
      - With O(state=present), remove the hosts that O(hosts) does not name.
      - With O(state=absent), delete a segment although it has hosts, and them with it.
    type: bool
    default: false
  wait_timeout:
    description:
      - How long to wait, in seconds, for a recovery that does not allow the change. V(0) fails at once.
    type: int
    default: 300
  state:
    description:
      - Whether the segment must exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: openstack_ha.masakari.segment_host
  - module: openstack_ha.masakari.segment_info
  - module: openstack_ha.masakari.compute_service
"""

EXAMPLES = r"""
- name: Keep one host in reserve for two others
  openstack_ha.masakari.segment:
    cloud: default
    name: S1
    recovery_method: reserved_host
    hosts:
      - name: compute1
      - name: compute2
      - name: compute3
        reserved: true

- name: Have exactly these hosts in a segment
  openstack_ha.masakari.segment:
    cloud: default
    name: S2
    recovery_method: auto
    description: Second row of racks
    hosts:
      - name: compute4
      - name: compute5
    purge_hosts: true

- name: Suspend the recovery of a segment
  openstack_ha.masakari.segment:
    cloud: default
    name: S2
    is_enabled: false

- name: Rename a segment
  openstack_ha.masakari.segment:
    cloud: default
    name: S2
    new_name: row-2

- name: Delete a segment and the hosts in it
  openstack_ha.masakari.segment:
    cloud: default
    name: row-2
    state: absent
    purge_hosts: true
"""

RETURN = r"""
segment:
  description:
    - The segment as it is after the task; in check mode as it would be. C(null) when it is absent.
    - What only the API can tell is C(null) in check mode, for instance the C(uuid) of a new host.
  returned: success
  type: dict
  contains:
    uuid:
      description: Identifier of the segment.
      type: str
      sample: 3af6dfe7-1619-486f-a2c6-8453488c6a66
    name:
      description: Name of the segment.
      type: str
      sample: S1
    description:
      description: Description of the segment, or C(null).
      type: str
      sample: Second row of racks
    recovery_method:
      description: Recovery method of the segment.
      type: str
      sample: reserved_host
    service_type:
      description: Type of the services in the segment.
      type: str
      sample: COMPUTE
    is_enabled:
      description: Whether Masakari recovers anything in the segment; C(null) before API microversion 1.2.
      type: bool
      sample: true
    created_at:
      description: Time of creation in UTC, ISO 8601.
      type: str
      sample: "2026-11-21T01:17:11.000000"
    updated_at:
      description: Time of the last change in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:18:36.000000"
    hosts:
      description: All hosts of the segment, by name.
      type: list
      elements: dict
      contains:
        uuid:
          description: Identifier of the host in Masakari.
          type: str
          sample: 42c5cbcb-1c60-4303-9c44-8ae0d82965bc
        name:
          description: Name of the host.
          type: str
          sample: compute1
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
        failover_segment_id:
          description: Identifier of the segment.
          type: str
          sample: 3af6dfe7-1619-486f-a2c6-8453488c6a66
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
  sample: ["create segment S1", "create host compute1"]
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import name_problems, raise_all
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import (
    outcome,
    plan_segment,
    plan_segment_absent,
)


class SegmentModule(MasakariModule):
    argument_spec = {
        "name": {"type": "str", "required": True},
        "new_name": {"type": "str"},
        "recovery_method": {"type": "str", "choices": ["auto", "reserved_host", "auto_priority", "rh_priority"]},
        "service_type": {"type": "str"},
        "description": {"type": "str"},
        "is_enabled": {"type": "bool"},
        "hosts": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "reserved": {"type": "bool"},
                "on_maintenance": {"type": "bool"},
                "type": {"type": "str"},
                "control_attributes": {"type": "str"},
            },
        },
        "purge_hosts": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 300},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        raise_all(self._problems())
        segments = gateway.segments()
        current = self._current(segments)
        hosts = gateway.hosts(current["uuid"]) if current else []
        if self.params["state"] == "absent":
            plan = plan_segment_absent(current, hosts, self.params["purge_hosts"])
        else:
            if self.params["is_enabled"] is not None and not gateway.supports("1.2"):
                raise MasakariError(
                    "is_enabled needs API microversion 1.2, which this cloud's Masakari does not have: omit is_enabled."
                )
            wanted = {**self.params, "name": self.params["new_name"] or self.params["name"]}
            plan = plan_segment(current, hosts, wanted, self.params["hosts"], self.params["purge_hosts"])
        others = [segment for segment in segments if segment is not current]
        answers = self.carry_out(gateway, plan, others)
        segment, hosts = outcome(current, hosts, plan.actions, answers)
        return {**self.change_result(plan), "segment": segment and {**segment, "hosts": hosts}}

    def _problems(self) -> list[str]:
        problems = name_problems("name", [self.params["name"]])
        if self.params["new_name"] is not None:
            problems += name_problems("new_name", [self.params["new_name"]])
        problems += name_problems("hosts: name", [host["name"] for host in self.params["hosts"] or []])
        if self.params["state"] == "absent" and self.params["new_name"] is not None:
            problems.append("new_name cannot be combined with state=absent. Remove one of them.")
        if self.params["state"] == "present" and self.params["purge_hosts"] and self.params["hosts"] is None:
            problems.append("purge_hosts needs hosts, the hosts to keep. An empty list removes them all.")
        return problems

    def _current(self, segments: list[Row]) -> Row | None:
        by_name = {segment["name"]: segment for segment in segments}
        old, new = by_name.get(self.params["name"]), by_name.get(self.params["new_name"])
        if old and new and old is not new:
            raise MasakariError(
                f"Cannot rename segment {old['name']!r} to {new['name']!r}: a segment of that name exists. "
                "Choose another new_name, or delete one of the two."
            )
        return old or new


def main() -> None:
    SegmentModule()()


if __name__ == "__main__":
    main()
