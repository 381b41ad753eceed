# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failover segments from Nova's host aggregates, beside those that are declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

DOCUMENTATION = r"""
name: aggregate_segments
short_description: Failover segments for host aggregates of Nova
version_added: 0.1.0
description:
  - Adds a segment for each aggregate whose name fits a pattern, with the hosts of the aggregate. Where a segment of
    that name is declared, its own values win, and its hosts are added to those of the aggregate, each with what was
    declared of it, such as C(reserved).
positional: _input
options:
  _input:
    description: Declared segments, as C(masakari_segments) has them.
    type: list
    elements: dict
    required: true
  aggregates:
    description: Aggregates of Nova, each with C(name) and C(hosts).
    type: list
    elements: dict
    default: []
  patterns:
    description: Names of aggregates, or patterns of names such as V(az-*).
    type: list
    elements: str
    default: []
  options:
    description: Values of a segment that is made of an aggregate.
    type: dict
    default: {}
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Show the segments
  ansible.builtin.debug:
    msg: >-
      {{ [] | openstack_ha.masakari.aggregate_segments(aggregates=[{'name': 'az1', 'hosts': ['compute1', 'compute2']}],
                                                       patterns=['az*'], options={'recovery_method': 'auto'}) }}
"""

RETURN = r"""
_value:
  description: Segments, the declared ones first.
  type: list
  elements: dict
"""

Segment = Mapping[str, Any]


def aggregate_segments(declared: Sequence[Segment], *, aggregates: Iterable[Mapping[str, Any]] = (),
                       patterns: Sequence[str] = (), options: Mapping[str, Any] | None = None) -> list[Segment]:
    made = {aggregate["name"]: {**(options or {}), "name": aggregate["name"],
                                "hosts": [{"name": host} for host in sorted(aggregate["hosts"] or [])]}
            for aggregate in aggregates if any(fnmatchcase(aggregate["name"], pattern) for pattern in patterns)}
    merged = [_merged(made.pop(segment.get("name"), None), segment) if isinstance(segment, Mapping) else segment
              for segment in declared]
    return [*merged, *(made[name] for name in sorted(made))]


def _merged(made: Segment | None, declared: Segment) -> Segment:
    """What is wrong with the declaration is for the filter segment_problems to tell: here it is let through."""
    own = declared.get("hosts") or []
    if made is None or not isinstance(own, list) or not all(isinstance(host, Mapping) for host in own):
        return declared
    hosts = {host.get("name"): host for host in [*made["hosts"], *own]}
    return {**made, **declared, "hosts": list(hosts.values())}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"aggregate_segments": aggregate_segments}
