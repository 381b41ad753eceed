# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of Pacemaker, on the member that the engine runs on."""

from __future__ import annotations

import os
import re
import subprocess

from masakari_fence_gate.proof import Unreadable, View, parse

# Without level 3 crm_mon shows one success, the oldest, and hides what followed.
STATUS = ["crm_mon", "--one-shot", "--fence-history=3", "--output-as=xml", "--include=none,nodes,fencing"]
CIB = ["cibadmin", "--query"]
HOLD = ["crm_resource", "--meta", "--set-parameter=target-role", "--parameter-value=Stopped"]
TIMEOUT = 20


def look() -> View:
    # The history first: a host that joins between the two is seen as joined.
    status = run(STATUS)
    return parse(status, run(CIB))


def hold(host: str) -> None:
    """Keep Pacemaker from connecting to a fenced host, during which it would read online, until it is recovered."""
    run([*HOLD, f"--resource={host}"])


def run(command: list[str]) -> str:
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        raise Unreadable(f"{command[0]} is not installed on this host: it is no member of the cluster") from error
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise Unreadable(f"{command[0]}: {error}") from error
    if done.returncode:
        said = re.findall("<error>(.*?)</error>", done.stdout) or (done.stderr or done.stdout).split()
        raise Unreadable(f"{command[0]} ended with {done.returncode}: {' '.join(said)[-300:]}")
    return done.stdout
