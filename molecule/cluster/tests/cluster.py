# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster, its balancer and MAAS as the tests see them, and the lab's cables."""

from __future__ import annotations

import json
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from typing import Any

from lab import CHECKOUT, connect, wait_until

MEMBERS = ("infra1", "infra2", "infra3")
REMOTES = ("compute1", "compute2", "compute3")
SIMULATOR = "http://172.29.236.1:5240/simulator"
VIP = "172.29.236.9"
API = f"https://{VIP}:15868"
CA = CHECKOUT / ".cache/pki/ca.pem"


def on_member(command: str, member: str = "") -> str:
    """What a command says on a member: the named one, or the first on which it succeeds."""
    for name in [member] if member else [name for name in MEMBERS if is_running(name)]:
        result = connect(name).run(command)
        if result.succeeded:
            break
    assert result.succeeded, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


def monitor() -> ElementTree.Element:
    return ElementTree.fromstring(on_member(
        "crm_mon --one-shot --output-as=xml --fence-history=3 --include=none,nodes,resources,fencing"))


def node(name: str) -> dict[str, str]:
    return monitor().find(f".//nodes/node[@name='{name}']").attrib


def node_fenced(name: str) -> str:
    """When the cluster took the node for fenced; 0 once it is back."""
    state = on_member(f"cibadmin --query --xpath \"//node_state[@uname='{name}']\" || true")
    return ElementTree.fromstring(state).get("node_fenced", "0") if state.startswith("<") else "0"


def is_up(name: str) -> bool:
    """Really: a fenced host reads online while the cluster tries to reach it, but it stays fenced."""
    state = node(name)
    return (state["online"], state["unclean"]) == ("true", "false") and (name in MEMBERS or node_fenced(name) == "0")


def fencings(name: str) -> list[dict[str, str]]:
    return [event.attrib for event in monitor().iter("fence_event") if event.get("target") == name]


def successes(name: str) -> int:
    """How often it was fenced; that a device powered it on is in the same list."""
    return sum(event["status"] == "success" and event["action"] in ("off", "reboot") for event in fencings(name))


def started_on(resource: str) -> set[str]:
    """Members on which a resource, or an instance of it, runs."""
    return {place.get("name") for element in monitor().iter("resource") if element.get("id") == resource
            and (element.get("role"), element.get("failed")) == ("Started", "false") for place in element.iter("node")}


def configuration() -> list[str]:
    return on_member("cibadmin --query --scope=configuration").splitlines()


def maas(path: str, method: str = "GET", body: Any = None) -> Any:
    data = f"--header 'Content-Type: application/json' --data '{json.dumps(body)}'" if body is not None else ""
    return json.loads(on_member(f"curl --silent --show-error --fail --request {method} {data} {SIMULATOR}/{path}"))


def ask_api(path: str = "/healthcheck", seconds: int = 2) -> str:
    """The HTTP status at the virtual address, seen from a host that trusts the CA; empty or 000 without an answer."""
    command = f"curl -s -m {seconds} -o /dev/null -w '%{{http_code}}' --cacert /root/lab-ca.pem {API}{path}"
    return connect("cloud1").run(command).stdout


def agents_run() -> bool:
    return any(connect(member).run("pgrep -f '^/usr/bin/python3 /usr/sbin/fence_maas'").succeeded
               for member in MEMBERS if is_running(member))


def podman(*arguments: str) -> str:
    command = [CHECKOUT / ".venv/bin/podman", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def is_running(host: str) -> bool:
    return podman("container", "inspect", "--format", "{{.State.Running}}", host) == "true"


def cut_link(host: str) -> None:
    pid = podman("container", "inspect", "--format", "{{.State.Pid}}", host)
    subprocess.run(["nsenter", "--target", pid, "--net", "ip", "link", "set", "eth0", "down"], check=True)


def cut_power(host: str) -> None:
    cut_link(host)
    podman("kill", host)


def bring_back(host: str) -> None:
    """Power on, and wait until the cluster has the host again."""
    podman("start", host)
    wait_until(lambda: is_up(host), 240, f"{host} is back")


def fenced_after(host: str, failure: str, before: int, start: float, seconds: float) -> None:
    wait_until(lambda: successes(host) > before, seconds, f"{host} is fenced")
    print(f"{failure} of {host}: fenced after {time.monotonic() - start:.1f} s")
    assert not is_running(host)
    wait_until(lambda: node_fenced(host) != "0", 5, f"the cluster takes {host} for fenced")


def kill_daemon(host: str) -> None:
    connect(host).run("systemctl kill --signal=KILL pacemaker_remote")


def daemons() -> dict[str, str]:
    """The processes that watch, by host."""
    return {host: connect(host).run(f"systemctl show --property=MainPID {unit}").stdout
            for hosts, unit in ((MEMBERS, "pacemaker"), (REMOTES, "pacemaker_remote")) for host in hosts}


def all_fencings() -> list[dict[str, str]]:
    return [event for host in (*MEMBERS, *REMOTES, "compute4") for event in fencings(host)]
