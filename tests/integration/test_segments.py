# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Segments and their hosts on a real Masakari API, with the requests counted in its access log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.modules import (
    compute_service,
    segment,
    segment_host,
    segment_host_info,
    segment_info,
)
from cloud import Cloud
from conftest import MANY_HOSTS

Run = Callable[..., dict[str, Any]]
HOSTS = [{"name": "compute1"}, {"name": "compute2"}, {"name": "compute3", "reserved": True}]


def methods(result: dict[str, Any]) -> list[str]:
    return [request.split()[0] for request in result["requests"]]


def changing(result: dict[str, Any]) -> list[str]:
    return [method for method in methods(result) if method != "GET"]


def test_segment_from_nothing_to_nothing(run: Run, cloud: Cloud) -> None:
    options = {"name": "S1", "recovery_method": "reserved_host", "description": "row 1", "is_enabled": True,
               "hosts": HOSTS}
    foreseen = run(segment, check=True, **options)
    assert foreseen["changed"] is True and changing(foreseen) == []

    created = run(segment, **options)
    assert methods(created) == ["GET", "POST"] + ["POST"] * len(HOSTS)
    assert (created["actions"], created["diff"]) == (foreseen["actions"], foreseen["diff"])
    assert created["segment"].keys() == foreseen["segment"].keys()
    assert cloud.segments() == {"S1": {"compute1": "", "compute2": "", "compute3": "reserved"}}

    for check in (True, False):
        again = run(segment, check=check, **options)
        assert again["changed"] is False and methods(again) == ["GET", "GET"]
        assert again["segment"] == created["segment"]

    changes = {"name": "S1", "new_name": "Row 1", "recovery_method": "rh_priority", "description": "",
               "is_enabled": False, "hosts": [{"name": "compute2", "on_maintenance": True}, {"name": "compute4"}],
               "purge_hosts": True}
    foreseen = run(segment, check=True, **changes)
    changed = run(segment, **changes)
    assert (changed["actions"], changed["diff"]) == (foreseen["actions"], foreseen["diff"])
    assert sorted(changing(changed)) == ["DELETE", "DELETE", "POST", "PUT", "PUT"]
    assert cloud.segments() == {"Row 1": {"compute2": "on_maintenance", "compute4": ""}}
    assert [changed["segment"][key] for key in ("name", "recovery_method", "is_enabled")] == [
        "Row 1", "rh_priority", False,
    ]
    assert methods(run(segment, **changes)) == ["GET", "GET"]

    refused = run(segment, name="Row 1", state="absent")
    assert "still has hosts, compute2, compute4: remove them first" in refused["msg"]
    assert run(segment, check=True, name="Row 1", state="absent", purge_hosts=True)["changed"] is True
    assert "Row 1" in cloud.segments()
    gone = run(segment, name="Row 1", state="absent", purge_hosts=True)
    assert (gone["changed"], gone["segment"], changing(gone)) == (True, None, ["DELETE"])
    assert run(segment, name="Row 1", state="absent")["changed"] is False
    assert cloud.segments() == {}


@pytest.mark.parametrize("method", ["auto", "reserved_host", "auto_priority", "rh_priority"])
def test_every_recovery_method(run: Run, method: str) -> None:
    assert run(segment, name="S1", recovery_method=method)["segment"]["recovery_method"] == method
    (row,) = run(segment_info, name="S1")["segments"]
    assert row["recovery_method"] == method


def put_in(cloud: Cloud, segment_uuid: str, names: list[str]) -> None:
    """Hosts of a segment, as the API writes them, which takes a quarter of a second for each."""
    cloud.insert("hosts", [
        {"uuid": f"00000000-0000-4000-8000-{n:012}", "name": name, "failover_segment_id": segment_uuid, "reserved": 0,
         "type": "COMPUTE", "control_attributes": "SSH", "on_maintenance": 0, "deleted": 0,
         "created_at": "2026-11-21 01:00:00.000000"}
        for n, name in enumerate(names)
    ])


def test_two_hundred_hosts(run: Run, cloud: Cloud) -> None:
    hosts = [{"name": name} for name in MANY_HOSTS]
    options: dict[str, Any] = {"name": "big", "recovery_method": "auto"}
    some = run(segment, **options, hosts=hosts[:50])
    assert len(some["requests"]) == 50 + 2
    put_in(cloud, some["segment"]["uuid"], MANY_HOSTS[50:])
    times = []
    for _ in range(3):  # the machine may be busy with something else meanwhile
        started = time.monotonic()
        again = run(segment, **options, hosts=hosts, purge_hosts=True)
        times.append(time.monotonic() - started)
        assert (again["changed"], len(again["requests"])) == (False, 2)
    assert min(times) < 2
    assert [row["name"] for row in again["segment"]["hosts"]] == MANY_HOSTS


def test_more_hosts_than_the_api_lists_at_once(run: Run, cloud: Cloud) -> None:
    uuid = run(segment, name="huge", recovery_method="auto")["segment"]["uuid"]
    names = [f"h{n:04}" for n in range(2100)]
    put_in(cloud, uuid, names)
    listed = run(segment_host_info, segment="huge")
    assert [row["name"] for row in listed["hosts"]] == names
    assert len(listed["requests"]) == 1 + 3


