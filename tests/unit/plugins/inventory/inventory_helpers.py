# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads inventories through the plugin, as ansible does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

NAME = "openstack_ha.masakari.openstack_user_config"


class Loaded:
    """An inventory with what the tests ask of it."""

    def __init__(self) -> None:
        self.data = InventoryData()
        self.loader = DataLoader()

    def parse(self, directory: Path, options: str = "", cache: bool = False) -> Loaded:
        """Parse a plugin file in this directory; `options` are lines of it."""
        source = directory / "masakari.yml"
        source.write_text(f"plugin: {NAME}\nuser_config: .\n{options}")
        plugin = inventory_loader.get(NAME)
        plugin.parse(self.data, self.loader, str(source), cache=cache)
        if cache:
            plugin.update_cache_if_changed()
        return self

    def members(self, group: str) -> set[str]:
        """All hosts of a group, its descendants' too."""
        found = self.data.groups.get(group)
        return {host.name for host in found.get_hosts()} if found else set()

    def host(self, name: str) -> dict[str, Any]:
        """A host's own variables."""
        return self.data.hosts[name].vars

    def variables(self) -> dict[str, Any]:
        """The variables of all."""
        return self.data.groups["all"].vars


class Writer:
    """Writes the files of a configuration."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, text: str, **others: str) -> Path:
        """openstack_user_config.yml, and others by their paths."""
        for name, content in {"openstack_user_config.yml": text, **others}.items():
            path = self.directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        return self.directory
