# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole modules on a fake gateway: options in, result out, how many requests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.modules import segment

OMIT = object()
HOSTS = [{"name": "a"}, {"name": "b", "reserved": True}]


def test_create_then_nothing(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway()
    options = {"name": "S1", "recovery_method": "reserved_host", "hosts": HOSTS}

    foreseen = run_module(segment, gateway, check=True, **options)
    assert gateway.names() == {}

    gateway.calls.clear()
    created = run_module(segment, gateway, **options)
    assert len(gateway.calls) == len(HOSTS) + 2
    assert created["changed"] is True
    assert created["actions"] == foreseen["actions"] == [
        "create segment S1", "create host a in segment S1", "create host b in segment S1",
    ]
    assert created["diff"] == foreseen["diff"]
    assert created["segment"].keys() == foreseen["segment"].keys()
    assert [row["reserved"] for row in created["segment"]["hosts"]] == [False, True]

    gateway.calls.clear()
    again = run_module(segment, gateway, **options)
    assert gateway.calls == ["segments", "hosts"]
    assert (again["changed"], again["actions"]) == (False, [])
    assert again["diff"]["before"] == again["diff"]["after"]
    assert again["segment"] == created["segment"]


def test_two_hundred_hosts_take_two_requests_when_nothing_changes(fake_gateway: Any, run_module: Any) -> None:
    names = [f"c{n:03}" for n in range(200)]
    gateway = fake_gateway({"S1": names}, compute=" ".join(names))
    result = run_module(segment, gateway, name="S1", hosts=[{"name": name} for name in names], purge_hosts=True)
    assert result["changed"] is False
    assert gateway.calls == ["segments", "hosts"]


@pytest.mark.parametrize(
    ("there", "options", "after"),
    [
        ({"S1": ["a"]}, {"new_name": "S9"}, {"S9": ["a"]}),
        ({"S9": ["a"]}, {"new_name": "S9"}, {"S9": ["a"]}),
        ({}, {"new_name": "S9", "recovery_method": "auto"}, {"S9": []}),
        ({"S1": ["a", "b"]}, {"hosts": [{"name": "c"}], "purge_hosts": True}, {"S1": ["c"]}),
        ({"S1": ["a", "b"]}, {"hosts": [], "purge_hosts": True}, {"S1": []}),
        ({"S1": ["a", "b"]}, {"hosts": [{"name": "c"}]}, {"S1": ["a", "b", "c"]}),
        ({"S1": ["a"]}, {"state": "absent", "purge_hosts": True}, {}),
        ({"S1": []}, {"state": "absent"}, {}),
        ({"S2": ["a"]}, {"state": "absent"}, {"S2": ["a"]}),
    ],
)
def test_states(fake_gateway: Any, run_module: Any, there: Any, options: Any, after: Any) -> None:
    gateway = fake_gateway(there)
    assert run_module(segment, gateway, name="S1", **options)["changed"] is (there != after)
    assert gateway.names() == after
    assert run_module(segment, gateway, name="S1", **options)["changed"] is False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "S2 "}, "name has leading or trailing blanks: 'S2 '. Remove them."),
        ({"new_name": " S2"}, "new_name has leading or trailing blanks: ' S2'. Remove them."),
        ({"hosts": [{"name": "d"}, {"name": "d"}]}, "hosts: name 'd' stands 2 times. Keep one."),
        ({"hosts": [{"name": "d "}]}, "hosts: name has leading or trailing blanks: 'd '. Remove them."),
        ({"purge_hosts": True}, "purge_hosts needs hosts, the hosts to keep. An empty list removes them all."),
        ({"state": "absent", "new_name": "S3"}, "new_name cannot be combined with state=absent. Remove one of them."),
        ({"name": "S1", "state": "absent"}, "Segment 'S1' still has hosts, a: remove them first"),
        ({"name": "S1", "new_name": "S3"}, "Cannot rename segment 'S1' to 'S3': a segment of that name exists."),
        ({"recovery_method": OMIT}, "Segment 'S2' does not exist yet: set recovery_method"),
        ({"recovery_method": "autos"}, "value of recovery_method must be one of"),
        ({"hosts": [{"name": "d"}, {"name": "a"}]}, "Host 'a' is already in segment 'S1'"),
        ({"hosts": [{"name": "d"}, {"name": "zz"}]}, "Host 'zz' is not in Nova"),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_bad_input_changes_nothing(fake_gateway: Any, run_module: Any, options: Any, words: str, check: bool) -> None:
    gateway = fake_gateway({"S1": ["a"], "S3": []})
    options = {"name": "S2", "recovery_method": "auto", **options}
    given = {key: value for key, value in options.items() if value is not OMIT}
    result = run_module(segment, gateway, check=check, **given)
    assert result["failed"] is True
    assert words in result["msg"]
    assert result.get("actions", []) == []
    assert gateway.names() == {"S1": ["a"], "S3": []}


def test_a_failure_midway_tells_what_was_done(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway()
    gateway.broken = "e"
    hosts = [{"name": name} for name in "abcde"]
    result = run_module(segment, gateway, name="S1", recovery_method="auto", hosts=hosts)
    assert result["failed"] is True and result["changed"] is True
    assert result["msg"] == "OpenStack answered 500: no luck"
    assert "create segment S1" in result["actions"]
    assert "create host e in segment S1" not in result["actions"]
    gateway.broken = None
    assert run_module(segment, gateway, name="S1", hosts=hosts)["changed"] is True
    assert gateway.names() == {"S1": list("abcde")}


@pytest.mark.parametrize("check", [False, True])
def test_is_enabled_on_an_old_cloud(fake_gateway: Any, run_module: Any, check: bool) -> None:
    gateway = fake_gateway({"S1": []})
    gateway.microversion = (1, 1)
    result = run_module(segment, gateway, check=check, name="S1", is_enabled=False)
    assert result["msg"].startswith("is_enabled needs API microversion 1.2")
    assert run_module(segment, gateway, name="S1", description="x")["changed"] is True


def test_running_recovery(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway({"S1": ["a", "b"]})
    gateway.hold("a")
    result = run_module(segment, gateway, name="S1", hosts=[{"name": "b", "reserved": True}], wait_timeout=0)
    assert result["failed"] is True
    assert "notification 6b9d1c1e-3f0e-4a35-9e0f-2c1d2d9b7a01 (COMPUTE_HOST, running) of host 'a'" in result["msg"]
    assert result["actions"] == []
