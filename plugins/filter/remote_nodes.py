# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The remote nodes of which a cluster knows, and those that it only remembers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: remote_nodes
short_description: The remote nodes in a CIB, declared and left over
version_added: 0.1.0
description:
  - Pacemaker remembers a remote node whose connection was removed from the configuration, by its name, its state and
    the histories of the connection on the full members, until it is told to forget it.
  - Guest nodes and replicas of bundles are declared by their container, and are none of these.
positional: _input
options:
  _input:
    description:
      - What C(cibadmin --query) prints, the whole or, for RV(_value.connected), a part. Nothing stands for an empty
        CIB.
    type: str
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Show what would have to be forgotten
  ansible.builtin.debug:
    msg: "{{ (cib.stdout | openstack_ha.masakari.remote_nodes).left_over }}"
"""

RETURN = r"""
_value:
  description: Names of remote nodes, sorted.
  type: dict
  contains:
    declared:
      description: Those with a connection in the configuration.
      type: list
      elements: str
    left_over:
      description: Those that are remembered without anything in the configuration by their name.
      type: list
      elements: str
    connected:
      description: Those whose connection is not known to be stopped on every member.
      type: list
      elements: str
"""


def remote_nodes(cib: str) -> dict[str, list[str]]:
    root = _parse(cib)
    declared = {element.get("id", "") for element in root.iter("primitive") if _is_remote(element)}
    resources = {element.get("id", "") for element in root.iter("primitive")}
    return {
        "declared": sorted(declared),
        "left_over": sorted(name for name in set(_remembered(root)) - resources - set(_guests(root))
                            if not _is_replica(root, name)),
        "connected": sorted({history.get("id", "") for history in _histories(root) if not _is_stopped(history)}),
    }


def _parse(text: str) -> Element:
    try:
        return ElementTree.fromstring(text) if text.strip() else Element("cib")
    except ElementTree.ParseError as error:
        raise AnsibleFilterError(f"remote_nodes: cibadmin did not print XML: {error}") from error


def _is_remote(element: Element) -> bool:
    return (element.get("provider"), element.get("type")) == ("pacemaker", "remote")


def _remembered(root: Element) -> Iterator[str]:
    yield from (node.get("uname", "") for node in root.iter("node") if node.get("type") == "remote")
    yield from (state.get("uname", "") for state in root.iter("node_state") if state.get("remote_node") == "true")
    yield from (history.get("id", "") for history in _histories(root))


def _histories(root: Element) -> Iterator[Element]:
    """What the members keep of connections; that of a guest names its container."""
    return (history for history in root.iter("lrm_resource") if _is_remote(history) and not history.get("container"))


def _guests(root: Element) -> Iterator[str]:
    yield from (pair.get("value", "") for pair in root.iter("nvpair") if pair.get("name") == "remote-node")
    yield from (history.get("id", "") for history in root.iter("lrm_resource") if history.get("container"))


def _is_replica(root: Element, name: str) -> bool:
    return any(re.fullmatch(re.escape(bundle.get("id", "")) + r"-\d+", name) for bundle in root.iter("bundle"))


def _is_stopped(history: Element) -> bool:
    """By its last operation that does not recur: a stop that succeeded, or a look that found nothing running."""
    last = next((operation for operation in history.iter("lrm_rsc_op")
                 if operation.get("id") == f"{history.get('id')}_last_0"), None)
    return last is None or (last.get("operation"), last.get("rc-code")) in (("stop", "0"), ("monitor", "7"))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"remote_nodes": remote_nodes}
