# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hostmonitor is given as crm_mon."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "roles/masakari_monitors/files"))

import crm_mon


def answer(**nodes: str) -> str:
    listed = "".join(f'<node name="{name}" online="{online}" type="remote"/>' for name, online in nodes.items())
    return f'<crm_mon><summary><current_dc with_quorum="true"/></summary><nodes>{listed}</nodes></crm_mon>'


def online(state: str) -> dict[str, str]:
    return {node.get("name", ""): node.get("online", "") for node in ElementTree.fromstring(state).iter("node")}


@pytest.fixture
def serve(monkeypatch, tmp_path: Path):
    """Answer each connection with the next text."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = str(tmp_path / "socket")
    server.bind(path)
    server.listen()
    monkeypatch.setattr(crm_mon, "SOCKET", path)

    def start(*texts: str) -> None:
        def run() -> None:
            for text in texts:
                connection, _address = server.accept()
                with connection:
                    connection.sendall(text.encode())

        threading.Thread(target=run, daemon=True).start()

    yield start
    server.close()


def test_a_host_that_failed_before_the_first_look_is_reported_by_the_second(serve: Callable, tmp_path: Path) -> None:
    serve(*[answer(compute1="false", compute2="true")] * 2)
    memory = tmp_path / "met"
    assert online(crm_mon.look(memory)) == {"compute1": "true", "compute2": "true"}
    assert online(crm_mon.look(memory)) == {"compute1": "false", "compute2": "true"}


def test_a_host_added_later_is_met_online_too(serve: Callable, tmp_path: Path) -> None:
    serve(answer(compute1="true"), *[answer(compute1="false", compute2="false")] * 2)
    memory = tmp_path / "met"
    crm_mon.look(memory)
    assert online(crm_mon.look(memory)) == {"compute1": "false", "compute2": "true"}
    assert online(crm_mon.look(memory)) == {"compute1": "false", "compute2": "false"}


def test_the_memory_tells_when_the_last_answer_came(serve: Callable, tmp_path: Path) -> None:
    serve(answer(compute1="true"), "error: Insufficient privileges\n")
    memory = tmp_path / "met"
    crm_mon.look(memory)
    before = memory.stat().st_mtime_ns
    with pytest.raises(crm_mon.Refused, match="Insufficient privileges"):
        crm_mon.look(memory)
    assert memory.stat().st_mtime_ns == before


@pytest.mark.parametrize("text, said", [("error: no\n", "said: no"), ("", "said: nothing"), ("<crm_mon>", "<crm_mon>")])
def test_anything_but_a_whole_answer_is_an_error(serve: Callable, text: str, said: str) -> None:
    serve(text)
    with pytest.raises(crm_mon.Refused, match=said):
        crm_mon.parse(crm_mon.ask())


def test_without_a_socket_it_says_where_to_look() -> None:
    with pytest.raises(crm_mon.Refused, match=r"systemctl status masakari-cluster-state\.socket"):
        crm_mon.ask()


@pytest.mark.parametrize("arguments", [[], ["-X", "-1"], ["--one-shot"], ["--fence-history=3"]])
def test_everything_else_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="only -X is answered"):
        crm_mon.main(arguments)
