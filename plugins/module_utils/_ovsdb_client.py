# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OVSDB's JSON-RPC (RFC 7047) over the local socket: just what one transaction needs."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Any

SOCKET = "/run/openvswitch/db.sock"
DATABASE = "Open_vSwitch"


class OvsdbError(Exception):
    """The database cannot be reached or refused the transaction; the message says why."""


class OvsdbClient:
    """A connection that performs transactions."""

    def __init__(self, path: str = SOCKET, timeout: float = 10) -> None:
        self._path = path
        self._decoder = json.JSONDecoder()
        self._buffer = ""
        self._requests = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise OvsdbError(
                f"the Open vSwitch database does not answer on {path} ({error.strerror or error}): "
                "is ovsdb-server.service running?"
            ) from error

    def __enter__(self) -> OvsdbClient:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._socket.close()

    def transact(self, *operations: dict[str, Any]) -> list[dict[str, Any]]:
        """Perform the operations in one transaction and return the result of each."""
        self._requests += 1
        self._send({"method": "transact", "params": [DATABASE, *operations], "id": self._requests})
        answer = self._receive(self._requests)
        if answer.get("error"):
            raise OvsdbError(f"the Open vSwitch database refused the request: {answer['error']}")
        # A failed operation is null from there on; a failed commit adds one result more than there were operations.
        for result in answer["result"]:
            if result and "error" in result:
                reason = result.get("details") or result["error"]
                raise OvsdbError(f"the Open vSwitch database refused the change: {reason}")
        return answer["result"]

    def select(self, table: str, columns: list[str]) -> list[dict[str, Any]]:
        return self.select_all({table: columns})[table]

    def select_all(self, selections: Mapping[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
        """Tables of one moment: what a row refers to is there, though others write meanwhile."""
        operations = [{"op": "select", "table": t, "where": [], "columns": c} for t, c in selections.items()]
        return {table: result["rows"] for table, result in zip(selections, self.transact(*operations), strict=True)}

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.sendall(json.dumps(message).encode())

    def _receive(self, request: int) -> dict[str, Any]:
        while True:
            message = self._next_message()
            if message.get("method") == "echo":  # the server asks whether we are alive
                self._send({"result": message["params"], "error": None, "id": message["id"]})
            elif message.get("id") == request:
                return message

    def _next_message(self) -> dict[str, Any]:
        """The stream has no frames: a message ends where its JSON ends."""
        while True:
            try:
                message, end = self._decoder.raw_decode(self._buffer)
            except ValueError:
                self._buffer += self._read()
            else:
                self._buffer = self._buffer[end:].lstrip()
                return message

    def _read(self) -> str:
        try:
            data = self._socket.recv(1 << 16)
        except OSError as error:
            raise OvsdbError(f"the Open vSwitch database stopped answering on {self._path}: {error}") from error
        if not data:
            raise OvsdbError(f"the Open vSwitch database closed the connection on {self._path}")
        # ovsdb-server writes ASCII (\u escapes) for everything outside it.
        return data.decode("utf-8", "surrogateescape")


def is_running(path: str = SOCKET) -> bool:
    return os.path.exists(path)
