# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that talks to OpenStack: openstacksdk's `instance_ha`, without its traps.

Everything comes back as plain dictionaries, complete and sorted, and every failure as a `MasakariError`.
The traps: resources are addressed by `uuid`, since `id` is the database's integer; there is no find; the SDK
does not page its lists right; `recovery_workflow_details` need a microversion that it does not ask for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import Busy, MasakariError, Refused

try:
    from keystoneauth1 import exceptions as keystone
    from openstack import exceptions as sdk
    from openstack.utils import maximum_supported_microversion
except ImportError:  # said by OpenStackModule, before anything here is used
    pass

Row = dict[str, Any]

SEGMENT_FIELDS = (
    "uuid", "name", "description", "recovery_method", "service_type", "is_enabled", "created_at", "updated_at",
)
HOST_FIELDS = (
    "uuid", "name", "type", "control_attributes", "reserved", "on_maintenance", "failover_segment_id",
    "created_at", "updated_at",
)
NOTIFICATION_FIELDS = (
    "notification_uuid", "type", "status", "source_host_uuid", "generated_time", "payload", "created_at", "updated_at",
)
VMOVE_FIELDS = (
    "uuid", "server_id", "server_name", "type", "status", "source_host", "dest_host", "start_time", "end_time",
    "message", "created_at", "updated_at",
)
COMPUTE_SERVICE_FIELDS = (
    "id", "host", "binary", "status", "state", "disabled_reason", "availability_zone", "is_forced_down", "updated_at",
)
SERVER_FIELDS = ("id", "name", "status", "task_state", "compute_host")
UNFINISHED = ("new", "running", "error")

# Masakari answers with `osapi_max_limit` rows at most, 1000 unless its operator changed that.
PAGE_SIZE = 1000


def translated(conflict: type[MasakariError] = Refused) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Turn the SDK's exceptions into ours; what 409 means depends on what was asked for."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except (sdk.SDKException, keystone.ClientException) as error:
                raise _translate(error, conflict) from error

        return call

    return decorate


