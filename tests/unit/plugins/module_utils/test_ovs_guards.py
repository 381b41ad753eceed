# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_guards import (
    boot_pages,
    judge,
    pool_bytes,
    shortcomings,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import (
    BootMenu,
    Host,
    HugePages,
    Nic,
    OvsInterface,
    Vswitchd,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_wish import resolve

Wish = dict[str, Any]
PCI1, PCI2 = "0000:03:00.0", "0000:03:00.1"
NIC1 = Nic(PCI1, mac="a0:36:9f:dd:31:bc", netdev="enp3s0f0", driver="ixgbe", device="8086:1528", iommu_group="1",
           max_mtu=9710)
NIC2 = replace(NIC1, pci=PCI2, mac="a0:36:9f:dd:31:be", netdev="enp3s0f1", iommu_group="2")
OPTIONS = ("iommu=pt", "intel_iommu=on", "hugepages=1024")
HOST = Host(
    nics=(NIC1, NIC2),
    numa_nodes=(0,),
    cpus=(0, 1, 2, 3),
    hugepages=(HugePages(0, 2048, total=1024, free=1024),),
    kernel_options=("root=/dev/sda1", *OPTIONS),
    menu=BootMenu(("root=/dev/sda1",)),
)


def wish(**changes: Any) -> Wish:
    """The seed's network; changes of the bond and of the port in the namespace have a prefix."""
    bond = {
        "name": "dpdk-bond0", "bond_mode": "balance-tcp", "lacp": "active", "lacp_time": "fast", "mtu": 9000,
        "nics": [{"name": "dpdk-nic1", "mac": NIC1.mac}, {"name": "dpdk-nic2", "mac": NIC2.mac}],
    }
    port = {"name": "tap1", "bridge": "br-test", "tag": 2933, "mtu": 9000, "addresses": ["172.20.0.1/24"]}
    bond |= {key.removeprefix("bond_of_"): value for key, value in changes.items() if key.startswith("bond_of_")}
    port |= {key.removeprefix("port_"): value for key, value in changes.items() if key.startswith("port_")}
    return {
        "bridges": [{"name": "br-test", "ports": [bond]}],
        "namespaces": [{"name": "ns1", "ports": [port]}],
        "namespace_port": "veth", "kernel_options": list(OPTIONS), "socket_mem": [512], "pmd_cpu_mask": "0x6",
        "lcore_mask": "", "extra": "", "other_config": {},
    } | {key: value for key, value in changes.items() if not key.startswith(("bond_of_", "port_"))}


def problems(host: Host, wanted: Wish) -> list[str]:
    return list(judge(host, wanted, resolve(wanted["bridges"], host.nics)).problems)


def with_nic(**columns: Any) -> Host:
    """The host whose first card is different."""
    return replace(HOST, nics=(replace(NIC1, **columns), NIC2))


def with_ovs(*interfaces: OvsInterface, **columns: Any) -> Host:
    return replace(HOST, vswitchd=Vswitchd(pid=7, initialized=True, interfaces=interfaces, **columns))


def test_nothing_speaks_against_the_seed() -> None:
    findings = judge(HOST, wish(), resolve(wish()["bridges"], HOST.nics))
    assert findings.problems == ()
    assert findings.warnings == ()


@pytest.mark.parametrize(
    ("host", "wanted", "sentence"),
    [
        (HOST, wish(bond_of_nics=[{"name": "n", "mac": "00:00:00:00:00:09"}]),
         "NIC n: no network card has MAC address 00:00:00:00:00:09. This host has: 0000:03:00.0 a0:36:9f:dd:31:bc"),
        (HOST, wish(bond_of_nics=[{"name": "n", "pci": "09:00.0"}]), "no network card has PCI address 0000:09:00.0"),
        (HOST, wish(bond_of_nics=[{"name": "a", "pci": PCI1}, {"name": "b", "mac": NIC1.mac}]),
         "NICs a and b are the same network card 0000:03:00.0"),
        (with_nic(uses=("carries the default route",)), wish(),
         "NIC dpdk-nic1 (0000:03:00.0, enp3s0f0) carries the default route: taking it away would cut that off"),
        (with_nic(uses=("carries the SSH connection from 10.0.0.1",)), wish(), "the SSH connection from 10.0.0.1"),
        (with_nic(uses=("belongs to bond0",)), wish(), "belongs to bond0"),
        (with_ovs(OvsInterface("enp3s0f0", "enp3s0f0", "br-ex")), wish(), "is in use by bridge br-ex (port enp3s0f0)"),
        (with_ovs(OvsInterface("p", "p", "br-ex", devargs=f"{PCI1},n=1")), wish(), "ovs-vsctl del-port br-ex p"),
        (with_ovs(OvsInterface("p", "p", "br-ex", devargs="pci:03:00.0")), wish(), "ovs-vsctl del-port br-ex p"),
        (with_ovs(OvsInterface("p", "p", "br-ex", devargs="class=eth,mac=A0:36:9F:DD:31:BC")), wish(),
         "ovs-vsctl del-port br-ex p"),
        (with_ovs(bridges={"br-test": ""}), wish(), "bridge br-test is there with datapath_type system: to build"),
        (with_ovs(bridges={"br-test": "system"}), wish(), "remove it first: ovs-vsctl del-br br-test."),
        (with_ovs(OvsInterface("tap1-br", "tap1-br", "br-old")), wish(),
         "port tap1 of namespace ns1: tap1-br stands on bridge br-old (port tap1-br), not on br-test. Remove it there "
         "first: ovs-vsctl del-port br-old tap1-br."),
        (with_ovs(OvsInterface("tap1", "bond1", "br-test")), wish(namespace_port="internal", port_mtu=1500),
         "tap1 stands on bridge br-test (port bond1), not"),
        (with_ovs(OvsInterface("dpdk-nic1", "dpdk-bond9", "br-test", devargs=PCI1)), wish(),
         "is in use by bridge br-test (port dpdk-bond9) as dpdk-nic1. For another place or name remove it there first"),
        (with_ovs(OvsInterface("dpdk-nic9", "dpdk-bond0", "br-test", devargs=PCI1)), wish(), "as dpdk-nic9. For"),
        (with_ovs(OvsInterface("enp3s0f0", "dpdk-bond0", "br-test")), wish(), "as enp3s0f0. For another"),
        (with_nic(iommu_group=None), wish(), "is in no IOMMU group: the IOMMU is off"),
        (replace(with_nic(iommu_group=None), kernel_options=OPTIONS[:2]), wish(), "is in no IOMMU group"),
        (with_nic(driver="8139cp"), wish(), "DPDK has no driver for this card (8086:1528, 8139cp)"),
        (with_nic(driver="mlx5_core"), wish(), "its driver mlx5_core stays in use under DPDK"),
        (with_nic(max_mtu=4096), wish(), "MTU 9000 is above its limit 4096. Lower mtu of port dpdk-bond0"),
        (with_nic(driver="vfio-pci", netdev=None, max_mtu=4096), wish(), "MTU 9000 is above its limit 4096"),
        (replace(HOST, has_vfio=False), wish(), "kernel module vfio-pci is missing"),
        (replace(HOST, hugepages=()), wish(),
         "NUMA node 0 has 0 MiB of free hugepages, ovs_dpdk_socket_mem needs 512 MiB"),
        (replace(HOST, hugepages=(HugePages(0, 2048, total=60, free=60),)), wish(socket_mem=[]),
         "NUMA node 0 has 120 MiB of free hugepages, its ports' MTU needs 191 MiB"),
        (replace(HOST, hugepages=(HugePages(0, 2048, total=1024, free=10),)), wish(), "has 20 MiB of free hugepages"),
        (replace(with_ovs(), hugepages=(HugePages(0, 2048, 1024, 10, held=20),)), wish(), "has 60 MiB of free"),
        (replace(HOST, kernel_options=OPTIONS[:2]), wish(socket_mem=[4096]),
         "NUMA node 0 will have 2048 MiB of free hugepages, ovs_dpdk_socket_mem needs 4096 MiB"),
        (replace(HOST, kernel_options=(), menu=BootMenu(("ro", *OPTIONS), is_older_than_boot=True)), wish(),
         "the kernel was started without iommu=pt intel_iommu=on hugepages=1024, though GRUB's menu had it"),
        (replace(HOST, kernel_options=(), menu=BootMenu()), wish(), "hugepages=1024, and has no GRUB menu"),
        (HOST, wish(pmd_cpu_mask="0x16"), "ovs_dpdk_pmd_cpu_mask 0x16 names CPU 4. Online on this host are: 0, 1, 2"),
        (HOST, wish(lcore_mask="1-3"), "ovs_dpdk_lcore_mask '1-3' is no hexadecimal mask. Write it like \"0x6\"."),
        (HOST, wish(lcore_mask=16), 'ovs_dpdk_lcore_mask is the number 16, not a text. Quote it: "0x10"'),
        (HOST, wish(socket_mem=[128]), "ovs_dpdk_socket_mem gives NUMA node 0 128 MiB, its ports' MTU needs 191 MiB"),
        (HOST, wish(socket_mem=[512, 512]), "ovs_dpdk_socket_mem 512,512 names 2 NUMA nodes, this host has 1"),
        (HOST, wish(pmd_cpu_mask="0x0"), "ovs_dpdk_pmd_cpu_mask 0x0 names no CPU. Set a bit, or leave it empty"),
        (HOST, wish(lcore_mask=0), "ovs_dpdk_lcore_mask is the number 0, not a text"),
        (HOST, wish(bond_of_nics=[]), "port dpdk-bond0 of bridge br-test has no network card. Name at least one"),
        (HOST, wish(bond_of_mtu=0, namespaces=[]), "port dpdk-bond0 of bridge br-test: MTU 0 is below 68"),
        (HOST, wish(port_mtu=67), "port tap1 of namespace ns1: MTU 67 is below 68, the least of IPv4. Raise it."),
        (HOST, wish(bond_of_nics=[{"name": "n", "pci": "5.0"}]), "NIC n: pci 5.0 is no PCI address. Write it in quot"),
        (HOST, wish(bond_of_nics=[{"name": "n", "mac": "41135040004"}]), "NIC n: mac 41135040004 is no MAC address."),
        (HOST, wish(bridges=[{"name": "bridge-of-16-chr", "ports": []}], namespaces=[]),
         "bridge bridge-of-16-chr: its name is longer than 15 characters. Shorten it."),
        (HOST, wish(other_config={"dpdk-socket-mem": "1024", "pmd-sleep-max": "50"}),
         "ovs_dpdk_other_config has dpdk-socket-mem '1024', which ovs_dpdk_socket_mem sets: each would undo"),
        (HOST, wish(other_config={"dpdk-init": None}), "has dpdk-init 'None', which ovs_dpdk_state sets"),
        (HOST, wish(bond_of_lacp="off"), "bond_mode balance-tcp needs LACP"),
        (HOST, wish(port_bridge="br-none"), "bridge br-none is not in ovs_dpdk_bridges (br-test)"),
        (HOST, wish(port_mtu=9001), "MTU 9001 is above MTU 9000 of br-test's NICs"),
        (HOST, wish(port_name="a-long-name-1"), "its name is longer than 12 characters"),
        (HOST, wish(port_tag=4095), "tag 4095 is no VLAN. Choose 1 to 4094"),
        (HOST, wish(port_addresses=["172.20.0.1"]), "'172.20.0.1' is no address with a prefix length"),
        (HOST, wish(port_addresses=["172.20.0.300/24"]), "is no address"),
        (replace(HOST, namespaces={"ns1": False}), wish(),
         "network namespace ns1 is there and not this role's, which would delete it with ovs_dpdk_state=absent"),
        (HOST, wish(port_name="tap 1;"), "name 'tap 1;' has characters other than letters"),
        (HOST, wish(port_name="dpdk-nic1"), "name dpdk-nic1 is used 2 times"),
    ],
)  # fmt: skip
def test_guard(host: Host, wanted: Wish, sentence: str) -> None:
    found = problems(host, wanted)
    assert len(found) == 1
    assert sentence in found[0]


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        (with_nic(driver="vfio-pci", netdev=None, max_mtu=None), wish()),
        (with_ovs(OvsInterface("dpdk-nic1", "dpdk-bond0", "br-test", devargs=PCI1)), wish()),
        (with_ovs(OvsInterface("dpdk-nic1", "dpdk-bond0", "br-test", devargs="03:00.0")), wish()),
        (with_ovs(OvsInterface("tap1-br", "tap1-br", "br-test"), bridges={"br-test": "netdev", "br-ex": ""}), wish()),
        (with_ovs(OvsInterface("enp3s0f0", "enp3s0f0", "br-test", devargs=PCI1)),
         wish(bond_of_name="enp3s0f0", bond_of_nics=[{"name": "enp3s0f0", "pci": PCI1}])),
        (replace(with_ovs(), hugepages=(HugePages(0, 2048, 300, 10, held=290),)), wish()),
        (HOST, wish(pmd_cpu_mask="f", lcore_mask="0X1")),
        (replace(HOST, kernel_options=(), menu=BootMenu(("ro", *OPTIONS))), wish()),
        (replace(HOST, kernel_options=(), menu=BootMenu(("ro",), is_older_than_boot=True)), wish()),
        (replace(HOST, namespaces={"ns1": True, "ns2": False}), wish()),
        (HOST, wish(bond_of_nics=[{"name": "dpdk-bond0", "pci": "03:00.0"}])),
        (HOST, wish(port_tag=None, port_addresses=["2001:db8::1/64"])),
        (HOST, wish(namespace_port="internal", port_name="a-name-of-15-ch")),
        (replace(HOST, kernel_options=(), nics=(replace(NIC1, iommu_group=None), NIC2), hugepages=()), wish()),
    ],
    ids=[
        "bound", "bound and in its bond", "the same, short", "bridge and port there",
        "back in the kernel under its own name", "ovs holds its pages", "masks",
        "menu written since the start", "menu without the options", "its own namespace", "port of one card",
        "trunk, IPv6", "long internal name", "before the reboot",
    ],
)
def test_no_guard(host: Host, wanted: Wish) -> None:
    assert problems(host, wanted) == []


