# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of Nova's migrations may still start a guest elsewhere. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

GIVEN_UP = {"failed", "error", "cancelled"}
ENDED = {"done", "completed", *GIVEN_UP}
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def unfinished(migrations: Iterable[Any], since: datetime) -> list[Any]:
    """Nova leaves some as unfinished for ever: what began before then is of an earlier outage."""
    return [migration for migration in migrations
            if migration.status not in ENDED and time_of(migration.created_at) >= since]


def last_seen(services: Iterable[Any], own_reason: str | None) -> datetime:
    """When nova-compute was last known to be up: Nova evacuates nothing from a host that is.

    Nova tells when its record of the service was last changed. That is its last report, or Masakari's disabling, which
    comes before the evacuations; but by a person's it may be long after them. Then every one may be of this outage.
    """
    return min((_last_seen(service, own_reason) for service in services), default=LONG_AGO)


def _last_seen(service: Any, own_reason: str | None) -> datetime:
    by_a_person = service.forced_down or (service.status != "enabled" and service.disabled_reason != own_reason)
    return LONG_AGO if by_a_person or not service.updated_at else time_of(service.updated_at)


def newest(migrations: Iterable[Any]) -> list[Any]:
    """The last one of each guest."""
    in_order = sorted(migrations, key=lambda migration: time_of(migration.created_at))
    return list({migration.instance_uuid: migration for migration in in_order}.values())


def time_of(text: str) -> datetime:
    """Nova's times are UTC, and do not say so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
