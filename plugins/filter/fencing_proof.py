# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Pacemaker recorded of a node's fencing."""

from __future__ import annotations

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._fence_history import (
    by_device,
    completed,
    fencings,
    parse,
)

DOCUMENTATION = r"""
name: fencing_proof
short_description: The fencing of a node since a given time, if a device did it and the cluster believes it
version_added: 0.1.0
description:
  - Reads what C(crm_mon) and C(cibadmin) print. A node was fenced when its newest event says that it was powered off or
    rebooted with success, at the given time or later, by a device and not on the word of a person, and the cluster has
    the time in the node's C(node_fenced).
positional: _input, node
options:
  _input:
    description:
      - What C(crm_mon --one-shot --fence-history=3 --output-as=xml --include=none,fencing) prints with C(TZ=UTC).
    type: str
    required: true
  node:
    description: Name of the node.
    type: str
    required: true
  state:
    description: What C(cibadmin --query --xpath //node_state) prints.
    type: str
    required: true
  since:
    description: Seconds since the epoch on the clock of the cluster. An earlier fencing proves nothing.
    type: float
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop unless compute1 was fenced
  ansible.builtin.assert:
    that: history.stdout | openstack_ha.masakari.fencing_proof('compute1', state=state.stdout, since=1795219726) != {}
"""

RETURN = r"""
_value:
  description:
    - The last such event with its attributes as crm_mon prints them, and C(node_fenced). Empty without a proof.
  type: dict
"""


def fencing_proof(history: str, node: str, *, state: str, since: float | str) -> dict[str, str]:
    start, fenced = float(since), _node_fenced(state, node)
    # Only the newest counts: a host that rejoined after a device fenced it may have been confirmed off by hand since.
    last: dict[str, str] = max(fencings(history, node), key=completed, default={})
    proves = by_device(last) and last.get("action") in ("off", "reboot") and completed(last) >= start
    if not proves or fenced < int(start):
        return {}
    return {**last, "node_fenced": str(fenced)}


def _node_fenced(state: str, node: str) -> int:
    root = parse(state)
    found = [] if root is None else [element.get("node_fenced", "") for element in root.iter("node_state")
                                     if element.get("uname", element.get("id")) == node]
    return max((int(value) for value in found if value.isdigit()), default=0)


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"fencing_proof": fencing_proof}
