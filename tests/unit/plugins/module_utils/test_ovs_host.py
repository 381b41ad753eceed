# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _ovs_host
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import (
    BootMenu,
    HugePages,
    Note,
    OvsInterface,
    Uses,
    full_pci,
    has_vfio,
    idle_units,
    is_placed,
    missing_packages,
    outdated_files,
    parse_bonds,
    parse_cpus,
    parse_interfaces,
    parse_numa_maps,
    read_host,
    read_hugepages,
    read_menu,
    read_placed,
    ssh_connection,
)


def write(root: Path, path: str, text: str = "") -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def link(root: Path, path: str, target: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    os.symlink(target, root / path)


def add_nic(root: Path, pci: str, driver: str, netdev: str = "", numa_node: str = "-1") -> None:
    device = f"sys/bus/pci/devices/{pci}"
    for name, text in {"class": "0x020000", "vendor": "0x1af4", "device": "0x1041", "numa_node": numa_node}.items():
        write(root, f"{device}/{name}", text + "\n")
    link(root, f"{device}/driver", f"../../../drivers/{driver}")
    link(root, f"{device}/iommu_group", "../../../kernel/iommu_groups/7")
    if netdev:
        write(root, f"{device}/{netdev}/ifindex", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host with a virtio card that carries a VLAN, a bond's member, a card bound to DPDK, and a disk controller."""
    add_nic(tmp_path, "0000:00:03.0", "virtio-pci", netdev="virtio1/net/enp0s3")
    add_nic(tmp_path, "0000:00:04.0", "ixgbe", netdev="net/enp0s4", numa_node="1")
    add_nic(tmp_path, "0000:00:05.0", "vfio-pci")
    write(tmp_path, "sys/bus/pci/devices/0000:00:02.0/class", "0x010000")
    link(tmp_path, "sys/class/net/enp0s3/upper_enp0s3.7", "x")
    link(tmp_path, "sys/class/net/enp0s4/upper_bond7", "x")
    link(tmp_path, "sys/class/net/enp0s4/master", "../bond7")
    for node in (0, 1):
        pages = f"sys/devices/system/node/node{node}/hugepages/hugepages-2048kB"
        write(tmp_path, f"{pages}/nr_hugepages", "64\n")
        write(tmp_path, f"{pages}/free_hugepages", "60\n")
    write(tmp_path, "proc/cmdline", "root=/dev/sda1 iommu=pt\n")
    write(tmp_path, "etc/dpdk/interfaces", (
        "# somebody's\npci 0000:00:09.0 vfio-pci\n"
        "# BEGIN openstack_ha.masakari.ovs_dpdk\n"
        "# dpdk-nic2 52:54:00:00:00:05 max_mtu=9710\npci 0000:00:05.0 vfio-pci\n"
        "# END openstack_ha.masakari.ovs_dpdk\n"
    ))
    write(tmp_path, "sys/devices/system/cpu/online", "0-1,4\n")
    write(tmp_path, "run/ovs-netns-port-tap1", "veth ns1 tap1 9000 172.20.0.1/24\n")
    write(tmp_path, "run/netns/ns1")
    write(tmp_path, "run/netns/qrouter-1")
    write(tmp_path, "etc/systemd/system/ovs-netns-ns1.service")
    return tmp_path


LINKS = [
    {"ifname": "enp0s3", "address": "52:54:00:00:00:03", "max_mtu": 9000},
    {"ifname": "enp0s4", "address": "52:54:00:00:00:aa", "permaddr": "52:54:00:00:00:04", "max_mtu": 9710},
]
TAP1 = {
    "ifname": "tap1", "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], "mtu": 9000,
    "addr_info": [{"local": "172.20.0.1", "prefixlen": 24}, {"local": "fe80::1", "prefixlen": 64}],
}
ROUTES = [
    {"dst": "default", "gateway": "10.0.7.1", "dev": "enp0s3.7"},
    {"dst": "10.0.7.0/24", "dev": "enp0s3.7"},
    {"type": "local", "dst": "10.0.7.2", "dev": "enp0s3.7"},
    {"dst": "fe80::/64", "dev": "enp0s3"},
    {"type": "multicast", "dst": "ff00::/8", "dev": "enp0s3"},
]


def run(command: list[str]) -> tuple[int, str, str]:
    """iproute2's answers; Open vSwitch is not installed."""
    match command[2:]:
        case ["-details", "link", "show"]:
            answer: Any = LINKS
        case ["-4", "route", *_]:
            answer = ROUTES
        case ["address", "show"]:
            answer = [{"ifname": "enp0s3.7", "addr_info": [{"local": "10.0.7.2"}]}, {"ifname": "lo"}]
        case ["-n", "ns1", "address", "show"]:
            answer = [{"ifname": "lo", "flags": ["LOOPBACK"], "mtu": 65536, "addr_info": []}, TAP1]
        case _:
            answer = []
    return 0, json.dumps(answer), ""


def test_read_host(root: Path) -> None:
    host = read_host(run, str(root))
    virtio, member, bound = host.nics
    assert (virtio.pci, virtio.mac, virtio.netdev) == ("0000:00:03.0", "52:54:00:00:00:03", "enp0s3")
    assert (virtio.driver, virtio.device, virtio.numa_node, virtio.iommu_group) == ("virtio-pci", "1af4:1041", 0, "7")
    assert virtio.uses == (
        "carries the default route", "carries the route to 10.0.7.0/24", "carries enp0s3.7",
    )  # fmt: skip
    assert (member.mac, member.max_mtu, member.numa_node) == ("52:54:00:00:00:04", 9710, 1)
    assert member.uses == ("belongs to bond7",)
    assert (bound.mac, bound.netdev, bound.driver, bound.uses) == ("52:54:00:00:00:05", None, "vfio-pci", ())
    assert bound.max_mtu == 9710
    assert host.listed == {"0000:00:05.0": Note("dpdk-nic2", "52:54:00:00:00:05", 9710)}
    assert host.numa_nodes == (0, 1)
    assert host.cpus == (0, 1, 4)
    assert host.placed == {"tap1": "veth ns1 tap1 9000 172.20.0.1/24"}
    assert host.namespaces == {"ns1": True, "qrouter-1": False}
    assert host.kernel_options == ("root=/dev/sda1", "iommu=pt")
    assert host.vswitchd.pid is None
    assert json.loads(json.dumps(host.as_dict()))["nics"][0]["mac"] == virtio.mac


def test_the_ssh_connection_is_found_through_sudo_and_a_vlan(root: Path) -> None:
    me = os.getpid()
    write(root, f"proc/{me}/environ", "HOME=/root\0")
    write(root, f"proc/{me}/status", "Name:\tpython3\nPPid:\t70\n")
    write(root, "proc/70/environ", "A=b\0SSH_CONNECTION=10.0.0.1 50000 10.0.7.2 22\0")
    assert ssh_connection(root) == ("10.0.0.1", "10.0.7.2")
    assert "carries the SSH connection from 10.0.0.1" in read_host(run, str(root)).nics[0].uses


def test_no_ssh_connection(root: Path) -> None:
    assert ssh_connection(root) is None


@pytest.mark.parametrize(
    ("uppers", "master", "expected"),
    [
        (["enp0s4.7"], None, ("carries enp0s4.7",)),  # a VLAN in a bridge without an address
        (["macvtap0"], None, ("carries macvtap0",)),
        (["ovs-system"], "ovs-system", ("belongs to ovs-system",)),
        (["bond7", "enp0s4.7"], "bond7", ("belongs to bond7", "carries enp0s4.7")),
        ([], None, ()),
    ],
)
def test_what_stands_on_a_card_is_a_use(
    tmp_path: Path, uppers: list[str], master: str | None, expected: tuple[str, ...]
) -> None:
    for upper in uppers:
        link(tmp_path, f"sys/class/net/enp0s4/upper_{upper}", f"../{upper}")
    if master:
        link(tmp_path, "sys/class/net/enp0s4/master", f"../{master}")
    assert Uses(tmp_path, lambda _command: (0, "[]", "")).of("enp0s4") == expected


def test_a_route_of_several_ways_uses_each(tmp_path: Path) -> None:
    route = {"dst": "default", "nexthops": [{"dev": "enp0s3", "weight": 1}, {"dev": "enp0s4", "weight": 1}]}

    def ip(command: list[str]) -> tuple[int, str, str]:
        return 0, json.dumps([route] if "-4" in command else []), ""

    assert Uses(tmp_path, ip).of("enp0s4") == ("carries the default route",)


def test_a_card_is_used_for_all_that_its_network_devices_are(tmp_path: Path) -> None:
    add_nic(tmp_path, "0000:00:03.0", "cxgb4", netdev="net/enp0s3d1")
    write(tmp_path, "sys/bus/pci/devices/0000:00:03.0/net/enp0s3/ifindex", "1")
    write(tmp_path, "sys/bus/pci/devices/0000:00:03.0/net/enp0s3d2/ifindex", "1")
    for netdev, master in {"enp0s3d1": "bond7", "enp0s3d2": "bond7", "enp0s3": "br0"}.items():
        link(tmp_path, f"sys/class/net/{netdev}/master", f"../{master}")
    (card,) = read_host(run, str(tmp_path)).nics
    assert card.netdev == "enp0s3"
    assert card.uses[-2:] == ("belongs to br0", "belongs to bond7")


@pytest.mark.parametrize(
    ("address", "full"),
    [("03:00.0", "0000:03:00.0"), ("0000:0A:00.1", "0000:0a:00.1"), ("5.0", "5.0"), ("", None), (None, None)],
)
def test_full_pci(address: str | None, full: str | None) -> None:
    assert full_pci(address) == full


@pytest.mark.parametrize(
    ("devargs", "pci"),
    [
        ("0000:0a:00.0", "0000:0a:00.0"),
        ("0A:00.0", "0000:0a:00.0"),
        ("pci:0000:0A:00.0,representor=1", "0000:0a:00.0"),
        ("net_pcap0,iface=d1", "net_pcap0"),
        (None, None),
    ],
)
def test_the_card_of_an_interface(devargs: str | None, pci: str | None) -> None:
    assert OvsInterface("n", "p", "b", devargs=devargs).pci == pci


class Database:
    """What is asked in one transaction is of one moment; later another port has come."""

    asked = 0

    def __init__(self, _path: str, timeout: float) -> None:
        del timeout

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_exception: object) -> None: ...

    def select_all(self, selections: dict[str, list[str]]) -> dict[str, list[dict[str, Any]]]:
        Database.asked += 1
        empty: list[Any] = ["set", []]
        rows: dict[str, dict[str, Any]] = {
            "Open_vSwitch": {"dpdk_initialized": True, "ovs_version": "3.5.0", "other_config": ["map", []],
                             "dpdk_version": empty},
            "Bridge": {"name": "br-ex", "datapath_type": "", "ports": ["uuid", "p"]},
            "Port": {"_uuid": ["uuid", "p"], "name": "p1", "interfaces": ["uuid", "i"]},
            "Interface": {"_uuid": ["uuid", "i"], "name": "p1", "type": "dpdk", "error": empty, "link_state": "up",
                          "options": ["map", [["dpdk-devargs", "00:05.0"]]], "mtu": 1500,
                          "mac_in_use": "52:54:00:00:00:05"},
        }
        return {table: [{column: rows[table][column] for column in columns}] for table, columns in selections.items()}


def test_the_database_is_asked_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ovs_host, "OvsdbClient", Database)
    daemon = read_host(run, str(root)).vswitchd
    assert Database.asked == 1
    assert (daemon.initialized, daemon.ovs_version, daemon.bridges) == (True, "3.5.0", {"br-ex": ""})
    (interface,) = daemon.interfaces
    assert (interface.name, interface.port, interface.bridge, interface.mtu) == ("p1", "p1", "br-ex", 1500)
    assert interface.pci == "0000:00:05.0"


