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

from masakari_fence_gate import earlier_attempt, options, pacemaker, watch
from masakari_fence_gate.proof import Decision, Evacuation, Rules, Unreadable, after_moves, decide, is_up
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

        def look_after(begun: Callable[[], list[Evacuation]]) -> Decision:
            view = pacemaker.look()
            return after_moves(view, decide(view, host_name, segment, since, rules), begun(), rules)

        def migrations() -> list[Evacuation]:
            return earlier_attempt.migrating(host_name, self.context, self.novaclient)

        def evacuations() -> list[Evacuation]:
            return earlier_attempt.under_way(host_name, since, self.context, self.novaclient)

        def watched_again() -> str:
            return self._watch_again(host_name, notification_uuid, since)

        self._tell(f"Asking Pacemaker for proof that host '{host_name}' is off")
        proof = self._wait_for("proof", look, f"Host '{host_name}' is not proven off", watched_again)
        watch.end(self.context, host_name)
        self._hold(host_name)
        stays = f"Host '{host_name}' is not evacuated"
        self._wait_for("end of live migrations", lambda: look_after(migrations), stays)
        self._wait_for("end of earlier evacuations", lambda: look_after(evacuations), f"{stays} any further")
        earlier_attempt.close_moves(host_name, notification_uuid, since, self.context, self.novaclient)
        earlier_attempt.restore_states(host_name, notification_uuid, self.context, self.novaclient, self._tell)
        self._tell(f"Proof: {proof}", 1.0)

    def _wait_for(
        self, what: str, look: Callable[[], Decision], otherwise: str, then: Callable[[], str] = str,
    ) -> str:
        """What proves it. Without, the recovery fails; `then` may do something about that and add what it did."""
        try:
            return wait_for(what, look, self._tell, CONF.fence_gate.timeout, CONF.fence_gate.interval)
        except NotProven as error:
            message = f"{otherwise}: {error}. Its guests stay where they are.{then()}"
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

    def _watch_again(self, host_name: str, notification_uuid: str, since: datetime) -> str:
        """A report that was false must not leave the host without protection: on maintenance nobody can report it."""
        try:
            if not is_up(pacemaker.look(), host_name, since):
                return ""
            return f" {watch.begin(self.context, host_name, notification_uuid, self.novaclient)}"
        except Exception as error:  # the recovery has failed, and is to say why
            LOG.exception("Whether host '%s' is to be watched again cannot be told", host_name)
            return f" Whether it is up cannot be told: {error}"

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
