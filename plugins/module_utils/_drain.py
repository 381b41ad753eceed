# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Empties a compute host of its running guests, by live migration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import listed
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row

# These do not run, and wait for their host. Any other may: what Nova does not migrate live is named to the operator.
AT_REST = ("SHUTOFF", "SUSPENDED", "SHELVED", "SHELVED_OFFLOADED", "SOFT_DELETED", "DELETED")
POLL_SECONDS = 3.0


def running(servers: Iterable[Row]) -> list[Row]:
    return [server for server in servers if server["status"] not in AT_REST]


class Drain:
    """`moved` tells at any time, also after a failure, which guests have left."""

    def __init__(
        self,
        gateway: Gateway,
        host: str,
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gateway, self._host, self._timeout = gateway, host, timeout
        self._clock, self._sleep = clock, sleep
        self._asked: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self.moved: list[str] = []

    def perform(self) -> None:
        """All are asked for at once: Nova does as many at a time as it is set to."""
        end = self._clock() + self._timeout
        left = running(self._gateway.servers(self._host))
        for server in left:
            self._ask(server)
        while left := self._still_there():
            under_way = [server for server in left if server["task_state"]]
            if not under_way:
                raise self._failed(left, "Nova gave up")
            if self._clock() >= end:
                raise self._failed(under_way, f"not within {self._timeout:g} s of wait_timeout")
            self._sleep(POLL_SECONDS)

    def _ask(self, server: Row) -> None:
        self._asked[server["id"]] = server["name"]
        if server["task_state"] == "migrating":  # somebody has asked for it already
            return
        try:
            self._gateway.migrate_live(server["id"])
        except MasakariError as error:  # in the middle of something else, or not to be moved: it is seen below
            self._refused[server["name"]] = str(error)

    def _still_there(self) -> list[Row]:
        left = running(self._gateway.servers(self._host))
        here = {server["id"] for server in left}
        self.moved = sorted(name for uuid, name in self._asked.items() if uuid not in here)
        return left

    def _failed(self, servers: Iterable[Row], why: str) -> MasakariError:
        names = [server["name"] + (f" ({self._refused[server['name']]})" if server["name"] in self._refused else "")
                 for server in servers]
        return MasakariError(
            f"{listed(names)} did not leave {self._host}: {why}. openstack server event list --long NAME tells the "
            "reason; mend it and run again, or leave guests where they are with maintenance_guests: leave."
        )