@pytest.mark.parametrize(
    ("driver", "expected"),
    [("virtio-pci", ("is in another network namespace",)), ("vfio-pci", ()), ("uio_pci_generic", ())],
)
def test_a_kernel_driver_without_a_network_device(tmp_path: Path, driver: str, expected: tuple[str, ...]) -> None:
    add_nic(tmp_path, "0000:00:06.0", driver)
    assert read_host(run, str(tmp_path)).nics[0].uses == expected


def test_hugepages(root: Path) -> None:
    assert list(read_hugepages(root)) == [HugePages(0, 2048, 64, 60), HugePages(1, 2048, 64, 60)]
    assert [pages.held for pages in read_hugepages(root, 70)] == [4, 4], "the kernel does not tell whose they are"
    write(root, "proc/70/numa_maps", NUMA_MAPS)
    assert [pages.held for pages in read_hugepages(root, 70)] == [3, 0]


NUMA_MAPS = """\
55cb1d000000 default file=/usr/lib/ovs-vswitchd mapped=10 N0=10 kernelpagesize_kB=4
100000000 default file=/dev/hugepages/rtemap_0 huge dirty=2 N0=2 kernelpagesize_kB=2048
100400000 default file=/anon_hugepage\\040(deleted) huge anon=1 dirty=1 N0=1 kernelpagesize_kB=2048
140000000 bind:1 file=/dev/hugepages-1G/rtemap_9 huge dirty=1 N1=1 kernelpagesize_kB=1048576
7f0000000000 default huge
"""


