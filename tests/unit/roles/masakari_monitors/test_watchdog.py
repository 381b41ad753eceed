# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which monitors are restarted, and why."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "roles/masakari_monitors/files"))

import watchdog
from watchdog import Sample, judge

BEFORE = Sample(pid=10, at=1000.0, wakeups=50)
GAVE_UP = "2026-11-21 15:18:16 3418 ERROR masakarimonitors.ha.masakari [-] Exception caught: Unable to connect: refused"
SKIPS = "2026-11-21 15:18:36 3418 WARNING masakarimonitors.hostmonitor.handle_host [-] hostmonitor skips monitoring"


def after(seconds: float, wakeups: int, **changes: object) -> Sample:
    return replace(BEFORE, at=BEFORE.at + seconds, wakeups=BEFORE.wakeups + wakeups, **changes)


def test_the_first_sample_of_a_process_is_only_kept() -> None:
    assert judge(None, BEFORE, [], 60) == (BEFORE, "")
    other = after(500, 0, pid=11)
    assert judge(BEFORE, other, [], 60) == (other, "")


@pytest.mark.parametrize("seconds, wakeups, stands_still", [
    (15, 15, False),  # instancemonitor, once a second
    (15, 0, False),
    (60, 0, False),
    (61, 0, True),  # stopped, or hanging in libvirt
    (61, 2, True),  # its loop has ended, the process idles
    (61, 6, False),
])
def test_standing_still(seconds: float, wakeups: int, stands_still: bool) -> None:
    _kept, reason = judge(BEFORE, after(seconds, wakeups), [], 60)
    assert bool(reason) is stands_still


def test_a_slow_monitor_is_compared_with_its_last_progress() -> None:
    """Two wake-ups in 15 s are too few to tell; over a minute they are many."""
    kept, wakeups = BEFORE, 0
    for seconds in range(15, 301, 15):
        wakeups += 2
        kept, reason = judge(kept, after(seconds, wakeups), [], 60)
        assert not reason


def test_the_reason_ends_with_the_last_trouble() -> None:
    log = [SKIPS.replace("skips monitoring", "x"), "Stderr: crm_mon: no answer", SKIPS]
    _kept, reason = judge(BEFORE, after(61, 0), log, 60)
    assert reason == "it has stood still for 61 s; the last it said of trouble: crm_mon: no answer"


@pytest.mark.parametrize("silent, restarted", [(0, False), (60, False), (61, True)])
def test_pacemaker_does_not_answer(silent: float, restarted: bool) -> None:
    now = after(15, 100)
    _kept, reason = judge(BEFORE, replace(now, answered=now.at - silent), [], 60)
    assert reason.startswith("it had no answer from Pacemaker for 61 s") is restarted


def test_a_monitor_that_never_had_an_answer_is_given_its_patience(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(watchdog, "ANSWER", tmp_path / "met")
    first = watchdog.with_answer(BEFORE, None)
    assert first.answered == BEFORE.at
    assert watchdog.with_answer(after(15, 3), first).answered == BEFORE.at
    assert watchdog.with_answer(after(15, 3, pid=11), first).answered == BEFORE.at + 15
    (tmp_path / "met").write_text("")
    assert watchdog.with_answer(after(15, 3), first).answered == (tmp_path / "met").stat().st_mtime


def test_a_notification_was_given_up() -> None:
    _kept, reason = judge(BEFORE, after(15, 100), ["INFO something", GAVE_UP], 60)
    assert reason == "it gave a notification up: Exception caught: Unable to connect: refused"


def test_a_process_can_be_sampled() -> None:
    import os

    assert watchdog.take_sample(os.getpid()).wakeups > 0
    assert watchdog.take_sample(2**22 + 1) is None


def test_memory_is_a_round_trip_and_a_broken_one_is_forgotten(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(watchdog, "MEMORY", tmp_path / "state.json")
    assert watchdog.recall() == {}
    monkeypatch.setattr(watchdog, "look_after", lambda unit, patience, before, asks: replace(BEFORE, wakeups=int(asks)))
    watchdog.main(["--pacemaker", "masakari-hostmonitor=75", "masakari-instancemonitor=60"])
    assert watchdog.recall() == {"masakari-hostmonitor": replace(BEFORE, wakeups=1),
                                 "masakari-instancemonitor": replace(BEFORE, wakeups=0)}
    (tmp_path / "state.json").write_text("{")
    assert watchdog.recall() == {}
