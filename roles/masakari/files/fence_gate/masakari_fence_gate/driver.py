# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari's driver, whose second attempt at a host gets the reserve that the first one has taken.

Masakari offers the hosts that are reserved, which that one is no more. It is offered beside them, and not made a
reserve again: it may have guests by now, and an attempt that fails or is killed as well must not leave it reserved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from masakari import objects
from masakari.compute import nova
from oslo_log import log as logging

from masakari_fence_gate.earlier_attempt import NOVA_FAILS
from masakari_fence_gate.reserves import offer, taken

LOG = logging.getLogger(__name__)
ENABLED, DISABLED = "enabled", "disabled"


class Driver:

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def execute_host_failure(
        self, context: Any, host_name: str, recovery_method: str, notification_uuid: str, *,
        update_host_method: Callable[..., None], reserved_host_list: list[str] | None,
    ) -> None:
        if reserved_host_list is not None:  # with `auto` there is none
            try:
                earlier = taken(self._told(context, recovery_method, notification_uuid))
                reserved_host_list = _offer(context, host_name, reserved_host_list, earlier, update_host_method)
            except Exception:  # the guests are not to wait for this
                LOG.exception("Notification %s may lack a reserve that it has taken before", notification_uuid)
        self._driver.execute_host_failure(
            context, host_name, recovery_method, notification_uuid,
            update_host_method=update_host_method, reserved_host_list=reserved_host_list,
        )

    def _told(self, context: Any, recovery_method: str, notification_uuid: str) -> list[dict[str, str]]:
        """What the steps of all attempts have told, as `openstack notification show` has it."""
        notification = objects.Notification.get_by_uuid(context, notification_uuid)
        steps = self._driver.get_notification_recovery_workflow_details(context, recovery_method, notification)
        return [detail for step in steps for detail in step.progress_details]


def _offer(
    context: Any, failed_host: str, reserved: list[str], earlier: list[str], take_role: Callable[..., None],
) -> list[str]:
    here = _in_use(context, failed_host) if earlier else ()
    states = {host: _state(context, host) for host in earlier if host in here}
    for host, state in states.items():
        if state == ENABLED and host in reserved:  # killed in between: Nova gives it guests already
            LOG.info("Host %s is enabled: it is a reserve no more", host)
            take_role(context, host)
    offered = offer(reserved, earlier, [host for host, state in states.items() if state != DISABLED])
    if earlier:
        LOG.info("Reserves taken before for %s: %s. Now tried, in this order: %s", failed_host, earlier, offered)
    return offered


def _in_use(context: Any, failed_host: str) -> set[str]:
    """The hosts of the segment that nobody has put on maintenance."""
    segment = objects.Host.get_by_name(context, failed_host).failover_segment.uuid
    filters = {"failover_segment_id": segment, "on_maintenance": False}
    return {host.name for host in objects.HostList.get_all(context, filters=filters)}


def _state(context: Any, host: str) -> str | None:
    """Disabled is what somebody has taken out of service since. None: Nova does not tell; the flow asks it again."""
    try:
        services = nova.novaclient(context).services.list(host=host, binary="nova-compute")
    except NOVA_FAILS as error:
        LOG.warning("Whether the reserve %s is enabled cannot be told: %s", host, error)
        return None
    return ENABLED if any(service.status == ENABLED for service in services) else DISABLED
