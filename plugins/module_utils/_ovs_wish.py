# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure decisions about a DPDK network: which cards are meant, and what Open vSwitch is to be told."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import BootMenu, Nic, Vswitchd, full_pci

DATAPATH = "netdev"  # the type of one in user space
VETH_SUFFIX = "-br"  # of the end of the pair that is a port of the bridge


@dataclass(frozen=True)
class Member:
    """A card that is wanted as an interface: its name there, where it shall stand, and the card once it is found."""

    name: str
    bridge: str
    port: str
    mtu: int
    mac: str | None
    pci: str | None
    nic: Nic | None = None

    @property
    def found(self) -> Nic:
        if self.nic is None:
            raise LookupError(f"{self.name}: the card was not found")
        return self.nic

    def __str__(self) -> str:
        known = [self.nic.pci, self.nic.netdev] if self.nic else [self.pci or self.mac]
        return f"{self.name} ({', '.join(word for word in known if word)})"


def resolve(bridges: Sequence[Mapping[str, Any]], nics: Sequence[Nic]) -> list[Member]:
    by_pci = {nic.pci: nic for nic in nics}
    by_mac = {nic.mac: nic for nic in nics if nic.mac}
    return [
        replace(member, nic=by_pci.get(member.pci) if member.pci else by_mac.get(member.mac or ""))
        for member in _members(bridges)
    ]


def _members(bridges: Sequence[Mapping[str, Any]]) -> Iterator[Member]:
    for bridge in bridges:
        for port in bridge["ports"]:
            for nic in port["nics"]:
                mac, pci = (nic.get("mac") or "").lower() or None, full_pci(nic.get("pci"))
                yield Member(nic["name"], bridge["name"], port["name"], port["mtu"], mac, pci)


def missing_options(given: Sequence[str], wanted: Sequence[str]) -> list[str]:
    return [option for option in wanted if option not in given]


def stale_options(menu: BootMenu, options: Sequence[str]) -> list[str]:
    """Those that a menu has which is not of the present files, so that they may be of a file that is gone."""
    return [option for option in options if menu.is_older_than_files and option in menu.options]


def startup_config(wish: Mapping[str, Any], members: Sequence[Member]) -> dict[str, str | None]:
    """Keys that ovs-vswitchd reads when it starts; null where the wish leaves the decision to Open vSwitch."""
    # In the order of their addresses: the order in which the variables name them shall not restart anything.
    allowed = [word for pci in sorted(member.nic.pci for member in members if member.nic) for word in ("-a", pci)]
    return {
        "dpdk-init": "true",
        "dpdk-extra": " ".join([*allowed, *wish["extra"].split()]) or None,
        "dpdk-lcore-mask": wish["lcore_mask"] or None,
        "dpdk-socket-mem": ",".join(map(str, wish["socket_mem"])) or None,
    }


def startup_changes(daemon: Vswitchd, wanted: Mapping[str, str | None]) -> list[str]:
    """Keys that Open vSwitch's database does not have like that."""
    return [key for key, value in wanted.items() if daemon.other_config.get(key) != value]


def running_config(wish: Mapping[str, Any]) -> dict[str, str | None]:
    """Keys that a running ovs-vswitchd takes."""
    return {"pmd-cpu-mask": wish["pmd_cpu_mask"] or None, **wish["other_config"]}


def desired_bridges(wish: Mapping[str, Any], members: Sequence[Member]) -> list[dict[str, Any]]:
    """Bridges as module ovsdb takes them: the bonds of DPDK interfaces and the ports of the namespaces."""
    return [
        {
            "name": bridge["name"],
            "datapath_type": DATAPATH,
            "ports": [
                *(_dpdk_port(port, members) for port in bridge["ports"]),
                *_namespace_ports(wish, bridge["name"]),
            ],
        }
        for bridge in wish["bridges"]
    ]


def _dpdk_port(port: Mapping[str, Any], all_members: Sequence[Member]) -> dict[str, Any]:
    members = [member for member in all_members if member.port == port["name"] and member.nic]
    row: dict[str, Any] = {
        "name": port["name"],
        "interfaces": [
            {"name": m.name, "type": "dpdk", "options": {"dpdk-devargs": m.found.pci}, "mtu_request": m.mtu}
            for m in members
        ],
    }
    if len(members) > 1:
        row |= {"bond_mode": port["bond_mode"], "lacp": port["lacp"], "other_config": {"lacp-time": port["lacp_time"]}}
    return row


def _namespace_ports(wish: Mapping[str, Any], bridge: str) -> Iterator[dict[str, Any]]:
    kind = "" if wish["namespace_port"] == "veth" else "internal"
    for _namespace, port in ports_in_namespaces(wish):
        if port["bridge"] == bridge:
            name = outside(wish, port)
            yield {"name": name, "tag": port["tag"], "interfaces": [{"name": name, "type": kind}]}


def outside(wish: Mapping[str, Any], port: Mapping[str, Any]) -> str:
    """The name on the bridge of a port in a namespace."""
    return port["name"] + (VETH_SUFFIX if wish["namespace_port"] == "veth" else "")


def leftovers(wish: Mapping[str, Any], daemon: Vswitchd) -> list[dict[str, Any]]:
    """Namespace ports of the kind that is not wanted any more; they go before those of the other kind come."""
    suffix, kind = ("", "internal") if wish["namespace_port"] == "veth" else (VETH_SUFFIX, "")
    places = {(port["bridge"], port["name"] + suffix, kind) for _namespace, port in ports_in_namespaces(wish)}
    return [
        {"name": row.bridge, "ports": [{"name": row.port, "state": "absent"}]}
        for row in daemon.interfaces if row.port == row.name and (row.bridge, row.name, row.type) in places
    ]


def missing_namespaces(wish: Mapping[str, Any], there: Container[str]) -> list[str]:
    return [namespace["name"] for namespace in wish["namespaces"] if namespace["name"] not in there]


def misplaced(wish: Mapping[str, Any], placed: Mapping[str, str]) -> list[str]:
    """Ports that are not as wanted, by what each was brought to."""
    wanted = {
        port["name"]: [wish["namespace_port"], namespace, port["name"], str(port["mtu"]), *port["addresses"]]
        for namespace, port in ports_in_namespaces(wish)
    }
    return [name for name, words in wanted.items() if placed.get(name) != " ".join(words)]


def ports_in_namespaces(wish: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each port with the name of its namespace."""
    for namespace in wish["namespaces"]:
        for port in namespace["ports"]:
            yield namespace["name"], port


def units(wish: Mapping[str, Any]) -> list[str]:
    """The systemd units that keep the network over a reboot."""
    namespaces = [f"ovs-netns-{namespace['name']}.service" for namespace in wish["namespaces"]]
    ports = [f"ovs-netns-port-{port['name']}.service" for _namespace, port in ports_in_namespaces(wish)]
    return ["dpdk.service", *namespaces, *ports]
