# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.modules import (
    compute_host_info,
    compute_service,
    notification_info,
    segment_host,
    segment_host_info,
    segment_info,
    vmove_info,
)

UUID = "6b9d1c1e-3f0e-4a35-9e0f-2c1d2d9b7a01"


@pytest.mark.parametrize(
    ("options", "after"),
    [
        ({"segment": "S1", "name": "a"}, {"S1": ["a"], "S2": ["b"]}),
        ({"segment": "S1", "name": "a", "reserved": True}, {"S1": ["a"], "S2": ["b"]}),
        ({"segment": "S1", "name": "c"}, {"S1": ["a", "c"], "S2": ["b"]}),
        ({"segment": "S2", "name": "a"}, {"S1": [], "S2": ["a", "b"]}),
        ({"segment": "S1", "name": "a", "state": "absent"}, {"S1": [], "S2": ["b"]}),
        ({"segment": "S1", "name": "b", "state": "absent"}, {"S1": ["a"], "S2": ["b"]}),
        ({"segment": "S9", "name": "b", "state": "absent"}, {"S1": ["a"], "S2": ["b"]}),
    ],
)
def test_segment_host(fake_gateway: Any, run_module: Any, options: Any, after: Any) -> None:
    gateway = fake_gateway({"S1": ["a"], "S2": ["b"]})
    before = gateway.names()
    foreseen = run_module(segment_host, gateway, check=True, **options)
    assert gateway.names() == before
    result = run_module(segment_host, gateway, **options)
    assert gateway.names() == after
    assert [result[key] for key in ("changed", "actions", "diff")] == [
        foreseen[key] for key in ("changed", "actions", "diff")
    ]
    assert result["changed"] is (before != after or "reserved" in options)
    if options.get("state") == "absent":
        assert result["host"] is None
    else:
        assert result["host"]["segment"] == options["segment"]
        assert result["host"]["reserved"] is options.get("reserved", False)
    assert run_module(segment_host, gateway, **options)["changed"] is False


