# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on the way can be put right by the next run; the internal port is healed after a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

PING = "ip netns exec peer ping -q -c 5 -i 0.3 -W 5 172.20.0.1"
# A new port has another MAC address: the peer may ask the old one first.
KNOWN = "timeout 20 sh -c 'until ip netns exec peer ping -q -c 1 -W 1 172.20.0.1; do :; done'"


def test_a_refused_start_is_told_and_the_next_run_heals_it(vm: Any, play: Callable[..., Any]) -> None:
    vm.output("peer bond")
    run = play(ovs_dpdk_extra="--pci-whitelist 0000:00:04.0")  # as in 2019; DPDK aborts on it since 21
    assert run.failed
    assert "go back with ovs_dpdk_state=absent" in run.messages
    assert vm.output("echo here") == "here"
    run = play()
    assert not run.failed, run.messages
    assert " 0% packet loss" in vm.output(PING)


def test_a_switch_without_lacp_is_told(vm: Any, play: Callable[..., Any]) -> None:
    vm.output("peer bridge; timeout 30 sh -c 'while ovs-appctl bond/show | grep -qw enabled; do sleep 1; done'")
    run = play(ovs_dpdk_timeout=0)
    vm.output("peer bond")
    vm.wait_for_members(2)
    assert run.failed
    for member in ("dpdk-nic1", "dpdk-nic2"):
        assert f"bond dpdk-bond0: member {member} is not enabled" in run.messages
    assert "the switch's ports must be in a LACP bond too" in run.messages


def test_without_kernel_options_grub_has_none(vm: Any, play: Callable[..., Any]) -> None:
    run = play(ovs_dpdk_kernel_options=[])
    assert not run.failed, run.messages
    assert set(run.changed) == {"Take the kernel options of an earlier run away from GRUB", "Write GRUB's menu"}
    assert vm.run("grep -r hugepages= /boot/grub/grub.cfg /etc/default/grub.d").returncode == 1
    back = play()
    assert not back.failed, back.messages
    assert set(back.changed) == {"Put the kernel options where GRUB finds them", "Write GRUB's menu"}


def test_an_internal_port_is_put_back_when_ovs_restarts(vm: Any, play: Callable[..., Any]) -> None:
    run = play(ovs_dpdk_namespace_port="internal")
    assert not run.failed, run.messages
    assert vm.output("ovs-vsctl get Interface tap1 type") == "internal"
    vm.output(KNOWN)
    assert " 0% packet loss" in vm.output(PING)
    vm.output("systemctl restart ovs-vswitchd")
    vm.output("timeout 60 sh -c 'until systemctl is-active ovs-netns-port-tap1; do sleep 1; done'")
    vm.output("ovs-appctl --timeout=30 bond/show | grep -c ': enabled'; sleep 5")
    assert " 0% packet loss" in vm.output(PING)
    second = play(ovs_dpdk_namespace_port="internal")
    assert second.recap["changed"] == 0, second.changed


def test_and_back_to_a_veth_pair(vm: Any, play: Callable[..., Any]) -> None:
    run = play()
    assert not run.failed, run.messages
    assert vm.output("ovs-vsctl list-ports br-test").split() == ["dpdk-bond0", "tap1-br"]
    vm.output(KNOWN)
    assert " 0% packet loss" in vm.output(f"{PING} -s 8972 -M do")


@pytest.mark.parametrize(
    "fault",
    [
        "ip -n ns1 address flush dev tap1",
        "ip -n ns1 link set dev tap1 down",
        "ip link set dev tap1-br down",
        "rm /run/ovs-netns-port-tap1",
    ],
    ids=["no address", "down", "the other end down", "script did not come to its end"],
)
def test_a_port_that_is_not_as_wanted_is_placed(vm: Any, play: Callable[..., Any], fault: str) -> None:
    vm.output(fault)
    foreseen = play(check=True)
    assert set(foreseen.changed) == {"Place the ports in their namespaces"}, foreseen.messages
    run = play()
    assert not run.failed, run.messages
    assert set(run.changed) == {"Place the ports in their namespaces"}
    vm.output(KNOWN)
    assert " 0% packet loss" in vm.output(f"{PING} -s 8972 -M do")


def test_a_namespace_that_is_gone_is_made_again_with_its_port(vm: Any, play: Callable[..., Any]) -> None:
    vm.output("ip netns delete ns1")
    run = play()
    assert not run.failed, run.messages
    assert {"Run the namespaces", "Place the ports in their namespaces"} <= set(run.changed)
    # Open vSwitch may have noticed by itself that the veth device is there again.
    assert set(run.changed) <= {
        "Run the namespaces", "Place the ports in their namespaces", "Configure bridges and ports",
    }  # fmt: skip
    vm.output(KNOWN)
    assert " 0% packet loss" in vm.output(f"{PING} -s 8972 -M do")
    assert play().recap["changed"] == 0


def test_a_service_that_nobody_told_systemd_of_is_read(vm: Any, play: Callable[..., Any]) -> None:
    vm.output("touch /etc/systemd/system/ovs-netns-ns1.service")
    run = play()
    assert not run.failed, run.messages
    assert set(run.changed) == {"Run the namespaces"}
    assert vm.output("systemctl show --property=NeedDaemonReload ovs-netns-ns1") == "NeedDaemonReload=no"
    assert " 0% packet loss" in vm.output(PING)


def test_a_card_that_fell_back_to_the_kernel_is_taken_again(vm: Any, play: Callable[..., Any]) -> None:
    card = "0000:00:05.0"
    vm.output(
        "systemctl stop ovs-vswitchd && "
        f"echo {card} >/sys/bus/pci/devices/{card}/driver/unbind && echo {card} >/sys/bus/pci/drivers_probe && "
        "systemctl start ovs-vswitchd"
    )
    assert vm.output("ovs-vsctl get Interface dpdk-nic2 error") != "[]"
    run = play()
    assert not run.failed, run.messages
    assert vm.output("ovs-vsctl get Interface dpdk-nic2 error") == "[]"
    assert vm.output("ovs-appctl bond/show").count(": enabled") == 2


def test_it_goes_back_from_a_broken_state(vm: Any, play: Callable[..., Any]) -> None:
    """The database is stopped and a card has no driver, only the wish for DPDK's."""
    card = "/sys/bus/pci/devices/0000:00:05.0"
    vm.output("systemctl stop openvswitch-switch ovsdb-server")
    vm.output(f"echo vfio-pci >{card}/driver_override && echo 0000:00:05.0 >{card}/driver/unbind")
    foreseen = play(check=True, ovs_dpdk_state="absent")
    assert {"Return the network cards to the kernel", "Write GRUB's menu"} <= set(foreseen.changed), foreseen.messages
    run = play(ovs_dpdk_state="absent")
    assert not run.failed, run.messages
    drivers = vm.output("readlink /sys/bus/pci/devices/0000:00:0[45].0/driver").splitlines()
    assert [driver.rpartition("/")[2] for driver in drivers] == ["virtio-pci"] * 2
    assert vm.output("ovs-vsctl list-br") == ""
    assert play(ovs_dpdk_state="absent").recap["changed"] == 0
