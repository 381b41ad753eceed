# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What crm_mon prints of past fencings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from xml.etree import ElementTree

BY_HAND = "a human"  # Pacemaker's own words for `stonith_admin --confirm`


def fencings(history: str, node: str) -> list[dict[str, str]]:
    """The events of a node in the XML of `crm_mon --fence-history=3 --include=none,fencing`, oldest first."""
    root = parse(history)
    # Refused to look, a remote node prints no list and no error status.
    events = None if root is None else root.find(".//fence_history")
    found = [] if events is None else [dict(event.attrib) for event in events.iter("fence_event")
                                       if event.get("target") == node]
    return sorted(found, key=completed)


def by_device(event: Mapping[str, str]) -> bool:
    """Whether a device reported success, and not a person."""
    return event.get("status") == "success" and event.get("delegate", BY_HAND) != BY_HAND


def completed(event: Mapping[str, str]) -> float:
    """Pacemaker 2.1 writes whole seconds, 3.0 microseconds; the zone is Z or an offset, maybe after a blank."""
    try:
        moment = datetime.fromisoformat(event.get("completed", "").replace(" Z", "Z").replace("Z", "+00:00")
                                        .replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse(text: str) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None
