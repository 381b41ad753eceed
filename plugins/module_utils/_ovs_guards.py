# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure judgement of a DPDK network: what speaks against it beforehand, what is not as it should be afterwards."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import Host, Nic, OvsInterface
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_wish import (
    DATAPATH,
    VETH_SUFFIX,
    Member,
    misplaced,
    missing_namespaces,
    missing_options,
    outside,
    ports_in_namespaces,
)

MIB = 1 << 20
DRIVER = "vfio-pci"
PROGRAM = "ovs-vswitchd-dpdk"
LOG = "/var/log/openvswitch/ovs-vswitchd.log"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
NAME_LENGTH = 15  # of a network device, in bytes
PLAIN_MTU = 1500
LEAST_MTU = 68  # of IPv4
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
PCI = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
KERNEL_OPTION = re.compile(r"[A-Za-z_][\w.-]*(=[^\s\"'`$\\]*)?")
# Keys of other_config that have a variable of their own.
OWN_KEYS = {
    "dpdk-init": "ovs_dpdk_state", "dpdk-extra": "ovs_dpdk_extra", "dpdk-lcore-mask": "ovs_dpdk_lcore_mask",
    "dpdk-socket-mem": "ovs_dpdk_socket_mem", "pmd-cpu-mask": "ovs_dpdk_pmd_cpu_mask",
}  # fmt: skip
HEXADECIMAL = re.compile(r"(0[xX])?[0-9A-Fa-f]+")
DEFAULT_PAGE = 2 * MIB
UNITS = {"": 0, "K": 10, "M": 20, "G": 30}  # powers of two

# Open vSwitch sizes a memory pool for packets of one MTU on one NUMA node; it halves the number of buffers until the
# pool fits, but not below this one (lib/netdev-dpdk.c: MIN_NB_MBUF).
FEWEST_BUFFERS = 16384
BUFFER_ALIGNMENT = 1024
FRAME_OVERHEAD = 26  # bytes: Ethernet header, checksum and two VLAN tags
BUFFER_OVERHEAD = 960  # bytes: headroom and metadata
RESERVE = 32 * MIB  # rings and tables of DPDK itself

# Kernel drivers of cards that DPDK has a poll mode driver for, and of those it drives beside the kernel's driver.
SUPPORTED = frozenset(
    {
        "atlantic", "bnx2x", "bnxt_en", "cxgb4", "e1000", "e1000e", "ena", "enic", "fm10k", "gve", "hinic", "hns3",
        "i40e", "iavf", "ice", "idpf", "igb", "igc", "ionic", "ixgbe", "ixgbevf", "nfp", "ngbe", "octeon_ep", "qede",
        "r8169", "sfc", "thunder-nicvf", "txgbe", "virtio-pci", "vmxnet3", "uio_pci_generic", "igb_uio",
    }
)
BIFURCATED = frozenset({"mlx4_core", "mlx5_core", "mana"})


@dataclass(frozen=True)
class Findings:
    """What speaks against the wish, and what only deserves a word."""

    problems: tuple[str, ...]
    warnings: tuple[str, ...]


# --- guards ----------------------------------------------------------------------------------------


def judge(host: Host, wish: Mapping[str, Any], members: Sequence[Member]) -> Findings:
    pending = missing_options(host.kernel_options, wish["kernel_options"])
    found = [member for member in members if member.nic]
    problems = [
        *_names(wish),
        *_ports(wish),
        *_options(wish),
        *_kernel_bridges(wish, host.vswitchd.bridges),
        *_missing(members, host.nics),
        *_twice(found),
        *(problem for member in found for problem in _card(member, host, pending)),
        *_socket_mem(wish["socket_mem"], host),
        *(problem for name in ("pmd_cpu_mask", "lcore_mask") for problem in _cpu_mask(name, wish[name], host)),
        *_namespaces(wish),
        *_elsewhere(wish, host.vswitchd.interfaces),
        *_foreign_namespaces(wish, host.namespaces),
        *_hugepages(found, wish, host, pending),
        *_boot_loader(host, pending),
    ]
    if not host.has_vfio:
        problems.append(
            f"kernel module {DRIVER} is missing for the running kernel. Install the kernel's modules "
            "(Debian: linux-image-amd64 rather than linux-image-cloud-amd64), and reboot into that kernel."
        )
    return Findings(tuple(problems), (*_numa(found), *_internal(wish)))


