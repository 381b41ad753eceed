#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_watch
short_description: Watch a recovery until it is over, and show each step as it happens
version_added: 0.1.0
description:
  - Asks Masakari and Nova, as M(openstack_ha.masakari.recovery_info) does, until the recovery of a host or of a guest
    has ended, and prints a line for each step meanwhile.
  - It does not fail when the time is over or the recovery failed. See RV(ended) and RV(notifications).
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  kind:
    description:
      - What has failed. After V(qemu_killed) a guest is restarted on its host, after the others a host's guests move.
    type: str
    required: true
    choices: [power_cut, link_cut, services_killed, qemu_killed]
  host:
    description:
      - Name of the host, as Masakari and Nova have it.
    type: str
    required: true
  guests:
    description:
      - Identifiers of the guests that must come back.
    type: list
    elements: str
    required: true
  since:
    description:
      - Time of the failure in seconds since the epoch.
    type: float
    required: true
  watch_timeout:
    description:
      - Seconds after which it gives up.
    type: float
    default: 300
  watch_interval:
    description:
      - Seconds between two looks. Each costs about a second of one core where the SDK runs.
    type: float
    default: 5
seealso:
  - module: openstack_ha.masakari.recovery_info
notes:
  - It runs on the control node and asks from the managed host.
"""

EXAMPLES = r"""
- name: Watch the guests of compute1 move
  openstack_ha.masakari.recovery_watch:
    cloud: default
    kind: power_cut
    host: compute1
    guests: "{{ before.guests | map(attribute='id') }}"
    since: "{{ failed_at }}"
"""

RETURN = r"""
ended:
  description: Whether the recovery was over before the time was.
  returned: always
  type: bool
  sample: true
guests:
  description: The guests as M(openstack_ha.masakari.recovery_info) told them last.
  returned: success
  type: list
  elements: dict
notifications:
  description: The notifications about the host since the failure, oldest first, with the steps of their recovery.
  returned: success
  type: list
  elements: dict
compute_service:
  description: The host's service in Nova, or C(null).
  returned: success
  type: dict
"""
