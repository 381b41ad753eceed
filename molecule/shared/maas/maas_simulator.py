# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MAAS region for tests: the part of the MAAS 2.0 API that finds machines and controls their power.

Signatures are checked as MAAS checks them. Power is either a value in memory (unit tests) or the hosts of the lab
(PodmanPower), which really die. Faults are switched on by `Simulator.faults` or by HTTP, without a key:

    PUT    /simulator/faults             {"answers": [503, "break", 70.0], "refuse_key": true}
    PUT    /simulator/machines/compute1  {"locked": true, "power_type": "manual", "reports": "unknown", ...}
    DELETE /simulator/faults             every fault off, on every machine
    GET    /simulator/log                the power commands that arrived, with their times
"""
from __future__ import annotations

import argparse
import email
import json
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

API = "/MAAS/api/2.0/"
CLOCK_SKEW = 300  # seconds


# --- Power -----------------------------------------------------------------------------------


class Power(Protocol):
    def is_on(self, hostname: str) -> bool: ...
    def on(self, hostname: str) -> None: ...
    def off(self, hostname: str) -> None: ...


class MemoryPower:
    def __init__(self) -> None:
        self.dark: set[str] = set()

    def is_on(self, hostname: str) -> bool:
        return hostname not in self.dark

    def on(self, hostname: str) -> None:
        self.dark.discard(hostname)

    def off(self, hostname: str) -> None:
        self.dark.add(hostname)


class PodmanPower:
    """The lab's hosts. Their link goes down before they are killed, so that no socket says goodbye."""

    def __init__(self, podman: Path) -> None:
        self.podman = podman

    def is_on(self, hostname: str) -> bool:
        return self.exists(hostname) and self.inspect(hostname, "{{.State.Running}}") == "true"

    def on(self, hostname: str) -> None:
        self.run("start", hostname)

    def off(self, hostname: str) -> None:
        pid = self.inspect(hostname, "{{.State.Pid}}") if self.exists(hostname) else "0"
        if pid != "0":
            subprocess.run(["nsenter", "--target", pid, "--net", "ip", "link", "set", "eth0", "down"], check=False)
            self.run("kill", hostname)

    def exists(self, hostname: str) -> bool:
        """A machine may stand in MAAS before the lab has it."""
        return subprocess.run([self.podman, "container", "exists", hostname], check=False).returncode == 0

    def inspect(self, hostname: str, template: str) -> str:
        return self.run("container", "inspect", "--format", template, hostname)

    def run(self, *arguments: str) -> str:
        result = subprocess.run([self.podman, *arguments], check=True, capture_output=True, text=True)
        return result.stdout.strip()


# --- Machines and faults ---------------------------------------------------------------------


@dataclass
class Machine:
    system_id: str
    hostname: str
    domain: str = "maas"
    power_type: str = "ipmi"
    locked: bool = False
    # Faults of this machine
    reports: str | None = None  # the power state it reports, whatever is true: on, off (a lie), unknown, error
    answers_null: bool = False  # power commands answer null and do nothing
    ignores_power: bool = False  # power commands are answered as usual and do nothing
    off_after: float = 0.0  # seconds that powering off takes

    def heal(self) -> None:
        for item in fields(self):
            if item.name not in ("system_id", "hostname", "domain"):
                setattr(self, item.name, item.default)

    def as_json(self, power_state: str) -> dict[str, Any]:
        return {
            "system_id": self.system_id,
            "hostname": self.hostname,
            "fqdn": f"{self.hostname}.{self.domain}",
            "domain": {"id": 0, "name": self.domain},
            "locked": self.locked,
            "power_type": self.power_type,
            "power_state": power_state,
            "status": 6,
            "status_name": "Deployed",
            "node_type": 0,
            "node_type_name": "Machine",
            "owner": "admin",
            "resource_uri": f"{API}machines/{self.system_id}/",
        }


@dataclass
class Faults:
    answers: list[int | float | str] = field(default_factory=list)  # for the next requests: status, delay or "break"
    refuse_key: bool = False


