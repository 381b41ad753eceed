# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin says what OpenStack-Ansible's own generator says (data/*/generated.json, see refresh_generated.py)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"
CASES = sorted(path.name for path in DATA.iterdir() if path.is_dir())
ON_METAL = ["ipv6", "metal"]
COMPARED = ["ansible_host", "management_address", "physical_host", "physical_host_addr", "container_name", "rack"]


def generated(case: str) -> dict[str, Any]:
    return json.loads((DATA / case / "generated.json").read_text())


def config_of(case: str, target: Path, with_containers: bool) -> Path:
    directory = shutil.copytree(DATA / case, target / "config", ignore=shutil.ignore_patterns("*.json"))
    if with_containers:
        shutil.copy(DATA / case / "generated.json", directory / "openstack_inventory.json")
    return directory


def members(inventory: dict[str, Any], group: str) -> set[str]:
    content = inventory.get(group, {})
    nested = (members(inventory, child) for child in content.get("children", []))
    # OSA lists None in lxc_hosts for a host that belongs to none
    return set(content.get("hosts", [])).union(*nested) - {None}


def compare(case: str, loaded: Any) -> None:
    expected = generated(case)
    groups = {name.replace("-", "_"): name for name in expected if name not in ("_meta", "all")}
    for group, written in groups.items():
        name = group if group in loaded.data.groups else written
        assert loaded.members(name) == members(expected, written), group
    for host, values in expected["_meta"]["hostvars"].items():
        ours = loaded.host(host)
        for name in COMPARED:
            assert ours.get(name) == values.get(name), f"{host}: {name}"
        assert bool(ours["is_metal"]) == bool((values.get("properties") or {}).get("is_metal")), host
        management = (values["container_networks"] or {}).get("management_address")
        if management:
            network = ours["container_networks"]["management_address"]
            assert {key: item for key, item in network.items() if item} == management, host
    assert {name: loaded.variables()[name] for name in expected["all"]["vars"]} == expected["all"]["vars"]


@pytest.mark.parametrize("case", CASES)
def test_beside_openstack_inventory_json(case: str, tmp_path: Path, load: Callable[..., Any]) -> None:
    compare(case, load(config_of(case, tmp_path, with_containers=True)))


@pytest.mark.parametrize("case", ON_METAL)
def test_on_metal_without_openstack_inventory_json(case: str, tmp_path: Path, load: Callable[..., Any]) -> None:
    compare(case, load(config_of(case, tmp_path, with_containers=False)))


@pytest.mark.parametrize("case", ["containers", "one_host", "pods"])
def test_services_without_their_container_are_on_the_host(
    case: str, tmp_path: Path, load: Callable[..., Any], warnings: list[str]
) -> None:
    loaded = load(config_of(case, tmp_path, with_containers=False))
    expected = generated(case)
    hostvars = expected["_meta"]["hostvars"]
    for group in ("masakari_api", "masakari_engine", "masakari_monitor", "nova_compute", "galera"):
        assert loaded.members(group) == {hostvars[name]["physical_host"] for name in members(expected, group)}, group
    [warning] = [text for text in warnings if "openstack_inventory.json" in text]
    assert "galera_container" in warning
