# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that failed comes back: what the cluster says about it, what is to be done, who is the reserve then."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.cluster_node import cluster_node
from ansible_collections.openstack_ha.masakari.plugins.filter.compute_host_report import compute_host_report
from ansible_collections.openstack_ha.masakari.plugins.filter.guests_at_odds import guests_at_odds
from ansible_collections.openstack_ha.masakari.plugins.filter.recovery_plan import recovery_plan

RECORDED = Path(__file__).parents[2] / "roles/fence_gate/data"  # of a real Pacemaker 3.0.0
UP = {"known": True, "up": True, "online": True, "fenced": False, "held": False, "maintenance": False,
      "unclean": False, "state": "up"}
HELD = {**UP, "up": False, "fenced": True, "held": True, "state": "fenced and held out (target-role=Stopped)"}


def recorded(name: str) -> str:
    documents = [(RECORDED / f"{name}.{kind}.xml").read_text() for kind in ("crm_mon", "cib")]
    return '<?xml version="1.0"?>\n' + "\n".join(documents)


@pytest.mark.parametrize(("name", "state"), [
    ("joined_again", "up"),
    ("fenced", "fenced"),
    ("fenced_reads_online", "fenced"),
    ("held", "fenced and held out (target-role=Stopped)"),
    ("pending", "unclean"),
])
def test_what_a_real_pacemaker_said(name: str, state: str) -> None:
    node = cluster_node(recorded(name), "compute1")
    assert node["state"] == state
    assert node["up"] is (state == "up")
    assert node["known"] is True


def test_a_fenced_host_that_reads_online_is_not_up() -> None:
    node = cluster_node(recorded("fenced_reads_online"), "compute1")
    assert (node["online"], node["fenced"], node["up"]) == (True, True, False)


@pytest.mark.parametrize("output", ["", "crm_mon: Error", recorded("joined_again")])
@pytest.mark.parametrize("name", ["compute9", "infra1"])
def test_members_strangers_and_silence_are_no_remote_node(output: str, name: str) -> None:
    node = cluster_node(output, name)
    assert (node["known"], node["up"], node["state"]) == (False, False, "unknown to Pacemaker")


def guest(name: str, **values: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, "status": "ACTIVE", "task_state": None, "compute_host": "c1", **values}


def host(name: str = "c1", guests: str = "", **values: Any) -> dict[str, Any]:
    """In S1 with c1, c2, and c3 as it was left by a failover: enabled, and no reserve any more."""
    on_maintenance = values.pop("on_maintenance", False)
    reserved = values.pop("reserved", "").split()
    rows = [{"name": other, "reserved": other in reserved, "on_maintenance": other == name and on_maintenance}
            for other in ("c1", "c2", "c3")]
    service = {"status": values.pop("status", "enabled"), "state": "up", "is_forced_down": False}
    return {"name": name, "segment": {"name": "S1", "recovery_method": "reserved_host"}, "segment_hosts": rows,
            "reserved": name in reserved, "on_maintenance": on_maintenance, "recoveries": [], "strangers": [],
            "compute_service": service, "servers": [guest(each) for each in guests.split()], **values}


FAILED = {"on_maintenance": True, "status": "disabled"}


def test_a_host_that_is_well_is_left_alone() -> None:
    for state in ({}, {"reserved": "c3"}):
        plan = recovery_plan(host(guests="a", **state), UP)
        assert plan == {"problems": [], "steps": [], "notes": [], "reserved": False, "returned": []}
    plan = recovery_plan(host("c3", reserved="c3", status="disabled"), UP, reserves=["c3"])
    assert (plan["steps"], plan["reserved"]) == ([], True)


def test_a_failed_host_comes_back_in_order() -> None:
    assert recovery_plan(host(**FAILED), HELD)["steps"] == [
        "bring c1, which is fenced and held out (target-role=Stopped), back into the cluster",
        "have Masakari watch c1 again (on_maintenance false)",
        "enable nova-compute on c1",
    ]


