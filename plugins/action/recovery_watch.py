# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks again and again with the module recovery_info, and shows what is new. Documented with the module's stub."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill import ended
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill_progress import news

MODULE = "openstack_ha.masakari.recovery_info"
display = Display()


def watch(
    look: Callable[[], Mapping[str, Any]], is_over: Callable[[Mapping[str, Any]], bool], tell: Callable[[str], None],
    since: float, timeout: float, interval: float,
    clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep,
) -> tuple[Mapping[str, Any], bool]:
    """The last look, and whether all was over by then. An API that fails is asked again: hosts are dying here."""
    deadline, told = clock() + timeout, set[str]()
    last: Mapping[str, Any] = {"failed": True, "msg": "nothing was asked"}
    while True:
        found = look()
        if not found.get("failed") or last.get("failed"):
            last = found
        for key, line in news(found, since, clock()):
            if key not in told:
                tell(line)
                told.add(key)
        if not found.get("failed") and is_over(found):
            return last, True
        if clock() >= deadline:
            return last, False
        sleep(interval)


class ActionModule(ActionBase):
    """The action of M(openstack_ha.masakari.recovery_watch)."""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        kind = arguments.pop("kind")
        timeout, interval = float(arguments.pop("watch_timeout", 300)), float(arguments.pop("watch_interval", 5))

        def look() -> Mapping[str, Any]:
            return self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)

        found, over = watch(look, lambda found: ended(found, kind, arguments["host"]), display.display,
                            float(arguments["since"]), timeout, interval)
        return {**result, **found, "ended": over}
