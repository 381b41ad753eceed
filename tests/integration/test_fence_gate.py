# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari's own recovery flows with the fence gate in them: no guest is evacuated before its host is proven off.

Real are Masakari's API and engine, and the gate as the role installs it. Nova is the stub, with guests; Pacemaker is
three programs of its commands' names on the engine's PATH, which answer as Pacemaker 3.0.0 does.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cloud as cloud_module
import pytest
from cloud import VENV, Cloud
from stub_nova import StubNova

PACKAGE = Path(__file__).resolve().parents[2] / "roles/masakari/files/fence_gate"
HOSTS = ["compute1", "compute2", "compute3", "compute4"]
TIMEOUT = 6  # long enough for a loaded machine to be looked at meanwhile

FLOWS = """
[taskflow_driver_recovery_flows]
host_auto_failure_recovery_tasks = pre:[confirm_host_fenced,disable_compute_service_task],\
main:[confirm_host_still_fenced,prepare_HA_enabled_instances_task],post:[evacuate_instances_task]
host_rh_failure_recovery_tasks = pre:[confirm_host_fenced,disable_compute_service_task],\
main:[confirm_host_still_fenced,prepare_HA_enabled_instances_task,evacuate_instances_task],post:[]
"""
ONCE = FLOWS.replace("main:[confirm_host_still_fenced,", "main:[")  # the next reserve does not pass the gate
MANAGER = "[DEFAULT]\nengine_manager = masakari_fence_gate.manager.Manager"
SETTINGS = f"""
[fence_gate]
timeout = {TIMEOUT}
interval = 0.2
window = 60
"""


def nova_time(ago: int) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%f")


class GuestNova(StubNova):
    """The stub, with servers that can be locked and evacuated; at once, or when a test says so (`slow`)."""

    def __init__(self, port: int, hosts: list[str]) -> None:
        super().__init__(port, hosts)
        self.servers: dict[str, dict[str, Any]] = {}
        self.evacuations: list[tuple[float, str, str | None]] = []
        self.migrations: list[dict[str, Any]] = []
        self.twice_at_once: list[str] = []
        self.stopped: list[str] = []
        self.slow, self.mute = False, False
        self.locked_by = ""

        def do_POST(handler: Any) -> None:
            body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
            handler._answer(*self.post(handler.path, body))

        self._server.RequestHandlerClass.do_POST = do_POST

    def boot(self, name: str, host: str) -> str:
        server = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        self.servers[server] = {
            "id": server, "name": name, "status": "ACTIVE", "metadata": {}, "locked": False, "links": [],
            "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:task_state": None, "OS-EXT-STS:power_state": 1,
            "OS-EXT-SRV-ATTR:hypervisor_hostname": host, "OS-EXT-SRV-ATTR:host": host,
        }
        return server

    def host_of(self, server: str) -> str:
        return self.servers[server]["OS-EXT-SRV-ATTR:host"]

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        if path == "/v2.1/servers/detail":
            here = [s for s in self.servers.values() if query.get("host") in (None, [s["OS-EXT-SRV-ATTR:host"]])]
            return 200, {"servers": [] if "marker" in query else here}
        if path == "/v2.1/os-migrations":
            (source,), (kind,) = query["source_compute"], query["migration_type"]
            return 200, {"migrations": [
                m for m in self.migrations if (m["source_compute"], m["migration_type"]) == (source, kind)]}
        if path == "/v2.1/os-services" and self.mute:
            return 503, {"serviceUnavailable": {"code": 503, "message": "the database is away"}}
        if path.endswith("/os-instance-actions"):
            return 200, {"instanceActions": [
                {"action": "lock", "user_id": self.locked_by, "start_time": "2099-01-01T00:00:00.000000"},
                {"action": "create", "user_id": "somebody", "start_time": "2026-01-01T00:00:00.000000"},
            ]}
        if server := self.servers.get(path.removeprefix("/v2.1/servers/")):
            return 200, {"server": server}
        return super().get(path, query)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        server = self.servers[path.split("/")[3]]
        ((action, options),) = body.items()
        if action in ("lock", "unlock"):
            server["locked"] = action == "lock"
        elif action == "os-resetState":  # without this Nova refuses a guest that is on its way; Masakari does it
            server.update({"OS-EXT-STS:vm_state": options["state"], "OS-EXT-STS:task_state": None})
        elif action == "os-stop":
            self.stopped.append(server["name"])
            server["OS-EXT-STS:vm_state"] = "stopped"
        elif action == "evacuate":
            if any(m["instance_uuid"] == server["id"] and m["status"] == "pre-migrating" for m in self.migrations):
                self.twice_at_once.append(server["name"])
            server["OS-EXT-STS:task_state"] = "rebuilding"
            self.evacuations.append((time.time(), server["name"], options.get("host")))
            self.begin_migration(server["id"], options.get("host") or "compute2")
            if not self.slow:
                self.end_evacuation(server["name"])
        else:
            return 400, {"badRequest": {"code": 400, "message": f"no stub for {action}"}}
        return 202, {}

    def begin_migration(
        self, server: str, destination: str, kind: str = "evacuation", status: str = "pre-migrating", ago: int = 0,
    ) -> dict[str, Any]:
        migration = {
            "id": len(self.migrations), "instance_uuid": server, "status": status, "migration_type": kind,
            "source_compute": self.host_of(server), "dest_compute": destination, "created_at": nova_time(ago),
        }
        self.migrations.append(migration)
        return migration

    def end_evacuation(self, name: str, status: str = "done") -> None:
        server = next(server for server in self.servers.values() if server["name"] == name)
        migration = [m for m in self.migrations if m["instance_uuid"] == server["id"]][-1]
        if status == "done":
            for attribute in ("OS-EXT-SRV-ATTR:hypervisor_hostname", "OS-EXT-SRV-ATTR:host"):
                server[attribute] = migration["dest_compute"]
        state = "error" if status == "error" else "active"
        server.update({"OS-EXT-STS:vm_state": state, "OS-EXT-STS:task_state": None})
        migration["status"] = status