def _translate(error: Exception, conflict: type[MasakariError]) -> MasakariError:
    status = getattr(error, "status_code", None) or getattr(error, "http_status", None)
    if isinstance(error, (keystone.EndpointNotFound, sdk.ServiceDisabledException)):
        return MasakariError(
            f"The service catalog lacks a service this module needs: {_reason(error)}. "
            "Register the service and its endpoint in Keystone, or correct region_name or interface."
        )
    if isinstance(error, keystone.Unauthorized) or status == 401:
        return MasakariError(
            "Keystone refuses the credentials (401): correct the user, password, project or domains "
            "in clouds.yaml or in auth."
        )
    if isinstance(error, keystone.ConnectFailure):
        return MasakariError(
            f"{_reason(error)}: see that the service is running and that its URL "
            "(auth_url, or the endpoint in Keystone's catalog) is right."
        )
    if status == 403:
        return MasakariError(f"The user is not allowed to do this (403): {_reason(error)} Use an admin's credentials.")
    if status == 409:
        return conflict(_reason(error))
    if status == 400:
        return Refused(_reason(error))
    return MasakariError(f"OpenStack answered {status or type(error).__name__}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """The API's own words, without the client's wrapping."""
    text = getattr(error, "details", None) or str(error)
    return text.split(": HTTPConnectionPool", 1)[0].split(": HTTPSConnectionPool", 1)[0].strip()


def _row(resource: Any, fields: Iterable[str]) -> Row:
    return {field: getattr(resource, field) for field in fields}


def _action(detail: Row) -> Row:
    events = [{field: event.get(field) for field in ("event", "start_time", "finish_time", "result", "host")}
              for event in detail.get("events") or []]
    return {**{field: detail.get(field) for field in ("action", "start_time", "message")},
            "events": sorted(events, key=lambda event: event["start_time"] or "")}


def _by_name(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["name"])


class Gateway:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    # --- reading ---------------------------------------------------------------------------------

    @translated()
    def supports(self, microversion: str) -> bool:
        """Whether the API knows this microversion; the answer comes from discovery and costs no request."""
        return maximum_supported_microversion(self._connection.instance_ha, microversion) == microversion

    @translated()
    def segments(self) -> list[Row]:
        pages = self._pages(self._connection.instance_ha.segments)
        return _by_name([_row(segment, SEGMENT_FIELDS) for segment in pages])

    @translated()
    def hosts(self, segment: str) -> list[Row]:
        pages = self._pages(self._connection.instance_ha.hosts, segment)
        return _by_name([_row(host, HOST_FIELDS) for host in pages])

    @translated()
    def notifications(self, **query: Any) -> list[Row]:
        """Newest first."""
        pages = self._pages(self._connection.instance_ha.notifications, **query)
        return [_row(notification, NOTIFICATION_FIELDS) for notification in pages]

    @translated()
    def notification(self, uuid: str) -> Row | None:
        """One notification with its `recovery_workflow_details`, which the SDK does not ask for."""
        response = self._connection.instance_ha.get(f"/notifications/{uuid}", microversion="1.1")
        if response.status_code == 404:
            return None
        sdk.raise_from_response(response)
        row = response.json()["notification"]
        return {field: row.get(field) for field in (*NOTIFICATION_FIELDS, "recovery_workflow_details")}

    @translated()
    def vmoves(self, notification: str) -> list[Row]:
        """Needs microversion 1.3: older APIs have no such path."""
        pages = self._pages(self._connection.instance_ha.vmoves, notification)
        return [_row(vmove, VMOVE_FIELDS) for vmove in pages]

    @translated()
    def compute_services(self, host: str | None = None) -> list[Row]:
        query = {"host": host} if host else {}
        services = self._connection.compute.services(binary="nova-compute", **query)
        return [_row(service, COMPUTE_SERVICE_FIELDS) for service in services]

    @translated()
    def servers(self, host: str) -> list[Row]:
        """All projects' guests that Nova places on a host."""
        servers = self._connection.compute.servers(all_projects=True, compute_host=host)
        return _by_name([_row(server, SERVER_FIELDS) for server in servers])

    @translated()
    def server(self, uuid: str) -> Row | None:
        try:
            return _row(self._connection.compute.get_server(uuid), SERVER_FIELDS)
        except sdk.NotFoundException:
            return None

    @translated()
    def server_actions(self, uuid: str, since: str) -> list[Row]:
        """What was done to a guest at that second or later, oldest first, each with its steps and their hosts."""
        path = f"/servers/{uuid}/os-instance-actions"
        actions = [action for action in self._compute(path)["instanceActions"] if action["start_time"] >= since]
        details = [self._compute(f"{path}/{action['request_id']}")["instanceAction"] for action in actions]
        return sorted((_action(detail) for detail in details), key=lambda action: action["start_time"])

    def _compute(self, path: str) -> Row:
        response = self._connection.compute.get(path, microversion="2.62")  # the first that names hosts
        sdk.raise_from_response(response)
        return response.json()

    @staticmethod
    def _pages(method: Callable[..., Iterable[Any]], *args: Any, **query: Any) -> list[Any]:
        """All rows; a second request only where the first one filled a page."""
        rows: list[Any] = []
        while True:
            # The marker is the database's id: a uuid is refused.
            marker = {"marker": rows[-1].id} if rows else {}
            page = list(method(*args, paginated=False, limit=PAGE_SIZE, **marker, **query))
            rows += page
            if len(page) < PAGE_SIZE:
                return rows

    # --- changing --------------------------------------------------------------------------------

    @translated()
    def create_segment(self, **values: Any) -> Row:
        return _row(self._connection.instance_ha.create_segment(**values), SEGMENT_FIELDS)

    @translated(conflict=Busy)
    def update_segment(self, uuid: str, **values: Any) -> Row:
        return _row(self._connection.instance_ha.update_segment(uuid, **values), SEGMENT_FIELDS)

    @translated(conflict=Busy)
    def delete_segment(self, uuid: str) -> None:
        """Masakari deletes the segment's hosts with it, silently."""
        self._connection.instance_ha.delete_segment(uuid, ignore_missing=True)

    @translated()
    def create_host(self, segment: str, **values: Any) -> Row:
        return _row(self._connection.instance_ha.create_host(segment, **values), HOST_FIELDS)

    @translated(conflict=Busy)
    def update_host(self, segment: str, uuid: str, **values: Any) -> Row:
        """Never send an unchanged name: Masakari would ask Nova about it."""
        return _row(self._connection.instance_ha.update_host(uuid, segment, **values), HOST_FIELDS)

    @translated(conflict=Busy)
    def delete_host(self, segment: str, uuid: str) -> None:
        self._connection.instance_ha.delete_host(uuid, segment, ignore_missing=True)

    @translated()
    def enable_compute(self, service: str) -> Row:
        return _row(self._connection.compute.enable_service(service), COMPUTE_SERVICE_FIELDS)

    @translated()
    def disable_compute(self, service: str, reason: str | None) -> Row:
        answer = self._connection.compute.disable_service(service, disabled_reason=reason)
        return _row(answer, COMPUTE_SERVICE_FIELDS)

    @translated(conflict=Busy)
    def migrate_live(self, server: str) -> None:
        """To where Nova's scheduler likes; the disks go along where they are not shared."""
        self._connection.compute.live_migrate_server(server)
