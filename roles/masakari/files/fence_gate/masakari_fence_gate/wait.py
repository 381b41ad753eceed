# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waiting: look, decide, tell what is new, until there is a verdict or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from masakari_fence_gate.proof import Decision, Unreadable, Verdict


class NotProven(Exception):
    """It did not come to pass; the message says why."""


def wait_for(
    what: str,
    decide: Callable[[], Decision],
    report: Callable[[str, float], None],
    timeout: float,
    interval: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """What proves it, in words. `report` gets each new reason to wait, and the part of the time that is gone."""
    start = clock()
    told = None
    while True:
        try:
            decision = decide()
        except Unreadable as error:
            decision = Decision(Verdict.WAIT, str(error))
        if decision.verdict is Verdict.PROVEN:
            return decision.reason
        if decision.verdict is Verdict.REFUSE:
            raise NotProven(decision.reason)
        gone = clock() - start
        if gone >= timeout:
            raise NotProven(f"no {what} within {timeout:g} s, {decision.reason}")
        if decision.reason != told:  # only what is new: Masakari keeps all of it in one column of 64 KB
            report(f"Waiting for {what}: {decision.reason}", gone / timeout if timeout else 1.0)
            told = decision.reason
        sleep(min(interval, timeout - gone))
