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


class Ping:
    """From the peer into the namespace while the block lasts; `gaps` are then the replies missing in a row."""

    def __init__(self, vm: Any, target: str) -> None:
        self._vm = vm
        self._target = target

    def __enter__(self) -> Ping:
        ping = f"ip netns exec peer ping -i {INTERVAL} {self._target}"
        self._pid = self._vm.output(f"{ping} </dev/null >/tmp/ping 2>&1 & echo $!")
        time.sleep(2)
        return self

    def __exit__(self, *_exception: object) -> None:
        output = self._vm.output(f"kill -INT {self._pid}; while kill -0 {self._pid}; do sleep 0.1; done; cat /tmp/ping")
        seen = sorted({int(number) for number in re.findall(r"bytes from .* icmp_seq=(\d+)", output)})
        sent = re.search(r"(\d+) packets transmitted", output)
        assert sent and len(seen) > 20, f"hardly any reply: {output[-500:]}"
        # The last one may still have been on its way.
        numbers = [0, *seen, int(sent.group(1))]
        self.gaps = [later - earlier - 1 for earlier, later in pairwise(numbers) if later - earlier > 1]


@pytest.fixture
def losses(vm: Any, cable: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]) -> Callable[..., int]:
    """What a ping loses when one cable after the other is pulled and put back: the worse of the two."""

    def measure(mode: str, target: str, settle: int) -> int:
        lost = {}
        for card in ("nicA", "nicB"):
            with Ping(vm, target) as ping:
                cable(card, "off")
                time.sleep(settle)
                assert vm.output("ovs-appctl bond/show dpdk-bond0").count(": enabled") == 1
                cable(card, "on")
                time.sleep(settle)
            assert vm.output("ovs-appctl bond/show dpdk-bond0").count(": enabled") == 2
            lost[card] = ping.gaps
        with capsys.disabled():
            print(f"\n{mode}: pings of every 100 ms lost in a row, cable pulled and put back: {lost}")
        return max(sum(gaps) for gaps in lost.values())

    return measure


def test_balance_tcp_with_fast_lacp_survives_a_pulled_cable(losses: Callable[..., int]) -> None:
    assert losses("balance-tcp", "172.20.0.1", settle=6) <= 30


def test_only_bond_tag_and_address(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    port = wish["ovs_dpdk_namespaces"][0]["ports"][0]
    port |= {"tag": 2934, "addresses": ["172.20.0.3/24"]}
    wish["ovs_dpdk_bridges"][0]["ports"][0] |= {"bond_mode": "active-backup", "lacp": "off"}
    run = play(**wish)
    assert not run.failed, run.messages
    assert set(run.changed) == {
        "Describe the ports to systemd", "Place the ports in their namespaces", "Configure bridges and ports",
    }  # fmt: skip
    assert updates(run) == {
        "dpdk-bond0": {"bond_mode": "active-backup", "lacp": "off"},
        "tap1-br": {"tag": 2934},
    }
    assert vm.output("ip -n ns1 -4 -o addr show dev tap1 | awk '{print $4}'") == "172.20.0.3/24"
    vm.output("peer bridge 2934")  # a switch without LACP
    assert " 0% packet loss" in vm.output("ip netns exec peer ping -q -c 3 -i 0.3 -W 5 -s 8972 -M do 172.20.0.3")


def test_active_backup_survives_a_pulled_cable(losses: Callable[..., int]) -> None:
    assert losses("active-backup", "172.20.0.3", settle=3) <= 5


def test_only_the_bond_mode(vm: Any, play: Callable[..., Any], wish: dict[str, Any]) -> None:
    wish["ovs_dpdk_bridges"][0]["ports"][0]["bond_mode"] = "balance-slb"
    run = play(**wish)
    assert set(run.changed) == {"Configure bridges and ports"}, run.messages
    assert updates(run) == {"dpdk-bond0": {"bond_mode": "balance-slb"}}
    assert "bond_mode: balance-slb" in vm.output("ovs-appctl bond/show dpdk-bond0")


def test_balance_slb_survives_a_pulled_cable(losses: Callable[..., int]) -> None:
    assert losses("balance-slb", "172.20.0.3", settle=3) <= 5


def test_a_card_in_use_and_too_few_hugepages_are_refused(vm: Any, play: Callable[..., Any]) -> None:
    other = {"name": "br-other", "ports": [{"name": "dpdk-nic9", "nics": [{"name": "dpdk-nic9", "pci": "00:04.0"}]}]}
    run = play(ovs_dpdk_bridges=[other], ovs_dpdk_namespaces=[], ovs_dpdk_socket_mem=[4096])
    assert run.failed
    assert "is in use by bridge br-test (port dpdk-bond0)" in run.messages
    assert "NUMA node 0 has 400 MiB of free hugepages, ovs_dpdk_socket_mem needs 4096 MiB" in run.messages
    assert run.recap["changed"] == 0
    assert vm.output("ovs-vsctl list-br") == "br-test"
