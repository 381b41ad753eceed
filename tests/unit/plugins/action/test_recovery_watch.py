# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watch looks until all is over or the time is, and tells each thing once."""

from __future__ import annotations

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.action.recovery_watch import watch


class Clock:
    now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def guest(host: str) -> dict[str, Any]:
    return {"notifications": [],
            "guests": [{"id": "1", "name": "vm1", "status": "ACTIVE", "task_state": None, "host": host}]}


def run(*looks: dict[str, Any], timeout: float = 60) -> tuple[Any, bool, list[str], float]:
    clock, told, left = Clock(), [], list(looks)
    last, over = watch(lambda: left.pop(0) if len(left) > 1 else left[0], lambda look: look["guests"][0]["host"] == "b",
                       told.append, 100.0, timeout, 2, clock=lambda: clock.now, sleep=clock.sleep)
    return last, over, told, clock.now - 100


def test_it_ends_when_all_is_over_and_tells_each_state_once():
    last, over, told, seconds = run(guest("a"), guest("a"), guest("b"))
    assert (last["guests"][0]["host"], over, seconds) == ("b", True, 4)
    assert told == ["    0.0 s  guest              vm1 is ACTIVE on a",
                    "    4.0 s  guest              vm1 is ACTIVE on b"]


def test_it_gives_up_after_its_time():
    last, over, _told, seconds = run(guest("a"), timeout=7)
    assert (last["guests"][0]["host"], over, seconds) == ("a", False, 8)


def test_an_api_that_is_away_for_a_moment_is_asked_again():
    last, over, told, _seconds = run(guest("a"), {"failed": True, "msg": "no route"}, guest("b"))
    assert (last["guests"][0]["host"], over) == ("b", True)
    assert "no answer          no route" in told[1]


def test_the_last_good_look_is_kept():
    last, over, _told, _seconds = run(guest("a"), {"failed": True, "msg": "no route"}, timeout=4)
    assert (last["guests"][0]["host"], over) == ("a", False)


def test_an_api_that_never_answers_is_an_error():
    last, over, _told, _seconds = run({"failed": True, "msg": "no route"}, timeout=4)
    assert (last, over) == ({"failed": True, "msg": "no route"}, False)
