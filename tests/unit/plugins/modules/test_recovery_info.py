# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.modules import recovery_info

SINCE = 1795219726.9  # 2026-11-21 00:08:46.9 UTC


@pytest.fixture
def gateway(fake_gateway: Any) -> Any:
    """Host a has two guests and two notifications, of which one is old; host b has one of its own."""
    found = fake_gateway({"S1": ["a", "b"]})
    found.guests = [{"id": name, "name": name, "status": "ACTIVE", "task_state": None, "compute_host": "a"}
                    for name in ("vm1", "vm2")]
    for uuid, host, second in (("new", "a", "46"), ("other", "b", "47"), ("old", "a", "45")):
        found.hold(host, notification_uuid=uuid, created_at=f"2026-11-21T00:08:{second}.000000")
    return found


def test_the_guests_of_a_host(gateway: Any, run_module: Any) -> None:
    result = run_module(recovery_info, gateway, host="a")
    assert result["guests"][0] == {"id": "vm1", "name": "vm1", "status": "ACTIVE", "task_state": None, "host": "a"}
    assert [guest["id"] for guest in result["guests"]] == ["vm1", "vm2"]
    assert (result["compute_service"]["host"], result["notifications"], result["changed"]) == ("a", [], False)


def test_named_guests_and_what_was_recovered_since(gateway: Any, run_module: Any) -> None:
    result = run_module(recovery_info, gateway, host="a", guests=["vm2", "gone"], since=SINCE, actions=True)
    assert [notification["notification_uuid"] for notification in result["notifications"]] == ["new"]
    assert "recovery_workflow_details" in result["notifications"][0]
    assert [(guest["id"], guest.get("actions")) for guest in result["guests"]] == [
        ("vm2", ["vm2 since 2026-11-21T00:08:46"]), ("gone", [])]


def test_actions_are_asked_for_alone_when_they_are_wanted(gateway: Any, run_module: Any) -> None:
    result = run_module(recovery_info, gateway, host="a", guests=["vm2"], since=SINCE)
    assert "actions" not in result["guests"][0]


def test_a_host_in_no_segment(gateway: Any, run_module: Any) -> None:
    assert run_module(recovery_info, gateway, host="c")["guests"] == []
    result = run_module(recovery_info, gateway, host="c", since=SINCE)
    assert "Host 'c' is in no segment: correct host" in result["msg"]
