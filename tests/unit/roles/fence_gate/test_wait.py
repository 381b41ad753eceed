# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waiting, on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from masakari_fence_gate.proof import Decision, Unreadable, Verdict
from masakari_fence_gate.wait import NotProven, wait_for

WAIT = Decision(Verdict.WAIT, "not fenced")
FAILED = Decision(Verdict.WAIT, "the fencing failed")
PROVEN = Decision(Verdict.PROVEN, "fenced")
REFUSE = Decision(Verdict.REFUSE, "too many")


class World:
    """Gives one answer a look, the last one for ever; time passes only in sleep()."""

    def __init__(self, answers: Iterable[Decision | Exception], timeout: float = 10) -> None:
        self.answers, self.timeout = list(answers), timeout
        self.now, self.looks, self.told = 100.0, 0, []

    def decide(self) -> Decision:
        answer = self.answers[min(self.looks, len(self.answers) - 1)]
        self.looks += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def wait(self) -> str:
        return wait_for(
            "proof", self.decide, lambda message, part: self.told.append((message, part)), self.timeout, 1,
            clock=lambda: self.now, sleep=self.sleep,
        )


def test_proof_at_once() -> None:
    world = World([PROVEN])
    assert world.wait() == "fenced"
    assert (world.now, world.looks, world.told) == (100, 1, [])


def test_each_reason_is_told_once() -> None:
    world = World([WAIT, WAIT, FAILED, FAILED, Unreadable("no answer"), WAIT, PROVEN])
    assert world.wait() == "fenced"
    assert world.now == 106
    assert world.told == [
        ("Waiting for proof: not fenced", 0.0), ("Waiting for proof: the fencing failed", 0.2),
        ("Waiting for proof: no answer", 0.4), ("Waiting for proof: not fenced", 0.5),
    ]


def test_refusal_is_not_waited_for() -> None:
    world = World([WAIT, REFUSE])
    with pytest.raises(NotProven, match=r"^too many$"):
        world.wait()
    assert world.now == 101


@pytest.mark.parametrize("last, reason", [(FAILED, "the fencing failed"), (Unreadable("no answer"), "no answer")])
def test_time_is_over(last: Decision | Exception, reason: str) -> None:
    world = World([WAIT, last], timeout=2.5)
    with pytest.raises(NotProven, match=f"^no proof within 2.5 s, {reason}$"):
        world.wait()
    assert world.now == 102.5


def test_last_look_is_at_the_end() -> None:
    world = World([WAIT, WAIT, WAIT, PROVEN], timeout=2.5)
    assert world.wait() == "fenced"
    assert world.now == 102.5


def test_defect_is_not_taken_for_waiting() -> None:
    with pytest.raises(KeyError):
        World([KeyError("a defect")]).wait()
