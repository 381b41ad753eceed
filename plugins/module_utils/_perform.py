# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performs a plan: side by side where that is allowed, patiently while a recovery runs, undoing what was refused."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import Busy, MasakariError, Refused
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import recoveries
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import Action, Plan

# Requests under way at once: enough to keep a few API processes busy, few enough not to starve the monitors.
CONCURRENCY = 8
POLL_SECONDS = 2.0


class Performer:
    """`done` and `answers` tell at any time, also after a failure, what has been changed."""

    def __init__(
        self,
        gateway: Gateway,
        wait_timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.done: list[Action] = []
        self.answers: dict[Action, Row] = {}
        self._gateway = gateway
        self._wait_timeout = wait_timeout
        self._deadline = clock() + wait_timeout
        self._clock = clock
        self._sleep = sleep
        self._new_segment: str | None = None

    def perform(self, plan: Plan) -> None:
        try:
            for stage in plan.stages:
                self._perform_stage(stage)
        except Refused:
            self._undo()
            raise

    def _perform_stage(self, stage: tuple[Action, ...]) -> None:
        failed = threading.Event()

        def attempt(action: Action) -> MasakariError | None:
            if failed.is_set():  # begin nothing more
                return None
            try:
                self._note(action, self._patiently(action))
            except MasakariError as error:
                failed.set()
                return error
            return None

        with ThreadPoolExecutor(min(CONCURRENCY, len(stage))) as pool:
            errors = [error for error in pool.map(attempt, stage) if error]
        if errors:
            raise errors[0]

    def _note(self, action: Action, answer: Row | None) -> None:
        self.done.append(action)
        if answer:
            self.answers[action] = answer
            if action.kind == "segment" and action.verb == "create":
                self._new_segment = answer["uuid"]

    def _patiently(self, action: Action) -> Row | None:
        while True:
            try:
                return self._request(action)
            except Busy as busy:
                left = self._deadline - self._clock()
                if left <= 0:
                    raise self._held_up(action, busy) from busy
                self._sleep(min(POLL_SECONDS, left))

    def _request(self, action: Action) -> Row | None:
        method = getattr(self._gateway, f"{action.verb}_{action.kind}")
        address = [uuid for uuid in (action.segment or self._new_segment, action.host) if uuid]
        return method(*address) if action.verb == "delete" else method(*address, **action.values)

    def _held_up(self, action: Action, busy: Busy) -> MasakariError:
        holders = str(busy)
        with contextlib.suppress(MasakariError):
            holders = "; ".join(recoveries(self._gateway, str(action.segment))) or holders
        return MasakariError(
            f"Cannot {action}: a recovery still holds its segment after {self._wait_timeout:g} s of wait_timeout: "
            f"{holders}. Run again when it has finished, or raise wait_timeout."
        )

    def _undo(self) -> None:
        """Take back what was created, put back what was deleted for a move; the rest stays in `done`."""
        if self._new_segment:
            with contextlib.suppress(MasakariError):
                self._gateway.delete_segment(self._new_segment)  # its hosts go with it
                self.done.clear()
            return
        for action in reversed(self.done.copy()):
            with contextlib.suppress(MasakariError):
                if action.verb == "create":
                    self._gateway.delete_host(action.segment, self.answers[action]["uuid"])
                    self.done.remove(action)
                elif action.verb == "delete":
                    self._gateway.create_host(action.segment, **action.values)
                    self.done.remove(action)
