# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests about which libvirt and Nova do not agree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
name: guests_at_odds
short_description: Guests that libvirt has on a host and Nova places elsewhere, and the other way round
version_added: 0.1.0
description:
  - A domain that is left on a host that failed, of a guest that was started elsewhere since, would be its second one.
positional: _input
options:
  _input:
    description:
      - The host, as M(openstack_ha.masakari.compute_host_info) returns it when it is given the UUIDs of all domains.
    type: dict
    required: true
  running:
    description: UUIDs of the domains that run on the host.
    type: list
    elements: str
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Nothing runs twice
  ansible.builtin.assert:
    that: (compute1.host | openstack_ha.masakari.guests_at_odds(running.stdout_lines)).stale == []
"""

RETURN = r"""
_value:
  description:
    - C(stale), sentences on domains of guests that Nova places on another host, which must be gone before the host is
      used; C(notes), sentences on domains that Nova does not know, and on guests that should run here and do not.
  type: dict
"""


def guests_at_odds(host: Mapping[str, Any], running: Collection[str]) -> dict[str, list[str]]:
    here = host["name"]
    elsewhere = [guest for guest in host["strangers"] if guest["compute_host"] not in (None, here)]
    unknown = [guest["id"] for guest in host["strangers"] if guest["name"] is None and guest["id"] in running]
    down = [guest for guest in host["servers"] if guest["status"] == "ACTIVE" and guest["id"] not in running]
    notes = [f"domain {uuid} runs on {here}, and Nova has no such guest: what is it?" for uuid in unknown]
    notes += [f"guest {guest['name']} does not run: openstack server reboot --hard {guest['id']}" for guest in down]
    return {"stale": [_stale(here, guest, guest["id"] in running) for guest in elsewhere], "notes": notes}


def _stale(here: str, guest: Mapping[str, Any], runs: bool) -> str:
    domain = f"{guest['name']} ({guest['id']})"
    if runs:
        return (f"{domain} runs on {here} and belongs to {guest['compute_host']}: it may run twice. Stop it at once: "
                f"virsh destroy {guest['id']}, then virsh undefine {guest['id']}")
    return f"{domain} is left on {here} and belongs to {guest['compute_host']}: virsh undefine {guest['id']}"


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"guests_at_odds": guests_at_odds}
