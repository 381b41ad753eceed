# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reserves the attempts at a host have taken, and which the next one is offered. Nothing here asks anybody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

# Masakari's own words. They are kept before the host is enabled in Nova; its role is taken from it only after that.
TAKES = re.compile(r"Enabling reserved host: '(.+)'")


def taken(told: Iterable[Mapping[str, str]]) -> list[str]:
    """The reserves that the attempts have begun to take, the last one first, from what their steps have told."""
    latest_first = sorted(told, key=lambda detail: detail["timestamp"], reverse=True)
    hosts = [match[1] for detail in latest_first if (match := TAKES.fullmatch(detail["message"]))]
    return list(dict.fromkeys(hosts))


def offer(reserved: Sequence[str], earlier: Iterable[str], usable: Collection[str]) -> list[str]:
    """What Masakari tries, in this order: what was taken before another is spent."""
    again = [host for host in earlier if host in reserved or host in usable]
    return again + [host for host in reserved if host not in again]
