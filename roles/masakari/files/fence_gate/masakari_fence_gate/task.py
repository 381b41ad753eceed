# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as two tasks of a flow: `confirm_host_fenced`, and `confirm_host_still_fenced` before guests are listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import masakari.conf
from masakari import exception, objects
from masakari.engine.drivers.taskflow import base
from oslo_log import log as logging

from masakari_fence_gate import earlier_attempt, options, pacemaker
from masakari_fence_gate.proof import Decision, Rules, Unreadable, after_evacuations, decide
from masakari_fence_gate.wait import NotProven, wait_for

CONF = masakari.conf.CONF
LOG = logging.getLogger(__name__)

options.register(CONF)


class ConfirmHostFencedTask(base.MasakariTask):
    """Ends when Pacemaker has proven the host off, else raises: the recovery fails and no guest is touched."""

    def __init__(self, context: Any, novaclient: Any, **kwargs: Any) -> None:
        kwargs["requires"] = ["host_name", "notification_uuid"]
        super().__init__(context, novaclient, **kwargs)

    def execute(self, host_name: str, notification_uuid: str) -> None:
        settings = CONF.fence_gate
        rules = Rules(settings.max_failed_hosts, settings.accept_confirmation)
        since = self._failed_since(notification_uuid, settings.window)
        segment = self._segment_of(host_name)

        def look() -> Decision:
            return decide(pacemaker.look(), host_name, segment, since, rules)

        def look_again() -> Decision:
            view = pacemaker.look()
            begun = earlier_attempt.under_way(host_name, since, self.context, self.novaclient)
            return after_evacuations(view, decide(view, host_name, segment, since, rules), begun, rules)

        self._tell(f"Asking Pacemaker for proof that host '{host_name}' is off")
        proof = self._wait_for("proof", look, f"Host '{host_name}' is not proven off")
        self._hold(host_name)
        self._wait_for("end of earlier evacuations", look_again, f"Host '{host_name}' is not evacuated any further")
        earlier_attempt.close_moves(host_name, notification_uuid, since, self.context, self.novaclient)
        earlier_attempt.restore_states(host_name, notification_uuid, self.context, self.novaclient, self._tell)
        self._tell(f"Proof: {proof}", 1.0)

    def _wait_for(self, what: str, look: Callable[[], Decision], otherwise: str) -> str:
        try:
            return wait_for(what, look, self._tell, CONF.fence_gate.timeout, CONF.fence_gate.interval)
        except NotProven as error:
            message = f"{otherwise}: {error}. Its guests stay where they are."
            LOG.error(message)
            self.update_details(message, 1.0)
            raise exception.HostRecoveryFailureException(message=message) from error

    def _failed_since(self, notification_uuid: str, window: int) -> datetime:
        """The earliest the failure can have been.

        Counted from when the notification arrived, by the clock of the API's host, a member of the cluster; what the
        failed host's own reporter says about the time is not asked.
        """
        arrived = objects.Notification.get_by_uuid(self.context, notification_uuid).created_at
        return (arrived if arrived.tzinfo else arrived.replace(tzinfo=UTC)) - timedelta(seconds=window)

    def _segment_of(self, host_name: str) -> list[str]:
        segment = objects.Host.get_by_name(self.context, host_name).failover_segment.uuid
        hosts = objects.HostList.get_all(self.context, filters={"failover_segment_id": segment})
        return [host.name for host in hosts]

    def _hold(self, host_name: str) -> None:
        try:
            pacemaker.hold(host_name)
        except Unreadable as error:  # the host is off all the same: its guests are not to wait for this
            message = f"Could not stop the connection to '{host_name}', it may read online at times: {error}"
            LOG.warning(message)
            self.update_details(message, 0.9)

    def _tell(self, message: str, progress: float = 0.0) -> None:
        LOG.info(message)
        self.update_details(message, progress)


class ConfirmHostStillFencedTask(ConfirmHostFencedTask):
    """The gate once more, where taskflow begins again with the next reserve: it repeats only the tasks of `main`.

    A guest may still be on its way to the reserve before. Its name is what tells it from the other task of the flow.
    """
