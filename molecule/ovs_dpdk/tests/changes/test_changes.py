# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Later runs change what was changed in the variables, and nothing else; ovs-vswitchd goes on running.

On the way the bond is in each of its modes: a cable is pulled and put back while the peer pings every 100 ms, and what
the ping lost is printed.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

INTERVAL = 0.1  # seconds between two pings
PING = "ip netns exec peer ping -q -c 3 -i 0.3 -W 2 -s 8972 -M do"


@pytest.fixture(scope="module")
def wish(inventory: dict[str, Any]) -> dict[str, Any]:
    """The variables, changed by one test after the other."""
    return {key: copy.deepcopy(inventory[key]) for key in ("ovs_dpdk_bridges", "ovs_dpdk_namespaces")}


@pytest.fixture(autouse=True)
def same_daemon(vm: Any) -> Any:
    started = vm.started()
    yield
    assert vm.started() == started, "ovs-vswitchd was restarted"


def updates(run: Any) -> dict[str, dict[str, Any]]:
    """The columns that were written to Open vSwitch's database, by row; nothing may be written otherwise."""
    operations = run.changed["Configure bridges and ports"]["operations"]
    assert {operation["op"] for operation in operations} <= {"update", "comment", "mutate"}
    assert [o["mutations"] for o in operations if o["op"] == "mutate"] == [[["next_cfg", "+=", 1]]]
    written: dict[str, dict[str, Any]] = {}
    for operation in operations:
        if operation["op"] == "update":
            [[_column, _is, row]] = operation["where"]
            written.setdefault(row, {}).update(operation["row"])
    return written


class Pings:
    """Two flows from the peer into the namespace while the block lasts; `gaps` are then the replies each one missed.

    A Linux bond spreads by what ping calls its identifier: 1 and 2 go by different cables.
    """

    def __init__(self, vm: Any, target: str) -> None:
        self._vm = vm
        self._target = target

    def __enter__(self) -> Pings:
        ping = f"ip netns exec peer ping -i {INTERVAL} {self._target} -e"
        self._vm.output(f"for flow in 1 2; do {ping} $flow </dev/null >/tmp/ping$flow 2>&1 & done")
        time.sleep(1)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._vm.output("pkill --signal INT --exact ping; while pgrep --exact ping; do sleep 0.1; done")
        self.gaps = [gaps(self._vm.output(f"cat /tmp/ping{flow}")) for flow in (1, 2)]


def gaps(output: str) -> list[int]:
    """How many replies are missing in a row, each time; those of the last second may still have been on their way."""
    seen = sorted({int(number) for number in re.findall(r"bytes from .* icmp_seq=(\d+)", output)})
    sent = re.search(r"(\d+) packets transmitted", output)
    assert seen and sent and int(sent.group(1)) - seen[-1] < 1 / INTERVAL, f"no reply any more: {output[-500:]}"
    return [later - earlier - 1 for earlier, later in pairwise(seen) if later - earlier > 1]


@pytest.fixture
def losses(vm: Any, cable: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]) -> Callable[..., int]:
    """What the worse flow loses when the cable of the bond's active member is pulled and put back."""

    def measure(mode: str, target: str, settle: float) -> int:
        active = vm.output("ovs-appctl bond/show dpdk-bond0 | sed -n 's/^active .* mac: .*(\\(.*\\))$/\\1/p'")
        card = {"dpdk-nic1": "nicA", "dpdk-nic2": "nicB"}[active]
        with Pings(vm, target) as pings:
            for state, members in (("off", 1), ("on", 2)):
                cable(card, state)
                vm.wait_for_members(members)
                time.sleep(settle)
        with capsys.disabled():
            print(f"\n{mode}: pings of every 100 ms that two flows lost, {active} pulled and back: {pings.gaps}")
        return max(sum(gaps) for gaps in pings.gaps)

    return measure


def test_balance_tcp_with_fast_lacp_survives_a_pulled_cable(losses: Callable[..., int]) -> None:
    assert losses("balance-tcp", "172.20.0.1", settle=4) <= 30


