# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performing plans on a fake gateway: order, bound, patience, undoing."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError, Refused
from ansible_collections.openstack_ha.masakari.plugins.module_utils._perform import CONCURRENCY, Performer
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import (
    Plan,
    plan_host,
    plan_segment,
    plan_segment_absent,
)

NEW = {"name": "S1", "recovery_method": "auto"}


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def performer(gateway: Any, wait_timeout: float = 0) -> tuple[Performer, Clock]:
    clock = Clock()
    return Performer(gateway, wait_timeout, clock=clock, sleep=clock.sleep), clock


def plan_for(gateway: Any, hosts: str, purge: bool = False) -> Plan:
    segments = gateway.segments()
    current = next((row for row in segments if row["name"] == "S1"), None)
    there = gateway.hosts(current["uuid"]) if current else []
    plan = plan_segment(current, there, NEW, [{"name": name} for name in hosts.split()], purge)
    gateway.calls.clear()
    return plan


def test_all_new_takes_one_request_each(fake_gateway: Any) -> None:
    gateway = fake_gateway()
    plan = plan_for(gateway, "a b c")
    runner, _clock = performer(gateway)
    runner.perform(plan)
    assert gateway.calls[0] == "create_segment S1"
    assert sorted(gateway.calls[1:]) == ["create_host a", "create_host b", "create_host c"]
    assert set(runner.done) == set(plan.actions) == set(runner.answers)


def test_creations_run_side_by_side_within_a_bound(fake_gateway: Any) -> None:
    names = [f"n{n}" for n in range(3 * CONCURRENCY)]
    gateway = fake_gateway(compute=" ".join(names))
    create, lock, under_way, most = gateway.create_host, threading.Lock(), 0, 0

    def slow(segment: str, **values: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
            return create(segment, **values)

    gateway.create_host = slow
    performer(gateway)[0].perform(plan_for(gateway, " ".join(names)))
    assert gateway.names()["S1"] == sorted(names)
    assert 1 < most <= CONCURRENCY


@pytest.mark.parametrize(
    ("there", "before"),
    [
        pytest.param({"S2": ["b"]}, {"S2": ["b"]}, id="a new segment goes again"),
        pytest.param({"S1": ["c"], "S2": ["b"]}, {"S1": ["c"], "S2": ["b"]}, id="new hosts go again"),
    ],
)
def test_what_is_refused_leaves_nothing(fake_gateway: Any, there: Any, before: Any) -> None:
    gateway = fake_gateway(there)
    runner, _clock = performer(gateway)
    with pytest.raises(Refused, match="Host with name b already exists"):
        runner.perform(plan_for(gateway, "a b"))
    assert gateway.names() == before
    assert runner.done == []


def test_failed_undoing_is_not_hidden(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["c"]})
    runner, _clock = performer(gateway)
    plan = plan_for(gateway, "a z")
    gateway.busy = 10  # the undoing meets a recovery
    with pytest.raises(Refused):
        runner.perform(plan)
    assert [str(action) for action in runner.done] == ["create host a in segment S1"]
    assert gateway.names() == {"S1": ["a", "c"]}


def test_a_failure_of_the_service_is_not_undone(fake_gateway: Any) -> None:
    """Running again completes it, which undoing would not."""
    gateway = fake_gateway()
    gateway.broken = "e"
    runner, _clock = performer(gateway)
    with pytest.raises(MasakariError, match="500"):
        runner.perform(plan_for(gateway, "a b c d e"))
    assert "create segment S1" in [str(action) for action in runner.done]
    assert "S1" in gateway.names()


def test_nothing_new_begins_after_a_failure(fake_gateway: Any) -> None:
    names = [f"n{n:03}" for n in range(100)]
    gateway = fake_gateway(compute=" ".join(names))
    gateway.broken = "n000"
    with pytest.raises(MasakariError):
        performer(gateway)[0].perform(plan_for(gateway, " ".join(names)))
    assert len(gateway.calls) < 100


def test_a_recovery_is_waited_for(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["a", "b"]}, busy=3)
    runner, clock = performer(gateway, wait_timeout=60)
    runner.perform(plan_for(gateway, "a", purge=True))
    assert gateway.names() == {"S1": ["a"]}
    assert clock.naps == [2.0, 2.0, 2.0]


def test_patience_ends_and_the_notification_is_named(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["a"], "S2": ["b"]})
    gateway.hold("a")
    runner, clock = performer(gateway, wait_timeout=5)
    (segment,) = (row for row in gateway.segments() if row["name"] == "S1")
    with pytest.raises(MasakariError) as caught:
        runner.perform(plan_segment_absent(segment, gateway.hosts(segment["uuid"]), True))
    assert str(caught.value) == (
        "Cannot delete segment S1: a recovery still holds its segment after 5 s of wait_timeout: "
        "notification 6b9d1c1e-3f0e-4a35-9e0f-2c1d2d9b7a01 (COMPUTE_HOST, running) of host 'a'. "
        "Run again when it has finished, or raise wait_timeout."
    )
    assert clock.naps == [2.0, 2.0, 1.0]
    assert gateway.names() == {"S1": ["a"], "S2": ["b"]}


def test_a_move_that_is_refused_is_put_back(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["a"], "S2": []})
    s1, s2 = gateway.segments()
    plan = plan_host(s2, s1, {**gateway.host_named("a"), "reserved": True}, {"name": "a"})
    create, refused = gateway.create_host, []

    def refuse_once(segment: str, **values: Any) -> Any:
        if not refused:
            refused.append(segment)
            raise Refused("Compute service with name a could not be found.")
        return create(segment, **values)

    gateway.create_host = refuse_once
    runner, _clock = performer(gateway)
    with pytest.raises(Refused):
        runner.perform(plan)
    assert gateway.names() == {"S1": ["a"], "S2": []}
    assert gateway.host_named("a")["reserved"] is True
    assert runner.done == []
