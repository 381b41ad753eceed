# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there and what is wanted to actions: tables, no I/O."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import (
    compute_changes,
    find_segment,
    outcome,
    plan_host,
    plan_host_absent,
    plan_segment,
    plan_segment_absent,
)

S1 = {
    "uuid": "u1", "name": "S1", "description": None, "recovery_method": "auto", "service_type": "COMPUTE",
    "is_enabled": True, "created_at": "then", "updated_at": None,
}
S2 = {**S1, "uuid": "u2", "name": "S2"}


def host(name: str, **values: Any) -> dict[str, Any]:
    return {
        "uuid": f"h-{name}", "name": name, "type": "COMPUTE", "control_attributes": "SSH", "reserved": False,
        "on_maintenance": False, "failover_segment_id": "u1", "created_at": "then", "updated_at": None, **values,
    }


def wanted(name: str = "S1", **values: Any) -> dict[str, Any]:
    return {"name": name, "recovery_method": None, "service_type": None, "description": None, "is_enabled": None,
            **values}


def stages(plan: Any) -> list[list[str]]:
    return [[str(action) for action in stage] for stage in plan.stages]


@pytest.mark.parametrize(
    ("current", "hosts", "segment", "wanted_hosts", "purge", "expected"),
    [
        pytest.param(
            None, [], wanted(recovery_method="auto"), [{"name": "a"}, {"name": "b"}], False,
            [["create segment S1"], ["create host a in segment S1", "create host b in segment S1"]], id="all new",
        ),
        pytest.param(S1, [host("a")], wanted(recovery_method="auto"), [{"name": "a"}], True, [], id="nothing to do"),
        pytest.param(S1, [host("a")], wanted(), None, False, [], id="hosts not managed"),
        pytest.param(S1, [], wanted(description=""), None, False, [], id="empty description equals none"),
        pytest.param(
            {**S1, "description": ""}, [], wanted(description=""), None, False, [], id="empty description stays",
        ),
        pytest.param(
            {**S1, "description": "x"}, [], wanted(description=""), None, False,
            [["update segment S1 (description='')"]], id="description taken away",
        ),
        pytest.param(
            S1, [], wanted("S9", recovery_method="rh_priority", service_type="SSL", is_enabled=False), None, False,
            [["update segment S1 (name='S9', recovery_method='rh_priority', service_type='SSL', is_enabled=False)"]],
            id="every value of a segment can change",
        ),
        pytest.param(
            S1, [host("a", on_maintenance=True, reserved=True)], wanted(),
            [{"name": "a", "reserved": None, "on_maintenance": None, "type": None, "control_attributes": None}], False,
            [], id="what is not given is left alone",
        ),
        pytest.param(
            S1, [host("a", on_maintenance=True)], wanted(), [{"name": "a", "on_maintenance": False}], False,
            [["update host a in segment S1 (on_maintenance=False)"]], id="host comes back",
        ),
        pytest.param(
            S1, [host("a"), host("b")], wanted(), [{"name": "b", "type": "X", "control_attributes": "IPMI"}], False,
            [["update host b in segment S1 (type='X', control_attributes='IPMI')"]], id="no purge unless told to",
        ),
        pytest.param(
            S1, [host("a"), host("b")], wanted(recovery_method="auto_priority"),
            [{"name": "b", "reserved": True}, {"name": "c"}], True,
            [
                ["create host c in segment S1"],
                ["update segment S1 (recovery_method='auto_priority')", "update host b in segment S1 (reserved=True)"],
                ["delete host a from segment S1"],
            ],
            id="creations first, deletions last",
        ),
        pytest.param(
            S1, [host("a"), host("b")], wanted(), [], True,
            [["delete host a from segment S1", "delete host b from segment S1"]], id="purge all",
        ),
    ],
)
def test_plan_segment(
    current: Any, hosts: Any, segment: Any, wanted_hosts: Any, purge: bool, expected: list[list[str]]
) -> None:
    plan = plan_segment(current, hosts, segment, wanted_hosts, purge)
    assert stages(plan) == expected
    assert (plan.before == plan.after) == (not expected)


def test_new_host_gets_defaults_and_given_values() -> None:
    plan = plan_segment(None, [], wanted(recovery_method="auto"), [{"name": "a", "reserved": True}], False)
    create_segment, create_host = plan.actions
    assert create_segment.values == {"name": "S1", "recovery_method": "auto", "service_type": "COMPUTE"}
    assert create_host.values == {
        "name": "a", "type": "COMPUTE", "control_attributes": "SSH", "reserved": True, "on_maintenance": False,
    }
    assert plan.before == {}
    assert plan.after == {
        "name": "S1", "description": None, "recovery_method": "auto", "service_type": "COMPUTE", "is_enabled": True,
        "hosts": [dict(create_host.values)],
    }