class Pacemaker:
    """What the cluster would say; `hosts` and `events` are changed by tests and told by tell()."""

    def __init__(self, directory: Path) -> None:
        self.bin, self._calls = directory / "bin", directory / "calls"
        self.bin.mkdir()
        self._directory = directory
        self._program("crm_mon", f"exec cat {directory}/crm_mon.xml")
        self._program("cibadmin", f"exec cat {directory}/cib.xml")
        self.reset()

    def _program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def break_hold(self, script: str) -> None:
        self._program("crm_resource", script)

    def reset(self) -> None:
        self.hosts: dict[str, dict[str, Any]] = {name: {"online": True, "fenced": 0} for name in HOSTS}
        self.events: list[str] = []
        self._calls.write_text("")
        self._program("crm_resource", f'echo "$@" >>{self._calls}')
        self.tell()

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()

    def lose(self, *hosts: str) -> None:
        for host in hosts:
            self.hosts[host]["online"] = False
        self.tell()

    def fence(self, host: str, status: str = "success", delegate: str = "infra1", ago: int = 0) -> float:
        now = time.time() - ago
        completed = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S.%fZ")
        self.events.insert(0, (
            f'<fence_event action="off" target="{host}" client="pacemaker-controld.72" origin="infra1" '
            f'status="{status}" delegate="{delegate}" completed="{completed}"/>'
        ))
        if status == "success":
            self.hosts[host] = {"online": False, "fenced": int(now)}
        self.tell()
        return now

    def tell(self) -> None:
        nodes = "".join(
            f'<node name="{name}" id="{name}" online="{str(host["online"]).lower()}" unclean="false" '
            'maintenance="false" type="remote"/>' for name, host in self.hosts.items()
        )
        history = f"<fence_history>{''.join(self.events)}</fence_history>" if self.events else ""
        states = "".join(
            f'<node_state remote_node="true" id="{name}" uname="{name}" node_fenced="{host["fenced"]}"/>'
            for name, host in self.hosts.items()
        )
        self._write("cib.xml", f'<cib have-quorum="1"><configuration/><status>{states}</status></cib>')
        self._write("crm_mon.xml", (
            f'<pacemaker-result api-version="2.38"><nodes>{nodes}</nodes>{history}'
            '<status code="0" message="OK"/></pacemaker-result>'
        ))

    def _write(self, name: str, text: str) -> None:
        new = self._directory / f"{name}.new"
        new.write_text(text)
        new.replace(self._directory / name)


class GatedCloud(Cloud):
    """The cloud of the other tests, whose engine has the gate in both flows."""

    nova: GuestNova

    def __init__(self, pacemaker: Pacemaker) -> None:
        self.pacemaker = pacemaker
        super().__init__(HOSTS)
        self.ha = self.connect().instance_ha

    def _write(self, name: str, template: str) -> Path:
        if name == "masakari.conf":
            template = template.replace("wait_period_after_service_update = 4", "wait_period_after_service_update = 1")
            template = template.replace("[DEFAULT]", MANAGER, 1) + FLOWS + SETTINGS
        return super()._write(name, template)

    def _start(self, name: str, command: list[str], **environment: str) -> None:
        path = f"{self.pacemaker.bin}:{os.environ['PATH']}"
        super()._start(name, command, **{"PATH": path, "PYTHONPATH": str(PACKAGE), **environment})

    def kill_masakari(self) -> None:
        """API and engine: here they are one process."""
        process = self._processes.pop()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start_masakari(self) -> None:
        self._start_masakari("masakari")
        self._wait_for("masakari", "/")

    def restart_masakari(self, conf: str) -> None:
        self.kill_masakari()
        (self.dir / "masakari.conf").write_text(conf)
        self.start_masakari()

    def segment(self, method: str, hosts: list[str], reserved: tuple[str, ...] = ()) -> None:
        segment = self.ha.create_segment(name="S1", recovery_method=method, service_type="COMPUTE")
        for host in hosts:
            self.ha.create_host(
                segment.uuid, name=host, type="COMPUTE", control_attributes="SSH", reserved=host in reserved,
            )

    def notify(self, host: str, generated: str = "2099-01-01T00:00:00") -> str:
        payload = {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"}
        # A reporter whose clock is far off: its time is no part of the proof. Not in the past: an old notification that
        # is just being begun may look forgotten to the engine's periodic task, which then gives it no second attempt.
        return self.ha.create_notification(
            type="COMPUTE_HOST", hostname=host, generated_time=generated, payload=payload,
        ).notification_uuid

    def put_notification(
        self, host: str, kind: str, status: str, payload: dict[str, str], generated: str = "",
    ) -> str:
        """One that no engine was told of. Generated a while ago, it is what the periodic task takes up."""
        number = str(uuid.uuid4())
        now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        self.insert("notifications", [{
            "notification_uuid": number, "type": kind, "status": status, "source_host_uuid": host,
            "payload": json.dumps(payload), "generated_time": generated or str(now - timedelta(hours=1)),
            "created_at": str(now), "deleted": 0,
        }])
        return number

    def forget_notification(self, number: str) -> None:
        with sqlite3.connect(self.dir / "masakari.db", timeout=30) as database:
            database.execute("DELETE FROM notifications WHERE notification_uuid = ?", [number])

    def watch(self, host: str) -> None:
        (segment,) = self.ha.segments()
        (found,) = (found for found in self.ha.hosts(segment.uuid) if found.name == host)
        self.ha.update_host(found.uuid, segment.uuid, on_maintenance=False)

    def status(self, notification: str) -> str:
        return self.ha.get_notification(notification).status

    def details(self, notification: str) -> dict[str, list[str]]:
        """Step → what it told."""
        answer = self.ha.get(f"/notifications/{notification}", microversion="1.1").json()
        steps: dict[str, list[str]] = {}
        for step in answer["notification"]["recovery_workflow_details"]:
            steps.setdefault(step["name"], []).extend(detail["message"] for detail in step["progress_details"])
        return steps

    def wait_until(self, what: Callable[[], bool], seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.3)

    def wait_until_all_ended(self) -> None:
        """A recovery that failed is tried once more by the engine: it must not meet the next test."""
        ended = ("finished", "failed", "ignored")
        self.wait_until(lambda: all(notification.status in ended for notification in self.ha.notifications()))

    def wait_for(self, notification: str, *statuses: str) -> str:
        self.wait_until(lambda: self.status(notification) in statuses)
        return self.status(notification)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatedCloud]:
    directory = tmp_path_factory.mktemp("fence_gate")
    with pytest.MonkeyPatch.context() as patch:  # beside the cloud of the other tests, in the same process
        patch.setattr(cloud_module, "own_directory", lambda: tmp_path_factory.mktemp("gated_cloud"))
        patch.setattr(cloud_module, "StubNova", GuestNova)
        cloud = GatedCloud(Pacemaker(directory))
    yield cloud
    cloud.close()


