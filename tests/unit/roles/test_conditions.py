# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions hold whatever a run leaves out, and for variables that come after `-e`, where they are text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.name != "ovs_dpdk")
CONDITIONS = {"when", "that", "until", "failed_when", "changed_when"}
SETTLED = r"\s*(?:\||is (?:not )?defined)"  # a filter makes of the text what it means


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def texts(node: Any, is_condition: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text of a task file, and whether it is a condition."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, key in CONDITIONS)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value, is_condition)
    elif isinstance(node, str):
        yield node, is_condition


def expressions(text: str, is_condition: bool) -> list[str]:
    return [text] if is_condition else re.findall(r"\{\{(.*?)\}\}", text, re.DOTALL)


def of_type(role: Path, *types: str) -> list[str]:
    options = load(role / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    return [name for name, details in options.items() if details["type"] in types]


def bare(role: Path) -> Iterator[str]:
    """Where a boolean is asked as it is, or a number is compared or counted with."""
    truth = [rf"(?:^|\b(?:and|or|not|if)\s+|\()\s*{name}\b(?!{SETTLED}|\s*[=!]=)" for name in of_type(role, "bool")]
    number = [rf"(?:\b{name}\s*(?:[-+*/<>])|[-+*/<>]=?\s*{name}\b(?!{SETTLED}))"
              for name in of_type(role, "int", "float")]
    for path in [*role.glob("tasks/*.yml"), *role.glob("vars/**/*.yml"), *role.glob("handlers/*.yml")]:
        for text, is_condition in texts(load(path)):
            for expression in expressions(text, is_condition):
                patterns = [*truth, *number] if is_condition else number
                yield from (f"{path.name}: {expression.strip()}" for pattern in patterns
                            if re.search(pattern, expression, re.MULTILINE))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_what_the_command_line_gives_means_what_a_file_says(role: Path) -> None:
    assert list(bare(role)) == []


def registered(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "register" in node:
            yield node["register"]
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from registered(value)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_what_another_file_registers_may_be_missing(role: Path) -> None:
    """--tags may have left that file out."""
    files = {path: load(path) for path in role.glob("tasks/*.yml")}
    tags = {Path(task["ansible.builtin.import_tasks"]).name: set(task.get("tags", []))
            for task in files.get(role / "tasks/main.yml", []) if "ansible.builtin.import_tasks" in task}
    elsewhere = {(path, name) for path, tasks in files.items() for other, others in files.items() if other != path
                 and path.name in tags and other.name in tags and not tags[path.name] <= tags[other.name]
                 and "always" not in tags[other.name]
                 for name in set(registered(others)) - set(registered(tasks))}
    found = [f"{path.name}: {text.strip()}" for path, name in elsewhere for text, is_condition in texts(files[path])
             if is_condition and re.search(rf"\b{name}\b(?!\s*\|\s*default|\s*is (?:not )?defined)", text)]
    assert found == []
