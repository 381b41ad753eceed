# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that playbooks run on members and compute hosts, as they answer; small scripts call them by their names.

The state is a JSON file beside these. A host with power that is not held joins at once; one whose connection is lost is
fenced, unless that is not managed. FAKE_HOST, which a host's own Python sets, names the host that a program runs on.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

NEW: dict[str, Any] = {"power": True, "fenced": False, "held": False, "maintenance": False, "unclean": False,
                       "managed": True, "lost": False, "device": True, "stalled": False, "domains": {}}
State = dict[str, dict[str, Any]]


def lay_out(directory: Path, hosts: list[str]) -> Path:
    """A directory of programs, with a Python for each host that runs only while the host has power."""
    directory.mkdir()
    for program in PROGRAMS:
        write(directory / program, f'exec {sys.executable} {__file__} {directory} {program} "$@"')
    for host in hosts:
        write(directory / f"python-{host}",
              f'export FAKE_HOST={host}\n{directory}/has-power && exec {sys.executable} "$@"')
    save(directory / "state.json", {host: dict(NEW) for host in hosts})
    return directory


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def load(path: Path) -> State:
    return json.loads(path.read_text())


def save(path: Path, state: State) -> None:
    path.write_text(json.dumps(state))


def is_up(node: dict[str, Any]) -> bool:
    return node["power"] and not node["held"] and not node["fenced"]


def join(state: State) -> None:
    for node in state.values():
        node["fenced"] |= node["lost"] and node["managed"]
        if node["power"] and not node["held"]:
            node["fenced"] = False


def crm_mon(state: State, arguments: list[str]) -> str:
    nodes = "".join(
        f'<node name="{name}" type="remote" online="{str(is_up(node)).lower()}" '
        f'unclean="{str(node["unclean"]).lower()}" maintenance="{str(node["maintenance"]).lower()}"/>'
        for name, node in state.items())
    devices = "".join(
        f'\n<resource id="fence-{name}" resource_agent="stonith:fence_maas" role="Started" active="true" '
        f'orphaned="false" failed="{str(node["stalled"]).lower()}" nodes_running_on="1"/>'
        for name, node in state.items()) if "resources" in " ".join(arguments) else ""
    return (f'<?xml version="1.0"?>\n<pacemaker-result><nodes>{nodes}</nodes>{devices}\n<status code="0"/>'
            "</pacemaker-result>")


def cibadmin(state: State, arguments: list[str]) -> str:
    held, unmanaged = '<nvpair name="target-role" value="Stopped"/>', '<nvpair name="is-managed" value="false"/>'
    resources = "".join(
        f'<primitive id="{name}" provider="pacemaker" type="remote"><meta_attributes>{held if node["held"] else ""}'
        f'{"" if node["managed"] else unmanaged}</meta_attributes></primitive>' for name, node in state.items())
    states = "".join(f'<node_state uname="{name}" node_fenced="{1795219726 if node["fenced"] else 0}"/>'
                     for name, node in state.items())
    return (f"<cib><configuration><resources>{resources}</resources></configuration>"
            f"<status>{states}</status></cib>")


def stonith_admin(state: State, arguments: list[str]) -> str:
    if "--list" in arguments:
        host = arguments[arguments.index("--list") + 1]
        device = f'<item name="device">fence-{host}</item>'
        covered = state.get(host, {"device": False})["device"]
        return f"<pacemaker-result><list>{device if covered else ''}</list></pacemaker-result>"
    node = state[arguments[arguments.index("--unfence") + 1]]
    if not node["device"]:
        sys.exit("stonith_admin: No such device")
    node["power"] = True
    return ""


def crm_resource(state: State, arguments: list[str]) -> str:
    name = arguments[arguments.index("--resource") + 1]
    node = state[name]
    if "--locate" in arguments:
        return f"resource {name} is {'NOT running' if node['held'] else 'running on: infra1'}\n"
    if "--cleanup" in arguments:
        node["lost"] = False
    elif "CIB_file" not in os.environ:
        assert "--meta" in arguments, arguments
        is_set = "--set-parameter" in arguments
        if "is-managed" in arguments:
            node["managed"] = not is_set
        else:
            assert "target-role" in arguments, arguments
            node["held"] = is_set
    return ""


def crm_attribute(state: State, arguments: list[str]) -> str:
    assert arguments[0] == "--node" and arguments[2:4] == ["--name", "maintenance"], arguments
    if "CIB_file" in os.environ:
        return ""
    state[arguments[1]]["maintenance"] = arguments[4:] == ["--update", "true"]
    return ""


def crm_simulate(state: State, arguments: list[str]) -> str:
    fenced = "".join(f'<node_action node="{name}" task="Fence (off)" reason="lost"/>'
                     for name, node in state.items() if node["lost"])
    return f"<pacemaker-result>{fenced}</pacemaker-result>"


def virsh(state: State, arguments: list[str]) -> str:
    domains = state[os.environ["FAKE_HOST"]]["domains"]
    return "".join(f"{uuid}\n" for uuid, runs in domains.items() if runs or "--all" in arguments) + "\n"


def systemctl(state: State, arguments: list[str]) -> str:
    return "active\n" if arguments[0] == "is-active" else ""


def has_power(state: State, arguments: list[str]) -> str:
    sys.exit(not state[os.environ["FAKE_HOST"]]["power"])


PROGRAMS = {program.__name__.replace("has_power", "has-power"): program for program in (
    crm_mon, cibadmin, stonith_admin, crm_resource, crm_attribute, crm_simulate, virsh, systemctl, has_power)}


def main() -> None:
    directory, program, *arguments = sys.argv[1:]
    state_file = Path(directory, "state.json")
    state = load(state_file)
    with open(Path(directory, "calls"), "a") as calls:
        print(program, *arguments, file=calls)
    sys.stdout.write(PROGRAMS[program](state, arguments))
    join(state)
    save(state_file, state)


if __name__ == "__main__":
    main()