@pytest.fixture
def cloud(running: GatedCloud) -> Iterator[GatedCloud]:
    running.pacemaker.reset()
    running.nova.servers.clear()
    running.nova.evacuations.clear()
    running.nova.migrations.clear()
    running.nova.twice_at_once.clear()
    running.nova.stopped.clear()
    running.nova.slow, running.nova.mute = False, False
    running.reset()
    yield running
    running.wait_until_all_ended()


@pytest.fixture
def impatient(cloud: GatedCloud) -> Iterator[Callable[..., None]]:
    """Has Masakari give a guest 2 s to arrive, with these flows."""
    conf = (cloud.dir / "masakari.conf").read_text()
    quick = conf.replace("[DEFAULT]", "[DEFAULT]\nwait_period_after_evacuation = 2", 1)
    yield lambda flows=FLOWS: cloud.restart_masakari(quick.replace(FLOWS, flows))
    cloud.wait_until_all_ended()
    cloud.restart_masakari(conf)


def test_auto_waits_for_the_proof(cloud: GatedCloud) -> None:
    vm = cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1", ago=3600)  # an old one proves nothing
    cloud.pacemaker.lose("compute1")
    notification = cloud.notify("compute1")

    cloud.wait_until(lambda: any("Waiting" in m for m in cloud.details(notification).get("ConfirmHostFencedTask", [])))
    time.sleep(1)
    assert cloud.status(notification) == "running"
    assert cloud.nova.evacuations == [] and cloud.nova.host_of(vm) == "compute1"
    assert cloud.nova.services["compute1"]["status"] == "enabled"  # nothing at all is touched before
    assert cloud.pacemaker.calls == []
    assert list(cloud.details(notification)) == ["ConfirmHostFencedTask"]

    fenced = cloud.pacemaker.fence("compute1")
    assert cloud.wait_for(notification, "finished", "failed", "error") == "finished"
    ((evacuated, name, _),) = cloud.nova.evacuations
    assert name == "vm1" and evacuated > fenced
    assert cloud.nova.host_of(vm) == "compute2"
    assert cloud.nova.services["compute1"]["status"] == "disabled"
    hold = "--meta --set-parameter=target-role --parameter-value=Stopped --resource=compute1"
    assert cloud.pacemaker.calls == [hold, hold]

    steps = cloud.details(notification)
    assert list(steps) == [
        "ConfirmHostFencedTask", "DisableComputeServiceTask", "ConfirmHostStillFencedTask",
        "PrepareHAEnabledInstancesTask", "EvacuateInstancesTask",
    ]
    told = steps["ConfirmHostFencedTask"]
    assert told[0] == "Asking Pacemaker for proof that host 'compute1' is off"
    assert told[1].startswith("Waiting for proof: Pacemaker has not fenced compute1 since ")
    assert told[2].startswith("Proof: compute1 is off, fenced at ") and told[2].endswith("verified by infra1")
    assert len(told) == 3


def test_fenced_before_the_notification(cloud: GatedCloud) -> None:
    """As when hostmonitor looks every minute: the cluster was quicker. That the host cannot be held stops nothing."""
    cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1", ago=20)
    cloud.pacemaker.break_hold("echo No such object >&2; exit 105")
    notification = cloud.notify("compute1")
    assert cloud.wait_for(notification, "finished", "failed", "error") == "finished"
    assert len(cloud.nova.evacuations) == 1
    asked, held, proof = cloud.details(notification)["ConfirmHostFencedTask"]
    assert asked.startswith("Asking") and proof.startswith("Proof: ")
    assert "Could not stop the connection to 'compute1'" in held and "105: No such object" in held


def test_no_proof_no_evacuation(cloud: GatedCloud) -> None:
    """Neither with the reserved host, nor in the flow that it falls back to, nor when the engine tries both again."""
    vm = cloud.nova.boot("vm1", "compute1")
    cloud.segment("rh_priority", ["compute1", "compute2", "compute3"], reserved=("compute3",))
    cloud.pacemaker.lose("compute1")
    cloud.pacemaker.fence("compute1", status="failed")
    cloud.pacemaker.fence("compute1", delegate="a human")
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: cloud.status(notification) == "failed")
    assert cloud.nova.evacuations == [] and cloud.nova.host_of(vm) == "compute1"
    assert {service["status"] for service in cloud.nova.services.values()} == {"enabled"}
    assert cloud.pacemaker.calls == []
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", "compute2": "", "compute3": "reserved"}
    steps = cloud.details(notification)
    assert list(steps) == ["ConfirmHostFencedTask"]
    last = steps["ConfirmHostFencedTask"][-1]
    assert last.startswith(
        f"Host 'compute1' is not proven off: no proof within {TIMEOUT} s, a person, not a device, said at "
    )
    assert last.endswith("fence it: stonith_admin --fence compute1. Its guests stay where they are.")


def test_reserved_host_waits_for_the_proof(cloud: GatedCloud) -> None:
    vm = cloud.nova.boot("vm1", "compute1")
    cloud.segment("reserved_host", ["compute1", "compute3"], ("compute3",))
    cloud.pacemaker.lose("compute1")
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: any("Waiting" in m for m in cloud.details(notification).get("ConfirmHostFencedTask", [])))
    assert cloud.nova.evacuations == [] and cloud.segments()["S1"]["compute3"] == "reserved"

    fenced = cloud.pacemaker.fence("compute1")
    assert cloud.wait_for(notification, "finished", "failed", "error") == "finished"
    ((evacuated, name, target),) = cloud.nova.evacuations
    assert (name, target) == ("vm1", "compute3") and evacuated > fenced
    assert cloud.nova.host_of(vm) == "compute3"
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", "compute3": ""}


