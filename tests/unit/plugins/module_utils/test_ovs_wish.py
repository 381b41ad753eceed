# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import (
    BootMenu,
    Nic,
    OvsInterface,
    Vswitchd,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_wish import (
    desired_bridges,
    leftovers,
    misplaced,
    missing_namespaces,
    missing_options,
    resolve,
    running_config,
    stale_options,
    startup_changes,
    startup_config,
    units,
)

Wish = dict[str, Any]
PCI1, PCI2 = "0000:03:00.0", "0000:03:00.1"
NICS = (Nic(PCI1, mac="a0:36:9f:dd:31:bc"), Nic(PCI2, mac="a0:36:9f:dd:31:be"))


def wish(**changes: Any) -> Wish:
    """The seed's network; changes of the bond have a prefix."""
    bond = {
        "name": "dpdk-bond0", "bond_mode": "balance-tcp", "lacp": "active", "lacp_time": "fast", "mtu": 9000,
        "nics": [{"name": "dpdk-nic1", "mac": "A0:36:9F:DD:31:BC"}, {"name": "dpdk-nic2", "pci": "03:00.1"}],
    }
    bond |= {key.removeprefix("bond_of_"): value for key, value in changes.items() if key.startswith("bond_of_")}
    port = {"name": "tap1", "bridge": "br-test", "tag": 2933, "mtu": 9000, "addresses": ["172.20.0.1/24"]}
    return {
        "bridges": [{"name": "br-test", "ports": [bond]}],
        "namespaces": [{"name": "ns1", "ports": [port]}],
        "namespace_port": "veth", "socket_mem": [512], "pmd_cpu_mask": "0x6", "lcore_mask": "", "extra": "",
        "other_config": {},
    } | {key: value for key, value in changes.items() if not key.startswith("bond_of_")}


def test_resolve_by_mac_and_by_pci() -> None:
    first, second = resolve(wish()["bridges"], NICS)
    assert (first.nic, second.nic) == NICS
    assert str(first) == "dpdk-nic1 (0000:03:00.0)"
    assert (second.port, second.bridge, second.mtu) == ("dpdk-bond0", "br-test", 9000)


def test_resolve_leaves_open_what_is_not_there() -> None:
    (member,) = resolve(wish(bond_of_nics=[{"name": "n", "mac": "00:00:00:00:00:09"}])["bridges"], NICS)
    assert member.nic is None
    assert str(member) == "n (00:00:00:00:00:09)"


def test_missing_options() -> None:
    assert missing_options(("iommu=pt",), ["iommu=pt", "hugepages=2048"]) == ["hugepages=2048"]


@pytest.mark.parametrize(
    ("menu", "expected"),
    [
        (BootMenu(("ro", "iommu=pt"), is_older_than_files=True), ["iommu=pt"]),
        (BootMenu(("ro", "iommu=pt")), []),
        (BootMenu(("ro",), is_older_than_files=True), []),
    ],
    ids=["drop-in gone, menu not written", "somebody's own", "written"],
)
def test_stale_options(menu: BootMenu, expected: list[str]) -> None:
    assert stale_options(menu, ["iommu=pt", "hugepages=64"]) == expected


def test_what_ovs_is_told() -> None:
    wanted = wish(extra="--no-telemetry", other_config={"pmd-sleep-max": "500"})
    members = resolve(wanted["bridges"], NICS)
    assert startup_config(wanted, members) == {
        "dpdk-init": "true", "dpdk-extra": f"-a {PCI1} -a {PCI2} --no-telemetry", "dpdk-lcore-mask": None,
        "dpdk-socket-mem": "512",
    }
    assert running_config(wanted) == {"pmd-cpu-mask": "0x6", "pmd-sleep-max": "500"}
    (bridge,) = desired_bridges(wanted, members)
    bond, tap = bridge["ports"]
    assert bridge["datapath_type"] == "netdev"
    assert bond["bond_mode"] == "balance-tcp"
    assert bond["other_config"] == {"lacp-time": "fast"}
    assert bond["interfaces"][1] == {
        "name": "dpdk-nic2", "type": "dpdk", "options": {"dpdk-devargs": PCI2}, "mtu_request": 9000,
    }
    assert tap == {"name": "tap1-br", "tag": 2933, "interfaces": [{"name": "tap1-br", "type": ""}]}


def test_the_order_of_the_cards_is_nothing_to_start_anew_for() -> None:
    members = resolve(wish()["bridges"], NICS)
    assert startup_config(wish(), members) == startup_config(wish(), members[::-1])


def test_a_port_of_one_card_is_no_bond() -> None:
    wanted = wish(bond_of_nics=[{"name": "dpdk-bond0", "pci": PCI1}])
    (bridge,) = desired_bridges(wanted, resolve(wanted["bridges"], NICS))
    assert set(bridge["ports"][0]) == {"name", "interfaces"}


@pytest.mark.parametrize(
    ("kind", "there", "gone"),
    [
        ("veth", OvsInterface("tap1", "tap1", "br-test", type="internal"), ["tap1"]),
        ("internal", OvsInterface("tap1-br", "tap1-br", "br-test"), ["tap1-br"]),
        ("veth", OvsInterface("tap1-br", "tap1-br", "br-test"), []),
        ("internal", OvsInterface("tap1", "tap1", "br-test", type="internal"), []),
        ("veth", OvsInterface("tap1", "tap1", "br-ex", type="internal"), []),
        ("veth", OvsInterface("tap1", "tap1", "br-test", type="dpdkvhostuserclient"), []),
        ("internal", OvsInterface("tap1-br", "tap1-br", "br-test", type="patch"), []),
        ("veth", OvsInterface("tap1", "bond1", "br-test", type="internal"), []),
    ],
)
def test_leftovers(kind: str, there: OvsInterface, gone: list[str]) -> None:
    found = leftovers(wish(namespace_port=kind), Vswitchd(interfaces=(there,)))
    assert [port["name"] for bridge in found for port in bridge["ports"]] == gone


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        ({}, ["tap1"]),
        ({"tap1": "veth ns1 tap1 9000 172.20.0.1/24"}, []),
        ({"tap1": "veth ns1 tap1 9000 172.20.0.2/24"}, ["tap1"]),
        ({"tap1": "internal ns1 tap1 9000 172.20.0.1/24", "tap2": ""}, ["tap1"]),
    ],
)
def test_misplaced(placed: dict[str, str], expected: list[str]) -> None:
    assert misplaced(wish(), placed) == expected


@pytest.mark.parametrize(("there", "missing"), [({}, ["ns1"]), ({"ns1": True}, []), ({"ns2": True}, ["ns1"])])
def test_missing_namespaces(there: dict[str, bool], missing: list[str]) -> None:
    assert missing_namespaces(wish(), there) == missing


def test_units() -> None:
    assert units(wish()) == ["dpdk.service", "ovs-netns-ns1.service", "ovs-netns-port-tap1.service"]


def test_startup_changes() -> None:
    daemon = Vswitchd(other_config={"dpdk-init": "true", "dpdk-lcore-mask": "0x1"})
    wanted = {"dpdk-init": "true", "dpdk-socket-mem": "512", "dpdk-lcore-mask": None, "dpdk-extra": None}
    assert startup_changes(daemon, wanted) == ["dpdk-socket-mem", "dpdk-lcore-mask"]