@pytest.mark.parametrize(
    ("option", "is_one"),
    [
        ("quiet", True), ("hugepages=0:512,1:256", True), ("vfio-pci.ids=8086:1528", True), ("rd.md=", True),
        ("intel_iommu=on iommu=pt", False), (" iommu=pt", False), ("1:256", False), ("", False), ("a=$b", False),
        ('dyndbg="+p"', False),
    ],
)  # fmt: skip
def test_a_kernel_option_is_one(option: str, is_one: bool) -> None:
    found = problems(replace(HOST, kernel_options=(*HOST.kernel_options, option)), wish(kernel_options=[option]))
    said = f"'{option}' in ovs_dpdk_kernel_options is not one kernel option. Write a list with one in each element: ["
    assert [text[:len(said)] for text in found] == ([] if is_one else [said])


@pytest.mark.parametrize(
    ("options", "running", "mib"),
    [
        (["hugepages=1024"], [], {0: 1024, 1: 1024}),
        (["hugepagesz=1G", "hugepages=8"], [], {0: 4096, 1: 4096}),
        (["hugepages=8"], ["default_hugepagesz=1G"], {0: 4096, 1: 4096}),
        (["default_hugepagesz=1G", "hugepages=4", "hugepagesz=2M", "hugepages=64"], [], {0: 2112, 1: 2112}),
        (["hugepages=0:512,1:128"], [], {0: 1024, 1: 256}),
        (["hugepages=many", "hugepagesz=x", "hugepages=9"], [], {0: 0, 1: 0}),
    ],
)
def test_boot_pages(options: list[str], running: list[str], mib: dict[int, int]) -> None:
    pages = boot_pages(options, running, (0, 1))
    assert {node: size >> 20 for node, size in pages.items()} == mib


