#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: segment_info
short_description: List the failover segments of Masakari
version_added: 0.1.0
description:
  - Lists the failover segments of Masakari, the instance high availability service of OpenStack, in one API request.
  - The hosts in them are listed by M(openstack_ha.masakari.segment_host_info).
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  name:
    description:
      - Name or UUID of a segment. When this is omitted, all segments are listed.
    type: str
seealso:
  - module: openstack_ha.masakari.segment
  - module: openstack_ha.masakari.segment_host_info
"""

EXAMPLES = r"""
- name: List all segments
  openstack_ha.masakari.segment_info:
    cloud: default
  register: masakari

- name: Show what recovers how
  ansible.builtin.debug:
    msg: "{{ masakari.segments | items2dict(key_name='name', value_name='recovery_method') }}"
"""

RETURN = r"""
segments:
  description: The segments, by name. Empty when there is none of the name asked for.
  returned: success
  type: list
  elements: dict
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
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule


class SegmentInfoModule(MasakariModule):
    argument_spec = {"name": {"type": "str"}}

    def work(self, gateway: Gateway) -> dict[str, Any]:
        name = self.params["name"]
        segments = [row for row in gateway.segments() if name in (None, row["name"], row["uuid"])]
        return {"changed": False, "segments": segments}


def main() -> None:
    SegmentInfoModule()()


if __name__ == "__main__":
    main()
