# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several files of tests need."""

from __future__ import annotations

import pytest
from lab import cloud, openstack


@pytest.fixture(scope="session")
def free_reserve() -> None:
    """The lab's guest goes: a reserve that has guests is left in use."""
    for guest in openstack("server list --all-projects"):
        cloud(f"openstack server delete --wait {guest['ID']}")
