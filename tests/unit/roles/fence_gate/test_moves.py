# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of Nova's migrations are waited for, and since when one can be of this outage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from masakari_fence_gate.moves import LONG_AGO, last_seen, newest, time_of, unfinished

OWN = "Masakari detected host failed."
SEEN = "2026-11-21T11:00:00.000000"


def row(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(**values)


def service(updated_at: str | None = SEEN, status: str = "enabled", disabled_reason: str | None = None,
            forced_down: bool = False) -> SimpleNamespace:
    return row(updated_at=updated_at, status=status, disabled_reason=disabled_reason, forced_down=forced_down)


@pytest.mark.parametrize("status, created_at, waited_for", [
    ("accepted", "12:00:01", True),
    ("pre-migrating", "12:00:01", True),
    ("unheard-of", "12:00:01", True),
    ("accepted", "12:00:00", True),
    ("accepted", "11:59:59", False),  # of an earlier outage: the host has run since
    ("done", "12:00:01", False),
    ("completed", "12:00:01", False),
    ("failed", "12:00:01", False),
    ("error", "12:00:01", False),
    ("cancelled", "12:00:01", False),
])
def test_unfinished(status: str, created_at: str, waited_for: bool) -> None:
    migration = row(status=status, created_at=f"2026-11-21T{created_at}.000000")
    assert unfinished([migration], time_of("2026-11-21T12:00:00")) == [migration] * waited_for


@pytest.mark.parametrize("services, since", [
    ([service()], time_of(SEEN)),
    ([service(status="disabled", disabled_reason=OWN)], time_of(SEEN)),  # by Masakari, before it evacuates
    # By a person: that may have been after an evacuation began, and nothing tells when it was up before.
    ([service(status="disabled", disabled_reason="I am at it")], LONG_AGO),
    ([service(status="disabled")], LONG_AGO),
    ([service(forced_down=True)], LONG_AGO),
    ([service(updated_at=None)], LONG_AGO),
    ([], LONG_AGO),
])
def test_last_seen(services: list[Any], since: Any) -> None:
    assert last_seen(services, OWN) == since


def test_disabled_by_a_masakari_that_gives_no_reason() -> None:
    assert last_seen([service(status="disabled")], None) == time_of(SEEN)


def test_newest() -> None:
    """An older migration of a guest says nothing about where it is going now."""
    old, new, other = (row(instance_uuid=guest, created_at=f"2026-11-21T{clock}.000000")
                       for guest, clock in (("vm1", "11:00:00"), ("vm1", "12:00:00"), ("vm2", "10:00:00")))
    assert newest([new, other, old]) == [other, new]