def _names(wish: Mapping[str, Any]) -> Iterator[str]:
    names = [bridge["name"] for bridge in wish["bridges"]]
    for bridge in wish["bridges"]:
        for port in bridge["ports"]:
            nics = [nic["name"] for nic in port["nics"]]
            # An interface may be called like its own port, which is usual when it is alone there.
            names += nics if nics == [port["name"]] else [port["name"], *nics]
            if len(nics) > 1 and port["bond_mode"] == "balance-tcp" and port["lacp"] == "off":
                yield f"bond {port['name']}: bond_mode balance-tcp needs LACP. Set lacp: active, or another mode."
    names += [port["name"] for namespace in wish["namespaces"] for port in namespace["ports"]]
    for name in sorted({*names, *(namespace["name"] for namespace in wish["namespaces"])}):
        if not NAME.fullmatch(name):
            yield f"name '{name}' has characters other than letters, digits, '.', '_' and '-'. Choose another."
    for name, times in Counter(names).items():
        if times > 1:
            yield f"name {name} is used {times} times. Give each bridge, port, NIC and namespace port its own."


def _ports(wish: Mapping[str, Any]) -> Iterator[str]:
    for bridge in wish["bridges"]:
        if len(bridge["name"]) > NAME_LENGTH:  # its local port is a network device
            yield f"bridge {bridge['name']}: its name is longer than {NAME_LENGTH} characters. Shorten it."
        for port in bridge["ports"]:
            here = f"port {port['name']} of bridge {bridge['name']}"
            if not port["nics"]:
                yield f"{here} has no network card. Name at least one in its nics."
            if port["mtu"] < LEAST_MTU:
                yield f"{here}: MTU {port['mtu']} is below {LEAST_MTU}, the least of IPv4. Raise it."


def _options(wish: Mapping[str, Any]) -> Iterator[str]:
    for option in wish["kernel_options"]:
        if not KERNEL_OPTION.fullmatch(option):
            yield (
                f"'{option}' in ovs_dpdk_kernel_options is not one kernel option. Write a list with one in each "
                "element: [intel_iommu=on, iommu=pt, hugepages=1024]."
            )
    for key in sorted(wish["other_config"].keys() & OWN_KEYS.keys()):
        yield (
            f"ovs_dpdk_other_config has {key} '{wish['other_config'][key]}', which {OWN_KEYS[key]} sets: each would "
            f"undo the other. Take {key} out of ovs_dpdk_other_config and set {OWN_KEYS[key]}."
        )


def _kernel_bridges(wish: Mapping[str, Any], there: Mapping[str, str]) -> Iterator[str]:
    for bridge in wish["bridges"]:
        kind = there.get(bridge["name"], DATAPATH)
        if kind != DATAPATH:
            yield (
                f"bridge {bridge['name']} is there with datapath_type {kind or 'system'}: to build it in user space "
                "would cut off what it carries. Choose another name in ovs_dpdk_bridges, or remove it first: "
                f"ovs-vsctl del-br {bridge['name']}."
            )


def _missing(members: Sequence[Member], nics: Sequence[Nic]) -> Iterator[str]:
    there = ", ".join(f"{nic.pci} {nic.mac or 'of unknown MAC'} {nic.netdev or ''}".strip() for nic in nics) or "none"
    for member in members:
        if (member.pci and not PCI.fullmatch(member.pci)) or (member.mac and not MAC.fullmatch(member.mac)):
            what = f"pci {member.pci} is no PCI" if member.pci else f"mac {member.mac} is no MAC"
            yield (
                f"NIC {member.name}: {what} address. Write it in quotes, like mac: \"52:54:00:00:00:04\" or "
                'pci: "0000:03:00.0": without them YAML makes numbers of some.'
            )
        elif not member.nic:
            what = f"PCI address {member.pci}" if member.pci else f"MAC address {member.mac}"
            yield f"NIC {member.name}: no network card has {what}. This host has: {there}."


def _twice(found: Sequence[Member]) -> Iterator[str]:
    for pci, times in Counter(member.found.pci for member in found).items():
        if times > 1:
            names = " and ".join(member.name for member in found if member.found.pci == pci)
            yield f"NICs {names} are the same network card {pci}. Name another one."


