# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway against a stand-in for openstacksdk's connection: addresses, pages, errors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _gateway
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import Busy, MasakariError, Refused
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import HOST_FIELDS, Gateway
from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk


def resource(number: int) -> SimpleNamespace:
    values = {**dict.fromkeys(HOST_FIELDS), "id": number, "uuid": f"uuid-{number}", "name": f"h{number:04}"}
    return SimpleNamespace(**values)


def gateway(**methods: Any) -> Gateway:
    return Gateway(SimpleNamespace(instance_ha=SimpleNamespace(**methods), compute=SimpleNamespace(**methods)))


def failing(error: Exception) -> Any:
    def method(*args: Any, **kwargs: Any) -> Any:
        raise error

    return method


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (200, 1), (999, 1), (1000, 2), (2500, 3)])
def test_lists_are_complete_and_take_one_request_a_page(count: int, requests: int) -> None:
    asked: list[dict[str, Any]] = []

    def hosts(segment: str, paginated: bool, limit: int, marker: int = 0) -> list[SimpleNamespace]:
        asked.append({"segment": segment, "paginated": paginated, "limit": limit, "marker": marker})
        return [resource(n) for n in range(marker + 1, count + 1)][:limit]

    rows = gateway(hosts=hosts).hosts("s")
    assert [row["name"] for row in rows] == [f"h{n:04}" for n in range(1, count + 1)]
    assert len(asked) == requests
    assert all(query["paginated"] is False and query["limit"] == 1000 for query in asked)


def test_rows_are_sorted_by_name() -> None:
    rows = gateway(hosts=lambda *args, **query: [resource(2), resource(1)]).hosts("s")
    assert [row["uuid"] for row in rows] == ["uuid-1", "uuid-2"]


def test_changes_address_by_uuid_and_deletions_may_come_late() -> None:
    calls: list[Any] = []

    def record(*args: Any, **values: Any) -> Any:
        calls.append((args, values))
        return resource(1)

    it = gateway(create_host=record, update_host=record, delete_host=record, delete_segment=record)
    it.create_host("s", name="a", reserved=True)
    it.update_host("s", "h", reserved=False)
    it.delete_host("s", "h")
    it.delete_segment("s")
    assert calls == [
        (("s",), {"name": "a", "reserved": True}),
        (("h", "s"), {"reserved": False}),
        (("h", "s"), {"ignore_missing": True}),
        (("s",), {"ignore_missing": True}),
    ]


def http_error(status: int, details: str) -> sdk.HttpException:
    kinds = {400: sdk.BadRequestException, 409: sdk.ConflictException, 404: sdk.NotFoundException}
    error = kinds.get(status, sdk.HttpException)(message="wrapped", details=details)
    error.status_code = status
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (http_error(409, "Host with name a already exists."), Refused, "^Host with name a already exists.$"),
        (http_error(400, "Invalid input for field"), Refused, "^Invalid input for field$"),
        (http_error(403, "Policy doesn't allow it."), MasakariError, "not allowed .*403.*Policy.*admin's credentials"),
        (http_error(500, "Internal"), MasakariError, "^OpenStack answered 500: Internal$"),
        (keystone.Unauthorized(), MasakariError, "refuses the credentials .401.: correct the user, password"),
        (
            keystone.EndpointNotFound("public endpoint for instance-ha service in R not found"), MasakariError,
            "catalog lacks a service .* instance-ha service in R not found. Register .* or correct region_name",
        ),
        (
            keystone.ConnectFailure("Unable to establish connection to http://x/v1: HTTPConnectionPool(host='x')"),
            MasakariError, "^Unable to establish connection to http://x/v1: see that the service is running",
        ),
    ],
)
def test_failures_become_sentences(error: Exception, kind: type[Exception], words: str) -> None:
    with pytest.raises(MasakariError, match=words) as caught:
        gateway(create_host=failing(error)).create_host("s", name="a")
    assert caught.type is kind


@pytest.mark.parametrize("method", ["update_segment", "delete_segment", "update_host", "delete_host"])
def test_conflict_on_a_change_means_busy(method: str) -> None:
    busy = failing(http_error(409, "Host can't be updated as it is in-use to process notifications."))
    with pytest.raises(Busy, match="in-use to process notifications"):
        getattr(gateway(**{method: busy}), method)(*["uuid"] * (2 if "host" in method else 1))


@pytest.mark.parametrize(("newest", "wanted", "expected"), [("1.3", "1.2", True), ("1.1", "1.2", False)])
def test_supports(monkeypatch: pytest.MonkeyPatch, newest: str, wanted: str, expected: bool) -> None:
    monkeypatch.setattr(_gateway, "maximum_supported_microversion", lambda adapter, most: min(newest, most))
    assert gateway().supports(wanted) is expected


def test_old_api_without_microversions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_gateway, "maximum_supported_microversion", lambda adapter, most: None)
    assert gateway().supports("1.2") is False


def test_one_notification_comes_with_its_details() -> None:
    asked = []

    def get(path: str, microversion: str) -> Any:
        asked.append((path, microversion))
        body = {"notification": {"notification_uuid": "n", "status": "running", "recovery_workflow_details": [1]}}
        return SimpleNamespace(status_code=200, json=lambda: body)

    row = gateway(get=get).notification("n")
    assert asked == [("/notifications/n", "1.1")]
    assert row is not None
    assert (row["status"], row["recovery_workflow_details"], row["type"]) == ("running", [1], None)


def test_unknown_notification() -> None:
    assert gateway(get=lambda *args, **kwargs: SimpleNamespace(status_code=404)).notification("n") is None


def server(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**dict.fromkeys(_gateway.SERVER_FIELDS), "id": "1", "name": "vm1", **changes})


def test_guests_of_a_host_are_asked_for_by_the_name_that_the_sdk_passes_on() -> None:
    asked: list[dict[str, Any]] = []

    def servers(**query: Any) -> list[SimpleNamespace]:
        asked.append(query)
        return [server(name="z"), server(name="b")]

    assert [row["name"] for row in gateway(servers=servers).servers("a")] == ["b", "z"]
    assert asked == [{"all_projects": True, "compute_host": "a"}]


def test_a_guest_that_is_gone() -> None:
    assert gateway(get_server=failing(http_error(404, "gone"))).server("1") is None
    assert gateway(get_server=lambda uuid: server(id=uuid)).server("1") == {**vars(server())}


def test_actions_since_a_second_with_their_steps_in_order() -> None:
    steps = [{"event": name, "start_time": start, "finish_time": None, "result": None, "host": "b", "traceback": None}
             for name, start in (("second", "2026-11-21T00:00:06.000000"), ("first", "2026-11-21T00:00:05.000000"))]
    answers = {
        "/servers/1/os-instance-actions": {"instanceActions": [
            {"request_id": "r2", "start_time": "2026-11-21T00:00:05.000000"},
            {"request_id": "r1", "start_time": "2026-11-21T00:00:01.000000"}]},
        "/servers/1/os-instance-actions/r2": {"instanceAction": {
            "action": "evacuate", "start_time": "2026-11-21T00:00:05.000000", "message": None, "events": steps}},
    }

    def get(path: str, microversion: str) -> SimpleNamespace:
        assert microversion == "2.62"
        return SimpleNamespace(status_code=200, json=lambda: answers[path])

    [action] = gateway(get=get).server_actions("1", "2026-11-21T00:00:05")
    assert action["action"] == "evacuate"
    assert [(event["event"], event["host"]) for event in action["events"]] == [("first", "b"), ("second", "b")]
