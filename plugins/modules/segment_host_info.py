#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: segment_host_info
short_description: List the hosts of Masakari's failover segments
version_added: 0.1.0
description:
  - Lists the hosts of one failover segment of Masakari, or of all, in one API request a segment and one more.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  segment:
    description:
      - Name or UUID of a segment. When this is omitted, the hosts of all segments are listed.
    type: str
  name:
    description:
      - Name of a host. When this is omitted, all hosts are listed.
    type: str
seealso:
  - module: openstack_ha.masakari.segment_host
  - module: openstack_ha.masakari.segment_info
"""

EXAMPLES = r"""
- name: List the hosts of a segment
  openstack_ha.masakari.segment_host_info:
    cloud: default
    segment: S1
  register: masakari

- name: Show which hosts failed and were not brought back
  ansible.builtin.debug:
    msg: "{{ masakari.hosts | selectattr('on_maintenance') | map(attribute='name') }}"

- name: Find the segment of a host
  openstack_ha.masakari.segment_host_info:
    cloud: default
    name: compute1
"""

RETURN = r"""
hosts:
  description: The hosts, by segment and name. Empty when there is none of the name asked for.
  returned: success
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
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import listed
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import find_segment


class SegmentHostInfoModule(MasakariModule):
    argument_spec = {"segment": {"type": "str"}, "name": {"type": "str"}}

    def work(self, gateway: Gateway) -> dict[str, Any]:
        name = self.params["name"]
        hosts = [
            {**host, "segment": segment["name"]}
            for segment in self._segments(gateway)
            for host in gateway.hosts(segment["uuid"])
            if name in (None, host["name"])
        ]
        return {"changed": False, "hosts": hosts}

    def _segments(self, gateway: Gateway) -> list[Row]:
        segments = gateway.segments()
        if self.params["segment"] is None:
            return segments
        segment = find_segment(segments, self.params["segment"])
        if segment is None:
            raise MasakariError(
                f"Segment {self.params['segment']!r} does not exist. "
                f"There is {listed(row['name'] for row in segments) or 'no segment yet'}."
            )
        return [segment]


def main() -> None:
    SegmentHostInfoModule()()


if __name__ == "__main__":
    main()