def test_fenced_while_the_engine_tries_again(cloud: GatedCloud) -> None:
    """MAAS comes back after the first attempt has failed: the second goes on by itself."""
    cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.lose("compute1")
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: "not proven off" in str(cloud.details(notification)))
    assert cloud.nova.evacuations == []
    fenced = cloud.pacemaker.fence("compute1")
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert [name for at, name, _ in cloud.nova.evacuations if at > fenced] == ["vm1"]


def test_many_hosts_at_once(cloud: GatedCloud) -> None:
    """All are fenced, and properly; nobody knows why three of four failed at once, so no guest is started anywhere."""
    cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", HOSTS)
    for host in HOSTS[:3]:
        cloud.pacemaker.fence(host)
    notification = cloud.notify("compute1")
    cloud.wait_for(notification, "error", "failed")
    last = cloud.details(notification)["ConfirmHostFencedTask"][-1]
    assert "3 hosts of the segment are down at once (compute1, compute2, compute3), more than 2 allowed" in last
    assert cloud.nova.evacuations == []


@pytest.mark.parametrize("status", ["new", "error"])
@pytest.mark.parametrize("kind", ["COMPUTE_HOST", "VM", "PROCESS"])
def test_segment_is_disabled(cloud: GatedCloud, kind: str, status: str) -> None:
    """Masakari's periodic task, which takes up what no engine was told of or what failed once, does not ask that."""
    server = cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", ["compute1", "compute2"])
    (segment,) = cloud.ha.segments()
    cloud.ha.update_segment(segment.uuid, is_enabled=False)
    host = next(host for host in cloud.ha.hosts(segment.uuid) if host.name == "compute1")
    cloud.pacemaker.fence("compute1")
    payload = {
        "COMPUTE_HOST": {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"},
        "VM": {"event": "LIFECYCLE", "instance_uuid": server, "vir_domain_event": "STOPPED_FAILED"},
        "PROCESS": {"event": "STOPPED", "process_name": "nova-compute"},
    }[kind]
    number = cloud.put_notification(host.uuid, kind, status, payload)
    assert cloud.wait_for(number, "ignored", "finished", "failed") == "ignored"
    said = f"Notification {number} of type {kind} is ignored: its segment is disabled"
    assert said in cloud.access_log.read_text()
    assert cloud.nova.evacuations == [] and cloud.nova.stopped == []
    assert cloud.nova.services["compute1"]["status"] == "enabled"
    assert cloud.segments()["S1"]["compute1"] == ""


def test_hanging_evacuation_of_an_earlier_notification(cloud: GatedCloud) -> None:
    """The operator tries it again: what Nova has begun since the host is down still counts, and nothing older."""
    guests = [cloud.nova.boot(name, "compute1") for name in ("vm1", "vm2")]
    cloud.nova.services["compute1"].update(
        updated_at=nova_time(7200), status="disabled", disabled_reason="Masakari detected host failed.")
    hanging = cloud.nova.begin_migration(guests[0], "compute3", ago=3600)
    cloud.nova.begin_migration(guests[1], "compute3", ago=8000)  # the host has run since then
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1")
    notification = cloud.notify("compute1")
    waits = "Waiting for end of earlier evacuations: vm1 is being evacuated to compute3 since "
    cloud.wait_until(lambda: waits in str(cloud.details(notification)))
    assert cloud.nova.evacuations == []
    hanging["status"] = "failed"
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert sorted(name for _, name, _ in cloud.nova.evacuations) == ["vm1", "vm2"]


def test_nova_does_not_tell_since_when_the_host_is_down(cloud: GatedCloud) -> None:
    cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1")
    cloud.nova.mute = True
    notification = cloud.notify("compute1")
    waits = "Waiting for end of earlier evacuations: Nova does not tell what it evacuates: the database is away"
    cloud.wait_until(lambda: waits in str(cloud.details(notification)))
    assert cloud.nova.evacuations == []
    cloud.nova.mute = False
    assert cloud.wait_for(notification, "finished", "failed") == "finished"


def test_live_migration_that_the_source_did_not_end(cloud: GatedCloud) -> None:
    """The guest may run on its destination. Neither it nor another one is touched until somebody has looked."""
    guests = [cloud.nova.boot(name, "compute1") for name in ("vm1", "vm2")]
    cloud.nova.begin_migration(guests[0], "compute3", "live-migration", "running", ago=9000)
    cloud.nova.begin_migration(guests[1], "compute4", "live-migration", "running", ago=9000)  # over: vm2 says nothing
    cloud.nova.servers[guests[0]]["OS-EXT-STS:task_state"] = "migrating"
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1")
    notification = cloud.notify("compute1")
    assert cloud.wait_for(notification, "error", "failed")
    told = cloud.details(notification)["ConfirmHostFencedTask"][-1]
    assert told.startswith("Host 'compute1' is not evacuated: no end of live migrations within ")
    assert "vm1 was being migrated live to compute3 since " in told
    assert "virsh list --all on compute3. If it is there: virsh destroy. Then openstack server set --state" in told
    assert told.endswith("Its guests stay where they are.")
    assert cloud.nova.evacuations == []
    assert cloud.nova.servers[guests[0]]["OS-EXT-STS:task_state"] == "migrating"  # Masakari would reset it

    cloud.nova.servers[guests[0]]["OS-EXT-STS:task_state"] = None  # as the cure does
    cloud.wait_for(notification, "finished", "failed")
    cloud.wait_until_all_ended()
    if not cloud.nova.evacuations:  # the second attempt had ended before: once more, as the guide tells
        cloud.watch("compute1")
        cloud.wait_for(cloud.notify("compute1", "2099-01-01T01:00:00"), "finished", "failed")
    assert sorted(name for _, name, _ in cloud.nova.evacuations) == ["vm1", "vm2"]


@pytest.mark.parametrize("status, counts", [("completed", True), ("error", False), ("failed", False)])
def test_ended_live_migration(cloud: GatedCloud, status: str, counts: bool) -> None:
    """Nova can call one completed before the guest is the destination's."""
    server = cloud.nova.boot("vm1", "compute1")
    cloud.nova.begin_migration(server, "compute3", "live-migration", status, ago=60)
    cloud.nova.servers[server]["OS-EXT-STS:task_state"] = "migrating"
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1")
    notification = cloud.notify("compute1")
    if counts:
        cloud.wait_until(lambda: "Waiting for end of live migrations: vm1 " in str(cloud.details(notification)))
        assert cloud.nova.evacuations == []
        cloud.nova.servers[server].update({"OS-EXT-SRV-ATTR:host": "compute3", "OS-EXT-STS:task_state": None})
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert [name for _, name, _ in cloud.nova.evacuations] == ([] if counts else ["vm1"])


@pytest.mark.parametrize("reserve", ["free", "taken", "none"])
def test_false_report(cloud: GatedCloud, reserve: str) -> None:
    """The host that runs is watched again, and is the reserve that it was unless somebody may have taken it."""
    cloud.segment("auto", ["compute1", "compute2"], reserved=() if reserve == "none" else ("compute1",))
    if reserve == "free":
        cloud.nova.services["compute1"]["status"] = "disabled"
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: cloud.segments()["S1"]["compute1"] == "on_maintenance")
    assert cloud.wait_for(notification, "failed", "finished") == "failed"
    assert cloud.segments()["S1"]["compute1"] == ("reserved" if reserve == "free" else "")
    last = cloud.details(notification)["ConfirmHostFencedTask"][-1]
    assert last.startswith("Host 'compute1' is not proven off: ")
    assert last.endswith({
        "none": "It is up: Masakari watches it again.",
        "free": "It is up: Masakari watches it again, as a reserve.",
        "taken": "It is up: Masakari watches it again, no more as a reserve, since nova-compute is enabled on it.",
    }[reserve])


