# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Masakari and Nova know of a host's recovery, in one look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row

GUEST_FIELDS = ("id", "name", "status", "task_state")


def host_uuid(gateway: Gateway, name: str, option: str) -> str:
    for segment in gateway.segments():
        for host in gateway.hosts(segment["uuid"]):
            if host["name"] == name:
                return host["uuid"]
    raise MasakariError(f"Host {name!r} is in no segment: correct {option}, or add the host to a segment.")


def look(gateway: Gateway, host: str, guests: Sequence[str] | None, since: float | None, actions: bool) -> Row:
    """The host's service, its guests (or those named, wherever they are), and what was recovered since then."""
    rows = gateway.servers(host) if guests is None else [gateway.server(guest) or _gone(guest) for guest in guests]
    rows = [{**{field: row[field] for field in GUEST_FIELDS}, "host": row["compute_host"]} for row in rows]
    found = {"compute_service": next(iter(gateway.compute_services(host)), None), "guests": rows, "notifications": []}
    if since is not None:
        start = utc_second(since)
        found["notifications"] = _notifications(gateway, host_uuid(gateway, host, "host"), start)
        if actions:
            found["guests"] = [{**row, "actions": _actions(gateway, row, start)} for row in rows]
    return found


def _gone(guest: str) -> Row:
    return {"id": guest, "name": guest, "status": "DELETED", "task_state": None, "compute_host": None}


def utc_second(epoch: float) -> str:
    """As OpenStack writes it; its databases keep whole seconds."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _actions(gateway: Gateway, guest: Row, since: str) -> list[Row]:
    return [] if guest["status"] == "DELETED" else gateway.server_actions(guest["id"], since)


def _notifications(gateway: Gateway, host: str, since: str) -> list[Row]:
    """Oldest first, each with the steps of its recovery."""
    new = [row for row in gateway.notifications(source_host_uuid=host) if (row["created_at"] or "") >= since]
    return [gateway.notification(row["notification_uuid"]) or row for row in reversed(new)]
