# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in env.d, and what an operator's env.d does to it."""

from __future__ import annotations

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_environment import (
    Container,
    builtin,
    environment_from,
    merge,
)


def test_masakari_as_openstack_ansible_defines_it() -> None:
    environment = environment_from([])
    assert environment.containers["masakari_api_container"] == Container(
        belongs_to=["masakari_infra_containers"], contains=["masakari_engine", "masakari_api"]
    )
    assert environment.containers["masakari_monitors_container"] == Container(
        belongs_to=["masakari_monitor_containers"], contains=["masakari_monitor"], is_metal=True
    )
    for component in ("masakari_api", "masakari_engine", "masakari_monitor"):
        assert environment.parents[component] == ["masakari_all"]
    for name in ("masakari_infra", "masakari_monitor"):
        assert environment.parents[f"{name}_hosts"] == ["hosts"]
        assert environment.parents[f"{name}_containers"] == ["all_containers"]


def test_every_component_and_type_is_defined() -> None:
    tables = builtin()
    for name, container in tables["container_skel"].items():
        assert set(container["belongs_to"]) <= tables["physical_skel"].keys(), name
        assert set(container["contains"]) <= tables["component_skel"].keys(), name


def test_components_with_a_parent_of_another_name() -> None:
    parents = environment_from([]).parents
    assert parents["ironic_compute"] == ["nova_all"]
    assert parents["pkg_repo"] == ["repo_all"]
    assert parents["nova_compute"] == ["nova_all"]


def test_host_types_of_a_container() -> None:
    types = list(Container(belongs_to=["os_infra_containers", "plain"]).host_types())
    assert types == [("os_infra_hosts", "os_infra_all"), ("plain_hosts", "plain_all")]


def test_operator_overrides_in_either_spelling() -> None:
    own = {
        "container_skel": {"masakari_api_container": {"properties": {"is_metal": True}}, "none": None},
        "physical_skel": {"rack-a_hosts": {"belongs_to": ["compute-infra_hosts"]}},
    }
    environment = environment_from([own])
    assert environment.containers["masakari_api_container"].is_metal is True
    assert environment.containers["masakari_api_container"].contains == ["masakari_engine", "masakari_api"]
    assert environment.parents["rack_a_hosts"] == ["compute_infra_hosts"]
    assert environment_from([]).containers["masakari_api_container"].is_metal is False, "the tables stay as they are"


def test_merge_is_deep_and_in_place() -> None:
    base = {"a": {"b": 1, "c": [1]}, "d": {"e": 1}, "f": 1}
    inner = base["a"]
    assert merge(base, {"a": {"c": [2]}, "d": {}, "f": {"g": 1}}) == {"a": {"b": 1, "c": [2]}, "d": {}, "f": {"g": 1}}
    assert base["a"] is inner