def test_only_the_tag(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_namespaces"][0]["ports"][0]["tag"] = 2934
    run = play(**wish)
    assert set(run.changed) == {"Configure bridges and ports"}, run.messages
    assert updates(run) == {"tap1-br": {"tag": 2934}}
    assert " 100% packet loss" in vm.run(f"{PING} 172.20.0.1").stdout
    vm.output("peer vlan 2934")
    assert " 0% packet loss" in vm.output(f"{PING} 172.20.0.1")


def test_only_the_address(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_namespaces"][0]["ports"][0]["addresses"] = ["172.20.0.3/24"]
    run = play(**wish)
    assert set(run.changed) == {"Describe the ports to systemd", "Place the ports in their namespaces"}, run.messages
    assert addresses(vm) == ["172.20.0.3/24"]
    assert " 0% packet loss" in vm.output(f"{PING} 172.20.0.3")


def test_two_addresses_of_one_network_are_replaced(vm: Any) -> None:
    """With the first of them the kernel drops the second."""
    place = "ovs-netns-port veth ns1 tap1 9000"
    vm.output(f"{place} 172.20.0.4/24 172.20.0.5/24")
    assert addresses(vm) == ["172.20.0.4/24", "172.20.0.5/24"]
    vm.output(f"{place} 172.20.0.3/24")
    assert addresses(vm) == ["172.20.0.3/24"]


def addresses(vm: Any) -> list[str]:
    return vm.output("ip -n ns1 -4 -o addr show dev tap1 | awk '{print $4}'").split()


def test_only_the_bond_mode(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_bridges"][0]["ports"][0]["bond_mode"] = "active-backup"
    wish["ovs_dpdk_bridges"][0]["ports"][0]["nics"].reverse()  # which is no change
    run = play(**wish)
    assert set(run.changed) == {"Configure bridges and ports"}, run.messages
    assert updates(run) == {"dpdk-bond0": {"bond_mode": "active-backup"}}
    assert "bond_mode: active-backup" in vm.output("ovs-appctl bond/show dpdk-bond0")


# What a bond does without LACP is Open vSwitch's: set there, as the role's part was shown with the modes above.
def test_active_backup_survives_a_pulled_cable(vm: Any, losses: Callable[..., int]) -> None:
    vm.output("ovs-vsctl set port dpdk-bond0 lacp=off")
    vm.output("peer bridge 2934")  # a switch without LACP
    assert losses("active-backup", "172.20.0.3", settle=2) <= 5


def test_balance_slb_survives_a_pulled_cable(vm: Any, losses: Callable[..., int]) -> None:
    vm.output("ovs-vsctl set port dpdk-bond0 bond_mode=balance-slb")
    assert losses("balance-slb", "172.20.0.3", settle=2) <= 5


def test_a_card_in_use_and_too_few_hugepages_are_refused(vm: Any, play: Callable[..., Any]) -> None:
    other = {"name": "dpdk-nic9", "mtu": 9100, "nics": [{"name": "dpdk-nic9", "pci": "00:04.0"}]}
    renamed = {"name": "dpdk-bond9", "nics": [{"name": "dpdk-nic2", "pci": "00:05.0"}]}
    bridges = [{"name": "br-other", "ports": [other]}, {"name": "br-test", "ports": [renamed]}]
    moved = [{"name": "ns1", "ports": [{"name": "tap1", "bridge": "br-other"}]}]
    vm.output("ovs-vsctl --no-wait add-br br-other")  # with the kernel's datapath
    run = play(ovs_dpdk_bridges=bridges, ovs_dpdk_namespaces=moved, ovs_dpdk_socket_mem=[4096])
    vm.output("ovs-vsctl --no-wait del-br br-other")
    assert run.failed
    assert "bridge br-other is there with datapath_type system" in run.messages
    assert "tap1-br stands on bridge br-test (port tap1-br), not on br-other. Remove it there first" in run.messages
    assert "NIC dpdk-nic9 (0000:00:04.0) is in use by bridge br-test (port dpdk-bond0) as dpdk-nic1" in run.messages
    assert "NIC dpdk-nic9 (0000:00:04.0): MTU 9100 is above its limit 9000" in run.messages
    assert "NIC dpdk-nic2 (0000:00:05.0) is in use by bridge br-test (port dpdk-bond0) as dpdk-nic2" in run.messages
    assert "NUMA node 0 has 400 MiB of free hugepages, ovs_dpdk_socket_mem needs 4096 MiB" in run.messages
    assert run.recap["changed"] == 0
    assert vm.output("ovs-vsctl list-br") == "br-test"
