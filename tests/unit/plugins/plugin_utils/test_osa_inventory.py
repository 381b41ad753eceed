# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging, spelling and placement, as tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_environment import environment_from
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_inventory import Generated, Inventory, build
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_user_config import (
    UserConfig,
    merge_documents,
    normalise,
    used_range,
)


def built(hosts: dict[str, Any], generated: dict[str, Any] | None = None, **overrides: Any) -> Inventory:
    environment = environment_from([])
    config = UserConfig(cidr_networks={"management": "10.0.0.0/24"}, global_overrides=overrides, hosts=hosts)
    return build(config, environment, Generated(generated, environment.containers))


def test_conf_d_reaches_every_alias() -> None:
    """As in OpenStack-Ansible: an anchor's hosts are one thing, whichever of its types is extended."""
    hosts = {"c1": {"ip": "10.0.0.1"}}
    merged = merge_documents(
        [{"compute_hosts": hosts, "masakari-monitor_hosts": hosts}, {"compute_hosts": {"c2": {"ip": "10.0.0.2"}}}]
    )
    assert set(normalise(merged)["masakari_monitor_hosts"]) == {"c1", "c2"}


def test_both_spellings_of_a_type_are_one() -> None:
    merged = {"os-infra_hosts": {"a": {}}, "os_infra_hosts": {"b": {}}, "cidr_networks": {}}
    assert normalise(merged) == {"os_infra_hosts": {"a": {}, "b": {}}, "cidr_networks": {}}


@pytest.mark.parametrize(
    ("item", "ends"),
    [
        ("10.0.0.1", ("10.0.0.1", "10.0.0.1")),
        ("10.0.0.1,10.0.0.9", ("10.0.0.1", "10.0.0.9")),
        ("10.0.0.1, 10.0.0.9", ("10.0.0.1", "10.0.0.9")),
        ("fd00::1,fd00::f", ("fd00::1", "fd00::f")),
        ("10.0.0.9,10.0.0.1", None),
        ("10.0.0.0/24", None),
        ("", None),
        (None, None),
    ],
)
def test_used_range(item: Any, ends: tuple[str, str] | None) -> None:
    found = used_range(item)
    assert (found and tuple(map(str, found))) == ends


@pytest.mark.parametrize(
    ("everywhere", "here", "warned"),
    [(None, None, True), (True, None, False), (True, False, True), (None, True, False)],
)
def test_no_containers_of_a_host_wins(everywhere: bool | None, here: bool | None, warned: bool) -> None:
    entry = {"ip": "10.0.0.1", "no_containers": here}
    inventory = built({"masakari_infra_hosts": {"a": entry}}, no_containers=everywhere)
    assert set(inventory.members("masakari_api")) == {"a"}
    assert any("masakari_api_container" in text for text in inventory.warnings) is warned


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"limit_container_types": "masakari_api", "x": 1}, {"x": 1}),
        ({"limit_container_types": "masakari", "x": 1}, {"x": 1}),
        ({"limit_container_types": "nova", "x": 1}, None),
        ({"x": 1}, {"x": 1}),
        ([1], [1]),
        ("text", "text"),
    ],
)
def test_container_vars(value: Any, expected: Any) -> None:
    entry = {"ip": "10.0.0.1", "no_containers": True, "container_vars": {"name": value}}
    assert built({"masakari_infra_hosts": {"a": entry}}).hostvars["a"].get("name") == expected


def test_containers_come_from_the_generated_inventory_alone() -> None:
    generated = {
        "_meta": {
            "hostvars": {
                "a": {},
                "a-masakari-api-container-1": {
                    "physical_host": "a",
                    "component": "masakari_engine",
                    "ansible_host": "10.0.0.77",
                    "management_address": "10.0.0.77",
                },
            }
        },
        "masakari_api_container": {"hosts": ["a-masakari-api-container-1"]},
    }
    hosts = {name: {"ip": f"10.0.0.{number}"} for number, name in enumerate("ab", start=1)}
    limited = {"mine": {"limit_container_types": "masakari", "x": 1}, "free": 2}
    inventory = built({"masakari_infra_hosts": {**hosts, "a": {**hosts["a"], "container_vars": limited}}}, generated)
    assert set(inventory.members("masakari_api")) == {"a-masakari-api-container-1", "b"}
    assert set(inventory.members("a_host_containers")) == {"a-masakari-api-container-1"}
    assert set(inventory.members("lxc_hosts")) == {"a"}
    container = inventory.hostvars["a-masakari-api-container-1"]
    assert (container["ansible_host"], container["physical_host_addr"]) == ("10.0.0.77", "10.0.0.1")
    assert (container["mine"], container["free"]) == ({"x": 1}, 2)
    assert "mine" not in inventory.hostvars["a"], "the host itself runs nothing of it"
    [warning] = inventory.warnings
    assert "has no such container for them" in warning and "masakari_api_container on b." in warning


def test_a_host_named_like_the_beginning_of_another() -> None:
    """OpenStack-Ansible's generator mixes their variables; here each host has its own."""
    entry = {"ip": "10.0.0.1", "container_vars": {"x": 1}}
    inventory = built({"compute_hosts": {"c1": entry, "c10": {"ip": "10.0.0.2"}}})
    assert inventory.hostvars["c1"]["x"] == 1
    assert "x" not in inventory.hostvars["c10"]
