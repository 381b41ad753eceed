# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds out why the API said no, so that an error can name the culprit."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import UNFINISHED, Gateway, Row

LISTED_NAMES = 10


def listed(names: Iterable[str]) -> str:
    """At most ten names, and how many more there are."""
    every = list(names)
    more = len(every) - LISTED_NAMES
    return ", ".join(every[:LISTED_NAMES]) + (f" and {more} more" if more > 0 else "")


def objections(gateway: Gateway, hosts: Iterable[str], other_segments: Iterable[Row]) -> list[str]:
    """Why Masakari will not create these hosts: one is in another segment, or Nova does not know it."""
    wanted = set(hosts)
    if not wanted:
        return []
    elsewhere = [
        f"Host {host['name']!r} is already in segment {segment['name']!r}: remove it there first, "
        "or move it with openstack_ha.masakari.segment_host."
        for segment in other_segments
        for host in gateway.hosts(segment["uuid"])
        if host["name"] in wanted
    ]
    return elsewhere + _unknown_to_nova(gateway, wanted)


def _unknown_to_nova(gateway: Gateway, wanted: set[str]) -> list[str]:
    try:
        known = sorted(service["host"] for service in gateway.compute_services())
    except MasakariError:
        return []  # not everybody may list Nova's services; Masakari itself decides then
    return [
        f"Host {name!r} is not in Nova: no nova-compute service has that name. "
        f"Use the name that Nova uses; it knows {listed(known) or 'no host'}."
        for name in sorted(wanted.difference(known))
    ]


def recoveries(gateway: Gateway, segment: str) -> list[str]:
    """The notifications that hold a segment, each described."""
    hosts = {host["uuid"]: host["name"] for host in gateway.hosts(segment)}
    unfinished = [row for status in UNFINISHED for row in gateway.notifications(status=status)]
    return [
        f"notification {row['notification_uuid']} ({row['type']}, {row['status']}) "
        f"of host {hosts[row['source_host_uuid']]!r}"
        for row in unfinished
        if row["source_host_uuid"] in hosts
    ]
