# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the inventory plugin's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.utils.display import Display
from inventory_helpers import Loaded, Writer


@pytest.fixture
def load() -> Callable[..., Loaded]:
    """Parse a directory into a fresh inventory."""
    return lambda directory, *args, **kwargs: Loaded().parse(directory, *args, **kwargs)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the plugin warns of."""
    said: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda self, msg, *args, **kwargs: said.append(msg))
    return said


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write openstack_user_config.yml and its like."""
    return Writer(tmp_path)
