# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's manager: one engine at a time recovers a host, and what a killed engine began is begun again.

Masakari lets the notification of a killed engine stand as `running` for a day. No lock tells whether an engine works on
it: the one that Masakari holds meanwhile is the process's own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import masakari.conf
from masakari import exception, objects
from masakari.engine import manager
from masakari.objects import fields
from oslo_log import log as logging
from oslo_service import periodic_task

from masakari_fence_gate import options, pacemaker, tables
from masakari_fence_gate.driver import Driver
from masakari_fence_gate.owner import Owner, runs_here, this_process
from masakari_fence_gate.proof import Unreadable, fenced_after

CONF = masakari.conf.CONF
LOG = logging.getLogger(__name__)
STATUS = fields.NotificationStatus
INTERVAL = 15

options.register(CONF)


class Manager(manager.MasakariManager):

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.driver = Driver(self.driver)

    def _process_notification(self, context: Any, notification: Any) -> None:
        host = _host(context, notification)
        if host is not None and _is_disabled(host):  # Masakari asks only those who bring the notification, not the task
            self._ignore(context, notification)
        elif notification.type != fields.NotificationType.COMPUTE_HOST or self._take(context, notification, host):
            super()._process_notification(context, notification)

    def _ignore(self, context: Any, notification: Any) -> None:
        uuid = notification.notification_uuid
        if tables.change_status(context, uuid, notification.status, STATUS.IGNORED):
            LOG.warning("Notification %s of type %s is ignored: its segment is disabled", uuid, notification.type)

    def _take(self, context: Any, notification: Any, host: Any) -> bool:
        """Whether it is this engine that recovers the host: several may have seen the same notification as theirs."""
        uuid = notification.notification_uuid
        taken = tables.change_status(context, uuid, notification.status, STATUS.RUNNING)
        if taken is None:
            LOG.info("Notification %s is %s no more: another engine has it", uuid, notification.status)
            return False
        others = _running(context, notification)
        if others:  # two at once would evacuate each guest to two hosts; two that see each other both wait
            tables.change_status(context, uuid, STATUS.RUNNING, notification.status, taken)
            LOG.info("Notification %s waits: its host is being recovered for %s", uuid, ", ".join(others))
            return False
        notification.status = STATUS.RUNNING  # as new it would be taken for somebody else's
        try:
            tables.write_owner(uuid, this_process(CONF.host, taken.isoformat()))
        except Exception:  # the guests are not to wait for this
            LOG.exception("Should this engine be killed, no other one will finish notification %s", uuid)
        if host is not None and host.reserved:  # still: Masakari takes the role from it next
            self._note_reserve(uuid)
        return True

    def _note_reserve(self, uuid: str) -> None:
        try:
            tables.write_reserve(uuid)
        except Exception:  # the guests are not to wait for this
            LOG.exception("If notification %s is false, its host will be a reserve no more", uuid)

    @periodic_task.periodic_task(spacing=INTERVAL, run_immediately=True)
    def _give_up_orphans(self, context: Any) -> None:
        """Set to `error` what an engine has left `running` that is proven dead; Masakari tries that again by itself."""
        filters = {"status": [STATUS.RUNNING], "type": fields.NotificationType.COMPUTE_HOST}
        for notification in objects.NotificationList.get_all(context, filters=filters):
            uuid, since = notification.notification_uuid, notification.updated_at
            owner = tables.read_owner(uuid)  # after the notification: the owner of a later attempt does not match it
            if owner is None or since is None or owner.taken != since.replace(tzinfo=None).isoformat():
                continue
            proof = _proof_of_death(owner)
            if proof and tables.change_status(context, uuid, STATUS.RUNNING, STATUS.ERROR, since):
                LOG.warning("Notification %s was left unfinished: %s. It is tried again.", uuid, proof)


def _host(context: Any, notification: Any) -> Any:
    try:
        return objects.Host.get_by_uuid(context, notification.source_host_uuid)
    except exception.HostNotFound:  # somebody has deleted it since: Masakari says so where it needs it
        return None


def _is_disabled(host: Any) -> bool:
    return not getattr(host.failover_segment, "enabled", True)  # not every Masakari can disable one


def _running(context: Any, notification: Any) -> list[str]:
    """Other notifications of the same host that an engine has taken."""
    filters = {"status": [STATUS.RUNNING], "type": notification.type, "source_host_uuid": notification.source_host_uuid}
    found = objects.NotificationList.get_all(context, filters=filters)
    return [other.notification_uuid for other in found if other.notification_uuid != notification.notification_uuid]


def _proof_of_death(owner: Owner) -> str | None:
    """Silence is none. Either the process is seen to be gone, on its host, or its host was powered off meanwhile."""
    if owner.host == CONF.host:
        return None if runs_here(owner) else f"the engine's process {owner.pid} on {owner.host} has ended"
    taken = datetime.fromisoformat(owner.taken).replace(tzinfo=UTC)
    try:
        fenced = fenced_after(pacemaker.look(), owner.host, taken, CONF.fence_gate.accept_confirmation)
    except Unreadable as error:
        LOG.warning("Whether the engine on %s lives cannot be told: %s", owner.host, error)
        return None
    return f"{owner.host}, whose engine had it, {fenced}" if fenced else None
