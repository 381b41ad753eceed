# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is taken out and put back; one that failed is not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.maintenance_plan import maintenance_plan

OURS = "Maintenance"
UP = {"known": True, "up": True, "online": True, "fenced": False, "held": False, "managed": True, "maintenance": False,
      "unclean": False, "state": "up"}
AWAY = {**UP, "managed": False, "maintenance": True}
LOST = {**AWAY, "up": False, "online": False}
HELD = {**UP, "up": False, "held": True, "state": "held out (target-role=Stopped)"}
FENCED = {**HELD, "fenced": True, "state": "fenced and held out (target-role=Stopped)"}


def host(guests: str = "", reason: str | None = None, **values: Any) -> dict[str, Any]:
    service = {"status": "disabled" if reason else "enabled", "disabled_reason": reason}
    servers = [{"name": name, "status": "SHUTOFF" if name == "off" else "ACTIVE"} for name in guests.split()]
    return {"name": "c1", "segment": {"name": "S1"}, "reserved": False, "on_maintenance": False, "recoveries": [],
            "compute_service": service, "servers": servers, **values}


OUT = host(reason=OURS, on_maintenance=True)


def plan(*arguments: Any, **values: Any) -> dict[str, Any]:
    return maintenance_plan(*arguments, reason=OURS, **values)


def test_taking_out() -> None:
    it = plan(host("web off"), UP)
    assert it["problems"] == []
    assert it["steps"] == ["disable nova-compute on c1", "migrate web away from c1",
                           "have Masakari ignore c1 (on_maintenance true)",
                           "have the cluster look away from c1 (maintenance true)"]
    assert it["notes"] == ["guests that do not run stay on c1: off"]


def test_leaving_guests() -> None:
    it = plan(host("web"), UP, guests="leave")
    assert "migrate web away from c1" not in it["steps"]
    assert it["notes"] == ["nobody brings back the guests on c1 until its maintenance ends: web"]


@pytest.mark.parametrize("node", [AWAY, LOST, {**LOST, "fenced": True}])
def test_a_host_that_is_out_is_left_alone(node: dict[str, Any]) -> None:
    it = plan(OUT, node)
    assert (it["problems"], it["steps"]) == ([], [])


def test_a_run_that_ended_between_both_halves_is_completed() -> None:
    assert plan(OUT, {**AWAY, "managed": True})["steps"] == ["have the cluster look away from c1 (maintenance true)"]


def test_putting_back() -> None:
    it = plan(OUT, LOST, state="absent")
    assert it["problems"] == []
    assert it["steps"] == ["have the cluster connect to c1 anew, and end its maintenance",
                           "have Masakari watch c1 again (on_maintenance false)", "enable nova-compute on c1"]
    assert it["enable"] is True


def test_a_host_that_is_in_use_is_left_alone() -> None:
    it = plan(host("web"), UP, state="absent")
    assert (it["problems"], it["steps"], it["notes"], it["enable"]) == ([], [], [], False)


def test_an_interrupted_end_goes_on() -> None:
    it = plan(OUT, HELD, state="absent")
    assert it["problems"] == []
    assert it["steps"][0] == "have c1, which is held out (target-role=Stopped), join the cluster"


@pytest.mark.parametrize(("there", "note"), [
    (host(reason="bad memory"), ["nova-compute on c1 stays disabled, since it was so for another reason: bad memory"]),
    (host(reason="Reserved for failover by Masakari", reserved=True, on_maintenance=True), []),
])
def test_what_was_disabled_before_stays_so(there: dict[str, Any], note: list[str]) -> None:
    it = plan(there, AWAY, state="absent")
    assert (it["problems"], it["enable"], it["notes"]) == ([], False, note)


FAILED = host(reason="Masakari detected host failed.", on_maintenance=True)


@pytest.mark.parametrize(("there", "node", "state"), [
    (host(), {**UP, "up": False, "online": False, "state": "down"}, "present"),
    (FAILED, FENCED, "present"),
    (FAILED, FENCED, "absent"),
    (FAILED, UP, "absent"),  # somebody has switched it on
    (OUT, {**UP, "up": False, "unclean": True, "state": "unclean"}, "absent"),
])
def test_a_host_that_failed(there: dict[str, Any], node: dict[str, Any], state: str) -> None:
    (problem,) = plan(there, node, state=state)["problems"]
    assert "it failed. The playbook recover_host brings it back: -e recover_host=c1" in problem


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize(("there", "node", "words"), [
    (host(recoveries=["notification 1 (VM, new) of host 'c2'"]), UP, "Masakari is at work in segment S1: "),
    (host(), {**UP, "known": False, "up": False}, "Pacemaker has no remote node c1: run the playbook cluster"),
    (host(compute_service=None), UP, "Nova has no nova-compute service of the name c1: correct maintenance_host."),
])
def test_what_forbids_it(there: dict[str, Any], node: dict[str, Any], words: str, state: str) -> None:
    (problem,) = plan(there, node, state=state)["problems"]
    assert words in problem


def test_a_host_outside_of_every_segment() -> None:
    alone = host(segment=None, reserved=None, on_maintenance=None)
    assert plan(alone, UP)["steps"] == ["disable nova-compute on c1",
                                        "have the cluster look away from c1 (maintenance true)"]