def test_parse_numa_maps() -> None:
    assert parse_numa_maps(NUMA_MAPS) == {(0, 2048): 3, (1, 1048576): 1}


@pytest.mark.parametrize(
    ("addresses", "change", "expected"),
    [
        ("172.20.0.1/24", {}, True),
        ("", {"addr_info": []}, True),
        ("172.20.0.1/24", {"addr_info": []}, False),
        ("172.20.0.1/16", {}, False),
        ("172.20.0.1/24 172.20.0.2/24", {}, False),
        ("2001:DB8:0::1/64", {"addr_info": [{"local": "2001:db8::1", "prefixlen": 64}]}, True),
        ("10.1/16", {}, False),
        ("172.20.0.1/24", {"mtu": 1500}, False),
        ("172.20.0.1/24", {"flags": ["BROADCAST", "MULTICAST"]}, False),
        ("172.20.0.1/24", {"flags": ["NO-CARRIER", "BROADCAST", "MULTICAST", "UP"]}, False),
        ("172.20.0.1/24", {"ifname": "tap2"}, False),
    ],
    ids=["as wanted", "no address wanted", "flushed", "prefix length", "one of two", "spelling", "odd notation", "MTU",
         "down", "the other end down", "gone"],
)  # fmt: skip
def test_a_port_is_what_its_namespace_says(addresses: str, change: dict[str, Any], expected: bool) -> None:
    assert is_placed(["veth", "ns1", "tap1", "9000", *addresses.split()], [TAP1 | change]) is expected