def test_all_problems_are_told_at_once() -> None:
    host = with_nic(iommu_group=None, driver="8139cp", uses=("carries the default route",))
    assert len(problems(host, wish(port_tag=0, socket_mem=[1, 1]))) >= 5


def test_warnings() -> None:
    far = replace(HOST, nics=(NIC1, replace(NIC2, numa_node=1)), numa_nodes=(0, 1), hugepages=(
        HugePages(0, 2048, 512, 512), HugePages(1, 2048, 512, 512)))
    wanted = wish(namespace_port="internal", socket_mem=[512, 512])
    findings = judge(far, wanted, resolve(wanted["bridges"], far.nics))
    assert findings.problems == ()
    assert [text.split(":")[0] for text in findings.warnings] == [
        "bond dpdk-bond0 spans NUMA nodes 0 and 1", "port tap1 of namespace ns1",
    ]


@pytest.mark.parametrize(
    ("mtu", "size"),
    # The sizes of Open vSwitch's guide on memory models: 3008 and 10176 bytes a buffer.
    [(1500, 16384 * 3008), (9000, 16384 * 10176), (1918, 16384 * 3008)],
)
def test_pool_bytes(mtu: int, size: int) -> None:
    assert pool_bytes(mtu) == size


BOUND = replace(
    HOST,
    namespaces={"ns1": True},
    placed={"tap1": "veth ns1 tap1 9000 172.20.0.1/24"},
    nics=(replace(NIC1, driver="vfio-pci"), replace(NIC2, driver="vfio-pci")),
    vswitchd=Vswitchd(
        pid=7, executable="/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk", initialized=True,
        interfaces=(OvsInterface("dpdk-nic1", "dpdk-bond0", "br-test", PCI1, mtu=9000),
                    OvsInterface("dpdk-nic2", "dpdk-bond0", "br-test", PCI2, mtu=9000)),
        bonds={"dpdk-bond0": {"dpdk-nic1": True, "dpdk-nic2": True}},
    ),
)  # fmt: skip


