# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are directories, and programs of the cluster that answer what a test writes there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
# Each runs in the directory of its host.
PROGRAMS = {
    "corosync-keygen": 'echo made >"$2"',
    "systemctl": "case $* in *is-active*) test -e running || exit 3;; show*) cat state 2>/dev/null;; esac",
    "corosync-cfgtool": "echo reloaded >>calls",
    "crm_node": 'echo "crm_node $*" >>calls; case $1 in --partition) test -e partition && cat partition;; esac',
    "cibadmin": "test -e nodes && cat nodes",
}


@dataclass
class Run:
    code: int
    output: str

    @property
    def said(self) -> str:
        return " ".join(self.output.split())

    @property
    def changed(self) -> set[str]:
        return set(re.findall(r"^(\S+) +: .*changed=[1-9]", self.output, re.MULTILINE))


@dataclass
class Lab:
    directory: Path

    def __getitem__(self, host: str) -> Path:
        """The directory that is the host."""
        return self.directory / host

    def start(self, *hosts: str) -> None:
        for host in hosts:
            self[host].mkdir()

    def play(self, hosts: str, *tasks: dict[str, Any], arguments: tuple[str, ...] = (), **variables: Any) -> Run:
        play = {"hosts": hosts, "gather_facts": False, "any_errors_fatal": True, "tasks": tasks}
        (self.directory / "play.yml").write_text(json.dumps([play]))
        given = {"ansible_connection": "directory", "ansible_python_interpreter": sys.executable}
        done = subprocess.run(
            ["ansible-playbook", "-i", "infra1,infra2,infra3,compute1", "-e", json.dumps(given | variables), *arguments,
             str(self.directory / "play.yml")],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0",
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"), "HOSTS": str(self.directory),
                "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connection"),
                "PATH": f"{self.directory}/bin:{os.environ['PATH']}",
            },
        )
        return Run(done.returncode, done.stdout + done.stderr)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    for name, script in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return Lab(tmp_path)
