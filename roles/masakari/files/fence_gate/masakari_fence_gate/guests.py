# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which guests an evacuation that failed has put in error. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

VM_STATE, POWER_STATE = "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state"
RUNNING = 1  # Nova keeps what it knew last while the host is down
FAILED = {"error", "failed"}  # the first when no host is found for the guest, the second when the host found fails


def put_in_error(guests: Iterable[Any], migrations: Iterable[Any], since: datetime) -> list[Any]:
    """Those of the guests that ran until their host failed, and are in error since an evacuation since then.

    `migrations` are the evacuations from that host. The newest of a guest decides: an older failure says nothing.
    """
    recent = [migration for migration in migrations if utc(migration.created_at) >= since]
    newest = {migration.instance_uuid: migration.status
              for migration in sorted(recent, key=lambda migration: utc(migration.created_at))}
    return [guest for guest in guests
            if getattr(guest, VM_STATE) == "error" and getattr(guest, POWER_STATE) == RUNNING
            and newest.get(guest.id) in FAILED]


def utc(text: str) -> datetime:
    """Nova's times have no zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