def changed(**columns: Any) -> Host:
    return replace(BOUND, vswitchd=replace(BOUND.vswitchd, **columns))


@pytest.mark.parametrize(
    ("host", "sentences"),
    [
        (BOUND, []),
        (changed(pid=None), ["ovs-vswitchd is not running"]),
        (changed(executable="/usr/lib/openvswitch-switch/ovs-vswitchd"), ["which has no DPDK"]),
        (changed(initialized=False), ["could not initialize DPDK"]),
        (replace(BOUND, nics=HOST.nics), ["dpdk-nic1 (0000:03:00.0, enp3s0f0) is bound to ixgbe", "bound to ixgbe"]),
        (changed(interfaces=BOUND.vswitchd.interfaces[:1]), ["dpdk-nic2 (0000:03:00.1, enp3s0f1) is not in Open"]),
        (changed(interfaces=(replace(BOUND.vswitchd.interfaces[0], error="could not open"),
                             replace(BOUND.vswitchd.interfaces[1], mtu=1500))),
         ["could not open", "has MTU 1500 instead of 9000"]),
        (changed(bonds={"dpdk-bond0": {"dpdk-nic1": True, "dpdk-nic2": False}}), ["member dpdk-nic2 is not enabled"]),
        (changed(bonds={}), ["member dpdk-nic1 is not enabled", "member dpdk-nic2 is not enabled"]),
        (replace(BOUND, placed={}), ["port tap1 is not up in its namespace with its MTU and addresses"]),
        (replace(BOUND, namespaces={}), ["network namespace ns1 is not there. Look at: systemctl status"]),
    ],
)  # fmt: skip
def test_shortcomings(host: Host, sentences: list[str]) -> None:
    found = shortcomings(host, wish(), resolve(wish()["bridges"], host.nics))
    assert len(found) == len(sentences)
    assert all(sentence in text for sentence, text in zip(sentences, found, strict=True))
