# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of OpenStack-Ansible's os_masakari is accepted by a role, or is known to have no meaning here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "docs" / "os_masakari-variables.md"


def accepted() -> set[str]:
    """The options of all entry points of all roles."""
    names: set[str] = set()
    for path in ROOT.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text())["argument_specs"].values():
            names.update(entry.get("options", {}))
    return names


def without_meaning() -> dict[str, str]:
    """What preflight warns of."""
    path = ROOT / "roles" / "masakari" / "vars" / "main" / "no_meaning.yml"
    return yaml.safe_load(path.read_text())["__masakari_no_meaning"]


def table() -> dict[str, str]:
    """The same, as the documentation shows it."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", TABLE.read_text(), flags=re.MULTILINE)
    return {name: reason.replace("`", "") for name, reason in rows}


NAMES = (Path(__file__).parent / "data" / "os_masakari_variables.txt").read_text().split()


@pytest.mark.parametrize("name", NAMES)
def test_name_is_accepted_or_explained(name: str) -> None:
    assert name in accepted() | table().keys(), f"{name}: add it to an argument_spec, or say in no_meaning.yml why not"


def test_table_says_what_preflight_says() -> None:
    assert table() == without_meaning()


def test_nothing_accepted_is_called_meaningless() -> None:
    assert not accepted() & without_meaning().keys()
