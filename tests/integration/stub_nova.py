# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few Nova calls that Masakari, the modules and openstacksdk's functional tests make, kept in memory."""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class StubNova:
    """Compute services by host name; `services` may be read and changed while it runs."""

    def __init__(self, port: int, hosts: list[str]) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.servers: dict[str, dict[str, Any]] = {}
        self.aggregates: dict[str, list[str]] = {}
        self.add_hosts(hosts)
        nova = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                self._answer(*nova.get(url.path.rstrip("/"), parse_qs(url.query)))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                self._answer(*nova.post(urlsplit(self.path).path.rstrip("/"), body))

            def do_PUT(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                self._answer(*nova.put(urlsplit(self.path).path.rstrip("/"), body))

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("OpenStack-API-Version", "compute 2.96")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent: the tests read Masakari's access log, not this one."""

        self._url = f"http://127.0.0.1:{port}/v2.1"
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add_hosts(self, hosts: list[str]) -> None:
        for host in hosts:
            self.services[host] = {
                "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, host)), "binary": "nova-compute", "host": host,
                "zone": "nova", "status": "enabled", "state": "up", "updated_at": None,
                "disabled_reason": None, "forced_down": False,
            }

    def add_server(self, name: str, host: str) -> str:
        server = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        self.servers[server] = {"id": server, "name": name, "status": "ACTIVE", "OS-EXT-STS:task_state": None,
                                "OS-EXT-SRV-ATTR:host": host}
        return server

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        if path in ("", "/v2.1"):
            version = {
                "id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1",
                "updated": "2013-07-23T11:33:21Z", "links": [{"rel": "self", "href": self._url + "/"}],
            }
            return (200, {"versions": [version]}) if path == "" else (200, {"version": version})
        if path == "/v2.1/os-services":
            wanted = query.get("host", [None])[0]
            if query.get("binary", ["nova-compute"]) != ["nova-compute"]:
                return 200, {"services": []}
            return 200, {"services": [s for h, s in sorted(self.services.items()) if wanted in (None, h)]}
        if path in ("/v2.1/os-hypervisors", "/v2.1/os-hypervisors/detail"):
            return 200, {"hypervisors": [
                {"id": s["id"], "hypervisor_hostname": h, "state": s["state"], "status": s["status"]}
                for h, s in sorted(self.services.items())
            ]}
        if path == "/v2.1/servers/detail":
            host = query.get("host", [None])[0]
            return 200, {"servers": [server for server in self.servers.values()
                                     if host in (None, server["OS-EXT-SRV-ATTR:host"])]}
        if (server := self.servers.get(path.removeprefix("/v2.1/servers/"))):
            return 200, {"server": server}
        if path == "/v2.1/os-aggregates":
            return 200, {"aggregates": [{"id": number, "name": name, "hosts": hosts, "metadata": {}}
                                        for number, (name, hosts) in enumerate(self.aggregates.items(), start=1)]}
        if path == "/v2.1/flavors/detail":
            return 200, {"flavors": [{"id": "1", "name": "m1.tiny", "ram": 64, "vcpus": 1, "disk": 1}]}
        return 404, {"itemNotFound": {"code": 404, "message": f"no stub for {path}"}}

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Live migration, done at once, to the next host that is enabled."""
        server = self.servers.get(path.removeprefix("/v2.1/servers/").removesuffix("/action"))
        if server is None or "os-migrateLive" not in body:
            return 404, {"itemNotFound": {"code": 404, "message": f"no stub for {path}"}}
        here = server["OS-EXT-SRV-ATTR:host"]
        free = [h for h, s in sorted(self.services.items()) if s["status"] == "enabled" and h != here]
        if not free:
            return 400, {"badRequest": {"code": 400, "message": "No valid host was found."}}
        server["OS-EXT-SRV-ATTR:host"] = free[0]
        return 202, {}

    def put(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        for service in self.services.values():
            if path == f"/v2.1/os-services/{service['id']}":
                service["status"] = body.get("status", service["status"])
                service["disabled_reason"] = body.get("disabled_reason") if service["status"] == "disabled" else None
                return 200, {"service": service}
        return 404, {"itemNotFound": {"code": 404, "message": f"no stub for {path}"}}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
