# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that nothing could fence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
name: unfenced_nodes
short_description: Names of nodes that no fencing device covers
version_added: 0.1.0
description:
  - Such a node stays unclean when it fails, and no guest of it is recovered.
positional: _input
options:
  _input:
    description: Names of all nodes, full members and remote nodes.
    type: list
    elements: str
    required: true
  devices:
    description: Fencing devices, each with C(nodes), a dictionary of the nodes that it can fence.
    type: list
    elements: dict
    default: []
  accepted:
    description: Nodes that may stay without a device, each with the reason. One without a reason is not accepted.
    type: dict
    default: {}
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop while a node could not be fenced
  ansible.builtin.assert:
    that: >-
      ['compute1', 'compute2'] | openstack_ha.masakari.unfenced_nodes([{'nodes': {'compute1': 'compute1'}}]) == []
"""

RETURN = r"""
_value:
  description: Names of the nodes, sorted.
  type: list
  elements: str
"""


def unfenced_nodes(
    nodes: Iterable[str], devices: Sequence[Mapping[str, Any]] = (), accepted: Mapping[str, str | None] | None = None
) -> list[str]:
    covered = {node for device in devices for node in device.get("nodes") or {}}
    covered.update(node for node, reason in (accepted or {}).items() if str(reason or "").strip())
    return sorted(set(nodes) - covered)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"unfenced_nodes": unfenced_nodes}