def _card(member: Member, host: Host, pending: Sequence[str]) -> Iterator[str]:
    nic = member.found
    wanted = (member.bridge, member.port, member.name)
    for interface in host.vswitchd.interfaces:
        is_bound = interface.pci == nic.pci or f"mac={nic.mac}" in (interface.devargs or "").lower().split(",")
        is_there = (interface.bridge, interface.port, interface.name) == wanted
        if not is_there if is_bound else interface.name == nic.netdev:
            yield (
                f"NIC {member} is in use by bridge {interface.bridge} (port {interface.port}) as {interface.name}. For "
                f"another place or name remove it there first: ovs-vsctl del-port {interface.bridge} {interface.port}, "
                "or ovs_dpdk_state=absent with the old variables."
            )
    if nic.max_mtu and member.mtu > nic.max_mtu:
        yield f"NIC {member}: MTU {member.mtu} is above its limit {nic.max_mtu}. Lower mtu of port {member.port}."
    if nic.driver == DRIVER:
        return
    for use in nic.uses:
        yield f"NIC {member} {use}: taking it away would cut that off. Name another NIC, or free this one first."
    if nic.driver in BIFURCATED:
        yield f"NIC {member}: its driver {nic.driver} stays in use under DPDK, which this role does not set up."
    elif nic.driver and nic.driver not in SUPPORTED:
        yield f"NIC {member}: DPDK has no driver for this card ({nic.device}, {nic.driver}). Name another NIC."
    if not nic.iommu_group and not any("iommu" in option for option in pending):
        yield (
            f"NIC {member} is in no IOMMU group: the IOMMU is off. Enable VT-d or AMD-Vi in the firmware, and "
            "intel_iommu=on iommu=pt in ovs_dpdk_kernel_options."
        )


def _socket_mem(socket_mem: Sequence[int], host: Host) -> Iterator[str]:
    nodes = len(host.numa_nodes)
    if len(socket_mem) > nodes:
        yield (
            f"ovs_dpdk_socket_mem {','.join(map(str, socket_mem))} names {len(socket_mem)} NUMA nodes, this host has "
            f"{nodes}: ovs-vswitchd would abort. Give {nodes} value{'s' if nodes > 1 else ''}."
        )


def _cpu_mask(name: str, mask: object, host: Host) -> Iterator[str]:
    if isinstance(mask, int):
        yield f'ovs_dpdk_{name} is the number {mask}, not a text. Quote it: "{mask:#x}" if it was written {mask:#x}.'
    elif mask and not HEXADECIMAL.fullmatch(str(mask)):
        yield f"ovs_dpdk_{name} '{mask}' is no hexadecimal mask. Write it like \"0x6\"."
    elif mask:
        bits = int(str(mask), 16)
        if not bits:
            yield f"ovs_dpdk_{name} {mask} names no CPU. Set a bit, or leave it empty: then Open vSwitch chooses."
        missing = [cpu for cpu in range(bits.bit_length()) if bits >> cpu & 1 and cpu not in host.cpus]
        if missing:
            yield (
                f"ovs_dpdk_{name} {mask} names CPU {', '.join(map(str, missing))}. Online on this host are: "
                f"{', '.join(map(str, host.cpus))}. Choose among them."
            )


def _boot_loader(host: Host, pending: Sequence[str]) -> Iterator[str]:
    was_there = host.menu.is_older_than_boot and set(pending) <= set(host.menu.options)
    if pending and (was_there or not host.menu.options):
        why = "though GRUB's menu had it: this host does not boot by that menu" if was_there else "and has no GRUB menu"
        yield (
            f"the kernel was started without {' '.join(pending)}, {why}. A reboot by this role would not help: set the "
            "options where the host's boot loader (or MAAS) reads them, and reboot."
        )


