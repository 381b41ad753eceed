# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was begun before the host is recovered: by an earlier attempt at it, or by those who moved its guests live."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import masakari.conf
from keystoneauth1.exceptions import ClientException
from masakari import objects
from masakari.compute import nova
from masakari.exception import MasakariException, NotFound
from novaclient.exceptions import ClientException as NovaException
from oslo_log import log as logging

from masakari_fence_gate import tables
from masakari_fence_gate.moves import GIVEN_UP, last_seen, newest, time_of, unfinished
from masakari_fence_gate.proof import Evacuation, LiveMigration, Unreadable

CONF = masakari.conf.CONF
LOG = logging.getLogger(__name__)
NOVA_FAILS = (NovaException, ClientException, MasakariException)
LOCKS = ("lock", "unlock")
VM_STATE, TASK_STATE = "OS-EXT-STS:vm_state", "OS-EXT-STS:task_state"
HOST, HYPERVISOR = "OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:hypervisor_hostname"


def under_way(host: str, since: datetime, context: Any, servers: nova.API) -> list[Evacuation]:
    """Evacuations begun since then, or since the host is down, of guests that are still the host's.

    Nova's migrations tell, not the state of a guest: it can say `rebuilding` since before its host failed, and nothing
    any more just before it moves.
    """
    try:
        client = nova.novaclient(context)
        reason = getattr(CONF.host_failure, "service_disable_reason", None)  # not every Masakari gives one
        down = last_seen(client.services.list(host=host, binary="nova-compute"), reason)
        migrations = client.migrations.list(source_compute=host, migration_type="evacuation")
        begun = unfinished(migrations, min(since, down))
        here = {server.id: server.name for server in servers.get_servers(context, host)} if begun else {}
    except NOVA_FAILS as error:
        raise Unreadable(f"Nova does not tell what it evacuates: {error}") from error
    return [
        Evacuation(here[migration.instance_uuid], migration.dest_compute, time_of(migration.created_at))
        for migration in begun if migration.instance_uuid in here
    ]


def migrating(host: str, context: Any, servers: nova.API) -> list[Evacuation]:
    """Live migrations from the host that may have put a guest on its destination: Nova learns of that last of all.

    A guest's state tells that one is not over, since Nova leaves migrations as running for ever. One that it calls
    completed, of a guest that is still the host's, has moved it all the same.
    """
    try:
        here = {server.id: server.name for server in servers.get_servers(context, host)
                if getattr(server, TASK_STATE) == "migrating"}
        migrations = nova.novaclient(context).migrations.list(
            source_compute=host, migration_type="live-migration") if here else []
    except NOVA_FAILS as error:
        raise Unreadable(f"Nova does not tell what it migrates: {error}") from error
    return [
        LiveMigration(here[migration.instance_uuid], migration.dest_compute, time_of(migration.created_at))
        for migration in newest(migrations) if migration.instance_uuid in here and migration.status not in GIVEN_UP
    ]


def close_moves(host: str, notification_uuid: str, since: datetime, context: Any, servers: nova.API) -> None:
    """Masakari takes up moves that are still pending beside the new ones: a guest would be evacuated twice at once.

    A guest that left the host after all has succeeded; others are listed anew. What failed and is still here is left
    as it is: Masakari's verdict on the recovery counts it.
    """
    if not hasattr(objects, "VMoveList"):
        return  # Masakari before 2023.1 keeps none
    for move in objects.VMoveList.get_all_vmoves(context, notification_uuid):
        try:
            guest = servers.get_server(context, move.instance_uuid)
        except NotFound:
            guest = None
        if guest is not None:
            _unlock(guest, since, context, servers)
        if guest is not None and getattr(guest, HOST) != host:
            move.status, move.dest_host = "succeeded", getattr(guest, HYPERVISOR)
            move.save()
        elif move.status in ("pending", "ongoing"):
            tables.forget_move(context, move.uuid)


def restore_states(
    host: str, notification_uuid: str, context: Any, servers: nova.API, tell: Callable[[str], None],
) -> None:
    """A guest that was active when its host was proven off is so again, if its evacuation has put it in error since.

    Nova does that when it finds no host for it. Masakari would take the error for its state of before: start it on
    the next host, stop it there and set it to error again.
    """
    try:
        guests = servers.get_servers(context, host)
        active = tables.read_active_guests(notification_uuid)
        if active is None:
            tables.write_active_guests(
                notification_uuid, [guest.id for guest in guests if getattr(guest, VM_STATE) == "active"])
            return
    except Exception:  # the guests are not to wait for this
        LOG.exception("A guest of '%s' whose evacuation fails may be left in error by the next one", host)
        return
    failed = [guest for guest in guests if guest.id in active and getattr(guest, VM_STATE) == "error"]
    restored = [guest for guest in failed if _restored(guest, context, servers)]
    if restored:  # their number alone: the words are few however many there are
        tell(f"Guests reset from error to active, as they were before their evacuation failed: {len(restored)}")


def _restored(guest: Any, context: Any, servers: nova.API) -> bool:
    try:
        servers.reset_instance_state(context, guest.id, "active")
    except NOVA_FAILS as error:
        LOG.warning("Could not reset the state of guest %s (%s) to active: %s", guest.name, guest.id, error)
        return False
    LOG.info("Guest %s (%s) is reset from error to active: its evacuation failed", guest.name, guest.id)
    return True


def _unlock(guest: Any, since: datetime, context: Any, servers: nova.API) -> None:
    """Take off the lock that Masakari put on a guest and did not live to take off."""
    client = nova.novaclient(context)
    if guest.locked and is_own_lock(client.instance_action.list(guest.id), client.client.get_user_id(), since):
        servers.unlock_server(context, guest.id)


def is_own_lock(actions: Iterable[Any], user: str, since: datetime) -> bool:
    """Whether the last of a guest's lockings was made by this user since then."""
    locks = (action for action in actions if action.action in LOCKS)
    last = max(locks, key=lambda action: action.start_time, default=None)
    return last is not None and last.action == "lock" and last.user_id == user and time_of(last.start_time) >= since
