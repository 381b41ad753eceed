# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module against a database that keeps rows and speaks RFC 7047 over a real socket."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openstack_ha.masakari.plugins.modules import ovsdb

Row = dict[str, Any]
EMPTY_SET: list[Any] = ["set", []]


class Database:
    """A database with one row a table that matters; `daemon` says what ovs-vswitchd does with a change."""

    def __init__(self, path: str) -> None:
        self.log: list[Row] = []
        self.transactions: list[list[str]] = []
        self.refuse = ""
        self.is_alive = True
        self.config: Row = {"other_config": ["map", []], "cur_cfg": 4, "next_cfg": 4}
        self.bridge: Row = {"_uuid": ["uuid", "b"], "name": "br", "datapath_type": "netdev", "ports": ["uuid", "p"]}
        self.port: Row = {
            "_uuid": ["uuid", "p"], "name": "p1", "interfaces": ["uuid", "i"], "tag": 7, "bond_mode": EMPTY_SET,
            "lacp": EMPTY_SET, "other_config": ["map", []],
        }
        self.interface: Row = {
            "_uuid": ["uuid", "i"], "name": "p1", "type": "", "options": ["map", []], "mtu_request": EMPTY_SET,
            "mtu": 1500, "error": EMPTY_SET, "ofport": 1,
        }
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(path)
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        received = ""
        while data := connection.recv(1 << 20):
            received += data.decode()
            while received:
                request, end = json.JSONDecoder().raw_decode(received)
                received = received[end:]
                if request["id"] != "echo":
                    self._answer(connection, request)

    def _answer(self, connection: socket.socket, request: Row) -> None:
        """In pieces, and behind a message that nobody asked for, as a busy server does it."""
        echo = {"method": "echo", "params": [], "id": "echo"}
        answer = {"id": request["id"], "error": None, "result": self._transact(request["params"][1:])}
        text = json.dumps(echo) + json.dumps(answer)
        connection.sendall(text[:60].encode())
        connection.sendall(text[60:].encode())

    def _transact(self, operations: list[Row]) -> list[Any]:
        tables = {"Open_vSwitch": self.config, "Bridge": self.bridge, "Port": self.port, "Interface": self.interface}
        results: list[Any] = []
        self.transactions.append([operation["op"] for operation in operations])
        for operation in operations:
            if operation["op"] == "select":
                row = tables[operation["table"]]
                results.append({"rows": [{column: row[column] for column in operation["columns"]}]})
                continue
            self.log.append(operation)
            if self.refuse:
                return [*results, {"error": "constraint violation", "details": self.refuse}]
            if operation["op"] == "update":
                tables[operation["table"]] |= operation["row"]
            elif operation["op"] == "mutate" and operation["table"] == "Open_vSwitch":
                self.config["next_cfg"] += 1
                self.config["cur_cfg"] += self.is_alive
            results.append({"count": 1})
        return results


@pytest.fixture
def path() -> Iterator[str]:
    # Not tmp_path: the path of a socket is at most 107 characters long.
    with tempfile.TemporaryDirectory() as directory:
        yield f"{directory}/db.sock"


@pytest.fixture
def database(path: str) -> Iterator[Database]:
    server = Database(path)
    yield server
    server.close()


@pytest.fixture
def module(path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Row]:
    monkeypatch.setattr(ovsdb, "PAUSE", 0.01)

    def run(check: bool = False, **options: Any) -> Row:
        arguments = {"socket": path, "timeout": 0, **options, "_ansible_check_mode": check}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            ovsdb.main()
        return json.loads(capsys.readouterr().out)

    return run


def tagged(tag: int) -> list[Row]:
    return [{"name": "br", "ports": [{"name": "p1", "tag": tag}]}]


def test_nothing_to_do(database: Database, module: Callable[..., Row]) -> None:
    result = module(bridges=tagged(7))
    assert not result["changed"]
    assert result["operations"] == database.log == []
    # Read apart, a port that comes or goes meanwhile would be in one table and not in the other.
    assert database.transactions[0] == ["select"] * 4


def test_a_change_is_one_transaction_and_told_before_and_after(database: Database, module: Callable[..., Row]) -> None:
    result = module(bridges=tagged(8))
    assert result["changed"]
    assert [operation["op"] for operation in database.log] == ["update", "comment", "mutate"]
    assert database.port["tag"] == 8
    ports = [result["diff"][side]["bridges"]["br"]["ports"]["p1"]["tag"] for side in ("before", "after")]
    assert ports == [7, 8]


def test_check_mode_tells_the_same_and_writes_nothing(database: Database, module: Callable[..., Row]) -> None:
    foreseen = module(check=True, bridges=tagged(8))
    assert database.log == []
    assert foreseen == module(bridges=tagged(8))


def test_check_mode_before_the_installation(module: Callable[..., Row]) -> None:
    result = module(check=True, other_config={"dpdk-init": "true"}, bridges=tagged(8))
    assert result["changed"]
    assert result["diff"]["before"] == {"other_config": {}, "bridges": {}}


def test_no_database(module: Callable[..., Row]) -> None:
    result = module(bridges=tagged(8))
    assert result["failed"]
    assert "is ovsdb-server.service running?" in result["msg"]


def test_a_refusal_is_a_sentence(database: Database, module: Callable[..., Row]) -> None:
    database.refuse = "tag 5000 is out of range"
    result = module(bridges=tagged(5000))
    assert result["msg"] == "the Open vSwitch database refused the change: tag 5000 is out of range"


def test_a_dead_daemon_is_noticed(database: Database, module: Callable[..., Row]) -> None:
    database.is_alive = False
    assert "ovs-vswitchd did not take the change in time" in module(bridges=tagged(8))["msg"]
    assert module(bridges=tagged(9), wait=False)["changed"]


def test_an_interface_in_error_fails_though_nothing_is_to_be_changed(
    database: Database, module: Callable[..., Row]
) -> None:
    database.interface["error"] = "could not open network device p1 (No such device)"
    result = module(bridges=tagged(7))
    assert result["failed"]
    assert result["msg"].startswith("interface p1: could not open network device p1 (No such device).")
    # It was tried again, which an unchanged database alone would not have done.
    assert [operation["op"] for operation in database.log] == ["comment", "mutate"]


def test_a_name_in_use_elsewhere(database: Database, module: Callable[..., Row]) -> None:
    result = module(bridges=[{"name": "br2", "ports": [{"name": "p1"}]}])
    assert "port p1 is wanted on br2 but stands on br" in result["msg"]
    assert database.log == []
