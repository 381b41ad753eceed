# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything is taken down again, and the kernel has its cards back, though the variables no longer name it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_absent(vm: Any, play: Callable[..., Any]) -> None:
    nic = {"name": "dpdk-nic2", "pci": "0000:00:05.0"}
    less = {
        "ovs_dpdk_bridges": [{"name": "br-test", "ports": [{"name": "dpdk-bond0", "nics": [nic]}]}],
        "ovs_dpdk_namespaces": [],
    }
    run = play(ovs_dpdk_state="absent", **less)
    assert not run.failed, run.messages
    drivers = vm.output("readlink /sys/bus/pci/devices/0000:00:0[45].0/driver").splitlines()
    assert [driver.rpartition("/")[2] for driver in drivers] == ["virtio-pci"] * 2
    assert vm.output("ip -brief link show enp0s4 && ip -brief link show enp0s5").count("52:54:00:00:00:0") == 2
    assert vm.output("ovs-vsctl list-br") == ""
    assert vm.output("ovs-vsctl get Open_vSwitch . other_config") == "{}"
    assert vm.output("readlink /proc/$(cat /run/openvswitch/ovs-vswitchd.pid)/exe") == (
        "/usr/lib/openvswitch-switch/ovs-vswitchd"
    )
    assert vm.output("ip netns list | awk '{print $1}'") == "peer"
    assert vm.output("grep -c ^pci /etc/dpdk/interfaces || true") == "0"
    assert "hugepages=" not in vm.output("cat /boot/grub/grub.cfg")
    assert vm.output("ls /etc/systemd/system /usr/local/sbin | grep ovs-netns || true") == ""


def test_absent_again_changes_nothing(play: Callable[..., Any]) -> None:
    run = play(ovs_dpdk_state="absent")
    assert not run.failed, run.messages
    assert run.recap["changed"] == 0