def test_host_fails_after_a_false_report(cloud: GatedCloud) -> None:
    """Within the flow that a method falls back to: the host is on maintenance again, as Masakari has it."""
    cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto_priority", ["compute1", "compute2", "compute3"], reserved=("compute3",))
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: "Masakari watches it again" in str(cloud.details(notification)))
    cloud.pacemaker.fence("compute1")
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert len(cloud.nova.evacuations) == 1
    assert cloud.segments()["S1"]["compute1"] == "on_maintenance"


def test_one_recovery_of_a_host_at_a_time(cloud: GatedCloud) -> None:
    """A second notification of the host waits for the first, whoever has it, and then finds no guest."""
    cloud.nova.boot("vm1", "compute1")
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1")
    cloud.nova.slow = True
    first = cloud.notify("compute1")
    cloud.wait_until(lambda: len(cloud.nova.evacuations) == 1)
    (segment,) = cloud.ha.segments()
    host = next(host for host in cloud.ha.hosts(segment.uuid) if host.name == "compute1")
    program = """
import sys
import masakari.cmd
from masakari import config, context, objects
config.parse_args(["masakari-engine", "--config-file", sys.argv[1]])
objects.register_all()
from masakari_fence_gate import manager
from masakari.engine.manager import MasakariManager
MasakariManager._process_notification = lambda *_: print("taken")
admin = context.get_admin_context()
uuid = sys.argv[2]
manager.Manager._process_notification(manager.Manager.__new__(manager.Manager), admin,
                                      objects.Notification.get_by_uuid(admin, uuid))
print(objects.Notification.get_by_uuid(admin, uuid).status)
"""
    payload = {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"}
    second = cloud.put_notification(host.uuid, "COMPUTE_HOST", "new", payload, "2099-01-01 00:00:00")
    command = [VENV / "bin/python", "-c", program, cloud.dir / "masakari.conf", second]
    environment = {"PATH": f"{cloud.pacemaker.bin}:{os.environ['PATH']}", "PYTHONPATH": str(PACKAGE)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["new"]
    cloud.nova.end_evacuation("vm1")
    assert cloud.wait_for(first, "finished", "failed") == "finished"
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["taken", "running"]
    cloud.forget_notification(second)


def test_engine_killed_in_the_middle_of_an_evacuation(cloud: GatedCloud) -> None:
    """It is begun again, without any guest that is on its way: three of four, by Masakari's default."""
    guests = [cloud.nova.boot(f"vm{number}", "compute1") for number in range(1, 5)]
    cloud.nova.slow, cloud.nova.locked_by = True, cloud.connect().identity.find_user("masakari").id
    cloud.segment("auto", ["compute1", "compute2"])
    cloud.pacemaker.fence("compute1")
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: len(cloud.nova.evacuations) == 3)
    time.sleep(2)
    assert cloud.status(notification) == "running"
    first = [name for _, name, _ in cloud.nova.evacuations]
    (last,) = {"vm1", "vm2", "vm3", "vm4"} - set(first)

    cloud.kill_masakari()
    cloud.nova.end_evacuation(first[0])
    cloud.start_masakari()
    cloud.wait_until(lambda: "Waiting for end of earlier evacuations: " in str(cloud.details(notification)))
    assert len(cloud.nova.evacuations) == 3 and cloud.status(notification) == "running"
    assert "was left unfinished: the engine's process" in cloud.access_log.read_text()

    cloud.nova.slow = False
    cloud.nova.end_evacuation(first[1])
    cloud.nova.end_evacuation(first[2], "failed")
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert sorted(name for _, name, _ in cloud.nova.evacuations[3:]) == sorted([first[2], last])
    assert {cloud.nova.host_of(guest) for guest in guests} == {"compute2"}
    assert not any(server["locked"] for server in cloud.nova.servers.values())
    moves = list(cloud.ha.vmoves(notification))
    assert sorted((move.server_name, move.status) for move in moves) == [(f"vm{n}", "succeeded") for n in range(1, 5)]


@pytest.mark.parametrize("reserves", [("compute3",), ("compute3", "compute4")], ids=["one", "two"])
def test_engine_killed_after_it_took_a_reserve(cloud: GatedCloud, reserves: tuple[str, ...]) -> None:
    """The second attempt goes on with that one, spends no other, and leaves it without the role: it has guests."""
    guests = [cloud.nova.boot(name, "compute1") for name in ("vm1", "vm2")]
    cloud.nova.slow, cloud.nova.locked_by = True, cloud.connect().identity.find_user("masakari").id
    cloud.segment("reserved_host", ["compute1", *reserves], reserves)
    for host in reserves:
        cloud.nova.services[host]["status"] = "disabled"
    cloud.pacemaker.fence("compute1")
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: len(cloud.nova.evacuations) == 2)
    (reserve,) = {target for _, _, target in cloud.nova.evacuations}
    others = {host: "reserved" for host in reserves if host != reserve}
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", reserve: "", **others}

    cloud.kill_masakari()
    cloud.nova.slow = False
    cloud.nova.end_evacuation("vm1")
    cloud.nova.end_evacuation("vm2", "failed")
    cloud.start_masakari()
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert [(name, target) for _, name, target in cloud.nova.evacuations[2:]] == [("vm2", reserve)]
    assert {cloud.nova.host_of(guest) for guest in guests} == {reserve}
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", reserve: "", **others}
    assert all(cloud.nova.services[host]["status"] == "disabled" for host in others)


