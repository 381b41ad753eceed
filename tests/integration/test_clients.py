# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that operators know from the documentation of other deployment tools, and openstacksdk's own tests."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from cloud import VENV, Cloud

HERE = Path(__file__).parent

RESERVED_HOST = """\
openstack segment create S1 reserved_host COMPUTE
openstack segment host create virt-node-10.maas COMPUTE SSH S1
openstack segment host create virt-node-02.maas COMPUTE SSH S1
openstack segment host create --reserved True virt-node-01.maas COMPUTE SSH S1
openstack segment list
openstack segment host list -c name -c reserved -c on_maintenance S1
openstack compute service set --disable virt-node-01.maas nova-compute
"""
SUPPLEMENT = """\
openstack segment update --recovery_method auto --service_type COMPUTE S1
openstack segment host update --reserved=False S1 virt-node-01.maas
openstack segment host update --on_maintenance=True S1 virt-node-02.maas
openstack segment host update --on_maintenance=False S1 virt-node-02.maas
openstack compute service set --enable virt-node-01.maas nova-compute
openstack segment host delete S1 virt-node-10.maas
openstack segment create S2 auto COMPUTE
openstack segment host create virt-node-10.maas COMPUTE SSH S2
"""


def type_in(cloud: Cloud, lines: str) -> dict[str, str]:
    """Run each line as it stands, and return what it printed."""
    printed = {}
    for line in lines.splitlines():
        command = shlex.split(line)
        command[0] = str(VENV / "bin" / command[0])
        done = subprocess.run(command, env=cloud.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        printed[line] = done.stdout
    return printed


def test_command_lines(cloud: Cloud) -> None:
    printed = type_in(cloud, RESERVED_HOST)
    assert "| reserved_host" in printed["openstack segment list"]
    table = printed["openstack segment host list -c name -c reserved -c on_maintenance S1"]
    rows = {tuple(cell.strip() for cell in row.split("|")[1:-1]) for row in table.splitlines()[3:-1]}
    assert rows == {
        ("virt-node-01.maas", "True", "False"),
        ("virt-node-02.maas", "False", "False"),
        ("virt-node-10.maas", "False", "False"),
    }
    assert cloud.nova.services["virt-node-01.maas"]["status"] == "disabled"

    type_in(cloud, SUPPLEMENT)
    assert cloud.segments() == {
        "S1": {"virt-node-01.maas": "", "virt-node-02.maas": ""}, "S2": {"virt-node-10.maas": ""},
    }
    assert cloud.nova.services["virt-node-01.maas"]["status"] == "enabled"


def test_functional_tests_of_openstacksdk(cloud: Cloud) -> None:
    done = subprocess.run(
        [HERE / "sdk_functional"], env=cloud.environment, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 4 tests" in done.stderr