def _namespaces(wish: Mapping[str, Any]) -> Iterator[str]:
    mtus = {b["name"]: max((port["mtu"] for port in b["ports"]), default=None) for b in wish["bridges"]}
    longest = NAME_LENGTH - (len(VETH_SUFFIX) if wish["namespace_port"] == "veth" else 0)
    for namespace, port in ports_in_namespaces(wish):
        here = f"port {port['name']} of namespace {namespace}"
        if port["bridge"] not in mtus:
            yield f"{here}: bridge {port['bridge']} is not in ovs_dpdk_bridges ({', '.join(mtus)}). Name it there."
        elif port["mtu"] > (limit := mtus[port["bridge"]] or port["mtu"]):
            yield f"{here}: MTU {port['mtu']} is above MTU {limit} of {port['bridge']}'s NICs. Lower it."
        if port["mtu"] < LEAST_MTU:
            yield f"{here}: MTU {port['mtu']} is below {LEAST_MTU}, the least of IPv4. Raise it."
        if len(port["name"]) > longest:
            yield f"{here}: its name is longer than {longest} characters. Shorten it."
        if port["tag"] is not None and not 1 <= port["tag"] <= 4094:
            yield f"{here}: tag {port['tag']} is no VLAN. Choose 1 to 4094."
        for address in port["addresses"]:
            if not _is_interface_address(address):
                yield f"{here}: '{address}' is no address with a prefix length. Write it like 172.20.0.1/24."


def _elsewhere(wish: Mapping[str, Any], interfaces: Sequence[OvsInterface]) -> Iterator[str]:
    """A port is not moved between bridges: the database knows a name once."""
    for namespace, port in ports_in_namespaces(wish):
        name = outside(wish, port)
        for row in interfaces:
            if name in (row.port, row.name) and (row.bridge, row.port) != (port["bridge"], name):
                yield (
                    f"port {port['name']} of namespace {namespace}: {name} stands on bridge {row.bridge} (port "
                    f"{row.port}), not on {port['bridge']}. Remove it there first: ovs-vsctl del-port {row.bridge} "
                    f"{row.port}."
                )


def _foreign_namespaces(wish: Mapping[str, Any], there: Mapping[str, bool]) -> Iterator[str]:
    for namespace in wish["namespaces"]:
        if there.get(namespace["name"]) is False:
            yield (
                f"network namespace {namespace['name']} is there and not this role's, which would delete it with "
                "ovs_dpdk_state=absent. Choose another name in ovs_dpdk_namespaces, or remove it first: "
                f"ip netns delete {namespace['name']}."
            )