def slow_recovery(cloud: GatedCloud, method: str, hosts: list[str], reserves: tuple[str, ...]) -> tuple[str, str]:
    """The notification, and where its guests went: vm1 is on its way there, vm2 has failed and is in error."""
    for name in ("vm1", "vm2"):
        cloud.nova.boot(name, "compute1")
    cloud.nova.slow = True
    cloud.segment(method, ["compute1", *hosts, *reserves], reserves)
    for host in reserves:
        cloud.nova.services[host]["status"] = "disabled"
    cloud.pacemaker.fence("compute1")
    notification = cloud.notify("compute1")
    cloud.wait_until(lambda: len(cloud.nova.evacuations) == 2)
    cloud.nova.end_evacuation("vm2", "error")
    (target,) = {migration["dest_compute"] for migration in cloud.nova.migrations}
    return notification, target


def test_next_reserve_without_the_gate(cloud: GatedCloud, impatient: Callable[..., None]) -> None:
    """The control: Masakari goes on to the next reserve by itself, and one guest starts on both."""
    impatient(ONCE)
    notification, first = slow_recovery(cloud, "reserved_host", [], ("compute3", "compute4"))
    (second,) = {"compute3", "compute4"} - {first}
    cloud.wait_until(lambda: len(cloud.nova.evacuations) == 4)
    assert cloud.nova.twice_at_once == ["vm1"]
    assert {target for _, _, target in cloud.nova.evacuations[2:]} == {second}
    for name in ("vm1", "vm2"):
        cloud.nova.end_evacuation(name)
    cloud.wait_for(notification, "finished", "failed")


def test_next_reserve(cloud: GatedCloud, impatient: Callable[..., None]) -> None:
    """It gets what failed on the one before, when nothing is on its way any more, and is not touched before."""
    impatient()
    notification, first = slow_recovery(cloud, "reserved_host", [], ("compute3", "compute4"))
    (second,) = {"compute3", "compute4"} - {first}
    waits = f"Waiting for end of earlier evacuations: vm1 is being evacuated to {first} since "
    cloud.wait_until(lambda: waits in str(cloud.details(notification).get("ConfirmHostStillFencedTask")))
    assert len(cloud.nova.evacuations) == 2
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", first: "", second: "reserved"}
    assert cloud.nova.services[second]["status"] == "disabled"

    cloud.nova.slow = False
    cloud.nova.end_evacuation("vm1")
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert [(name, target) for _, name, target in cloud.nova.evacuations[2:]] == [("vm2", second)]
    assert cloud.nova.twice_at_once == []
    assert {server["name"]: cloud.nova.host_of(uuid) for uuid, server in cloud.nova.servers.items()} == {
        "vm1": first, "vm2": second}
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", first: "", second: ""}
    assert {move.status for move in cloud.ha.vmoves(notification)} == {"succeeded"}


@pytest.mark.parametrize("method, target", [("auto_priority", "compute3"), ("rh_priority", None)])
def test_other_method(cloud: GatedCloud, impatient: Callable[..., None], method: str, target: str | None) -> None:
    """The one that a method falls back to passes the gate like the first; a guest that ran runs after it."""
    impatient()
    notification, first = slow_recovery(cloud, method, ["compute2"], ("compute3",))
    waits = f"Waiting for end of earlier evacuations: vm1 is being evacuated to {first} since "
    cloud.wait_until(lambda: waits in str(cloud.details(notification)))
    assert len(cloud.nova.evacuations) == 2

    cloud.nova.slow = False
    cloud.nova.end_evacuation("vm1")
    assert cloud.wait_for(notification, "finished", "failed") == "finished"
    assert [(name, host) for _, name, host in cloud.nova.evacuations[2:]] == [("vm2", target)]
    assert cloud.nova.twice_at_once == []
    assert cloud.nova.stopped == []
    assert {server["OS-EXT-STS:vm_state"] for server in cloud.nova.servers.values()} == {"active"}
    assert "before their evacuation failed: 1" in str(cloud.details(notification))
    assert cloud.segments()["S1"] == {"compute1": "on_maintenance", "compute2": "", "compute3": ""}


