# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A compute host and its segment, for a person's eyes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DOCUMENTATION = r"""
name: compute_host_report
short_description: A compute host and its segment as lines of text
version_added: 0.1.0
description:
  - What the playbooks recover_host and maintenance end with.
positional: _input
options:
  _input:
    description: The host, as M(openstack_ha.masakari.compute_host_info) returns it.
    type: dict
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Show the host
  ansible.builtin.debug:
    msg: "{{ compute1.host | openstack_ha.masakari.compute_host_report }}"
"""

RETURN = r"""
_value:
  description: One line on the host, then a table of the hosts of its segment.
  type: list
  elements: str
"""


def compute_host_report(host: Mapping[str, Any]) -> list[str]:
    service, segment = host["compute_service"], host["segment"]
    nova = f"nova-compute {service['status']} and {service['state']}" if service else "no nova-compute"
    guests = ", ".join(guest["name"] for guest in host["servers"]) or "none"
    lines = [f"{host['name']}: {nova}, guests: {guests}"]
    if segment is None:
        return [*lines, f"{host['name']} is in no failover segment"]
    rows = [("host", "reserved", "on_maintenance"),
            *((row["name"], str(row["reserved"]), str(row["on_maintenance"])) for row in host["segment_hosts"])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = [" | ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return [*lines, f"segment {segment['name']} ({segment['recovery_method']}):", *table]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"compute_host_report": compute_host_report}
