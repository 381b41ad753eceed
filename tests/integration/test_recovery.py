# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery that really runs in Masakari's engine: it holds the segment, is waited for, and is told about."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.modules import (
    compute_service,
    notification_info,
    segment,
    segment_host,
    vmove_info,
)
from cloud import Cloud

Run = Callable[..., dict[str, Any]]


def notify(cloud: Cloud, host: str, kind: str = "COMPUTE_HOST") -> str:
    payloads = {
        "COMPUTE_HOST": {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"},
        "PROCESS": {"event": "STOPPED", "process_name": "nova-compute"},
    }
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return cloud.connect().instance_ha.create_notification(
        type=kind, hostname=host, generated_time=now, payload=payloads[kind],
    ).notification_uuid


def test_recovery(run: Run, cloud: Cloud) -> None:
    hosts = [{"name": "compute1"}, {"name": "compute2"}]
    run(segment, name="S1", recovery_method="auto", hosts=hosts)
    uuid = notify(cloud, "compute1")

    # It holds the segment: one sentence names it, and nothing has changed.
    for module, options in (
        (segment, {"name": "S1", "description": "x"}),
        (segment_host, {"segment": "S1", "name": "compute2", "reserved": True}),
        (segment, {"name": "S1", "state": "absent", "purge_hosts": True}),
    ):
        result = run(module, wait_timeout=0, **options)
        assert result["failed"] is True and result["changed"] is False
        assert f"notification {uuid} (COMPUTE_HOST, " in result["msg"] and "of host 'compute1'" in result["msg"]
        assert "Run again when it has finished, or raise wait_timeout." in result["msg"]

    # It is waited for.
    started = time.monotonic()
    changed = run(segment, name="S1", description="x", wait_timeout=120)
    assert changed["changed"] is True
    assert time.monotonic() - started > 1

    # It is told about, step by step.
    (notification,) = run(notification_info, uuid=uuid)["notifications"]
    assert notification["status"] == "finished"
    steps = notification["recovery_workflow_details"]
    assert steps[0]["name"] == "DisableComputeServiceTask"
    assert "Disabled compute service on host: 'compute1'" in [d["message"] for d in steps[0]["progress_details"]]
    for filters in ({}, {"status": "finished"}, {"type": "COMPUTE_HOST"}, {"source_host": "compute1"}):
        assert uuid in [row["notification_uuid"] for row in run(notification_info, **filters)["notifications"]]
    for filters in ({"status": "running"}, {"type": "VM"}, {"source_host": "compute2"}):
        assert uuid not in [row["notification_uuid"] for row in run(notification_info, **filters)["notifications"]]

    # The host is brought back, as an operator does it.
    assert cloud.nova.services["compute1"]["status"] == "disabled"
    assert cloud.segments()["S1"]["compute1"] == "on_maintenance"
    assert run(compute_service, host="compute1")["changed"] is True
    assert run(segment_host, segment="S1", name="compute1", on_maintenance=False)["changed"] is True
    assert cloud.nova.services["compute1"]["status"] == "enabled"
    assert cloud.segments()["S1"]["compute1"] == ""

    # The guests it moved are listed; there were none in the stub, so they are written where the engine writes them.
    assert run(vmove_info, notification=uuid)["vmoves"] == []
    cloud.insert("vmoves", [{
        "uuid": "9c2d4a1c-5c8c-4b2c-bf7e-0c8f1f1e0f11", "notification_uuid": uuid, "deleted": 0,
        "instance_uuid": "0c1e2f3a-9a40-4b7c-8a55-3f6f0a9a1d11", "instance_name": "web-1", "source_host": "compute1",
        "dest_host": "compute2", "type": "evacuation", "status": "succeeded",
        "created_at": "2026-11-21 01:17:25.000000",
    }])
    (move,) = run(vmove_info, notification=uuid)["vmoves"]
    assert (move["server_name"], move["source_host"], move["dest_host"], move["status"]) == (
        "web-1", "compute1", "compute2", "succeeded",
    )


def test_notifications_without_guests(run: Run, cloud: Cloud) -> None:
    run(segment, name="S1", recovery_method="auto", hosts=[{"name": "compute4"}])
    uuid = notify(cloud, "compute4", "PROCESS")
    assert "without vm moves" in run(vmove_info, notification=uuid)["msg"]
    missing = "6b9d1c1e-3f0e-4a35-9e0f-2c1d2d9b7a01"
    assert "404" in run(vmove_info, notification=missing)["msg"]
    assert run(notification_info, uuid=missing)["notifications"] == []
