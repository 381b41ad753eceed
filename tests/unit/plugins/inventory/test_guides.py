# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides show is what ansible-inventory says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
FROM_OSA = (ROOT / "docs" / "from-openstack-ansible.md").read_text()
WITHOUT_OSA = (ROOT / "docs" / "without-openstack-ansible.md").read_text()
LAB_GUIDE = (ROOT / "molecule" / "README.md").read_text()
LAB = str(ROOT / "inventory" / "lab")
EXAMPLE = str(ROOT / "inventory" / "example" / "masakari.yml")


def ansible_inventory(*arguments: str) -> str:
    """The output of the command, which warned of nothing."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), *arguments]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, cwd=ROOT)
    assert "WARNING" not in done.stderr, done.stderr
    return done.stdout


def block(guide: str, after: str, language: str) -> str:
    """The first block of code of this language after a line of text."""
    found = re.search(rf"{re.escape(after)}.*?\n( *)```{language}\n(.*?)\n *```", guide, flags=re.DOTALL)
    assert found, after
    return textwrap.dedent(found.group(2)) + "\n"


def test_graph_of_the_example() -> None:
    shown = block(FROM_OSA, "--graph masakari_all -->", "text")
    assert shown == ansible_inventory("-i", EXAMPLE, "--graph", "masakari_all")


def test_list_of_the_example() -> None:
    shown = yaml.safe_load(block(FROM_OSA, "--list: infra1 -->", "yaml"))
    hostvars = json.loads(ansible_inventory("-i", EXAMPLE, "--list"))["_meta"]["hostvars"]["infra1"]
    assert shown == {name: hostvars[name] for name in shown}


def test_graph_of_the_lab() -> None:
    shown = block(LAB_GUIDE, "--graph masakari_all` shows:", "text")
    assert shown == ansible_inventory("-i", LAB, "--graph", "masakari_all")


def test_list_of_the_lab() -> None:
    shown = yaml.safe_load(block(LAB_GUIDE, "--list` has of `compute3`", "yaml"))
    hostvars = json.loads(ansible_inventory("-i", LAB, "--list"))["_meta"]["hostvars"]["compute3"]
    assert shown == {name: hostvars[name] for name in shown}


def test_graph_of_the_plain_inventory(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text(block(WITHOUT_OSA, "`hosts.ini`:", "ini"))
    shown = block(WITHOUT_OSA, "--graph` shows:", "text")
    assert shown == ansible_inventory("-i", str(tmp_path / "hosts.ini"), "--graph")


def test_variables_of_the_plain_inventory_are_yaml() -> None:
    variables = yaml.safe_load(block(WITHOUT_OSA, "Variables go to", "yaml"))
    assert variables["masakari_segments"][0]["hosts"]


@pytest.mark.parametrize(
    "name", ["masakari_service_password", "masakari_container_mysql_password", "masakari_oslomsg_rpc_password"]
)
def test_secrets_of_the_example_are_placeholders(name: str) -> None:
    assert yaml.safe_load((ROOT / "inventory" / "example" / "user_secrets.yml").read_text())[name] == "CHANGE_ME"