def test_the_ports_of_a_namespace_are_asked_for_at_once(tmp_path: Path) -> None:
    asked = []

    def ip(command: list[str]) -> tuple[int, str, str]:
        asked.append(command[3])
        return (0, json.dumps([TAP1, TAP1 | {"ifname": "tap2"}]), "") if command[3] == "ns1" else (1, "", "no ns2")

    for name, stamp in {
        "tap1": "veth ns1 tap1 9000", "tap2": "internal ns1 tap2 9000", "tap3": "veth ns2 tap3 9000", "tap4": "veth",
    }.items():
        write(tmp_path, f"run/ovs-netns-port-{name}", stamp + "\n")
    assert read_placed(ip, tmp_path) == {"tap1": "veth ns1 tap1 9000", "tap2": "internal ns1 tap2 9000"}
    assert asked == ["ns1", "ns2"]


@pytest.mark.parametrize(("text", "cpus"), [("0", (0,)), ("0-3", (0, 1, 2, 3)), ("0-1,8", (0, 1, 8))])
def test_parse_cpus(text: str, cpus: tuple[int, ...]) -> None:
    assert parse_cpus(text) == cpus


@pytest.mark.parametrize(("booted", "is_older"), [(1000, False), (3000, True)])
def test_menu(tmp_path: Path, booted: int, is_older: bool) -> None:
    assert read_menu(tmp_path) == BootMenu()
    write(tmp_path, "boot/grub/grub.cfg", (
        "set timeout=0\nmenuentry 'Debian' {\n\tlinux\t/vmlinuz root=/dev/sda1 ro iommu=pt\n\tinitrd /initrd.img\n}\n"
        "menuentry 'older' {\n\tlinux\t/vmlinuz.old ro\n}\n"
    ))
    os.utime(tmp_path / "boot/grub/grub.cfg", (2000, 2000))
    write(tmp_path, "proc/stat", f"cpu 1 2\nbtime {booted}\n")
    options = ("root=/dev/sda1", "ro", "iommu=pt")
    assert read_menu(tmp_path) == BootMenu(options, is_older)
    write(tmp_path, "etc/default/grub.d/ovs-dpdk.cfg")
    for changed, is_older_than_files in ((1999, False), (2001, True)):
        os.utime(tmp_path / "etc/default/grub.d", (changed, changed))
        assert read_menu(tmp_path) == BootMenu(options, is_older, is_older_than_files)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, False),
        ({"sys/bus/pci/drivers/vfio-pci/bind": ""}, True),
        ({"modules.dep": "kernel/vfio-pci.ko.xz: a.ko\n", "kernel/vfio-pci.ko.xz": ""}, True),
        ({"modules.dep": "kernel/vfio-pci.ko.xz: a.ko\n"}, False),
        ({"modules.builtin": "kernel/vfio-pci.ko\n"}, True),
        ({"modules.dep": "kernel/vfio.ko:\n", "kernel/vfio.ko": ""}, False),
    ],
    ids=["nothing", "loaded", "a file", "file gone", "built in", "another module"],
)
def test_has_vfio(tmp_path: Path, files: dict[str, str], expected: bool) -> None:
    for path, text in files.items():
        write(tmp_path, path if path.startswith("sys") else f"lib/modules/{os.uname().release}/{path}", text)
    assert has_vfio(tmp_path) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("pci\n", {}),
        ("pci 0000:00:05.0 vfio-pci\n", {"0000:00:05.0": Note()}),
        ("# nic1 A0:36:9F:DD:31:BC\npci 0000:03:00.0 vfio-pci\n", {"0000:03:00.0": Note("nic1", "a0:36:9f:dd:31:bc")}),
        ("# nic1 a0:36:9f:dd:31:bc max_mtu=9710\npci 0000:03:00.0 vfio-pci\n",
         {"0000:03:00.0": Note("nic1", "a0:36:9f:dd:31:bc", 9710)}),
        ("# nic1 a0:36:9f:dd:31:bc\n# another comment\npci 0000:03:00.0 vfio-pci\n", {"0000:03:00.0": Note("another")}),
        ("# nic1 \npci 0000:03:00.0 vfio-pci\n#\npci 0000:03:00.1 vfio-pci\n",
         {"0000:03:00.0": Note("nic1"), "0000:03:00.1": Note()}),
    ],
)  # fmt: skip
def test_parse_interfaces(text: str, expected: dict[str, Note]) -> None:
    assert parse_interfaces(text) == expected


