# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator who declares no fencing has no hostmonitor: nothing could prove that a host is dead."""

from __future__ import annotations

import pytest
from lab import connect
from monitors import COMPUTE


@pytest.mark.parametrize("name", COMPUTE)
def test_no_host_is_reported(name: str) -> None:
    compute = connect(name)
    assert not compute.service("masakari-hostmonitor").is_running
    assert not compute.service("masakari-hostmonitor").is_enabled
    assert not compute.file("/run/masakari-cluster-state").exists
