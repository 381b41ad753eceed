# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fencing levels that could not fence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
name: fencing_level_problems
short_description: What is wrong with the levels of a fencing topology
version_added: 0.1.0
description:
  - Pacemaker fences a node that has a level by the devices of its levels alone. A level that names a device which is
    not there, or which does not know the node, always fails.
positional: _input
options:
  _input:
    description: Levels, each with C(node), C(index) and C(devices), as in C(pacemaker_cluster_fencing_levels).
    type: list
    elements: dict
    required: true
  devices:
    description: Fencing devices, each with C(id) and C(nodes), a dictionary of the nodes that it can fence.
    type: list
    elements: dict
    default: []
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop while a level names a device that cannot fence its node
  ansible.builtin.assert:
    that: levels | openstack_ha.masakari.fencing_level_problems(devices) == []
  vars:
    levels:
      - {node: compute1, index: 1, devices: [fence-compute1]}
    devices:
      - {id: fence-compute1, agent: "stonith:fence_ipmilan", nodes: {compute1: compute1}}
"""

RETURN = r"""
_value:
  description: Problems, in sentences; empty when there is none.
  type: list
  elements: str
"""

LEVELS = "pacemaker_cluster_fencing_levels"
DEVICES = "pacemaker_cluster_devices"


def fencing_level_problems(levels: Sequence[Mapping[str, Any]], devices: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    nodes = {device["id"]: device.get("nodes") or {} for device in devices}
    return [problem for level in levels for problem in _problems(level, nodes)]


def _problems(level: Mapping[str, Any], nodes: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    node, where = level["node"], f"{LEVELS}: level {level['index']} of {level['node']}"
    if not level["devices"]:
        yield f"{where} names no device. Name one of {DEVICES}, or remove the level."
    for device in level["devices"]:
        if device not in nodes:
            yield f"{where} names {device}, which is not in {DEVICES}. Declare it there, or correct the name."
        elif node not in nodes[device]:
            yield f"{where} names {device}, which does not cover {node}. Add {node} to its nodes in {DEVICES}."


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"fencing_level_problems": fencing_level_problems}