def test_new_segment_needs_a_recovery_method() -> None:
    with pytest.raises(MasakariError, match="'S1' does not exist yet: set recovery_method"):
        plan_segment(None, [], wanted(), None, False)


@pytest.mark.parametrize(
    ("current", "hosts", "purge", "expected"),
    [
        pytest.param(None, [], False, [], id="absent already"),
        pytest.param(S1, [], False, [["delete segment S1"]], id="empty"),
        pytest.param(S1, [host("a")], True, [["delete segment S1"]], id="with its hosts"),
    ],
)
def test_plan_segment_absent(current: Any, hosts: Any, purge: bool, expected: list[list[str]]) -> None:
    plan = plan_segment_absent(current, hosts, purge)
    assert stages(plan) == expected
    assert plan.after == {}


def test_segment_with_hosts_is_not_dropped() -> None:
    hosts = [host(f"h{n:02}") for n in range(12)]
    with pytest.raises(MasakariError, match=r"'S1' still has hosts, h00, .*, h09 and 2 more: .* purge_hosts"):
        plan_segment_absent(S1, hosts, False)


@pytest.mark.parametrize(
    ("found_in", "current", "values", "expected"),
    [
        pytest.param(None, None, {}, [["create host a in segment S2"]], id="new"),
        pytest.param(S2, host("a"), {"reserved": False}, [], id="nothing to do"),
        pytest.param(
            S2, host("a"), {"reserved": True}, [["update host a in segment S2 (reserved=True)"]], id="reserve",
        ),
        pytest.param(
            S1, host("a"), {}, [["delete host a from segment S1"], ["create host a in segment S2"]], id="move",
        ),
    ],
)
def test_plan_host(found_in: Any, current: Any, values: Any, expected: list[list[str]]) -> None:
    plan = plan_host(S2, found_in, current, {"name": "a", **values})
    assert stages(plan) == expected
    assert (plan.before == plan.after) == (not expected)


def test_moved_host_keeps_its_values() -> None:
    plan = plan_host(S2, S1, host("a", reserved=True, type="X"), {"name": "a", "on_maintenance": True})
    assert plan.before == {
        "segment": "S1", "name": "a", "type": "X", "control_attributes": "SSH", "reserved": True,
        "on_maintenance": False,
    }
    assert plan.after == {**plan.before, "segment": "S2", "on_maintenance": True}
    assert plan.actions[1].values == {key: value for key, value in plan.after.items() if key != "segment"}


@pytest.mark.parametrize(
    ("segment", "current", "expected"),
    [
        pytest.param(None, None, [], id="no such segment"),
        pytest.param(S1, None, [], id="not in it"),
        pytest.param(S1, host("a"), [["delete host a from segment S1"]], id="in it"),
    ],
)
def test_plan_host_absent(segment: Any, current: Any, expected: list[list[str]]) -> None:
    assert stages(plan_host_absent(segment, current)) == expected


def test_outcome_prefers_what_the_api_answered() -> None:
    plan = plan_segment(None, [], wanted(recovery_method="auto"), [{"name": "b"}, {"name": "a"}], False)
    answers = dict(zip(plan.actions, [S1, host("b"), host("a")], strict=True))
    assert outcome(None, [], plan.actions, answers) == (S1, [host("a"), host("b")])
    predicted, hosts = outcome(None, [], plan.actions, {})
    assert predicted is not None
    assert predicted.keys() == S1.keys() and predicted["uuid"] is None
    assert [row.keys() for row in hosts] == [host("a").keys()] * 2


@pytest.mark.parametrize(
    ("status", "reason", "state", "wanted_reason", "expected"),
    [
        ("enabled", None, "enabled", None, {}),
        ("disabled", "x", "enabled", None, {"status": "enabled", "disabled_reason": None}),
        ("enabled", None, "disabled", "x", {"status": "disabled", "disabled_reason": "x"}),
        ("disabled", "x", "disabled", "x", {}),
        ("disabled", "x", "disabled", None, {}),
        ("disabled", None, "disabled", "", {}),
        ("disabled", "x", "disabled", "y", {"status": "disabled", "disabled_reason": "y"}),
    ],
)
def test_compute_changes(
    status: str, reason: str | None, state: str, wanted_reason: str | None, expected: dict[str, Any]
) -> None:
    assert compute_changes({"status": status, "disabled_reason": reason}, state, wanted_reason) == expected


def test_segment_is_found_by_name_or_uuid() -> None:
    assert find_segment([S1, S2], "S2") is S2
    assert find_segment([S1, S2], "u1") is S1
    assert find_segment([S1, S2], "s1") is None