@pytest.mark.parametrize("check", [True, False])
def test_refused_input_leaves_nothing_behind(run: Run, cloud: Cloud, check: bool) -> None:
    run(segment, name="S1", recovery_method="auto", hosts=[{"name": "compute1"}])
    before = cloud.segments()
    for hosts, sentences in (
        (["compute2", "compute1"], ["Host 'compute1' is already in segment 'S1': remove it there first"]),
        (["compute2", "compute2.maas"], [
            "Host 'compute2.maas' is not in Nova: no nova-compute service has that name.",
            "it knows c000, c001, c002, c003, c004, c005, c006, c007, c008, c009 and 198 more",
        ]),
        (["compute2", "compute1", "nowhere"], ["'compute1' is already in", "'nowhere' is not in Nova"]),
    ):
        wanted = [{"name": name} for name in hosts]
        for options in ({"name": "S2", "recovery_method": "auto"}, {"name": "S2 ", "recovery_method": "auto"}):
            result = run(segment, check=check, **options, hosts=wanted)
            assert result["failed"] is True and result["changed"] is False and result["actions"] == []
            if options["name"] == "S2":
                assert all(sentence in result["msg"] for sentence in sentences)
            else:
                assert result["msg"] == "name has leading or trailing blanks: 'S2 '. Remove them."
                assert result["requests"] == []
            assert cloud.segments() == before
    result = run(segment, check=check, name="S1", hosts=[{"name": "compute2"}, {"name": "nowhere"}])
    assert "'nowhere' is not in Nova" in result["msg"] and "compute1" not in result["msg"].split("it knows")[0]
    assert cloud.segments() == before


def test_what_the_api_refuses_is_told_in_its_words(run: Run, cloud: Cloud) -> None:
    result = run(segment, name="S1", recovery_method="auto", hosts=[{"name": "compute1", "type": "not-alphanumeric"}])
    assert result["failed"] is True
    assert "not-alphanumeric" in result["msg"]
    assert cloud.segments() == {}


def test_one_host(run: Run, cloud: Cloud) -> None:
    run(segment, name="S1", recovery_method="auto")
    run(segment, name="S2", recovery_method="auto")
    steps: list[tuple[dict[str, Any], list[str], dict[str, Any]]] = [
        ({"segment": "S1", "reserved": True}, ["POST"], {"S1": {"compute1": "reserved"}, "S2": {}}),
        ({"segment": "S1", "on_maintenance": True, "reserved": False}, ["PUT"],
         {"S1": {"compute1": "on_maintenance"}, "S2": {}}),
        ({"segment": "S1", "on_maintenance": False}, ["PUT"], {"S1": {"compute1": ""}, "S2": {}}),
        ({"segment": "S1", "reserved": True, "type": "X", "control_attributes": "IPMI"}, ["PUT"],
         {"S1": {"compute1": "reserved"}, "S2": {}}),
        ({"segment": "S2"}, ["DELETE", "POST"], {"S1": {}, "S2": {"compute1": "reserved"}}),
        ({"segment": "S1", "state": "absent"}, [], {"S1": {}, "S2": {"compute1": "reserved"}}),
        ({"segment": "S2", "state": "absent"}, ["DELETE"], {"S1": {}, "S2": {}}),
    ]
    for options, requests, after in steps:
        foreseen = run(segment_host, check=True, name="compute1", **options)
        assert changing(foreseen) == []
        result = run(segment_host, name="compute1", **options)
        assert changing(result) == requests
        assert cloud.segments() == after
        assert [result[key] for key in ("changed", "actions", "diff")] == [
            foreseen[key] for key in ("changed", "actions", "diff")
        ]
        assert run(segment_host, name="compute1", **options)["changed"] is False
        if options["segment"] == "S2" and "state" not in options:  # moved, with the values it had
            assert (result["host"]["type"], result["host"]["control_attributes"]) == ("X", "IPMI")
            assert result["diff"]["before"]["segment"] == "S1"
            assert result["diff"]["after_header"] == "create host compute1 in segment S2"
    refused = run(segment_host, segment="S1", name="nowhere")
    assert "Host 'nowhere' is not in Nova" in refused["msg"] and changing(refused) == []


def test_hosts_are_found_across_segments(run: Run) -> None:
    run(segment, name="S1", recovery_method="auto", hosts=[{"name": "compute2"}, {"name": "compute1"}])
    run(segment, name="S2", recovery_method="auto", hosts=[{"name": "compute3"}])
    assert [(row["segment"], row["name"]) for row in run(segment_host_info)["hosts"]] == [
        ("S1", "compute1"), ("S1", "compute2"), ("S2", "compute3"),
    ]
    (row,) = run(segment_host_info, name="compute3")["hosts"]
    assert row["segment"] == "S2"
    assert "Segment 'S3' does not exist. There is S1, S2." in run(segment_host_info, segment="S3")["msg"]


def test_compute_service(run: Run, cloud: Cloud) -> None:
    service = cloud.nova.services["compute1"]
    for options, changed, status, reason in (
        ({"state": "disabled", "disabled_reason": "spare"}, True, "disabled", "spare"),
        ({"state": "disabled"}, False, "disabled", "spare"),
        ({"state": "disabled", "disabled_reason": "other"}, True, "disabled", "other"),
        ({"state": "enabled"}, True, "enabled", None),
        ({"state": "enabled"}, False, "enabled", None),
    ):
        before = dict(service)
        assert run(compute_service, check=True, host="compute1", **options)["changed"] is changed
        assert service == before
        result = run(compute_service, host="compute1", **options)
        assert result["changed"] is changed
        assert (service["status"], service["disabled_reason"]) == (status, reason)
        assert (result["compute_service"]["status"], result["compute_service"]["disabled_reason"]) == (status, reason)
    assert "Host 'nowhere' is not in Nova" in run(compute_service, host="nowhere")["msg"]
