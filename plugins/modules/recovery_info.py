#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_info
short_description: What Masakari and Nova know of a host and its recovery, in one look
version_added: 0.1.0
description:
  - Lists the guests of a host, or named guests wherever they are now, and the host's C(nova-compute) service.
  - With O(since) the notifications about the host since then as well, with the steps of their recovery.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  host:
    description:
      - Name of the host, as Masakari and Nova have it.
    type: str
    required: true
  guests:
    description:
      - Identifiers of guests, wherever they are now. By default those on O(host), of all projects.
    type: list
    elements: str
  since:
    description:
      - Seconds since the epoch. Of notifications and actions those of this second or later are told, without it none.
    type: float
  actions:
    description:
      - Whether Nova is asked what was done to each guest since O(since).
    type: bool
    default: false
seealso:
  - module: openstack_ha.masakari.recovery_watch
  - module: openstack_ha.masakari.notification_info
"""

EXAMPLES = r"""
- name: Note the guests of a host
  openstack_ha.masakari.recovery_info:
    cloud: default
    host: compute1
  register: before

- name: See where they are now, and why
  openstack_ha.masakari.recovery_info:
    cloud: default
    host: compute1
    guests: "{{ before.guests | map(attribute='id') }}"
    since: "{{ failed_at }}"
    actions: true
"""

RETURN = r"""
guests:
  description: The guests, by name; in the order of O(guests) where they are named.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Identifier in Nova.
      type: str
      sample: 0c1e2f3a-9a40-4b7c-8a55-3f6f0a9a1d11
    name:
      description: Name of the guest.
      type: str
      sample: web-1
    status:
      description: Status in Nova, C(DELETED) when Nova no longer knows it.
      type: str
      sample: ACTIVE
    task_state:
      description: What Nova is doing with it, or C(null).
      type: str
      sample: null
    host:
      description: Name of the host it is on.
      type: str
      sample: compute2
    actions:
      description: What Nova did to it, oldest first, each with C(action), C(start_time), C(message) and C(events).
      returned: when O(actions) is true
      type: list
      elements: dict
notifications:
  description: The notifications about the host, oldest first, as M(openstack_ha.masakari.notification_info) tells one.
  returned: success
  type: list
  elements: dict
compute_service:
  description: The host's service as M(openstack_ha.masakari.compute_service) tells it, or C(null).
  returned: success
  type: dict
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._recovery import look


class RecoveryInfoModule(MasakariModule):
    argument_spec = {
        "host": {"type": "str", "required": True},
        "guests": {"type": "list", "elements": "str"},
        "since": {"type": "float"},
        "actions": {"type": "bool", "default": False},
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        options = (self.params[name] for name in ("host", "guests", "since", "actions"))
        return {"changed": False, **look(gateway, *options)}


def main() -> None:
    RecoveryInfoModule()()


if __name__ == "__main__":
    main()
