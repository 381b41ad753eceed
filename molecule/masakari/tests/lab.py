# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests reach the lab's hosts, the cloud, and ansible itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "shared"))
from hosts import connect

CHECKOUT = Path(__file__).resolve().parents[3]
SCENARIO = Path(os.environ.get("MOLECULE_SCENARIO_DIRECTORY", Path(__file__).parents[1]))
OPERATOR = SCENARIO / "operator.yml"
INVENTORY = next((path for path in [SCENARIO / "hosts.ini"] if path.exists()), CHECKOUT / "inventory/lab")
INFRA = {"infra1": "172.29.236.11", "infra2": "172.29.236.12", "infra3": "172.29.236.13"}
BALANCER = "http://172.29.236.10:15868"
# An older Masakari is asked in an older version than the client would take by itself.
CLIENT = f"export OS_CLOUD=default OS_HA_API_VERSION={os.environ.get('OS_HA_API_VERSION', '1.3')}; "
SECRETS = re.compile(r"lab-only-masakari-\w+")


def cloud(command: str) -> str:
    """What a command says on the host of the cloud."""
    result = connect("cloud1").run(CLIENT + command)
    assert result.succeeded, f"{command}: {result.stderr}"
    return result.stdout.strip()


def openstack(arguments: str) -> Any:
    answer = cloud(f"openstack {arguments} -f json")
    return json.loads(answer)


def status(url: str, host: str = "cloud1") -> int:
    """The HTTP status of a URL, as one of the hosts sees it; 0 without an answer."""
    return int(connect(host).run(f"curl -s -k -m 5 -o /dev/null -w '%{{http_code}}' {url}").stdout or 0)


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.5)
    return value


@dataclass
class Run:
    """A run of ansible-playbook."""

    code: int
    output: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        lines = re.findall(r"^(\S+) +: (ok=.*)$", self.output, re.MULTILINE)
        assert lines, self.output[-3000:]
        return {host: {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in lines}

    @property
    def changed(self) -> set[str]:
        return {host for host, counts in self.recap.items() if counts["changed"]}


def ansible_playbook(playbook: str, *arguments: str) -> Run:
    variables = ["--extra-vars", f"@{OPERATOR}"] if OPERATOR.exists() else []
    command = ["ansible-playbook", f"playbooks/{playbook}.yml", *variables, *arguments]
    # Molecule forces colours, which win over a wish for none.
    plain = {"ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"}
    if "--inventory" not in arguments:
        command += ["--inventory", str(INVENTORY)]
    done = subprocess.run(command, cwd=CHECKOUT, env=os.environ | plain, capture_output=True, text=True, timeout=900)
    return Run(done.returncode, done.stdout + done.stderr)
