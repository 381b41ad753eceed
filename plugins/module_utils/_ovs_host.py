# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has for DPDK: read from sysfs, procfs, iproute2 and Open vSwitch; nothing is changed."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovsdb_client import OvsdbClient, OvsdbError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovsdb_plan import decoded, members

NETWORK_CLASS = "0x02"  # of PCI's class codes: network controllers
INTERFACES = "etc/dpdk/interfaces"
MARK = "openstack_ha.masakari.ovs_dpdk"  # of the role's lines there
ALTERNATIVE = "etc/alternatives/ovs-vswitchd"
MENU = "boot/grub/grub.cfg"
MENU_FILES = "etc/default/grub.d"
STAMP = "run/ovs-netns-port-"  # before the name of a port; its script says there what it was last brought to
NAMESPACES = "run/netns"
UNITS = "etc/systemd/system"
MAC = re.compile(r"\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b")
MAX_MTU = re.compile(r"\bmax_mtu=(\d+)")
# Drivers that keep a card for a program, or keep it idle; every other one makes a network device of it.
WITHOUT_NETDEV = re.compile(r"vfio|uio|stub")
# Tables and columns of Open vSwitch's database that are read.
SELECTIONS = {
    "Open_vSwitch": ["dpdk_initialized", "dpdk_version", "ovs_version", "other_config"],
    "Bridge": ["name", "datapath_type", "ports"],
    "Port": ["_uuid", "name", "interfaces"],
    "Interface": ["_uuid", "name", "type", "options", "mac_in_use", "error", "mtu", "link_state"],
}
RunCommand = Callable[[list[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Nic:
    """A network card on the PCI bus. `uses` says in words what the host uses it for."""

    pci: str
    mac: str | None = None
    netdev: str | None = None
    driver: str | None = None
    device: str = ""
    numa_node: int = 0
    iommu_group: str | None = None
    max_mtu: int | None = None
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """What /etc/dpdk/interfaces says about a card, which the kernel no longer does once the card is bound."""

    name: str | None = None
    mac: str | None = None
    max_mtu: int | None = None


@dataclass(frozen=True)
class HugePages:
    """Pages of one size on one NUMA node; `held` are those ovs-vswitchd has."""

    node: int
    size_kb: int
    total: int
    free: int
    held: int = 0


@dataclass(frozen=True)
class BootMenu:
    """What GRUB gives the kernel, and whether the menu already said so when the running kernel was started.

    `is_older_than_files` when a file came to or went from /etc/default/grub.d since.
    """

    options: tuple[str, ...] = ()
    is_older_than_boot: bool = False
    is_older_than_files: bool = False


@dataclass(frozen=True)
class OvsInterface:
    """An interface in Open vSwitch's database and where it stands."""

    name: str
    port: str
    bridge: str
    type: str = ""
    devargs: str | None = None
    mac: str | None = None
    error: str | None = None
    mtu: int | None = None
    link_state: str | None = None

    @property
    def pci(self) -> str | None:
        """The card's address as the kernel writes it; options of its driver may follow it in the argument."""
        return full_pci((self.devargs or "").split(",")[0].lower().removeprefix("pci:"))


@dataclass(frozen=True)
class Vswitchd:
    """The daemon. `initialized` is what the database says, which outlives the daemon; `pid` tells whether it lives.

    `executable` is what runs, `alternative` what the next start will run, `bridges` are those there are with their
    datapath's type, empty or `system` for the kernel's.
    """

    pid: int | None = None
    executable: str | None = None
    alternative: str | None = None
    started: int | None = None
    initialized: bool = False
    dpdk_version: str | None = None
    ovs_version: str | None = None
    other_config: dict[str, str] = field(default_factory=dict)
    bridges: dict[str, str] = field(default_factory=dict)
    interfaces: tuple[OvsInterface, ...] = ()
    bonds: dict[str, dict[str, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """`listed` are the cards the role has put into /etc/dpdk/interfaces, `placed` the ports in namespaces and how.

    `namespaces` are all there are, each with whether a service of the role makes it.
    """

    nics: tuple[Nic, ...] = ()
    listed: dict[str, Note] = field(default_factory=dict)
    numa_nodes: tuple[int, ...] = (0,)
    cpus: tuple[int, ...] = (0,)
    hugepages: tuple[HugePages, ...] = ()
    kernel_options: tuple[str, ...] = ()
    menu: BootMenu = field(default_factory=BootMenu)
    has_vfio: bool = True
    namespaces: dict[str, bool] = field(default_factory=dict)
    placed: dict[str, str] = field(default_factory=dict)
    vswitchd: Vswitchd = field(default_factory=Vswitchd)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def full_pci(address: str | None) -> str | None:
    """A PCI address with its domain, which lspci leaves out."""
    if not address:
        return None
    return f"0000:{address.lower()}" if address.count(":") == 1 else address.lower()


def read_host(run: RunCommand, root: str = "/") -> Host:
    base = Path(root)
    vswitchd = read_vswitchd(run, base)
    return Host(
        nics=tuple(read_nics(run, base, vswitchd)),
        listed=parse_interfaces(_own_block(_text(base / INTERFACES))),
        numa_nodes=tuple(sorted(int(p.name[4:]) for p in base.glob("sys/devices/system/node/node[0-9]*"))) or (0,),
        cpus=parse_cpus(_text(base / "sys/devices/system/cpu/online") or "0"),
        hugepages=tuple(read_hugepages(base, vswitchd.pid if vswitchd.initialized else None)),
        kernel_options=tuple(_text(base / "proc/cmdline").split()),
        menu=read_menu(base),
        has_vfio=has_vfio(base),
        namespaces=read_namespaces(base),
        placed=read_placed(run, base),
        vswitchd=vswitchd,
    )


# --- processors, memory and modules ----------------------------------------------------------------


def parse_cpus(text: str) -> tuple[int, ...]:
    """A list of the kernel's, such as 0-3,8."""
    ranges = [part.partition("-") for part in text.split(",")]
    return tuple(cpu for first, _to, last in ranges for cpu in range(int(first), int(last or first) + 1))


def read_hugepages(base: Path, pid: int | None = None) -> Iterator[HugePages]:
    maps = _text(base / "proc" / str(pid) / "numa_maps") if pid else ""
    held = parse_numa_maps(maps)
    for pages in sorted(base.glob("sys/devices/system/node/node[0-9]*/hugepages/hugepages-*kB")):
        node = int(pages.parent.parent.name[4:])
        size_kb = int(pages.name.removeprefix("hugepages-").removesuffix("kB"))
        total, free = (int(_text(pages / name) or 0) for name in ("nr_hugepages", "free_hugepages"))
        # Where the kernel does not tell, all that are in use count as those of a daemon that runs.
        is_unknown = pid and not maps
        yield HugePages(node, size_kb, total, free, total - free if is_unknown else held.get((node, size_kb), 0))


def parse_numa_maps(text: str) -> dict[tuple[int, int], int]:
    """Hugepages of a process by NUMA node and size in KiB, from /proc/PID/numa_maps."""
    held: dict[tuple[int, int], int] = defaultdict(int)
    for line in text.splitlines():
        if size := re.search(r" huge .*\bkernelpagesize_kB=(\d+)", line):
            for node, pages in re.findall(r" N(\d+)=(\d+)", line):
                held[int(node), int(size.group(1))] += int(pages)
    return dict(held)


def read_menu(base: Path) -> BootMenu:
    """The options of the first entry of GRUB's menu."""
    first = re.search(r"^\s*linux\S*\s+\S+(.*)$", _text(base / MENU), re.MULTILINE)
    booted = re.search(r"^btime (\d+)$", _text(base / "proc/stat"), re.MULTILINE)
    if not first or not booted:
        return BootMenu()
    written = (base / MENU).stat().st_mtime
    changed = (base / MENU_FILES).stat().st_mtime if (base / MENU_FILES).exists() else 0
    return BootMenu(tuple(first.group(1).split()), written < int(booted.group(1)), written < changed)


def has_vfio(base: Path) -> bool:
    """Whether vfio-pci is loaded, built in, or a file that modprobe would find."""
    if (base / "sys/bus/pci/drivers/vfio-pci").exists():
        return True
    modules = base / "lib/modules" / os.uname().release
    listed = _text(modules / "modules.builtin").splitlines() + _text(modules / "modules.dep").splitlines()
    paths = [line.split(":")[0] for line in listed if "/vfio-pci.ko" in line]
    return any(path in _text(modules / "modules.builtin") or (modules / path).exists() for path in paths)


# --- packages, files and units ---------------------------------------------------------------------


def missing_packages(run: RunCommand, names: Sequence[str]) -> list[str]:
    """Those that dpkg does not call installed under this very name; one with a version is left to apt."""
    if not names:
        return []
    _code, out, _error = run(["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names])
    return [name for name in names if f"{name} installed" not in out.splitlines()]


def outdated_files(base: Path, files: Sequence[Mapping[str, Any]], owner: tuple[int, int] = (0, 0)) -> list[str]:
    """Paths of those that are not as wanted in content, owner or mode; one without a checksum shall not be there."""
    return [file["path"] for file in files if not _is_as_wanted(base / file["path"].lstrip("/"), file, owner)]


def _is_as_wanted(path: Path, file: Mapping[str, Any], owner: tuple[int, int]) -> bool:
    if file["checksum"] is None:
        return not os.path.lexists(path)
    try:
        status, content = path.lstat(), path.read_bytes()
    except OSError:
        return False
    has_owner = (status.st_uid, status.st_gid) == owner
    has_mode = status.st_mode == stat.S_IFREG | int(file["mode"], 8)
    return has_owner and has_mode and hashlib.sha1(content).hexdigest() == file["checksum"]


def idle_units(run: RunCommand, names: Sequence[str]) -> list[str]:
    """Units that do not run, do not start with the host, or whose file systemd has not read since it was changed."""
    wanted = {"ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no"}
    _code, out, _error = run(["systemctl", "show", f"--property=Id,{','.join(wanted)}", *names])
    units = [dict(line.split("=", 1) for line in unit.splitlines()) for unit in out.strip().split("\n\n")]
    ready = {unit["Id"] for unit in units if wanted.items() <= unit.items()}
    return [name for name in names if name not in ready]


# --- network namespaces ----------------------------------------------------------------------------


def read_namespaces(base: Path) -> dict[str, bool]:
    names = sorted(file.name for file in base.glob(f"{NAMESPACES}/*"))
    return {name: (base / UNITS / f"ovs-netns-{name}.service").exists() for name in names}


def read_placed(run: RunCommand, base: Path) -> dict[str, str]:
    """What each port was last brought to by its script; none that is not like that any more."""
    stamps = [words for file in sorted(base.glob(f"{STAMP}*")) if len(words := _text(file).split()) > 3]
    links = {namespace: _links_inside(run, namespace) for namespace in sorted({words[1] for words in stamps})}
    return {words[2]: " ".join(words) for words in stamps if is_placed(words, links[words[1]])}


def is_placed(stamp: Sequence[str], links: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the devices of its namespace agree. One address more is no fault: keepalived may have put it there."""
    _kind, _namespace, port, mtu, *addresses = stamp
    link = next((link for link in links if link.get("ifname") == port), None)
    if link is None or str(link["mtu"]) != mtu:
        return False
    rows = [row for row in link.get("addr_info", ()) if "local" in row]
    there = {f"{row['local']}/{row['prefixlen']}" for row in rows}
    # LOWER_UP says of a veth pair that both its ends are up.
    return "LOWER_UP" in link["flags"] and {_as_ip_writes(address) for address in addresses} <= there


def _as_ip_writes(address: str) -> str:
    try:
        return str(ipaddress.ip_interface(address))
    except ValueError:
        return address


def _links_inside(run: RunCommand, namespace: str) -> list[dict[str, Any]]:
    """None where the namespace is gone."""
    code, out, _error = run(["ip", "-json", "-n", namespace, "address", "show"])
    return [] if code else json.loads(out or "[]")


# --- network cards ---------------------------------------------------------------------------------


def read_nics(run: RunCommand, base: Path, vswitchd: Vswitchd) -> Iterator[Nic]:
    links = {link["ifname"]: link for link in _ip(run, "-details", "link", "show")}
    uses = Uses(base, run)
    known = {interface.pci: interface.mac for interface in vswitchd.interfaces if interface.pci}
    notes = parse_interfaces(_text(base / INTERFACES))
    for device in sorted((base / "sys/bus/pci/devices").glob("*")):
        if not _text(device / "class").startswith(NETWORK_CLASS):
            continue
        netdevs, driver = _netdevs(device), _target(device / "driver")
        netdev = netdevs[0] if netdevs else None
        link = links.get(netdev or "", {})
        note = notes.get(device.name, Note())
        yield Nic(
            pci=device.name,
            # A member of a bond shows the bond's address; its own is the permanent one.
            mac=link.get("permaddr") or link.get("address") or note.mac or known.get(device.name),
            netdev=netdev,
            driver=driver,
            device=f"{_text(device / 'vendor')[2:]}:{_text(device / 'device')[2:]}",
            numa_node=max(0, int(_text(device / "numa_node") or 0)),
            iommu_group=_target(device / "iommu_group"),
            max_mtu=link.get("max_mtu") or note.max_mtu,
            uses=_uses(uses, netdevs, driver),
        )


def _uses(uses: Uses, netdevs: Sequence[str], driver: str | None) -> tuple[str, ...]:
    """Those of all network devices that a card has: they are given away together."""
    if not netdevs and driver and not WITHOUT_NETDEV.search(driver):
        return ("is in another network namespace",)
    return tuple(dict.fromkeys(use for netdev in netdevs for use in uses.of(netdev)))


def parse_interfaces(text: str) -> dict[str, Note]:
    """The cards of /etc/dpdk/interfaces by PCI address, with what the role notes in a comment above each."""
    found: dict[str, Note] = {}
    note = Note()
    for line in text.splitlines():
        words = line.split()
        if line.startswith("#"):
            mac, max_mtu = MAC.search(line.lower()), MAX_MTU.search(line)
            name = words[1] if len(words) > 1 else None
            note = Note(name, mac and mac.group(), int(max_mtu.group(1)) if max_mtu else None)
        elif words[:1] == ["pci"] and len(words) > 1:
            found[words[1]] = note
            note = Note()
    return found


def _own_block(text: str) -> str:
    """The lines that are the role's; others may stand around them."""
    block = re.search(rf"^# BEGIN {MARK}$(.*?)^# END {MARK}$", text, re.MULTILINE | re.DOTALL)
    return block.group(1).strip() if block else ""


def _netdevs(device: Path) -> list[str]:
    """virtio has a level of its own between the PCI device and its network device."""
    return sorted(link.name for pattern in ("net/*", "virtio*/net/*") for link in device.glob(pattern))


class Uses:
    """What the host uses its network devices for."""

    def __init__(self, base: Path, run: RunCommand) -> None:
        self._base = base
        self._routes = [route for family in ("-4", "-6") for route in _ip(run, family, "route", "show", "table", "all")]
        self._ssh = ssh_connection(base)
        self._addresses = {
            address["local"]: link["ifname"]
            for link in _ip(run, "address", "show") for address in link.get("addr_info", []) if "local" in address
        }

    def of(self, netdev: str) -> tuple[str, ...]:
        devices = {netdev, *self._uppers(netdev)}
        found = []
        routes = [route for route in self._routes if devices & _devices(route)]
        if any(route.get("dst") == "default" for route in routes):
            found.append("carries the default route")
        if self._ssh and self._addresses.get(self._ssh[1]) in devices:
            found.append(f"carries the SSH connection from {self._ssh[0]}")
        networks = sorted({route["dst"] for route in routes if _is_network(route)})
        if networks:
            found.append(f"carries the route to {', '.join(networks)}")
        master = _target(self._base / "sys/class/net" / netdev / "master")
        if master:
            found.append(f"belongs to {master}")
        # What stands on a card is a use of it, with an address or without.
        others = sorted(set(self._direct_uppers(netdev)) - {master})
        if others:
            found.append(f"carries {', '.join(others)}")
        return tuple(found)

    def _uppers(self, netdev: str) -> Iterator[str]:
        """VLANs, bonds and bridges that stand on the device, and what stands on them."""
        for name in self._direct_uppers(netdev):
            yield name
            yield from self._uppers(name)

    def _direct_uppers(self, netdev: str) -> list[str]:
        links = (self._base / "sys/class/net" / netdev).glob("upper_*")
        return [link.name.removeprefix("upper_") for link in links]


def _devices(route: dict[str, Any]) -> set[str]:
    """The device of a route, or those of one with several ways."""
    return {way["dev"] for way in (route, *route.get("nexthops", ())) if "dev" in way}


def _is_network(route: dict[str, Any]) -> bool:
    if route.get("type", "unicast") != "unicast" or route["dst"] == "default":
        return False
    network = ipaddress.ip_network(route["dst"], strict=False)
    return not (network.is_link_local or network.is_multicast)


def ssh_connection(base: Path, pid: int | None = None) -> tuple[str, str] | None:
    """Client and server address of the SSH session that runs this, looked up through sudo and the like."""
    pid = pid or os.getpid()
    while pid > 1:
        process = base / "proc" / str(pid)
        match = re.search(r"(?:^|\0)SSH_CONNECTION=(\S+) \d+ (\S+) \d+", _text(process / "environ"))
        if match:
            return match.group(1), match.group(2)
        parent = re.search(r"^PPid:\s*(\d+)", _text(process / "status"), re.MULTILINE)
        pid = int(parent.group(1)) if parent else 0
    return None


# --- Open vSwitch ----------------------------------------------------------------------------------


def read_vswitchd(run: RunCommand, base: Path) -> Vswitchd:
    pid, executable, started = _process(base)
    row: dict[str, Any] = {}
    tables: dict[str, list[dict[str, Any]]] = {}
    try:
        with OvsdbClient(str(base / "run/openvswitch/db.sock"), timeout=5) as client:
            tables = client.select_all(SELECTIONS)
            row = tables["Open_vSwitch"][0]
    except OvsdbError:
        pass  # not installed, or stopped: then it uses no card
    return Vswitchd(
        pid=pid,
        executable=executable,
        alternative=_link(base / ALTERNATIVE),
        started=started,
        initialized=row.get("dpdk_initialized", False),
        dpdk_version=decoded(row.get("dpdk_version")),
        ovs_version=decoded(row.get("ovs_version")),
        other_config=decoded(row.get("other_config")) or {},
        bridges={bridge["name"]: bridge["datapath_type"] for bridge in tables.get("Bridge", ())},
        interfaces=tuple(_interfaces(tables)) if tables else (),
        bonds=_bonds(run) if pid else {},
    )


def _process(base: Path) -> tuple[int | None, str | None, int | None]:
    """Process id, executable and start time (in clock ticks after boot) of the daemon that lives."""
    for file in sorted(base.glob("run/openvswitch/ovs-vswitchd*.pid")):
        pid = int(_text(file) or 0)
        stat = _text(base / "proc" / str(pid) / "stat")
        if pid and stat:
            executable = os.readlink(base / "proc" / str(pid) / "exe")
            return pid, executable, int(stat.rpartition(")")[2].split()[19])
    return None, None, None


def _interfaces(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[OvsInterface]:
    rows = {decoded(row["_uuid"]): row for row in tables["Interface"]}
    ports = {decoded(row["_uuid"]): row for row in tables["Port"]}
    for bridge in tables["Bridge"]:
        for port in (ports[uuid] for uuid in members(bridge["ports"])):
            for row in (rows[uuid] for uuid in members(port["interfaces"])):
                yield OvsInterface(
                    name=row["name"],
                    port=port["name"],
                    bridge=bridge["name"],
                    type=row["type"],
                    devargs=decoded(row["options"]).get("dpdk-devargs"),
                    mac=decoded(row["mac_in_use"]),
                    error=decoded(row["error"]),
                    mtu=decoded(row["mtu"]),
                    link_state=decoded(row["link_state"]),
                )


def _bonds(run: RunCommand) -> dict[str, dict[str, bool]]:
    """Of each bond its members and whether they are enabled."""
    code, out, _error = run(["ovs-appctl", "--timeout=5", "bond/show"])
    return parse_bonds(out) if code == 0 else {}


def parse_bonds(text: str) -> dict[str, dict[str, bool]]:
    bonds: dict[str, dict[str, bool]] = {}
    for line in text.splitlines():
        if match := re.match(r"---- (\S+) ----", line):
            bond = bonds.setdefault(match.group(1), {})
        elif match := re.match(r"(?:member|slave) (\S+): (enabled|disabled)", line):
            bond[match.group(1)] = match.group(2) == "enabled"
    return bonds


# --- small things ----------------------------------------------------------------------------------


def _ip(run: RunCommand, *arguments: str) -> list[dict[str, Any]]:
    code, out, error = run(["ip", "-json", *arguments])
    if code:
        raise OSError(f"ip {' '.join(arguments)}: {error.strip()}")
    return json.loads(out or "[]")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _link(link: Path) -> str | None:
    try:
        return os.readlink(link)
    except OSError:
        return None


def _target(link: Path) -> str | None:
    target = _link(link)
    return target and os.path.basename(target)
