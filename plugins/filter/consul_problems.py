# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the matrix by which hostmonitor judges hosts through Consul."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DOCUMENTATION = r"""
name: consul_problems
short_description: What is wrong with the Consul agents and the matrix of Masakari's hostmonitor
version_added: 0.1.0
description:
  - hostmonitor does not check them itself. A line that does not fit what it sees is never used, and the host is left
    alone.
positional: _input
options:
  _input:
    description:
      - C(sequence), a list of networks, and C(matrix), a list of C(health) and C(action); empty for Masakari's own.
    type: dict
    required: true
  agents:
    description: Address and port of the host's own Consul agent in each network, by name of the network.
    type: dict
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Check the matrix
  ansible.builtin.assert:
    that: matrix | openstack_ha.masakari.consul_problems(agents) == []
  vars:
    agents: {manage: "127.0.0.1:8500"}
    matrix:
      sequence: [manage]
      matrix:
        - {health: [up], action: []}
        - {health: [down], action: [recovery]}
"""

RETURN = r"""
_value:
  description: Problems, in sentences; empty when there is none.
  type: list
  elements: str
"""

NETWORKS = ("manage", "tenant", "storage")
STATES = ("up", "down")
ACTIONS = ("recovery",)
MATRIX = "masakari_monitors_consul_matrix"
AGENTS = "masakari_monitors_consul_agents"


def _agent_problems(agents: dict[str, Any], sequence: list[str]) -> Iterator[str]:
    for name in sorted(set(map(str, agents)) - set(NETWORKS)):
        yield f"{AGENTS}: {name!r} is not known. Use: {', '.join(NETWORKS)}."
    for name in sequence:
        if name in NETWORKS and not agents.get(name):
            yield f"{AGENTS}: {name} is missing, which the matrix asks for. Give its agent as 127.0.0.1:8500."


def _sequence_problems(sequence: list[Any]) -> Iterator[str]:
    if not sequence or len(set(map(str, sequence))) != len(sequence):
        yield f"{MATRIX}.sequence: {sequence!r}. List each network once, at least one of: {', '.join(NETWORKS)}."
    for name in sequence:
        if name not in NETWORKS:
            yield f"{MATRIX}.sequence: {name!r} is not known. Use: {', '.join(NETWORKS)}."


def _line_problems(where: str, line: Any, width: int) -> Iterator[str]:
    if not isinstance(line, dict) or set(line) != {"health", "action"}:
        yield f"{where}: {line!r}. Give it health and action, and nothing else."
        return
    health, action = line["health"], line["action"]
    if not isinstance(health, list) or len(health) != width or not all(state in STATES for state in health):
        yield f"{where}: health {health!r}. List up or down for each of the {width} networks of the sequence."
    if not isinstance(action, list) or not all(step in ACTIONS for step in action):
        yield f"{where}: action {action!r}. Write [recovery], or [] to leave the host alone."
    elif action and isinstance(health, list) and set(map(str, health)) == {"up"}:
        yield f"{where}: a host that all networks reach would be recovered. Write action [], or health with a down."


def consul_problems(matrix: dict[str, Any], agents: dict[str, Any]) -> list[str]:
    if not matrix:
        return list(_agent_problems(agents, list(NETWORKS)))
    if not isinstance(matrix, dict) or set(matrix) != {"sequence", "matrix"}:
        return [f"{MATRIX}: {matrix!r}. Give it sequence and matrix, and nothing else."]
    sequence, lines = matrix["sequence"], matrix["matrix"]
    if not isinstance(sequence, list) or not isinstance(lines, list) or not lines:
        return [f"{MATRIX}: sequence and matrix must be lists with at least one entry."]
    found = [*_sequence_problems(sequence), *_agent_problems(agents, sequence)]
    for number, line in enumerate(lines):
        found += _line_problems(f"{MATRIX}.matrix[{number}]", line, len(sequence))
    if not found:
        seen = [tuple(line["health"]) for line in lines]
        found += [f"{MATRIX}: health {list(health)} stands {seen.count(health)} times. Give it once."
                  for health in sorted(set(seen)) if seen.count(health) > 1]
        if not any(line["action"] for line in lines):
            found.append(f"{MATRIX}: no line has action [recovery]: no host would ever be recovered. Give it to one.")
    return found


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"consul_problems": consul_problems}
