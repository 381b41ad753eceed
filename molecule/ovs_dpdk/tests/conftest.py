# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the VM share: commands in it, the playbook against it, its cables."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SCENARIO = Path(__file__).resolve().parents[1]
CHECKOUT = SCENARIO.parents[1]
STATE = CHECKOUT / ".cache" / "ovs_dpdk"
SSH = [
    "ssh", "-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=20",
    "-o", "ServerAliveInterval=15",
    "-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", "ControlPath=/run/ovs-dpdk-%C",
]  # fmt: skip


class Vm:
    """The host under test."""

    def run(self, command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        port = (STATE / "port").read_text()
        ssh = [*SSH, "-i", str(STATE / "key"), "-p", port, "root@127.0.0.1", command]
        return subprocess.run(ssh, capture_output=True, text=True, timeout=timeout, check=False)

    def output(self, command: str) -> str:
        done = self.run(command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def reboot(self) -> None:
        """Until ssh answers again, of the next boot."""
        boot = self.output("cat /proc/sys/kernel/random/boot_id")
        self.run("systemctl reboot")
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            done = self.run("cat /proc/sys/kernel/random/boot_id")
            if done.returncode == 0 and done.stdout.strip() != boot:
                return
            time.sleep(1)
        raise AssertionError(f"the VM did not come back: see {STATE}/serial.log")

    def wait_until_started(self) -> None:
        """ssh answers before the host has started, and before its peer is there."""
        self.run("systemctl is-system-running --wait")

    def wait_for_members(self, number: int) -> None:
        """Until so many members of the bond are enabled; LACP takes a moment to agree."""
        deadline = time.monotonic() + 60
        while (bond := self.output("ovs-appctl bond/show dpdk-bond0")).count(": enabled") != number:
            assert time.monotonic() < deadline, bond
            time.sleep(0.5)

    def started(self) -> str:
        """When the running ovs-vswitchd was started; another value is another process."""
        return self.output("cut -d' ' -f22 /proc/$(cat /run/openvswitch/ovs-vswitchd.pid)/stat")


@dataclass(frozen=True)
class Run:
    """A run of the playbook: its recap, every message and the tasks that changed something with their results."""

    failed: bool
    recap: dict[str, int]
    messages: str
    changed: dict[str, dict[str, Any]]


def run_playbook(check: bool = False, **variables: Any) -> Run:
    command = ["ansible-playbook", "-i", str(SCENARIO / "inventory"), "-e", json.dumps(variables)]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }
    command += [*(["--check"] if check else []), str(CHECKOUT / "playbooks" / "ovs_dpdk.yml")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "{" in done.stdout, done.stderr
    report, _end = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))
    results = [
        (task["task"]["name"].split(" : ")[-1], task["hosts"]["dpdk1"])
        for play in report["plays"] for task in play["tasks"] if "dpdk1" in task["hosts"]
    ]
    return Run(
        failed=done.returncode != 0,
        recap=report["stats"]["dpdk1"],
        messages="\n".join([str(result.get("msg", "")) for _task, result in results] + [done.stderr]),
        changed={task: result for task, result in results if result.get("changed")},
    )


@pytest.fixture(scope="session")
def vm() -> Vm:
    return Vm()


@pytest.fixture(scope="session")
def play() -> Callable[..., Run]:
    return run_playbook


@pytest.fixture(scope="session")
def inventory() -> dict[str, Any]:
    """The scenario's own variables, to be varied."""
    command = ["ansible-inventory", "-i", str(SCENARIO / "inventory"), "--host", "dpdk1"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.fixture(scope="session")
def cable() -> Callable[[str, str], None]:
    """Pull or plug the cable of nicA or nicB."""

    def switch(card: str, state: str) -> None:
        subprocess.run([SCENARIO / "vm" / "vm", "link", card, state], check=True)

    return switch
