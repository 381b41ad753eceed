#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vmove_info
short_description: List the guests that a recovery moved
version_added: 0.1.0
description:
  - Lists the guests that Masakari moved, or tried to move, off a failed host, one by one.
  - Needs API microversion 1.3, which Masakari has since 15.0.0 (OpenStack 2023.1).
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  notification:
    description:
      - UUID of a notification of type C(COMPUTE_HOST).
    type: str
    required: true
seealso:
  - module: openstack_ha.masakari.notification_info
"""

EXAMPLES = r"""
- name: Find the newest failure of a host
  openstack_ha.masakari.notification_info:
    cloud: default
    source_host: compute1
    type: COMPUTE_HOST
  register: failures

- name: List the guests that were moved
  openstack_ha.masakari.vmove_info:
    cloud: default
    notification: "{{ failures.notifications[0].notification_uuid }}"
  register: moved

- name: Show where they are now
  ansible.builtin.debug:
    msg: "{{ moved.vmoves | items2dict(key_name='server_name', value_name='dest_host') }}"
"""

RETURN = r"""
vmoves:
  description: The moves, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    uuid:
      description: Identifier of the move.
      type: str
      sample: 9c2d4a1c-5c8c-4b2c-bf7e-0c8f1f1e0f11
    server_id:
      description: Identifier of the guest in Nova.
      type: str
      sample: 0c1e2f3a-9a40-4b7c-8a55-3f6f0a9a1d11
    server_name:
      description: Name of the guest.
      type: str
      sample: web-1
    type:
      description: Type of the move, such as C(evacuation).
      type: str
      sample: evacuation
    status:
      description: Status of the move, C(pending), C(ongoing), C(ignored), C(failed) or C(succeeded).
      type: str
      sample: succeeded
    source_host:
      description: Name of the host that failed.
      type: str
      sample: compute1
    dest_host:
      description: Name of the host that took the guest, or C(null) as long as there is none.
      type: str
      sample: compute2
    start_time:
      description: Time at which the move began in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:17:26.000000"
    end_time:
      description: Time at which the move ended in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:17:40.000000"
    message:
      description: Why the move failed or was ignored, or C(null).
      type: str
      sample: null
    created_at:
      description: Time at which the move was planned in UTC, ISO 8601.
      type: str
      sample: "2026-11-21T01:17:25.000000"
    updated_at:
      description: Time of the last change in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:17:40.000000"
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import raise_all, uuid_problems
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule


class VmoveInfoModule(MasakariModule):
    argument_spec = {"notification": {"type": "str", "required": True}}

    def work(self, gateway: Gateway) -> dict[str, Any]:
        raise_all(uuid_problems("notification", self.params["notification"]))
        if not gateway.supports("1.3"):
            raise MasakariError(
                "This cloud's Masakari is too old to list moved guests: they need API microversion 1.3, "
                "that is Masakari 15.0.0 (OpenStack 2023.1) or newer. Use notification_info with uuid instead."
            )
        return {"changed": False, "vmoves": gateway.vmoves(self.params["notification"])}


def main() -> None:
    VmoveInfoModule()()


if __name__ == "__main__":
    main()
