# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Masakari in memory that answers like the gateway does, for tests of everything above it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import openstack
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _module
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import Busy, MasakariError, Refused
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import (
    COMPUTE_SERVICE_FIELDS,
    HOST_FIELDS,
    NOTIFICATION_FIELDS,
    SEGMENT_FIELDS,
)

Row = dict[str, Any]


class FakeGateway:
    """Keeps Masakari's own rules: one segment a host, hosts known to Nova, no change during a recovery.

    `calls` lists the requests; `busy` is how many more changes meet a recovery; `broken` is a host name at which
    the API fails.
    """

    def __init__(self, segments: dict[str, list[str]] | None = None, compute: str = "a b c d e", busy: int = 0) -> None:
        self.calls: list[str] = []
        self.busy = busy
        self.broken: str | None = None
        self.microversion = (1, 3)
        self.held: list[Row] = []
        self.moves: list[Row] = []
        self.guests: list[Row] = []
        self._ids = itertools.count(1)
        self._segments: dict[str, Row] = {}
        self._hosts: dict[str, dict[str, Row]] = {}
        self._compute = {name: self._service(name) for name in compute.split()}
        for segment, hosts in (segments or {}).items():
            uuid = self.create_segment(name=segment, recovery_method="auto", service_type="COMPUTE")["uuid"]
            for host in hosts:
                self.create_host(uuid, name=host, type="COMPUTE", control_attributes="SSH")
        self.calls.clear()

    @staticmethod
    def _service(name: str) -> Row:
        row = {"id": f"svc-{name}", "host": name, "binary": "nova-compute", "status": "enabled", "state": "up"}
        return {**dict.fromkeys(COMPUTE_SERVICE_FIELDS), **row}

    def names(self) -> dict[str, list[str]]:
        return {row["name"]: sorted(h["name"] for h in self._hosts[uuid].values())
                for uuid, row in self._segments.items()}

    def host_named(self, name: str) -> Row:
        return next(h for hosts in self._hosts.values() for h in hosts.values() if h["name"] == name)

    # --- the gateway's interface -----------------------------------------------------------------

    def supports(self, microversion: str) -> bool:
        return tuple(map(int, microversion.split("."))) <= self.microversion

    def segments(self) -> list[Row]:
        self.calls.append("segments")
        return sorted((dict(row) for row in self._segments.values()), key=lambda row: row["name"])

    def hosts(self, segment: str) -> list[Row]:
        self.calls.append("hosts")
        return sorted((dict(row) for row in self._hosts[segment].values()), key=lambda row: row["name"])

    def notifications(self, **query: Any) -> list[Row]:
        self.calls.append("notifications")
        return [row for row in self.held if all(row[key] == value for key, value in query.items())]

    def notification(self, uuid: str) -> Row | None:
        self.calls.append("notification")
        row = next((row for row in self.held if row["notification_uuid"] == uuid), None)
        return row and {**row, "recovery_workflow_details": []}

    def vmoves(self, notification: str) -> list[Row]:
        self.calls.append("vmoves")
        return self.moves

    def compute_services(self, host: str | None = None) -> list[Row]:
        self.calls.append("compute_services")
        return [dict(row) for name, row in self._compute.items() if host in (None, name)]

    def servers(self, host: str) -> list[Row]:
        self.calls.append("servers")
        return [dict(row) for row in self.guests if row["compute_host"] == host]

    def server(self, uuid: str) -> Row | None:
        self.calls.append("server")
        return next((dict(row) for row in self.guests if row["id"] == uuid), None)

    def server_actions(self, uuid: str, since: str) -> list[Any]:
        self.calls.append("server_actions")
        return [f"{uuid} since {since}"]

    def migrate_live(self, server: str) -> None:
        """At once, unless the name says that the guest does not let itself be moved."""
        self.calls.append("migrate_live")
        guest = next(row for row in self.guests if row["id"] == server)
        if guest["name"].startswith("refused"):
            raise Refused("No valid host was found.")
        if not guest["name"].startswith("stuck"):
            guest["task_state"] = "migrating"

    def create_segment(self, **values: Any) -> Row:
        self.calls.append(f"create_segment {values['name']}")
        uuid = f"segment-{next(self._ids)}"
        self._segments[uuid] = {**dict.fromkeys(SEGMENT_FIELDS), "is_enabled": True, **values, "uuid": uuid}
        self._hosts[uuid] = {}
        return dict(self._segments[uuid])

    def update_segment(self, uuid: str, **values: Any) -> Row:
        self.calls.append("update_segment")
        self._refuse_while_busy()
        self._segments[uuid] |= values
        return dict(self._segments[uuid])

    def delete_segment(self, uuid: str) -> None:
        self.calls.append("delete_segment")
        self._refuse_while_busy()
        del self._segments[uuid], self._hosts[uuid]

    def create_host(self, segment: str, **values: Any) -> Row:
        name = values["name"]
        self.calls.append(f"create_host {name}")
        if name == self.broken:
            raise MasakariError("OpenStack answered 500: no luck")
        if name not in self._compute:
            raise Refused(f"Compute service with name {name} could not be found.")
        if any(host["name"] == name for hosts in self._hosts.values() for host in hosts.values()):
            raise Refused(f"Host with name {name} already exists.")
        defaults = {"reserved": False, "on_maintenance": False, "failover_segment_id": segment}
        uuid = f"host-{next(self._ids)}"
        self._hosts[segment][uuid] = {**dict.fromkeys(HOST_FIELDS), **defaults, **values, "uuid": uuid}
        return dict(self._hosts[segment][uuid])

    def update_host(self, segment: str, uuid: str, **values: Any) -> Row:
        self.calls.append("update_host")
        assert "name" not in values, "Masakari would ask Nova about an unchanged name"
        self._refuse_while_busy()
        self._hosts[segment][uuid] |= values
        return dict(self._hosts[segment][uuid])

    def delete_host(self, segment: str, uuid: str) -> None:
        self.calls.append("delete_host")
        self._refuse_while_busy()
        del self._hosts[segment][uuid]

    def enable_compute(self, service: str) -> Row:
        return self._set_compute(service, "enabled", None)

    def disable_compute(self, service: str, reason: str | None) -> Row:
        return self._set_compute(service, "disabled", reason)

    def _set_compute(self, service: str, status: str, reason: str | None) -> Row:
        self.calls.append(f"{status} {service}")
        row = self._compute[service.removeprefix("svc-")]
        row |= {"status": status, "disabled_reason": reason}
        return dict(row)

    def _refuse_while_busy(self) -> None:
        if self.busy:
            self.busy -= 1
            raise Busy("it is in-use to process notifications.")

    def hold(self, host: str, **values: Any) -> None:
        """A recovery of this host runs and does not end."""
        row = {
            "notification_uuid": "6b9d1c1e-3f0e-4a35-9e0f-2c1d2d9b7a01", "type": "COMPUTE_HOST", "status": "running",
            "source_host_uuid": self.host_named(host)["uuid"],
        }
        self.held.append({**dict.fromkeys(NOTIFICATION_FIELDS), **row, **values})
        self.busy = 10**9


@pytest.fixture
def fake_gateway() -> type[FakeGateway]:
    return FakeGateway


@pytest.fixture
def run_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a module's main() on a fake gateway and return its result."""

    def run(module: Any, gateway: FakeGateway, check: bool = False, **options: Any) -> Row:
        monkeypatch.setattr(_module.OpenStackModule, "openstack_cloud_from_module", lambda self: (openstack, None))
        monkeypatch.setattr(_module, "Gateway", lambda connection: gateway)
        with patch_module_args({**options, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run
