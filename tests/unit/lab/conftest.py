# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's tools are scripts, not a package: load them by path."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

MOLECULE = Path(__file__).resolve().parents[3] / "molecule"


def load(name: str, path: str) -> ModuleType:
    """The module in a file, whatever its name ends with."""
    spec = spec_from_loader(name, SourceFileLoader(name, str(MOLECULE / path)))
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def machine() -> ModuleType:
    """The machine check."""
    return load("lab_machine", "default/machine")


@pytest.fixture(scope="session")
def heartbeat() -> ModuleType:
    """The heartbeat reader."""
    return load("lab_heartbeat", "shared/heartbeat.py")
