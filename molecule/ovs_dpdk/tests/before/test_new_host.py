# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new host, before anything was installed: every guard refuses, and check mode tells all and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MANAGEMENT = "52:54:00:00:00:03"
SNAPSHOT = (
    "dpkg-query -W | sha256sum; find /etc /usr/local /boot -newer /proc/1/comm -type f; ip -brief link; ip netns;"
    " readlink /sys/bus/pci/devices/*/driver; cat /proc/cmdline /proc/sys/kernel/random/boot_id"
)


def port(name: str, mtu: int, **nic: str) -> dict[str, Any]:
    return {"name": f"port-{name}", "mtu": mtu, "nics": [{"name": name, **nic}]}


@pytest.fixture(scope="module")
def refusal(vm: Any, play: Callable[..., Any]) -> Any:
    """One run with everything wrong that can be; the IOMMU is off and there are no hugepages yet."""
    vm.wait_until_started()
    before = vm.output(SNAPSHOT)
    # The module's directory, whose place differs between kernels, hides behind another name.
    vm.output("mv /lib/modules/$(uname -r)/kernel/drivers/vfio /root/")
    vm.output("ip link add link enp0s5 name macvtap0 type macvtap")
    run = play(
        ovs_dpdk_kernel_options=[],
        ovs_dpdk_socket_mem=[128, 128],
        ovs_dpdk_pmd_cpu_mask="0x6",
        ovs_dpdk_lcore_mask=0x10,  # as it comes from a mask without quotes
        ovs_dpdk_other_config={"dpdk-socket-mem": "128"},
        ovs_dpdk_bridges=[{
            "name": "br-test",
            "ports": [
                port("management", 1500, mac=MANAGEMENT),
                port("jumbo", 9100, mac="52:54:00:00:00:04"),
                port("busy", 1500, pci="00:05.0"),
                port("peer", 1500, pci="00:06.0"),
                port("realtek", 1500, pci="00:08.0"),
                port("no-mac", 1500, mac="52:54:00:00:00:99"),
                port("no-pci", 1500, pci="0000:00:1f.7"),
                port("no-quotes", 60, pci="5.0"),  # what YAML makes of 0000:00:05.0
                {"name": "port-no-nic", "nics": []},
            ],
        }],
        ovs_dpdk_namespaces=[{
            "name": "ns1",
            "ports": [
                {"name": "tap1", "bridge": "br-test", "tag": 4095, "addresses": ["172.20.0.1"]},
                {"name": "tap2", "bridge": "br-none", "tag": 2933},
            ],
        }, {"name": "peer"}],
    )  # fmt: skip
    vm.output("mv /root/vfio /lib/modules/$(uname -r)/kernel/drivers/; ip link delete macvtap0")
    assert vm.output(SNAPSHOT) == before
    return run


@pytest.mark.parametrize(
    "sentence",
    [
        "NIC management (0000:00:03.0, enp0s3) carries the default route",
        "NIC management (0000:00:03.0, enp0s3) carries the SSH connection from 10.0.2.2",
        "NIC jumbo (0000:00:04.0, enp0s4): MTU 9100 is above its limit 9000",
        "NIC jumbo (0000:00:04.0, enp0s4) is in no IOMMU group: the IOMMU is off",
        "NIC busy (0000:00:05.0, enp0s5) carries macvtap0",
        "NIC peer (0000:00:06.0) is in another network namespace",
        "NIC realtek (0000:00:08.0, enp0s8): DPDK has no driver for this card (10ec:8139, 8139cp)",
        "NIC no-mac: no network card has MAC address 52:54:00:00:00:99",
        "NIC no-pci: no network card has PCI address 0000:00:1f.7",
        "NIC no-quotes: pci 5.0 is no PCI address. Write it in quotes",
        "port port-no-quotes of bridge br-test: MTU 60 is below 68",
        "port port-no-nic of bridge br-test has no network card",
        "ovs_dpdk_other_config has dpdk-socket-mem '128', which ovs_dpdk_socket_mem sets",
        "NUMA node 0 has 0 MiB of free hugepages, its ports' MTU needs",
        "ovs_dpdk_socket_mem 128,128 names 2 NUMA nodes, this host has 1",
        "ovs_dpdk_pmd_cpu_mask 0x6 names CPU 2. Online on this host are: 0, 1",
        'ovs_dpdk_lcore_mask is the number 16, not a text. Quote it: "0x10"',
        "kernel module vfio-pci is missing",
        "port tap1 of namespace ns1: tag 4095 is no VLAN",
        "port tap1 of namespace ns1: '172.20.0.1' is no address with a prefix length",
        "network namespace peer is there and not this role's",
        "port tap2 of namespace ns1: bridge br-none is not in ovs_dpdk_bridges (br-test)",
    ],
)
def test_guard(refusal: Any, sentence: str) -> None:
    assert sentence in refusal.messages


def test_refusal_changes_nothing_and_leaves_the_host_reachable(refusal: Any, vm: Any) -> None:
    assert refusal.failed
    assert refusal.recap["changed"] == 0
    assert vm.output("echo here") == "here"


def test_check_mode_tells_every_step_and_changes_nothing(vm: Any, play: Callable[..., Any]) -> None:
    before = vm.output(SNAPSHOT)
    run = play(check=True)
    assert not run.failed, run.messages
    assert set(run.changed) >= {
        "Install the packages",
        "Put the kernel options where GRUB finds them",
        "Write GRUB's menu",
        "Reboot into the new kernel options",
        "List the network cards for DPDK",
        "Bind the network cards",
        "Choose the ovs-vswitchd that has DPDK",
        "Configure DPDK",
        "Restart ovs-vswitchd",
        "Describe the namespaces to systemd",
        "Describe the ports to systemd",
        "Run the namespaces",
        "Place the ports in their namespaces",
        "Configure bridges and ports",
    }
    assert vm.output(SNAPSHOT) == before


def test_without_leave_to_reboot_it_stops_before_it_touches_a_card(vm: Any, play: Callable[..., Any]) -> None:
    # As texts, which is what -e ovs_dpdk_reboot=false makes of them.
    run = play(ovs_dpdk_reboot="false", ovs_dpdk_kernel_options="intel_iommu=on,iommu=pt,hugepages=200")
    assert not run.failed, run.messages
    assert vm.output("grep -c 'intel_iommu=on iommu=pt hugepages=200' /boot/grub/grub.cfg") != "0"
    assert "A reboot is due: the kernel runs without intel_iommu=on iommu=pt hugepages=200" in run.messages
    assert "List the network cards for DPDK" not in run.changed
    drivers = vm.output("readlink /sys/bus/pci/devices/0000:00:0[45].0/driver").splitlines()
    assert [driver.rpartition("/")[2] for driver in drivers] == ["virtio-pci"] * 2