def test_a_move_says_so_in_the_diff(fake_gateway: Any, run_module: Any) -> None:
    diff = run_module(segment_host, fake_gateway({"S1": ["a"], "S2": []}), segment="S2", name="a")["diff"]
    assert (diff["before"]["segment"], diff["after"]["segment"]) == ("S1", "S2")
    assert diff["before_header"] == "delete host a from segment S1"
    assert diff["after_header"] == "create host a in segment S2"


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        (segment_host, {"segment": "S9", "name": "a"}, "Segment 'S9' does not exist: create it with .* There is S1."),
        (segment_host, {"segment": "S1", "name": "zz"}, "Host 'zz' is not in Nova: .* it knows a, b, c, d, e."),
        (segment_host, {"segment": "S1", "name": "a "}, "name has leading or trailing blanks: 'a '"),
        (segment_host, {"segment": "S1 ", "name": "a"}, "segment has leading or trailing blanks: 'S1 '"),
        (compute_service, {"host": "zz"}, "Host 'zz' is not in Nova: .* it knows a, b, c, d, e."),
        (compute_service, {"host": "a", "disabled_reason": "x"}, "disabled_reason needs state=disabled"),
        (segment_host_info, {"segment": "S9"}, "Segment 'S9' does not exist. There is S1."),
        (notification_info, {"uuid": "x"}, "uuid must be a UUID, not 'x'"),
        (notification_info, {"source_host": "zz"}, "Host 'zz' is in no segment: correct source_host"),
        (notification_info, {"uuid": UUID, "status": "new"}, "mutually exclusive: uuid.status"),
        (compute_host_info, {"name": "a "}, "name has leading or trailing blanks: 'a '"),
        (compute_host_info, {"name": "a", "domains": ["x"]}, "domains must be a UUID, not 'x'. virsh list"),
        (vmove_info, {"notification": "x"}, "notification must be a UUID, not 'x'"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_bad_input(fake_gateway: Any, run_module: Any, module: Any, options: Any, words: str, check: bool) -> None:
    gateway = fake_gateway({"S1": ["a"]})
    result = run_module(module, gateway, check=check, **options)
    assert result["failed"] is True
    assert re.search(words, result["msg"])
    assert gateway.names() == {"S1": ["a"]}


def test_infos(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway({"S1": ["b", "a"], "S2": ["c"]})
    gateway.hold("a", notification_uuid=UUID)
    uuid = gateway.segments()[1]["uuid"]

    assert [row["name"] for row in run_module(segment_info, gateway)["segments"]] == ["S1", "S2"]
    assert [row["name"] for row in run_module(segment_info, gateway, name="S2")["segments"]] == ["S2"]
    assert [row["name"] for row in run_module(segment_info, gateway, name=uuid)["segments"]] == ["S2"]
    assert run_module(segment_info, gateway, name="S9")["segments"] == []

    hosts = run_module(segment_host_info, gateway)["hosts"]
    assert [(row["segment"], row["name"]) for row in hosts] == [("S1", "a"), ("S1", "b"), ("S2", "c")]
    assert [row["name"] for row in run_module(segment_host_info, gateway, segment="S2")["hosts"]] == ["c"]
    assert [row["segment"] for row in run_module(segment_host_info, gateway, name="c")["hosts"]] == ["S2"]

    for options in ({}, {"status": "running"}, {"source_host": "a", "type": "COMPUTE_HOST"}, {"uuid": UUID}):
        (row,) = run_module(notification_info, gateway, **options)["notifications"]
        assert row["notification_uuid"] == UUID
        assert ("recovery_workflow_details" in row) is ("uuid" in options)
    assert run_module(notification_info, gateway, status="new")["notifications"] == []
    assert run_module(notification_info, gateway, source_host="b")["notifications"] == []
    assert run_module(notification_info, gateway, uuid=UUID[:-1] + "2")["notifications"] == []


def test_vmoves_on_new_and_old_clouds(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway()
    gateway.moves = [{"uuid": "m", "server_name": "web"}]
    assert run_module(vmove_info, gateway, notification=UUID)["vmoves"] == gateway.moves
    gateway.microversion = (1, 2)
    assert "too old to list moved guests: they need API microversion 1.3" in (
        run_module(vmove_info, gateway, notification=UUID)["msg"]
    )


def test_compute_service(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway()
    steps = [
        ({"state": "enabled"}, False, None),
        ({"state": "disabled", "disabled_reason": "spare"}, True, "spare"),
        ({"state": "disabled"}, False, "spare"),
        ({"state": "disabled", "disabled_reason": "other"}, True, "other"),
        ({"state": "enabled"}, True, None),
    ]
    for options, changed, reason in steps:
        foreseen = run_module(compute_service, gateway, check=True, host="a", **options)
        result = run_module(compute_service, gateway, host="a", **options)
        assert result == foreseen
        assert (result["changed"], bool(result["actions"])) == (changed, changed)
        assert result["compute_service"]["status"] == options["state"]
        assert result["compute_service"]["disabled_reason"] == reason
        assert (result["diff"]["before"] != result["diff"]["after"]) is changed


def test_compute_host_info(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway({"S1": ["a", "b"], "S2": ["c"]})
    gateway.hold("b", notification_uuid=UUID)
    here, elsewhere, gone = (UUID[:-1] + digit for digit in "345")
    gateway.guests = [{"id": here, "name": "web", "compute_host": "a"},
                      {"id": elsewhere, "name": "db", "compute_host": "b"}]

    host = run_module(compute_host_info, gateway, name="a", domains=[here, elsewhere, gone])["host"]
    assert (host["name"], host["segment"]["name"]) == ("a", "S1")
    assert (host["reserved"], host["on_maintenance"]) == (False, False)
    assert [row["name"] for row in host["segment_hosts"]] == ["a", "b"]
    assert host["recoveries"] == [f"notification {UUID} (COMPUTE_HOST, running) of host 'b'"]
    assert (host["compute_service"]["host"], host["compute_service"]["status"]) == ("a", "enabled")
    assert [guest["name"] for guest in host["servers"]] == ["web"]
    assert [(guest["id"], guest["name"], guest["compute_host"]) for guest in host["strangers"]] == [
        (elsewhere, "db", "b"), (gone, None, None)]

    gateway.calls.clear()
    host = run_module(compute_host_info, gateway, name="e")["host"]
    assert (host["segment"], host["reserved"], host["segment_hosts"], host["recoveries"]) == (None, None, [], [])
    assert gateway.calls == ["segments", "hosts", "hosts", "servers", "compute_services"]
    assert run_module(compute_host_info, gateway, name="zz")["host"]["compute_service"] is None
