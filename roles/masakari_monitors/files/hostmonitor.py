# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari's hostmonitor, which runs without root: what it would run as root, it runs as itself.

That is one command alone, `crm_mon -X`, and beside this file stands one that needs no right. Masakari's own way would
be a helper that sudo lets run anything as root.
"""

from __future__ import annotations

from typing import Any

from masakarimonitors import utils
from masakarimonitors.cmd import hostmonitor
from oslo_concurrency import processutils


def execute(*command: str, run_as_root: bool = False, **options: Any) -> tuple[str, str]:
    return processutils.execute(*command, **options)


if __name__ == "__main__":
    utils.execute = execute
    hostmonitor.main()
