# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drills on the lab, their guests, and the way back to what the inventory declares."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cluster import REMOTES, agents_run, is_running, is_up, maas, on_member
from heartbeat import Disk
from lab import CHECKOUT, Run, cloud, openstack, wait_until

DECLARED = yaml.safe_load((CHECKOUT / "inventory/lab/user_variables.yml").read_text())["masakari_segments"][0]
INSTANCES = CHECKOUT / ".cache/instances"
PLAIN = {"ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}


# --- ansible ---------------------------------------------------------------------------------------


class Playbook:
    """A run of a playbook on the lab's own inventory, begun and waited for."""

    def __init__(self, name: str, *arguments: str, **variables: Any) -> None:
        # Absolute: a playbook outside of playbooks/ is named with its path.
        path = name if "/" in name else f"playbooks/{name}.yml"
        command = ["ansible-playbook", path, "--inventory", str(CHECKOUT / "inventory/lab"),
                   "--extra-vars", json.dumps(variables), *arguments]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | PLAIN, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def wait(self, seconds: float = 1200) -> Run:
        output, _ = self.process.communicate(timeout=seconds)
        print(output)
        return Run(self.process.returncode, output)


def play(name: str, *arguments: str, **variables: Any) -> Run:
    """A run that must succeed."""
    run = Playbook(name, *arguments, **variables).wait()
    assert run.code == 0, run.output[-3000:]
    return run


class Drill:
    """A drill that has begun; `report` waits for its end, and `passed` for a good one."""

    def __init__(self, directory: Path, kind: str, host: str, **variables: Any) -> None:
        self.directory, self.kind, self.host = directory, kind, host
        victim = variables.get("failover_drill_guest", host)
        self.playbook = Playbook(
            "failover_drill", failover_drill_kind=kind, failover_drill_host=host, failover_drill_confirm=victim,
            failover_drill_interface="eth0", failover_drill_directory=str(directory), **variables)

    def report(self) -> dict[str, Any]:
        self.run = self.playbook.wait()
        reports = sorted(self.directory.glob(f"*-{self.kind}-{self.host}.json"))
        assert reports, self.run.output[-3000:]
        assert reports[-1].with_suffix(".html").read_text().startswith("<!DOCTYPE html>")
        return json.loads(reports[-1].read_text())

    def passed(self) -> dict[str, Any]:
        report = self.report()
        assert report["problems"] == []
        assert self.run.code == 0, self.run.output[-3000:]
        return report


# --- guests ----------------------------------------------------------------------------------------


@dataclass
class Guest:
    """A guest with its disk, the witness of two writers, whose word `conflict` keeps when the guest is deleted."""

    name: str
    uuid: str
    conflict: str | None = None
    is_gone: bool = False

    @property
    def disk(self) -> Disk:
        return Disk(INSTANCES / self.uuid / "disk")

    def show(self) -> dict[str, Any]:
        return openstack(f"server show {self.uuid}")

    @property
    def host(self) -> str:
        return self.show()["OS-EXT-SRV-ATTR:host"]

    @property
    def status(self) -> str:
        return self.show()["status"]

    def total(self) -> int:
        """How many beats it has made in its life."""
        return head.total if (head := self.disk.head()) else 0

    def beats(self, seconds: float = 5) -> bool:
        before = self.total()
        time.sleep(seconds)
        return self.total() > before

    def delete(self) -> None:
        if not self.is_gone:
            with contextlib.suppress(FileNotFoundError):  # a guest that Nova could not start never had a disk
                self.conflict = self.disk.conflict()
            cloud(f"openstack server delete --wait {self.uuid}")
            self.is_gone = True


def boot(name: str, host: str, ha_enabled: bool = True) -> Guest:
    metadata = "--property HA_Enabled=True" if ha_enabled else ""
    shown = openstack("--os-compute-api-version 2.74 server create --wait --image guest --flavor m1.guest --nic none "
                      f"--host {host} {metadata} {name}")
    guest = Guest(name, shown["id"])
    wait_until(guest.total, 60, f"{name} beats")
    return guest


def all_guests() -> list[Guest]:
    return [Guest(row["Name"], row["ID"]) for row in openstack("server list --all-projects")]


# --- segments and hosts ----------------------------------------------------------------------------


def declare(method: str, reserved: Sequence[str] = ()) -> None:
    """The lab's segment with another method, and other reserved hosts."""
    hosts = [{"name": host, "reserved": host in reserved} for host in REMOTES]
    play("segments", masakari_segments=[{**DECLARED, "recovery_method": method, "hosts": hosts}])
    for host in set(REMOTES) - set(reserved):  # the playbook disables reserves, and enables nothing
        cloud(f"openstack compute service set --enable {host} nova-compute")


def segment_hosts() -> dict[str, tuple[bool, bool]]:
    """Reserved and on_maintenance of each host, as the seeds' tables show them."""
    rows = openstack(f"segment host list {DECLARED['name']} -c name -c reserved -c on_maintenance")
    return {row["name"]: (as_bool(row["reserved"]), as_bool(row["on_maintenance"])) for row in rows}


def as_bool(value: Any) -> bool:
    return str(value).lower() == "true"


def compute_services() -> dict[str, tuple[str, str]]:
    """Status and state of each compute host, as the seeds' tables show them."""
    rows = openstack("compute service list --service nova-compute")
    return {row["Host"]: (row["Status"], row["State"]) for row in rows}


def notifications(since: float, kind: str = "COMPUTE_HOST") -> list[dict[str, Any]]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since))
    return [row for row in openstack("notification list") if row["type"] == kind and row["generated_time"] >= stamp]


def report_dead(host: str) -> None:
    """As a monitor would, or anybody with its password: the fence gate is what makes it harmless."""
    payload = json.dumps({"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"})
    cloud(f"openstack notification create COMPUTE_HOST {host} $(date --utc +%Y-%m-%dT%H:%M:%S) '{payload}'")


def recover(host: str) -> None:
    play("recover_host", recover_host=host)
    assert is_running(host)
    assert is_up(host)


def needs_recovery(host: str, on_maintenance: bool) -> bool:
    return on_maintenance or not is_running(host) or not is_up(host)


def is_declared() -> bool:
    """Whether segment, reserves and compute services are as the inventory has them, in three questions."""
    reserved = {host["name"]: bool(host.get("reserved")) for host in DECLARED["hosts"]}
    return (openstack(f"segment show {DECLARED['name']}")["recovery_method"] == DECLARED["recovery_method"]
            and segment_hosts() == {host: (is_reserve, False) for host, is_reserve in reserved.items()}
            and compute_services() == {host: ("disabled" if is_reserve else "enabled", "up")
                                       for host, is_reserve in reserved.items()})


def put_right() -> None:
    """From whatever a test has left to what the inventory declares. The guests are deleted before: a reserve that has
    none gets its role back."""
    maas("faults", "DELETE")
    wait_until(lambda: not agents_run(), 120, "no fence agent runs")
    on_member("crm_resource --cleanup")
    wait_until(lambda: not running_recoveries(), 300, "no recovery runs")
    for host, (_reserved, on_maintenance) in segment_hosts().items():
        if needs_recovery(host, on_maintenance):
            recover(host)
    if not is_declared():
        declare(DECLARED["recovery_method"], [host["name"] for host in DECLARED["hosts"] if host.get("reserved")])


def running_recoveries() -> list[dict[str, Any]]:
    return [row for row in openstack("notification list") if row["status"] in ("new", "running", "error")]


def is_as_declared() -> None:
    """The main job in check mode finds nothing to do: the cloud is as before."""
    run = play("os-masakari-install", "--check")
    assert run.changed == set()