def test_reserves_of_a_second_attempt(cloud: GatedCloud) -> None:
    """A reserve is tried again unless somebody has taken it out since; enabled, it is a reserve no more."""
    program = """
from types import SimpleNamespace as Row
import masakari.cmd
from novaclient.exceptions import ClientException as NovaException
from masakari_fence_gate import driver
class Masakari:
    def get_notification_recovery_workflow_details(self, *_):
        if told is None:
            raise LookupError("no logbook")
        return [Row(progress_details=[{"timestamp": "1", "message": f"Enabling reserved host: '{told}'"}])]
    def execute_host_failure(self, *_, update_host_method, reserved_host_list):
        print(reserved_host_list, roles)
class Services:
    def list(self, host, binary):
        if nova is None:
            raise NovaException(503)
        return [Row(status=nova)]
driver.objects = Row(
    Notification=Row(get_by_uuid=lambda *_: None),
    Host=Row(get_by_name=lambda *_: Row(failover_segment=Row(uuid="S1"))),
    HostList=Row(get_all=lambda _, filters: [Row(name=name) for name in ("a", "b", "c")]),
)
driver.nova = Row(novaclient=lambda _: Row(services=Services()))
for told, nova, reserved in (
    ("c", "enabled", ["a", "b"]), ("c", "disabled", ["a", "b"]), ("c", None, []), ("elsewhere", "enabled", ["a"]),
    ("b", "enabled", ["a", "b"]), ("b", "disabled", ["a", "b"]), ("b", None, ["a", "b"]),
    (None, "enabled", ["a"]), ("c", "enabled", None),
):
    roles = []
    driver.Driver(Masakari()).execute_host_failure(
        None, "compute1", "rh_priority", "uuid", update_host_method=lambda _, host: roles.append(host),
        reserved_host_list=reserved)
"""
    done = subprocess.run([VENV / "bin/python", "-c", program], capture_output=True, text=True, check=True,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)})
    assert done.stdout.splitlines() == [
        "['c', 'a', 'b'] []", "['a', 'b'] []", "['c'] []", "['a'] []",
        "['b', 'a'] ['b']", "['b', 'a'] []", "['b', 'a'] []",
        "['a'] []", "None []",
    ]


def test_recovery_has_one_owner(cloud: GatedCloud) -> None:
    """Of two who change a notification one does; and an engine is dead only when that is proven."""
    cloud.segment("auto", ["compute1"])
    (host,) = cloud.ha.hosts(next(cloud.ha.segments()).uuid)
    uuid = "6d1ab8ae-7f34-4b8e-a0ef-3a4d4b7e0b31"
    cloud.insert("notifications", [{  # of a guest: the cloud's own engine leaves it alone
        "notification_uuid": uuid, "type": "VM", "status": "running", "source_host_uuid": host.uuid, "payload": "{}",
        "generated_time": "2026-11-21 12:00:00", "created_at": "2026-11-21 12:00:00", "deleted": 0,
    }])
    cloud.pacemaker.fence("infra2")
    program = """
import sys
import masakari.cmd
from datetime import datetime
from masakari import config, context, objects
config.parse_args(["masakari-engine", "--config-file", sys.argv[1]])
objects.register_all()
from masakari_fence_gate import manager, tables
from masakari_fence_gate.owner import Owner, this_process
admin, uuid, old = context.get_admin_context(), sys.argv[2], datetime(2026, 11, 21, 12)
print(tables.change_status(admin, uuid, "new", "running"))
first = tables.change_status(admin, uuid, "running", "error")
print(first is not None, tables.change_status(admin, uuid, "running", "error"))
again = tables.change_status(admin, uuid, "error", "running")
print(tables.change_status(admin, uuid, "running", "error", old))
print(tables.read_owner(uuid))
mine = this_process("tests", again.isoformat())
tables.write_owner(uuid, mine)
print(tables.read_owner(uuid) == mine, manager._proof_of_death(mine))
elsewhere = {"boot": "b", "pid": mine.pid, "started": "1", "taken": "2026-11-21T12:00:00"}
print(manager._proof_of_death(Owner(host="tests", **elsewhere)) is not None)
print(manager._proof_of_death(Owner(host="infra3", **elsewhere)))
print(manager._proof_of_death(Owner(host="infra2", **elsewhere)))
print(tables.change_status(admin, uuid, "running", "finished", again) is not None)
"""
    done = subprocess.run(
        [VENV / "bin/python", "-c", program, cloud.dir / "masakari.conf", uuid], capture_output=True, text=True,
        env={"PATH": f"{cloud.pacemaker.bin}:{os.environ['PATH']}", "PYTHONPATH": str(PACKAGE)}, check=True,
    )
    *said, fenced, last = done.stdout.splitlines()
    assert said == ["None", "True None", "None", "None", "True None", "True", "None"] and last == "True"
    assert fenced.startswith("infra2, whose engine had it, was fenced at ")


def test_what_an_earlier_attempt_left(cloud: GatedCloud) -> None:
    """Only Masakari's own lock, if nobody has locked the guest since."""
    program = """
from datetime import UTC, datetime
from types import SimpleNamespace as Row
import masakari.cmd
from masakari_fence_gate.earlier_attempt import is_own_lock
since = datetime(2026, 11, 21, 12, tzinfo=UTC)
def row(action, user="masakari", clock="12:00:01"):
    return Row(action=action, user_id=user, start_time=f"2026-11-21T{clock}.000000")
for actions in ([row("lock")], [row("evacuate", clock="12:00:09"), row("lock"), row("unlock", clock="11:00:00")],
                [], [row("lock", "owner")], [row("lock", clock="11:00:00")], [row("unlock")],
                [row("lock"), row("lock", "owner", "12:00:05")]):
    print(is_own_lock(actions, "masakari", since))
"""
    done = subprocess.run([VENV / "bin/python", "-c", program], capture_output=True, text=True, check=True,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)})
    assert done.stdout.splitlines() == ["True", "True", "False", "False", "False", "False", "False"]


