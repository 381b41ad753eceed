# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on a recovery: one run of an engine, told from whatever gets its number later."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Owner:
    """A process of an engine, and since when the recovery is its own (`taken`, the notification's `updated_at`)."""

    host: str
    boot: str
    pid: int
    started: str  # ticks since boot: another process of the same number has others
    taken: str


def this_process(host: str, taken: str, proc: Path = PROC) -> Owner:
    return Owner(host, _boot(proc), os.getpid(), _started(proc, os.getpid()) or "", taken)


def runs_here(owner: Owner, proc: Path = PROC) -> bool:
    """Whether this process of this host has not ended. An engine that is shutting down still runs."""
    return owner.boot == _boot(proc) and owner.started == _started(proc, owner.pid)


def _boot(proc: Path) -> str:
    return (proc / "sys/kernel/random/boot_id").read_text().strip()


def _started(proc: Path, pid: int) -> str | None:
    try:
        stat = (proc / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.rpartition(")")[2].split()[19]  # the name before it may hold anything
