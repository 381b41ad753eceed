# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second run changes nothing, and ovs-vswitchd goes on running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_second_run_changes_nothing(vm: Any, play: Callable[..., Any]) -> None:
    started = vm.started()
    run = play()
    assert not run.failed, run.messages
    assert run.changed == {}
    assert run.recap["changed"] == 0
    assert vm.started() == started, "ovs-vswitchd was restarted"
