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
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import (
    HugePages,
    has_vfio,
    missing_packages,
    outdated_files,
    parse_bonds,
    parse_interfaces,
    read_host,
    read_hugepages,
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
    write(tmp_path, "etc/dpdk/interfaces", "# a comment\n# dpdk-nic2 52:54:00:00:00:05\npci 0000:00:05.0 vfio-pci\n")
    return tmp_path


LINKS = [
    {"ifname": "enp0s3", "address": "52:54:00:00:00:03", "max_mtu": 9000},
    {"ifname": "enp0s4", "address": "52:54:00:00:00:aa", "permaddr": "52:54:00:00:00:04", "max_mtu": 9710},
]
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
        case _:
            answer = []
    return 0, json.dumps(answer), ""


def test_read_host(root: Path) -> None:
    host = read_host(run, str(root))
    virtio, member, bound = host.nics
    assert (virtio.pci, virtio.mac, virtio.netdev) == ("0000:00:03.0", "52:54:00:00:00:03", "enp0s3")
    assert (virtio.driver, virtio.device, virtio.numa_node, virtio.iommu_group) == ("virtio-pci", "1af4:1041", 0, "7")
    assert virtio.uses == ("carries the default route", "carries the route to 10.0.7.0/24")
    assert (member.mac, member.max_mtu, member.numa_node) == ("52:54:00:00:00:04", 9710, 1)
    assert member.uses == ("belongs to bond7",)
    assert (bound.mac, bound.netdev, bound.driver, bound.uses) == ("52:54:00:00:00:05", None, "vfio-pci", ())
    assert host.numa_nodes == (0, 1)
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


def test_hugepages(root: Path) -> None:
    assert list(read_hugepages(root)) == [HugePages(0, 2048, 64, 60), HugePages(1, 2048, 64, 60)]


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
        ("pci 0000:00:05.0 vfio-pci\n", {}),
        ("# dpdk-nic1 A0:36:9F:DD:31:BC\npci 0000:03:00.0 vfio-pci\n", {"0000:03:00.0": "a0:36:9f:dd:31:bc"}),
        ("# a0:36:9f:dd:31:bc\n# another comment\npci 0000:03:00.0 vfio-pci\n", {}),
        ("# a0:36:9f:dd:31:bc\npci 0000:03:00.0 vfio-pci\npci 0000:03:00.1 vfio-pci\n",
         {"0000:03:00.0": "a0:36:9f:dd:31:bc"}),
    ],
)
def test_parse_interfaces(text: str, expected: dict[str, str]) -> None:
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


def test_parse_bonds() -> None:
    text = (
        "---- dpdk-bond0 ----\nbond_mode: balance-tcp\nlacp_status: negotiated\n\n"
        "member dpdk-nic1: enabled\n  active member\n  may_enable: true\n\nmember dpdk-nic2: disabled\n\n"
        "---- old ----\nslave p1: enabled\n"
    )
    assert parse_bonds(text) == {"dpdk-bond0": {"dpdk-nic1": True, "dpdk-nic2": False}, "old": {"p1": True}}
