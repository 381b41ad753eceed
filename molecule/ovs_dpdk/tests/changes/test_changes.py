# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Later runs change what was changed in the variables, and nothing else; ovs-vswitchd goes on running."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def wish(inventory: dict[str, Any]) -> dict[str, Any]:
    """The variables, changed by one test after the other."""
    return {key: copy.deepcopy(inventory[key]) for key in ("ovs_dpdk_bridges", "ovs_dpdk_namespaces")}


@pytest.fixture(autouse=True)
def same_daemon(vm: Any) -> Any:
    started = vm.started()
    yield
    assert vm.started() == started, "ovs-vswitchd was restarted"


def updates(run: Any) -> list[dict[str, Any]]:
    """The rows that were written to Open vSwitch's database."""
    operations = run.changed["Configure bridges and ports"]["operations"]
    return [{operation["table"]: operation["row"]} for operation in operations if operation["op"] == "update"]


def test_second_run_changes_nothing(play: Callable[..., Any]) -> None:
    run = play()
    assert not run.failed, run.messages
    assert run.changed == {}
    assert run.recap["changed"] == 0


def test_only_the_tag(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_namespaces"][0]["ports"][0]["tag"] = 2934
    run = play(**wish)
    assert set(run.changed) == {"Configure bridges and ports"}, run.messages
    assert updates(run) == [{"Port": {"tag": 2934}}]
    assert vm.output("ovs-vsctl get Port tap1-br tag") == "2934"


def test_only_the_bond_mode(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_bridges"][0]["ports"][0]["bond_mode"] = "balance-slb"
    run = play(**wish)
    assert set(run.changed) == {"Configure bridges and ports"}, run.messages
    assert updates(run) == [{"Port": {"bond_mode": "balance-slb"}}]
    assert vm.output("ovs-vsctl get Port dpdk-bond0 bond_mode") == "balance-slb"


def test_only_the_address(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_namespaces"][0]["ports"][0]["addresses"] = ["172.20.0.3/24"]
    run = play(**wish)
    assert set(run.changed) == {"Describe the ports to systemd", "Place the ports in their namespaces"}, run.messages
    assert vm.output("ip -n ns1 -4 -o addr show dev tap1 | awk '{print $4}'") == "172.20.0.3/24"


def test_a_card_of_another_bridge_is_refused(vm: Any, play: Callable[..., Any]) -> None:
    other = {"name": "br-other", "ports": [{"name": "dpdk-nic9", "nics": [{"name": "dpdk-nic9", "pci": "00:04.0"}]}]}
    run = play(ovs_dpdk_bridges=[other], ovs_dpdk_namespaces=[])
    assert run.failed
    assert "is in use by bridge br-test (port dpdk-bond0)" in run.messages
    assert vm.output("ovs-vsctl list-br") == "br-test"


def test_back_to_where_it_was(play: Callable[..., Any]) -> None:
    run = play()
    assert not run.failed, run.messages
    assert run.recap["changed"] == 3
