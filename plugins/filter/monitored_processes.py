# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What processmonitor is given: its list, and the commands that it may run as root."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

DOCUMENTATION = r"""
name: monitored_processes
short_description: The process list of Masakari's processmonitor, and the rules of sudo that it needs
version_added: 0.1.0
description:
  - Makes the list that processmonitor reads, and the exact commands that it has to run as root, so that sudo can allow
    those and no other.
positional: _input
options:
  _input:
    description:
      - Processes by a name of your own, each a mapping with C(process_name) (what to look for in C(ps -ef)),
        C(start_command), C(restart_command), optionally C(pre_start_command), C(post_start_command),
        C(pre_restart_command), C(post_restart_command), and C(run_as_root). A process that is V(null) is left out.
    type: dict
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Show what processmonitor may run
  ansible.builtin.debug:
    msg: "{{ (processes | openstack_ha.masakari.monitored_processes).sudo }}"
  vars:
    processes:
      nova-compute:
        process_name: bin/nova-compute
        start_command: /usr/bin/systemctl start nova-compute.service
        restart_command: /usr/bin/systemctl restart nova-compute.service
        run_as_root: true
"""

RETURN = r"""
_value:
  description:
    - C(list), the content of process_list.yaml; C(sudo), commands as sudoers writes them; C(problems), what is wrong.
  type: dict
"""

COMMANDS = tuple(f"{when}{what}_command" for what in ("start", "restart") for when in ("pre_", "", "post_"))
REQUIRED = ("process_name", "start_command", "restart_command")
KNOWN = frozenset({"process_name", "run_as_root", *COMMANDS})
VARIABLE = "masakari_monitors_process_overrides"
# With these a rule of sudo would allow more than the one command, or another one.
NO_ARGUMENTS = '""'  # a rule that says nothing of arguments allows any
UNSAFE = re.compile(r"[*?\[\]!^\\\"'\n]")


def _problems(name: str, process: Any) -> Iterator[str]:
    where = f"{VARIABLE}[{name}]"
    if not isinstance(process, dict):
        yield f"{where}: {process!r} is no mapping. Give it process_name, start_command and restart_command, or null."
        return
    for key in sorted(set(map(str, process)) - KNOWN):
        yield f"{where}: {key!r} is not known. Use: {', '.join(sorted(KNOWN))}."
    for key in REQUIRED:
        if not process.get(key):
            yield f"{where}: {key} is missing. Give it a text."
    for key in COMMANDS:
        command = process.get(key)
        if command and process.get("run_as_root"):
            yield from _command_problems(f"{where}.{key}", str(command))


def _command_problems(where: str, command: str) -> Iterator[str]:
    if not command.startswith("/"):
        yield f"{where}: {command!r} runs as root: name its program by a whole path, such as /usr/bin/systemctl."
    if UNSAFE.search(command):
        yield f"{where}: {command!r} has a wildcard or quote, which sudo would take for more. Put it into a script."


def _commands(process: dict[str, Any]) -> dict[str, str | None]:
    """Each with sudo where it needs root: processmonitor's own way to root would let it run anything."""
    sudo = "sudo --non-interactive " if process.get("run_as_root") else ""
    return {key: f"{sudo}{' '.join(str(process[key]).split())}" if process.get(key) else None for key in COMMANDS}


def _sudo_rule(command: str) -> str:
    program, _blank, arguments = " ".join(command.split()).partition(" ")
    escaped = re.sub("([,:=])", r"\\\1", arguments)
    return f"{program} {escaped or NO_ARGUMENTS}"


def monitored_processes(processes: dict[str, Any]) -> dict[str, list[Any]]:
    wanted = {name: process for name, process in processes.items() if process is not None}
    problems = [problem for name, process in wanted.items() for problem in _problems(str(name), process)]
    if problems:
        return {"list": [], "sudo": [], "problems": problems}
    rules = (
        _sudo_rule(str(process[key]))
        for process in wanted.values() if process.get("run_as_root")
        for key in COMMANDS if process.get(key)
    )
    entries = [
        {"process_name": process["process_name"], **_commands(process), "run_as_root": False}
        for process in wanted.values()
    ]
    return {"list": entries, "sudo": sorted(set(rules)), "problems": []}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"monitored_processes": monitored_processes}
