# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host is rebooted; nobody touches it before the tests of the network run again."""

from __future__ import annotations

from typing import Any


def test_reboot(vm: Any) -> None:
    vm.reboot()