def test_states_of_before(cloud: GatedCloud) -> None:
    """What was active and is in error since is reset; nothing that goes wrong there holds the recovery up."""
    program = """
from types import SimpleNamespace as Row
import masakari.cmd
from masakari.exception import NotFound
from masakari_fence_gate import earlier_attempt
notes, reset, told = {}, [], []
earlier_attempt.tables = Row(read_active_guests=notes.get, write_active_guests=notes.__setitem__)
class Nova:
    def get_servers(self, context, host):
        return [Row(id=name, name=name, **{"OS-EXT-STS:vm_state": state}) for name, state in guests.items()]
    def reset_instance_state(self, context, guest, state):
        if guest == "vm4":
            raise NotFound()
        reset.append((guest, state))
def look():
    earlier_attempt.restore_states("compute1", "uuid", None, Nova(), told.append)
guests = {"vm1": "active", "vm2": "error", "vm3": "stopped", "vm4": "active", "vm5": "active"}
look()
print(notes, reset, told)
guests = {"vm1": "error", "vm2": "error", "vm3": "error", "vm4": "error", "vm5": "active"}
look()
print(notes["uuid"], reset, told)
guests = None
look()
print(reset)
"""
    done = subprocess.run([VENV / "bin/python", "-c", program], capture_output=True, text=True, check=True,
                          env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)})
    assert done.stdout.splitlines() == [
        "{'uuid': ['vm1', 'vm4', 'vm5']} [] []",
        "['vm1', 'vm4', 'vm5'] [('vm1', 'active')] "
        "['Guests reset from error to active, as they were before their evacuation failed: 1']",
        "[('vm1', 'active')]",
    ]


# --- the check that the engine would run it ---------------------------------------------------------


def check(cloud: GatedCloud, tmp_path: Path, *, flows: str = FLOWS, package: Path = PACKAGE, ask: bool = False,
          path: str = os.environ["PATH"]) -> tuple[int, str]:
    conf = tmp_path / "masakari.conf"
    conf.write_text((cloud.dir / "masakari.conf").read_text().replace(FLOWS, flows))
    done = subprocess.run(
        [VENV / "bin/python", "-m", "masakari_fence_gate", *(["--ask-pacemaker"] * ask), "--config-file", conf],
        env={"PATH": path, "PYTHONPATH": str(package), "PYTHONWARNINGS": "ignore", "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )
    return done.returncode, done.stderr


def test_check_passes(cloud: GatedCloud, tmp_path: Path) -> None:
    assert check(cloud, tmp_path) == (0, "")
    assert check(cloud, tmp_path, ask=True, path=f"{cloud.pacemaker.bin}:{os.environ['PATH']}") == (0, "")


def test_check_asks_pacemaker(cloud: GatedCloud, tmp_path: Path) -> None:
    status, said = check(cloud, tmp_path, ask=True, path="/nowhere")
    assert status == 1
    assert "Pacemaker cannot be read: crm_mon is not installed on this host: it is no member of the cluster." in said


@pytest.mark.parametrize("flows, reason", [
    ("", "host_auto_failure_recovery_tasks begins with disable_compute_service_task, not with confirm_host_fenced"),
    (FLOWS.replace("rh_failure_recovery_tasks = pre:[confirm_host_fenced,", "rh_failure_recovery_tasks = pre:["),
     "host_rh_failure_recovery_tasks begins with disable_compute_service_task, not with confirm_host_fenced"),
    (ONCE, "main of host_rh_failure_recovery_tasks begins with prepare_HA_enabled_instances_task, not with "
           "confirm_host_still_fenced: set main:[confirm_host_still_fenced,...]"),
    (FLOWS.replace("[confirm_host_fenced,disable_compute_service_task]",
                   "[disable_compute_service_task,confirm_host_fenced]"),
     "host_auto_failure_recovery_tasks begins with disable_compute_service_task"),
    (FLOWS.replace("disable_compute_service_task", "disable_compute_servcie_task"),
     "host_rh_failure_recovery_tasks names disable_compute_servcie_task, which cannot be loaded: it would be skipped"),
], ids=["defaults", "not in reserved_host", "not for the next reserve", "not first", "misspelt"])
def test_check_of_flows(cloud: GatedCloud, tmp_path: Path, flows: str, reason: str) -> None:
    status, said = check(cloud, tmp_path, flows=flows)
    assert status == 1
    assert reason in said


@pytest.mark.parametrize("break_it, reason", [
    (lambda package: (package / "masakari_fence_gate/proof.py").write_text("import nothing_of_the_kind\n"),
     "No module named 'nothing_of_the_kind'"),
    (lambda package: (package / "masakari_fence_gate-1.0.0.dist-info/entry_points.txt").write_text(""),
     "host_auto_failure_recovery_tasks names confirm_host_fenced, which cannot be loaded"),
    (lambda package: (package / "masakari_fence_gate/manager.py").unlink(),
     "engine_manager masakari_fence_gate.manager.Manager cannot be loaded: "),
], ids=["broken module", "no entry point", "no manager"])
def test_check_of_the_package(cloud: GatedCloud, tmp_path: Path, break_it: Callable[[Path], Any], reason: str) -> None:
    package = tmp_path / "package"
    subprocess.run(["cp", "-r", PACKAGE, package], check=True)
    break_it(package)
    status, said = check(cloud, tmp_path, package=package)
    assert status == 1
    assert reason in said


def test_waiting_does_not_stop_the_engine(cloud: GatedCloud, tmp_path: Path) -> None:
    """masakari-engine is one thread with eventlet: while the gate waits, its heartbeats and other recoveries go on."""
    slow = tmp_path / "crm_mon"
    slow.write_text("#!/bin/sh\nsleep 1\nexit 1\n")
    slow.chmod(0o755)
    program = """
import masakari.cmd  # as masakari-engine does it first: it patches the standard library
import eventlet, time
from masakari_fence_gate import pacemaker
from masakari_fence_gate.wait import NotProven, wait_for
beats = []
def beat():
    while True:
        beats.append(time.monotonic())
        eventlet.sleep(0.05)
eventlet.spawn(beat)
try:
    wait_for("proof", pacemaker.look, lambda *_: None, timeout=3, interval=0.3)
except NotProven:
    gaps = [b - a for a, b in zip(beats, beats[1:])]
    print(len(beats), max(gaps))
"""
    done = subprocess.run(
        [VENV / "bin/python", "-c", program], capture_output=True, text=True, check=True,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(PACKAGE)},
    )
    beats, gap = done.stdout.split()
    assert int(beats) > 20 and float(gap) < 0.8