@pytest.mark.parametrize(("failed", "taken", "swap", "reserved", "returned", "note"), [
    (host(**FAILED), host("c3"), True, False, ["c3"], ""),  # its guests were moved back: the old roles
    (host(**FAILED), host("c3"), False, False, ["c3"], ""),
    (host(**FAILED), host("c3", "a"), True, True, [], "c1 takes the place of the reserve c3, which has guests"),
    (host(**FAILED), host("c3", "a b"), False, False, [], "lacks 1 of its reserves: c3 has 2 guests; move the guests"),
    # With guests of its own, since the recovery failed, it cannot be a reserve.
    (host(guests="x", **FAILED), host("c3", "a"), True, False, [], "segment S1 (reserved_host) lacks 1"),
    # Somebody else is the reserve already.
    (host(reserved="c2", **FAILED), host("c3", "a"), True, False, [], ""),
    # A host in use is not taken out of it for a reserve that is missing.
    (host(), host("c3", "a"), True, False, [], "lacks 1 of its reserves"),
])
def test_who_is_the_reserve_afterwards(failed: Any, taken: Any, swap: bool, reserved: bool, returned: list[str],
                                       note: str) -> None:
    plan = recovery_plan(failed, UP, reserves=["c3", "of-another-segment"], taken=[taken], swap=swap)
    assert (plan["reserved"], plan["returned"]) == (reserved, returned)
    assert note in " ".join(plan["notes"]) and bool(note) is bool(plan["notes"])
    text = " ".join(plan["steps"])
    assert ("make c1 a reserve of segment S1" in text) is reserved
    assert ("make c3, which has no guests any more, a reserve again" in text) is bool(returned)
    assert ("enable nova-compute on c1" in text) is (failed["compute_service"]["status"] == "disabled" and not reserved)


def test_a_reserve_that_failed_is_a_reserve_again() -> None:
    plan = recovery_plan(host("c3", **FAILED), UP, reserves=["c3"])
    assert plan["reserved"] is True
    assert plan["steps"] == ["make c3 a reserve of segment S1", "have Masakari watch c3 again (on_maintenance false)"]


def test_not_more_reserves_than_are_declared() -> None:
    plan = recovery_plan(host(**FAILED), UP, reserves=["c2", "c3"], taken=[host("c2"), host("c3", "a")])
    assert (plan["returned"], plan["reserved"]) == (["c2"], True)
    plan = recovery_plan(host(reserved="c2", **FAILED), UP, reserves=["c3"], taken=[host("c3")])
    assert (plan["returned"], plan["reserved"]) == ([], False)


def test_a_host_outside_of_every_segment() -> None:
    alone = host(segment=None, segment_hosts=[], status="disabled", reserved="") | {
        "reserved": None, "on_maintenance": None}
    assert recovery_plan(alone, UP, reserves=["c3"])["steps"] == ["enable nova-compute on c1"]
    assert compute_host_report(alone)[-1] == "c1 is in no failover segment"


RECOVERY = "notification 1 (COMPUTE_HOST, running) of host 'c1'"


@pytest.mark.parametrize(("values", "node", "words"), [
    ({"recoveries": [RECOVERY]}, UP, "Masakari is at work in segment S1: notification 1 .* Wait until it has ended"),
    ({}, {**UP, "known": False}, "Pacemaker has no remote node c1: run the playbook cluster"),
    ({}, {**UP, "up": False, "unclean": True}, "would cut its power again. .* stonith_admin --fence c1"),
    ({}, {**UP, "maintenance": True}, "-e maintenance_host=c1 -e maintenance_state=absent"),
    ({"compute_service": None}, UP, "Nova has no nova-compute service of the name c1"),
    ({"compute_service": {"status": "enabled", "is_forced_down": True}}, UP, "set --up c1 nova-compute"),
])
def test_what_forbids_it(values: dict[str, Any], node: dict[str, Any], words: str) -> None:
    (problem,) = recovery_plan(host(**values), node)["problems"]
    assert re.search(words.replace("(", r"\("), problem), problem


def test_a_guest_that_belongs_elsewhere() -> None:
    strangers = [guest("runs", compute_host="c2"), guest("left", compute_host="c3"),
                 {"id": "id-gone", "name": None, "status": None, "task_state": None, "compute_host": None}]
    odds = guests_at_odds(host(strangers=strangers), ["id-runs"])
    assert odds == {"notes": [], "stale": [
        "runs (id-runs) runs on c1 and belongs to c2: it may run twice. Stop it at once: virsh destroy id-runs, then "
        "virsh undefine id-runs",
        "left (id-left) is left on c1 and belongs to c3: virsh undefine id-left",
    ]}


def test_what_is_odd_and_harmless() -> None:
    stopped = guest("stopped", status="SHUTOFF")
    servers = [guest("fine"), guest("down"), stopped]
    unknown = {"id": "id-x", "name": None, "status": None, "task_state": None, "compute_host": None}
    odds = guests_at_odds(host(servers=servers, strangers=[unknown]), ["id-fine", "id-x"])
    assert odds == {"stale": [], "notes": [
        "domain id-x runs on c1, and Nova has no such guest: what is it?",
        "guest down does not run: openstack server reboot --hard id-down",
    ]}


def test_report() -> None:
    assert compute_host_report(host("c1", "a b", reserved="c3")) == [
        "c1: nova-compute enabled and up, guests: a, b",
        "segment S1 (reserved_host):",
        "host | reserved | on_maintenance",
        "c1   | False    | False",
        "c2   | False    | False",
        "c3   | True     | False",
    ]
