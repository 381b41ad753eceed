#!/usr/bin/python3
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Masakari's host monitor finds as crm_mon: the cluster's state from a socket, without a right in Pacemaker.

It answers `crm_mon -X` alone. The monitor reports a host when it changes to offline; the state in which it meets a host
first is not. So every host is shown online the first time: one that failed while no monitor looked is reported.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from xml.etree import ElementTree

SOCKET = "/run/masakari-cluster-state"
TIMEOUT = 60


class Refused(Exception):
    """There is no answer to give."""


def ask() -> str:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT)
            connection.connect(SOCKET)
            with connection.makefile(encoding="utf-8") as answer:
                return answer.read()
    except OSError as error:
        raise Refused(f"no answer from {SOCKET} (systemctl status masakari-cluster-state.socket): {error}") from error


def parse(answer: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(answer)
    except ElementTree.ParseError as error:
        said = answer.strip().removeprefix("error: ") or "nothing"
        raise Refused(f"Pacemaker's state cannot be read; masakari-cluster-state said: {said}") from error


def greet(state: ElementTree.Element, met: set[str]) -> set[str]:
    """Show hosts online that the monitor has not met; returns all that it has met now."""
    nodes = state.findall("./nodes/node")
    for node in nodes:
        if node.get("name", "") not in met:
            node.set("online", "true")
    return met | {node.get("name", "") for node in nodes}


def look(memory: Path) -> str:
    """Its memory ends with the monitor's process, whose runtime directory it lies in; its time is the last answer's."""
    state = parse(ask())
    met = greet(state, set(memory.read_text().split()) if memory.exists() else set())
    memory.write_text("\n".join(sorted(met)))
    return ElementTree.tostring(state, encoding="unicode")


def main(arguments: list[str]) -> None:
    try:
        if arguments != ["-X"]:
            raise Refused(f"{' '.join(arguments) or 'no option'}: only -X is answered, for Masakari's host monitor")
        directory = os.environ.get("RUNTIME_DIRECTORY")
        print(look(Path(directory) / "met") if directory else ElementTree.tostring(parse(ask()), encoding="unicode"))
    except Refused as refusal:
        sys.exit(f"crm_mon: {refusal}")


if __name__ == "__main__":
    main(sys.argv[1:])
