# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote node as Pacemaker sees it, with what its commands only say between the lines."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

DOCUMENTATION = r"""
name: cluster_node
short_description: The state of a remote node in a Pacemaker cluster
version_added: 0.1.0
description:
  - Reads what C(crm_mon --one-shot --output-as=xml --include=none,nodes) and C(cibadmin --query) print one after the
    other.
  - A fenced remote node reads online whenever Pacemaker tries to connect to it. It is up only when it is online and the
    cluster has taken back that it was fenced.
positional: _input
options:
  _input:
    description: Output of both commands.
    type: str
    required: true
  node:
    description: Name of the remote node.
    type: str
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Wait until compute1 is really up
  ansible.builtin.shell:
    cmd: crm_mon --one-shot --output-as=xml --include=none,nodes && cibadmin --query
  register: cluster
  changed_when: false
  until: (cluster.stdout | openstack_ha.masakari.cluster_node('compute1')).up
"""

RETURN = r"""
_value:
  description:
    - C(known), whether Pacemaker has a remote node of this name; C(up), whether it is really up; C(online), as
      C(crm_mon) says; C(fenced), whether it was fenced and has not joined since; C(held), whether its connection is
      stopped on purpose; C(managed), whether the cluster sees to its connection; C(maintenance), whether the cluster
      looks away from the node; C(unclean), whether it is to be fenced yet; and C(state), the same in words.
  type: dict
"""

# Between the declarations of two documents nothing else would tell where the first one ends.
DECLARATION = re.compile(r"<\?xml.*?\?>", re.DOTALL)


def cluster_node(output: str, node: str) -> dict[str, Any]:
    root = _parse(output)
    shown = next((element for element in root.iterfind("./pacemaker-result/nodes/node")
                  if element.get("name") == node and element.get("type") == "remote"), None)
    answer: dict[str, Any] = {
        "known": shown is not None,
        "online": shown is not None and shown.get("online") == "true",
        "fenced": _fenced(root, node),
        "held": _meta(root, node, "target-role") == "stopped",
        "managed": _meta(root, node, "is-managed") != "false",
        "maintenance": shown is not None and shown.get("maintenance") == "true",
        "unclean": shown is not None and shown.get("unclean") != "false",
    }
    answer["up"] = answer["online"] and not any(answer[word] for word in ("unclean", "fenced", "held"))
    return {**answer, "state": _words(answer)}


def _parse(output: str) -> ElementTree.Element:
    """Nothing, where Pacemaker did not answer: whoever waits asks again."""
    try:
        return ElementTree.fromstring(f"<both>{DECLARATION.sub('', output)}</both>")
    except ElementTree.ParseError:
        return ElementTree.Element("both")


def _fenced(root: ElementTree.Element, node: str) -> bool:
    """0 once it has joined again, absent while it never has."""
    states = [state for state in root.iterfind(".//status/node_state") if node in (state.get("uname"), state.get("id"))]
    return any(state.get("node_fenced", "0") != "0" for state in states)


def _meta(root: ElementTree.Element, node: str, name: str) -> str | None:
    """A meta attribute of its connection."""
    values = [value.get("value", "").lower()
              for resource in root.iterfind(".//resources//primitive") if resource.get("id") == node
              for value in resource.iterfind(f"./meta_attributes/nvpair[@name='{name}']")]
    return values[0] if values else None


def _words(node: dict[str, Any]) -> str:
    if not node["known"]:
        return "unknown to Pacemaker"
    words = [word for word in ("up", "unclean", "fenced", "held", "maintenance") if node[word]]
    return " and ".join(words).replace("held", "held out (target-role=Stopped)").replace(
        "maintenance", "in maintenance") or "down"


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"cluster_node": cluster_node}
