# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari's tables, where its own interface lacks something: a change on a condition, and notes on a recovery.

The notes stand in taskflow's logbook of the notification, which Masakari keeps for its recovery and no one else reads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import masakari.conf
from masakari.db.sqlalchemy import api, models
from masakari.engine.drivers.taskflow import host_failure
from oslo_db import api as oslo_db_api
from oslo_utils import timeutils
from taskflow import exceptions
from taskflow.persistence import backends
from taskflow.persistence import models as persistence

from masakari_fence_gate.owner import Owner

CONF = masakari.conf.CONF
OWNER, ACTIVE, RESERVE = "owner", "active_guests", "was_reserve"


def _tables() -> Any:
    return getattr(api, "context_manager", None) or api.main_context_manager  # before 2025.2


@oslo_db_api.wrap_db_retry(max_retries=5, retry_on_deadlock=True)
def change_status(context: Any, uuid: str, old: str, new: str, since: datetime | None = None) -> datetime | None:
    """When the notification got its new status; None when somebody else was quicker.

    `since` is the `updated_at` that was seen with the old status: an older look than the last change changes nothing.
    """
    now = timeutils.utcnow().replace(microsecond=0)  # what every database can keep
    expected = {"notification_uuid": uuid, "status": old, "deleted": 0}
    if since is not None:
        expected["updated_at"] = since.replace(tzinfo=None)
    with _tables().writer.using(context) as session:
        changed = session.query(models.Notification).filter_by(**expected).update(
            {"status": new, "updated_at": now}, synchronize_session=False)
    return now if changed else None


@oslo_db_api.wrap_db_retry(max_retries=5, retry_on_deadlock=True)
def forget_move(context: Any, uuid: str) -> None:
    with _tables().writer.using(context) as session:
        session.query(models.VMove).filter_by(uuid=uuid).soft_delete(synchronize_session=False)


def write_owner(notification_uuid: str, owner: Owner) -> None:
    _write(notification_uuid, OWNER, asdict(owner))


def read_owner(notification_uuid: str) -> Owner | None:
    owner = _read(notification_uuid, OWNER)
    return Owner(**owner) if owner is not None else None


def write_reserve(notification_uuid: str) -> None:
    """Keep that the failed host was a reserve: Masakari takes the role from it as it begins."""
    _write(notification_uuid, RESERVE, True)


def read_reserve(notification_uuid: str) -> bool:
    return bool(_read(notification_uuid, RESERVE))


def write_active_guests(notification_uuid: str, guests: list[str]) -> None:
    """Keep the ids of the guests that were active when their host was proven off."""
    _write(notification_uuid, ACTIVE, guests)


def read_active_guests(notification_uuid: str) -> list[str] | None:
    """None: nobody has noted them yet."""
    guests: list[str] | None = _read(notification_uuid, ACTIVE)
    return guests


def _write(notification_uuid: str, key: str, value: Any) -> None:
    with _logbooks() as connection:
        book = _logbook(connection, notification_uuid)
        if book is None:  # not `or`: without its flows, which are not read here, a logbook is false
            book = persistence.LogBook(host_failure.ACTION, notification_uuid)
        book.meta = {**(book.meta or {}), key: value}
        connection.save_logbook(book)


def _read(notification_uuid: str, key: str) -> Any:
    with _logbooks() as connection:
        book = _logbook(connection, notification_uuid)
    return (book.meta or {}).get(key) if book is not None else None


@contextlib.contextmanager
def _logbooks() -> Iterator[Any]:
    with (contextlib.closing(backends.fetch(CONF.taskflow.connection)) as backend,
          contextlib.closing(backend.get_connection()) as connection):
        yield connection


def _logbook(connection: Any, uuid: str) -> Any:
    try:
        return connection.get_logbook(uuid, lazy=True)
    except exceptions.NotFound:
        return None
