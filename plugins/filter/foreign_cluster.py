# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host belongs to another cluster."""

from __future__ import annotations

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._corosync_conf import addresses, parse

DOCUMENTATION = r"""
name: foreign_cluster
short_description: Which other cluster a corosync.conf belongs to
version_added: 0.1.0
description:
  - A cluster is another one by its name. One without a name, or with that of Debian's package, is another one by its
    nodes, unless they are those of the package, which are this machine alone.
positional: _input
options:
  _input:
    description: Text of C(corosync.conf); empty where there is none.
    type: str
    required: true
  cluster:
    description: Name of the cluster that the host may belong to.
    type: str
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop where another cluster lives
  ansible.builtin.assert:
    that: corosync_conf.stdout | openstack_ha.masakari.foreign_cluster(cluster='masakari') == ''
"""

RETURN = r"""
_value:
  description: Name and nodes of the other cluster, as part of a sentence; empty if there is none.
  type: str
"""

OF_THE_PACKAGE = {"", "debian"}
LOOPBACK = ("127.", "::1", "localhost")


def foreign_cluster(corosync_conf: str, *, cluster: str) -> str:
    name, nodes = parse(corosync_conf)
    if name == cluster or (name in OF_THE_PACKAGE and _is_this_machine_alone(nodes)):
        return ""
    names = ", ".join(node.get("name") or next(iter(addresses(node)), "a node without a name") for node in nodes)
    return f"{name or 'without a name'} (nodes: {names or 'none are listed'})"


def _is_this_machine_alone(nodes: list[dict[str, str]]) -> bool:
    return len(nodes) < 2 and all(address.startswith(LOOPBACK) for node in nodes for address in addresses(node))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"foreign_cluster": foreign_cluster}