class Refusal(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class BreakConnection(Exception):
    """The server dies before it answers."""


class Simulator:
    def __init__(self, machines: Iterable[Machine], key: str, power: Power | None = None) -> None:
        self.machines = {machine.system_id: machine for machine in machines}
        self.consumer, self.token, self.secret = key.split(":")
        self.power = power or MemoryPower()
        self.faults = Faults()
        self.commands: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.nonces: set[str] = set()
        self.lock = threading.Lock()

    # What the handler asks; each returns the body of the answer.

    def answer(self, method: str, url: str, form: dict[str, Any], headers: Message) -> Any:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if parts.path.startswith("/simulator/"):
            return self.control(method, parts.path.removeprefix("/simulator/"), form)
        self.requests.append(f"{method} {url}")
        if parts.path == API + "describe/":  # MAAS describes itself to everyone
            return description(headers.get("Host", ""))
        self.break_down()
        self.authenticate(headers.get("Authorization", ""))
        path = parts.path.removeprefix(API)
        if path == "version/":
            return {"version": "3.5.0", "subversion": "simulator", "capabilities": []}
        if path == "machines/" and method == "GET":
            return [self.show(machine) for machine in self.machines.values() if matches(machine, query)]
        if match := re.fullmatch(r"machines/([^/]+)/", path):
            return self.machine(method, unquote(match[1]), query.get("op", [""])[0], form)
        raise Refusal(404, f"Unknown API endpoint: {parts.path}.")

    def machine(self, method: str, system_id: str, operation: str, form: dict[str, list[str]]) -> Any:
        machine = self.machines.get(system_id)
        if machine is None:
            raise Refusal(404, "No Machine matches the given query.")
        if (method, operation) == ("GET", ""):
            return self.show(machine)
        if (method, operation) == ("GET", "query_power_state"):
            return {"state": self.state(machine)}
        if (method, operation) in (("POST", "power_on"), ("POST", "power_off")):
            return self.switch(machine, operation.removeprefix("power_"), form)
        raise Refusal(400, f"Unrecognised signature: method={method} op={operation}")

    def switch(self, machine: Machine, wanted: str, form: dict[str, list[str]]) -> Any:
        self.commands.append({"time": time.time(), "machine": machine.hostname, "power": wanted,
                              **{name: values[0] for name, values in form.items()}})
        if machine.locked:
            raise Refusal(403, "The machine is locked.")
        if machine.answers_null:
            return None
        if machine.power_type != "manual" and not machine.ignores_power:
            if wanted == "on":
                self.power.on(machine.hostname)
            elif machine.off_after:
                threading.Timer(machine.off_after, self.power.off, [machine.hostname]).start()
            else:
                self.power.off(machine.hostname)
        # MAAS answers before the BMC has done its work: its word for the power is not to be trusted here.
        return machine.as_json(wanted)

    def show(self, machine: Machine) -> dict[str, Any]:
        return machine.as_json(self.state(machine))

    def state(self, machine: Machine) -> str:
        return machine.reports or ("on" if self.power.is_on(machine.hostname) else "off")

    def break_down(self) -> None:
        with self.lock:
            fault = self.faults.answers.pop(0) if self.faults.answers else None
        if fault == "break":
            raise BreakConnection
        if isinstance(fault, float):
            time.sleep(fault)
        elif isinstance(fault, int):
            raise Refusal(fault, f"Simulated fault {fault}.")

    def authenticate(self, authorization: str) -> None:
        given = {name: unquote(value) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', authorization)}
        expected = {"oauth_consumer_key": self.consumer, "oauth_token": self.token, "oauth_version": "1.0",
                    "oauth_signature_method": "PLAINTEXT", "oauth_signature": f"&{self.secret}"}
        if self.faults.refuse_key or any(given.get(name) != value for name, value in expected.items()):
            raise Refusal(401, "Authorization Error: Invalid API key.")
        timestamp = given.get("oauth_timestamp", "")
        if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > CLOCK_SKEW:
            raise Refusal(401, "Authorization Error: Expired timestamp.")
        nonce = given.get("oauth_nonce", "")
        with self.lock:
            if not nonce or nonce in self.nonces:
                raise Refusal(401, "Authorization Error: Nonce already used.")
            self.nonces.add(nonce)

    def control(self, method: str, path: str, values: dict[str, Any]) -> Any:
        if (method, path) == ("GET", "log"):
            return self.commands
        if (method, path) == ("PUT", "faults"):
            self.faults = Faults(**values)
            return vars(self.faults)
        if (method, path) == ("DELETE", "faults"):
            self.faults = Faults()
            for machine in self.machines.values():
                machine.heal()
            return {}
        for machine in self.machines.values():
            if (method, path) == ("PUT", f"machines/{machine.hostname}"):
                for name, value in values.items():
                    setattr(machine, name, value)
                return vars(machine)
        raise Refusal(404, f"The simulator has no control {path}.")


def matches(machine: Machine, query: dict[str, list[str]]) -> bool:
    return (("hostname" not in query or machine.hostname in query["hostname"])
            and ("id" not in query or machine.system_id in query["id"])
            and ("domain" not in query or machine.domain in query["domain"]))


def description(host: str) -> dict[str, Any]:
    """What clients such as python-libmaas learn the API from."""

    def resource(name: str, path: str, params: list[str], actions: list[dict[str, Any]]) -> dict[str, Any]:
        handler = {"name": f"{name}Handler", "doc": name, "path": API + path, "uri": f"http://{host}{API}{path}",
                   "params": params, "actions": actions}
        return {"name": f"{name}Handler", "auth": handler, "anon": None}

    return {"doc": "MAAS API", "hash": "simulator", "resources": [
        resource("Machines", "machines/", [], [action("read", "GET")]),
        resource("Machine", "machines/{system_id}/", ["system_id"], [
            action("read", "GET"), action("query_power_state", "GET", True),
            action("power_on", "POST", True), action("power_off", "POST", True)]),
        resource("Version", "version/", [], [action("read", "GET")]),
    ]}


def action(name: str, method: str, is_operation: bool = False) -> dict[str, Any]:
    return {"name": name, "doc": name, "method": method, "op": name if is_operation else None,
            "restful": not is_operation}


# --- HTTP ------------------------------------------------------------------------------------


def read_form(content_type: str, body: bytes) -> dict[str, list[str]]:
    """Fields of a form in either of its encodings; python-libmaas sends multipart."""
    if not content_type.startswith("multipart/form-data"):
        return parse_qs(body.decode())
    message = email.message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    form: dict[str, list[str]] = {}
    for part in message.walk():
        name = part.get_param("name", header="Content-Disposition")
        if isinstance(name, str):
            form.setdefault(name, []).append(part.get_payload(decode=True).decode())  # type: ignore[union-attr]
    return form


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], simulator: Simulator, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(address, Handler)
        self.simulator = simulator
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *request: Any) -> None:
        """A client that went away in the middle is its own affair."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*request)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        values = read_form(self.headers.get("Content-Type", ""), body)
        if self.path.startswith("/simulator/"):
            values = json.loads(body or b"{}")
        try:
            answer = self.server.simulator.answer(self.command, self.path, values, self.headers)
        except BreakConnection:
            self.close_connection = True
        except Refusal as refusal:
            self.send(refusal.status, "text/plain; charset=utf-8", str(refusal))
        else:
            self.send(200, "application/json", json.dumps(answer))

    do_GET = do_POST = do_PUT = do_DELETE = handle_request

    def send(self, status: int, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what matters stands in the simulator's own log."""


def main() -> None:
    parser = argparse.ArgumentParser(description="A MAAS region that controls the power of the lab's hosts")
    parser.add_argument("--listen", default="127.0.0.1:5240", help="address:port")
    parser.add_argument("--key-file", type=Path, required=True, help="file with the API key consumer:token:secret")
    parser.add_argument("--podman", type=Path, help="the lab's podman; without it power is a value in memory")
    parser.add_argument("hosts", nargs="+", help="hostnames of the machines")
    options = parser.parse_args()
    address, _, port = options.listen.rpartition(":")
    machines = [Machine(f"lab{number:03}", name) for number, name in enumerate(options.hosts, start=1)]
    power = PodmanPower(options.podman) if options.podman else MemoryPower()
    simulator = Simulator(machines, options.key_file.read_text().strip(), power)
    Server((address, int(port)), simulator).serve_forever()


if __name__ == "__main__":
    main()