def test_packages_that_dpkg_does_not_call_installed() -> None:
    def dpkg(command: list[str]) -> tuple[int, str, str]:
        assert command[-3:] == ["dpdk", "ethtool", "iproute2=6.15-1"]
        return 1, "dpdk installed\nethtool config-files\n", "dpkg-query: no packages found matching iproute2=6.15-1"

    assert missing_packages(dpkg, ["dpdk", "ethtool", "iproute2=6.15-1"]) == ["ethtool", "iproute2=6.15-1"]
    assert missing_packages(dpkg, []) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _file: None, []),
        (lambda file: file.write_text("other"), ["/etc/file"]),
        (lambda file: file.chmod(0o600), ["/etc/file"]),
        (lambda file: file.unlink(), ["/etc/file"]),
        (lambda file: file.unlink() or file.symlink_to("elsewhere"), ["/etc/file"]),
    ],
    ids=["as wanted", "content", "mode", "gone", "a link"],
)
def test_outdated_files(tmp_path: Path, change: Callable[[Path], None], expected: list[str]) -> None:
    write(tmp_path, "etc/file", "wanted")
    write(tmp_path, "etc/elsewhere", "wanted")
    file = tmp_path / "etc/file"
    file.chmod(0o644)
    change(file)
    me = os.getuid(), os.getgid()
    wanted = {"path": "/etc/file", "mode": "0644", "checksum": hashlib.sha1(b"wanted").hexdigest()}
    assert outdated_files(tmp_path, [wanted], owner=me) == expected
    assert outdated_files(tmp_path, [wanted], owner=(me[0], me[1] + 1)) == ["/etc/file"]
    unwanted = [{"path": path, "mode": "0644", "checksum": None} for path in ("/etc/elsewhere", "/etc/nothing")]
    assert outdated_files(tmp_path, unwanted) == ["/etc/elsewhere"]


def test_units_that_are_not_as_they_should_be() -> None:
    def systemctl(command: list[str]) -> tuple[int, str, str]:
        assert command[:2] == ["systemctl", "show"]
        states = {
            "good": ("active", "enabled", "no"), "stopped": ("inactive", "enabled", "no"),
            "once": ("active", "disabled", "no"), "stale": ("active", "enabled", "yes"), "none": ("inactive", "", "no"),
        }  # fmt: skip
        keys = ("ActiveState", "UnitFileState", "NeedDaemonReload")
        blocks = ["\n".join([f"Id={name}", *(f"{k}={v}" for k, v in zip(keys, states[name], strict=True))])
                  for name in command[3:]]
        return 0, "\n\n".join(blocks) + "\n", ""

    assert idle_units(systemctl, ["good", "stopped", "once", "stale", "none"]) == ["stopped", "once", "stale", "none"]
    assert idle_units(lambda _command: (1, "", "no systemd"), ["good"]) == ["good"]


def test_parse_bonds() -> None:
    text = (
        "---- dpdk-bond0 ----\nbond_mode: balance-tcp\nlacp_status: negotiated\n\n"
        "member dpdk-nic1: enabled\n  active member\n  may_enable: true\n\nmember dpdk-nic2: disabled\n\n"
        "---- old ----\nslave p1: enabled\n"
    )
    assert parse_bonds(text) == {"dpdk-bond0": {"dpdk-nic1": True, "dpdk-nic2": False}, "old": {"p1": True}}
