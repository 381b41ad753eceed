# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's hosts as testinfra knows hosts, entered as the lab's connection does it: `podman exec` takes 200 ms."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "default/connection"))
from lab_podman import run_on


class LabBackend(BaseBackend):
    NAME = "lab"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        line = self.get_command(command, *args)
        try:
            status, output, errors = run_on(self.name, ["/bin/sh", "-c", line])
        except AnsibleConnectionFailure as error:
            status, output, errors = 125, b"", str(error).encode()
        return self.result(status, self.encode(line), output, errors)


def connect(name: str) -> Host:
    return Host(LabBackend(name))
