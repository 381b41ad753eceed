# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes of a Corosync cluster, which keep their numbers while others come and go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._corosync_conf import addresses, parse

DOCUMENTATION = r"""
name: corosync_nodes
short_description: Nodes of a Corosync cluster, with the numbers that they have
version_added: 0.1.0
description:
  - A running member must not get the number of another one. A known name keeps its number; a new one gets the next
    above all that are in use.
  - A node that is in the present configuration and not among the members is in the answer as well. Whoever leaves it
    out of the new one ejects it.
positional: _input
options:
  _input:
    description: Members of the cluster, each name with a list of its addresses, one for each link.
    type: dict
    required: true
  present:
    description:
      - Texts of C(corosync.conf) as members have them. The first that belongs to O(cluster) counts; others, such as the
        one that the package brings, do not.
    type: list
    elements: str
    default: []
  cluster:
    description: Name of the cluster.
    type: str
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Show the nodes of a cluster that gets a third member
  ansible.builtin.debug:
    msg: "{{ members | openstack_ha.masakari.corosync_nodes([corosync_conf.stdout], cluster='masakari') }}"
  vars:
    members: {infra1: [203.0.113.11], infra2: [203.0.113.12], infra3: [203.0.113.13]}
"""

RETURN = r"""
_value:
  description: The nodes in the order of their numbers, each with C(name), C(nodeid) and C(addresses).
  type: list
  elements: dict
"""

Node = dict[str, Any]


def corosync_nodes(members: Mapping[str, Sequence[str]], present: Iterable[str] = (), *, cluster: str) -> list[Node]:
    parsed = map(_nodes, present)
    found = {node["name"]: node for node in next((nodes for name, nodes in parsed if name == cluster), [])}
    answer = {name: {**node, "addresses": list(members.get(name, node["addresses"]))} for name, node in found.items()}
    last = max((node["nodeid"] for node in found.values()), default=0)
    new = [name for name in members if name not in found]
    for number, name in enumerate(new, start=last + 1):
        answer[name] = {"name": name, "nodeid": number, "addresses": list(members[name])}
    return sorted(answer.values(), key=lambda node: node["nodeid"])


def _nodes(text: str) -> tuple[str, list[Node]]:
    """The name of the cluster, and its nodes that have a number."""
    cluster, nodes = parse(text)
    return cluster, [_node(values) for values in nodes if values.get("nodeid", "").isdecimal()]


def _node(values: dict[str, str]) -> Node:
    links = addresses(values)
    return {"name": values.get("name", "".join(links[:1])), "nodeid": int(values["nodeid"]), "addresses": links}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"corosync_nodes": corosync_nodes}
