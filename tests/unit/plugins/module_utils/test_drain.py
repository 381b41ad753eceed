# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host is emptied of its running guests, and a guest that does not go is named."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._drain import Drain
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.modules import live_migration


def guest(name: str, status: str = "ACTIVE", task: str | None = None) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, "status": status, "task_state": task, "compute_host": "a"}


class Nova:
    """Time passes by sleeping; what is migrating has arrived after ten seconds."""

    def __init__(self, gateway: Any, *guests: dict[str, Any]) -> None:
        self.gateway, self.now = gateway, 0.0
        gateway.guests = list(guests)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= 10:
            for row in self.gateway.guests:
                if row["task_state"] == "migrating" and "endless" not in row["name"]:
                    row.update(task_state=None, compute_host="b")

    def drain(self, timeout: float = 60) -> Drain:
        return Drain(self.gateway, "a", timeout, clock=lambda: self.now, sleep=self.sleep)


def test_all_that_run_leave(fake_gateway: Any) -> None:
    nova = Nova(fake_gateway(), guest("web"), guest("db", "PAUSED"), guest("off", "SHUTOFF"),
                guest("going", "MIGRATING", "migrating"))
    drain = nova.drain()
    drain.perform()
    assert drain.moved == ["db", "going", "web"]
    assert nova.gateway.calls.count("migrate_live") == 2
    assert {row["name"]: row["compute_host"] for row in nova.gateway.guests}["off"] == "a"


@pytest.mark.parametrize("status", ["RESCUE", "VERIFY_RESIZE", "ERROR", "UNKNOWN"])
def test_what_may_run_and_does_not_migrate_is_named(fake_gateway: Any, status: str) -> None:
    drain = Nova(fake_gateway(), guest("web"), guest("refused", status), guest("off", "SUSPENDED")).drain()
    with pytest.raises(MasakariError, match=r"^refused \(No valid host was found.\) did not leave a: Nova gave up"):
        drain.perform()


@pytest.mark.parametrize(("name", "why"), [
    ("stuck", "stuck did not leave a: Nova gave up. openstack server event list"),
    ("refused", "refused (No valid host was found.) did not leave a: Nova gave up."),
    ("endless", "endless did not leave a: not within 60 s of wait_timeout."),
])
def test_one_that_does_not_leave_is_named(fake_gateway: Any, name: str, why: str) -> None:
    drain = Nova(fake_gateway(), guest("web"), guest(name)).drain()
    with pytest.raises(MasakariError) as raised:
        drain.perform()
    assert why in str(raised.value)
    assert drain.moved == ["web"]


def test_nothing_to_move(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway()
    gateway.guests = [guest("off", "SHUTOFF")]
    for check in (False, True):
        result = run_module(live_migration, gateway, check=check, host="a")
        assert (result["changed"], result["moved"], result["left"]) == (False, [], ["off"])
    assert "migrate_live" not in gateway.calls


def test_check_mode_moves_nobody(fake_gateway: Any, run_module: Any) -> None:
    gateway = fake_gateway()
    gateway.guests = [guest("web"), guest("off", "SHUTOFF")]
    result = run_module(live_migration, gateway, check=True, host="a")
    assert (result["changed"], result["moved"], result["left"]) == (True, ["web"], ["off"])
    assert result["actions"] == ["migrate web away from a"]
    assert "migrate_live" not in gateway.calls


def test_a_failure_tells_what_was_done(fake_gateway: Any, run_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = fake_gateway()
    nova = Nova(gateway, guest("web"), guest("stuck"))
    monkeypatch.setattr(live_migration, "Drain", lambda gateway, host, timeout: nova.drain(timeout))
    result = run_module(live_migration, gateway, host="a")
    assert result["failed"] is True and result["changed"] is True
    assert result["actions"] == ["migrate web away from a"]