def _is_interface_address(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "/" in text


def pool_bytes(mtu: int) -> int:
    """The smallest memory pool that Open vSwitch accepts for this MTU."""
    frame = -(-(mtu + FRAME_OVERHEAD) // BUFFER_ALIGNMENT) * BUFFER_ALIGNMENT
    return FEWEST_BUFFERS * (frame + BUFFER_OVERHEAD)


def boot_pages(options: Sequence[str], running: Sequence[str], nodes: Sequence[int]) -> dict[int, int]:
    """Bytes of hugepages that each NUMA node will have once the kernel is started with the options.

    C(hugepages=) counts pages of the C(hugepagesz=) before it, or else of the default size, and they are spread evenly;
    a count may also be given by node (C(hugepages=0:512,1:256)).
    """
    defaults = [option for option in (*running, *options) if option.startswith("default_hugepagesz=")]
    size = _size(defaults[-1]) if defaults else DEFAULT_PAGE
    pages: dict[int, dict[int, int]] = {}
    for option in options:
        name, _is, value = option.partition("=")
        if name == "hugepagesz":
            size = _size(option)
        elif name == "hugepages":
            pages[size] = _by_node(value, nodes)
    return {node: sum(size * counts.get(node, 0) for size, counts in pages.items()) for node in nodes}


def _size(option: str) -> int:
    match = re.fullmatch(r"\w+=(\d+)([KMG]?)", option, re.IGNORECASE)
    return int(match.group(1)) << UNITS[match.group(2).upper()] if match else 0


def _by_node(value: str, nodes: Sequence[int]) -> dict[int, int]:
    if value.isdecimal():
        return dict.fromkeys(nodes, int(value) // len(nodes))
    return {int(node): int(count) for node, count in re.findall(r"(\d+):(\d+)", value)}


def _hugepages(
    found: Sequence[Member], wish: Mapping[str, Any], host: Host, pending: Sequence[str]
) -> Iterator[str]:
    is_pending = any(option.startswith("hugepages=") for option in pending)
    if is_pending:
        available = boot_pages(wish["kernel_options"], host.kernel_options, host.numa_nodes)
    else:
        available = defaultdict(int)
        for pages in host.hugepages:
            # Those the running ovs-vswitchd holds are not free, but its own.
            available[pages.node] += (pages.free + pages.held) * pages.size_kb * 1024
    pools: dict[int, set[int]] = defaultdict(set)
    for member in found:
        pools[member.found.numa_node].add(pool_bytes(member.mtu))
    asked = {node: mib * MIB for node, mib in enumerate(wish["socket_mem"])}
    for node in sorted({*pools, *asked} & set(host.numa_nodes)):
        for_ports = sum(pools[node]) + RESERVE if pools[node] else 0
        need = max(for_ports, asked.get(node, 0))
        if need > available[node]:
            have = "will have" if is_pending else "has"
            why = "its ports' MTU" if need == for_ports else "ovs_dpdk_socket_mem"
            yield (
                f"NUMA node {node} {have} {available[node] // MIB} MiB of free hugepages, {why} needs "
                f"{-(-need // MIB)} MiB. "
                "Raise hugepages= in ovs_dpdk_kernel_options, or write more to nr_hugepages."
            )
        elif node in asked and for_ports > asked[node]:
            yield (
                f"ovs_dpdk_socket_mem gives NUMA node {node} {asked[node] // MIB} MiB, its ports' MTU needs "
                f"{-(-for_ports // MIB)} MiB. Raise it."
            )


def _numa(found: Sequence[Member]) -> Iterator[str]:
    nodes: dict[str, set[int]] = defaultdict(set)
    for member in found:
        nodes[member.port].add(member.found.numa_node)
    for port, numbers in nodes.items():
        if len(numbers) > 1:
            listed = " and ".join(map(str, sorted(numbers)))
            yield f"bond {port} spans NUMA nodes {listed}: packets cross between them, which costs throughput."


def _internal(wish: Mapping[str, Any]) -> Iterator[str]:
    if wish["namespace_port"] != "internal":
        return
    for namespace, port in ports_in_namespaces(wish):
        if port["mtu"] > PLAIN_MTU:
            yield (
                f"port {port['name']} of namespace {namespace}: Open vSwitch 3 cuts frames above {PLAIN_MTU} bytes "
                "from an internal port outside the root namespace. Prefer ovs_dpdk_namespace_port: veth."
            )


# --- afterwards ------------------------------------------------------------------------------------


def shortcomings(host: Host, wish: Mapping[str, Any], members: Sequence[Member]) -> list[str]:
    """What is not, or not yet, as it was wanted."""
    daemon = host.vswitchd
    if daemon.pid is None:  # whatever the database says is then of the past
        return ["ovs-vswitchd is not running. Look at: systemctl status ovs-vswitchd."]
    if not (daemon.executable or "").endswith(PROGRAM):
        return [f"the running ovs-vswitchd is {daemon.executable}, which has no DPDK."]
    if not daemon.initialized:
        return [f"ovs-vswitchd could not initialize DPDK. Look at {LOG}."]
    sizes = Counter(member.port for member in members)
    problems = [problem for member in members for problem in _shortcomings_of(member, host, sizes[member.port] > 1)]
    problems += [
        f"network namespace {namespace} is not there. Look at: systemctl status ovs-netns-{namespace}."
        for namespace in missing_namespaces(wish, host.namespaces)
    ]
    return problems + [
        f"port {port} is not up in its namespace with its MTU and addresses. Look at: systemctl status "
        f"ovs-netns-port-{port}."
        for port in misplaced(wish, host.placed)
    ]


def _shortcomings_of(member: Member, host: Host, is_bonded: bool) -> Iterator[str]:
    if not member.nic or member.nic.driver != DRIVER:
        yield f"NIC {member} is bound to {member.nic and member.nic.driver}, not to {DRIVER}."
    interface = next((row for row in host.vswitchd.interfaces if row.name == member.name), None)
    if interface is None:
        yield f"NIC {member} is not in Open vSwitch's database."
    elif interface.error:
        yield f"NIC {member}: {interface.error}."
    elif interface.mtu != member.mtu:
        yield f"NIC {member} has MTU {interface.mtu} instead of {member.mtu}."
    if is_bonded and host.vswitchd.bonds.get(member.port, {}).get(member.name) is not True:
        yield (
            f"bond {member.port}: member {member.name} is not enabled (link {interface and interface.link_state}). "
            "With LACP, the switch's ports must be in a LACP bond too."
        )
