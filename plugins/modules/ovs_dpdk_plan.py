#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_dpdk_plan
short_description: Check a DPDK network against the host and work out what to configure
version_added: 0.1.0
description:
  - Finds the network cards that are named by MAC or PCI address, and fails with every reason why they, the hugepages,
    the IOMMU or the names cannot serve. Nothing is changed.
  - What it returns is what M(openstack_ha.masakari.ovsdb) takes.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
requirements:
  - iproute2
options:
  state:
    description:
      - V(absent) finds the cards and returns what takes the network down; nothing speaks against that.
    type: str
    choices: [present, absent]
    default: present
  bridges:
    description: Bridges in user space with their DPDK ports.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the bridge.
        type: str
        required: true
      ports:
        description: Ports made of network cards; a port of two or more is a bond.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the port or bond.
            type: str
            required: true
          bond_mode:
            description: How a bond spreads the traffic.
            type: str
            choices: [active-backup, balance-slb, balance-tcp]
            default: active-backup
          lacp:
            description: Whether a bond negotiates by LACP. V(balance-tcp) needs it.
            type: str
            choices: [active, passive, 'off']
            default: 'off'
          lacp_time:
            description:
              - How often LACP speaks, each second or each 30 seconds; a link is given up after three times that.
            type: str
            choices: [fast, slow]
            default: slow
          mtu:
            description: MTU of the cards in bytes.
            type: int
            default: 1500
          nics:
            description: The network cards, each named by either its MAC or its PCI address.
            type: list
            elements: dict
            required: true
            suboptions:
              name:
                description: Name of the interface in Open vSwitch.
                type: str
                required: true
              mac:
                description: MAC address of the card, in quotes, without which YAML makes a number of some.
                type: str
              pci:
                description: PCI address of the card, with or without the domain, in quotes.
                type: str
  namespaces:
    description: Network namespaces with ports on the bridges.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the namespace.
        type: str
        required: true
      ports:
        description: Ports in the namespace.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the network device in the namespace.
            type: str
            required: true
          bridge:
            description: Bridge it is a port of.
            type: str
            required: true
          tag:
            description: VLAN, 1 to 4094. When it is omitted, the port is a trunk.
            type: int
          mtu:
            description: MTU in bytes.
            type: int
            default: 1500
          addresses:
            description: Addresses with prefix length.
            type: list
            elements: str
            default: []
  namespace_port:
    description: What a port in a namespace is, a pair of veth devices or an internal port of Open vSwitch.
    type: str
    choices: [veth, internal]
    default: veth
  kernel_options:
    description: Options the kernel shall have been started with, one each.
    type: list
    elements: str
    default: []
  socket_mem:
    description: Memory in MiB to take from the hugepages at start, a value for each NUMA node.
    type: list
    elements: int
    default: []
  pmd_cpu_mask:
    description: CPUs of the poll mode threads, as a hexadecimal mask in quotes; a number is refused.
    type: raw
    default: ''
  lcore_mask:
    description: CPUs of DPDK's other threads, as a hexadecimal mask in quotes; a number is refused.
    type: raw
    default: ''
  extra:
    description: Further arguments for DPDK's environment abstraction layer.
    type: str
    default: ''
  other_config:
    description:
      - Further keys of C(other_config) that a running C(ovs-vswitchd) takes. One that another option sets is refused.
    type: dict
    default: {}
  packages:
    description: Debian packages the host shall have.
    type: list
    elements: str
    default: []
  files:
    description: Files the host shall have, of root, or shall not have. All are looked at in this one run.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the file.
        type: str
        required: true
      checksum:
        description:
          - SHA-1 of its content, as Ansible's filter C(checksum) gives it. When it is omitted, the file shall not be
            there.
        type: str
      mode:
        description: Its permissions, octal.
        type: str
        default: '0644'
  settle:
    description:
      - Seconds within which the network must be as wanted, with every bond member enabled; the module fails with what
        is not. With V(0) it does not look, for use before the network is configured.
    type: int
    default: 0
extends_documentation_fragment:
  - openstack_ha.masakari.attributes.info
seealso:
  - module: openstack_ha.masakari.ovsdb
  - module: openstack_ha.masakari.ovs_dpdk_info
"""

EXAMPLES = r"""
- name: Check the network before anything is changed
  openstack_ha.masakari.ovs_dpdk_plan:
    bridges:
      - name: br-test
        ports:
          - name: dpdk-bond0
            bond_mode: balance-tcp
            lacp: active
            mtu: 9000
            nics:
              - {name: dpdk-nic1, mac: "a0:36:9f:dd:31:bc"}
              - {name: dpdk-nic2, mac: "a0:36:9f:dd:31:be"}
    socket_mem: [4096, 4096]
  register: plan

- name: Configure it
  openstack_ha.masakari.ovsdb:
    bridges: "{{ plan.bridges }}"
"""

RETURN = r"""
missing_kernel_options:
  description: Those of O(kernel_options) the kernel was not started with. A reboot is due when there are any.
  returned: success
  type: list
  elements: str
  sample: [intel_iommu=on]
missing_menu_options:
  description: Those of O(kernel_options) that GRUB's menu will not give the kernel.
  returned: success
  type: list
  elements: str
  sample: [intel_iommu=on]
stale_menu_options:
  description:
    - Those of O(kernel_options) that GRUB's menu gives the kernel still, though a file came to or went from
      C(/etc/default/grub.d) since it was written. Of use with O(state=absent).
  returned: success
  type: list
  elements: str
  sample: []
missing_packages:
  description: Those of O(packages) that are not installed under this very name.
  returned: success
  type: list
  elements: str
  sample: [librte-meta-net]
outdated_files:
  description:
    - Paths of those of O(files) that are not there or differ in content, owner or mode, or are there and shall not be.
  returned: success
  type: list
  elements: str
  sample: [/usr/local/sbin/ovs-netns-port]
idle_units:
  description:
    - Those of the network's systemd units that do not run, do not start with the host, or were changed since systemd
      read them.
  returned: success
  type: list
  elements: str
  sample: [ovs-netns-ns1.service]
missing_namespaces:
  description: Those of O(namespaces) that are not there, whatever systemd says of their units.
  returned: success
  type: list
  elements: str
  sample: [ns1]
misplaced_ports:
  description: Ports of O(namespaces) that are not in their namespace, up, with their MTU and addresses.
  returned: success
  type: list
  elements: str
  sample: [tap1]
nics:
  description:
    - The network cards that were named. With O(state=absent) also those that the role has listed in
      C(/etc/dpdk/interfaces).
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Name of the interface., type: str, sample: dpdk-nic1}
    pci: {description: PCI address., type: str, sample: "0000:03:00.0"}
    mac: {description: MAC address., type: str, sample: "a0:36:9f:dd:31:bc"}
    max_mtu: {description: "Largest MTU in bytes, or V(null) where it is not known.", type: int, sample: 9710}
    driver: {description: "Driver the card is bound to, or V(null).", type: str, sample: ixgbe}
    bond: {description: "Name of the bond it belongs to, or V(null).", type: str, sample: dpdk-bond0}
are_nics_listed:
  description: Whether the role's lines of C(/etc/dpdk/interfaces) are these cards, with what is known of each.
  returned: success
  type: bool
startup_config:
  description: Keys of C(other_config) that C(ovs-vswitchd) reads when it starts.
  returned: success
  type: dict
  sample: {dpdk-init: "true", dpdk-extra: "-a 0000:03:00.0 -a 0000:03:00.1", dpdk-socket-mem: "4096,4096"}
startup_changes:
  description: Keys of RV(startup_config) that Open vSwitch's database does not have like that.
  returned: success
  type: list
  elements: str
  sample: [dpdk-init]
running_config:
  description: Keys of C(other_config) that a running C(ovs-vswitchd) takes.
  returned: success
  type: dict
  sample: {pmd-cpu-mask: "0x2"}
bridges:
  description: Bridges as O(openstack_ha.masakari.ovsdb#module:bridges) takes them.
  returned: success
  type: list
  elements: dict
leftovers:
  description:
    - Ports that stand there from the other kind of O(namespace_port), in the form of RV(bridges); empty when none does.
  returned: success
  type: list
  elements: dict
vswitchd:
  description: The daemon, as M(openstack_ha.masakari.ovs_dpdk_info) tells it.
  returned: success
  type: dict
"""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_guards import (
    judge,
    shortcomings,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import (
    Host,
    Note,
    idle_units,
    missing_packages,
    outdated_files,
    read_host,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_wish import (
    DATAPATH,
    Member,
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

NIC = {"name": {"type": "str", "required": True}, "mac": {"type": "str"}, "pci": {"type": "str"}}
PORT = {
    "name": {"type": "str", "required": True},
    "bond_mode": {
        "type": "str", "choices": ["active-backup", "balance-slb", "balance-tcp"], "default": "active-backup",
    },
    "lacp": {"type": "str", "choices": ["active", "passive", "off"], "default": "off"},
    "lacp_time": {"type": "str", "choices": ["fast", "slow"], "default": "slow"},
    "mtu": {"type": "int", "default": 1500},
    "nics": {
        "type": "list", "elements": "dict", "required": True, "options": NIC,
        "mutually_exclusive": [("mac", "pci")], "required_one_of": [("mac", "pci")],
    },
}
BRIDGE = {
    "name": {"type": "str", "required": True},
    "ports": {"type": "list", "elements": "dict", "default": [], "options": PORT},
}
NAMESPACE_PORT = {
    "name": {"type": "str", "required": True},
    "bridge": {"type": "str", "required": True},
    "tag": {"type": "int"},
    "mtu": {"type": "int", "default": 1500},
    "addresses": {"type": "list", "elements": "str", "default": []},
}
NAMESPACE = {
    "name": {"type": "str", "required": True},
    "ports": {"type": "list", "elements": "dict", "default": [], "options": NAMESPACE_PORT},
}
FILE = {
    "path": {"type": "str", "required": True},
    "checksum": {"type": "str"},
    "mode": {"type": "str", "default": "0644"},
}
SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "bridges": {"type": "list", "elements": "dict", "default": [], "options": BRIDGE},
    "namespaces": {"type": "list", "elements": "dict", "default": [], "options": NAMESPACE},
    "namespace_port": {"type": "str", "choices": ["veth", "internal"], "default": "veth"},
    "kernel_options": {"type": "list", "elements": "str", "default": []},
    "socket_mem": {"type": "list", "elements": "int", "default": []},
    "pmd_cpu_mask": {"type": "raw", "default": ""},
    "lcore_mask": {"type": "raw", "default": ""},
    "extra": {"type": "str", "default": ""},
    "other_config": {"type": "dict", "default": {}},
    "packages": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "dict", "default": [], "options": FILE},
    "settle": {"type": "int", "default": 0},
}
PAUSE = 1  # seconds between two looks at the network


def plan(host: Host, wish: dict[str, Any], members: list[Member]) -> dict[str, Any]:
    startup = startup_config(wish, members)
    return {
        "missing_kernel_options": missing_options(host.kernel_options, wish["kernel_options"]),
        "missing_menu_options": missing_options(host.menu.options, wish["kernel_options"]),
        "stale_menu_options": stale_options(host.menu, wish["kernel_options"]),
        "missing_namespaces": missing_namespaces(wish, host.namespaces),
        "misplaced_ports": misplaced(wish, host.placed),
        "nics": [describe(member, members) for member in members if member.nic],
        "are_nics_listed": host.listed == {m.found.pci: note(m) for m in members if m.nic},
        "startup_config": startup,
        "startup_changes": startup_changes(host.vswitchd, startup),
        "running_config": running_config(wish),
        "bridges": desired_bridges(wish, members),
        "leftovers": leftovers(wish, host.vswitchd),
        "vswitchd": asdict(host.vswitchd),
    }


def way_back(host: Host, wish: dict[str, Any], members: list[Member]) -> dict[str, Any]:
    """The plan that takes the network down, with cards that were listed by the role and are named no more."""
    forward = plan(host, wish, members)
    named = {nic["pci"] for nic in forward["nics"]}
    listed = [
        {"name": host.listed[nic.pci].name, "pci": nic.pci, "mac": nic.mac, "max_mtu": nic.max_mtu,
         "driver": nic.driver, "bond": None}
        for nic in host.nics if nic.pci in host.listed and nic.pci not in named
    ]
    return forward | {
        "nics": forward["nics"] + listed,
        "startup_config": dict.fromkeys(forward["startup_config"]),
        "running_config": dict.fromkeys(forward["running_config"]),
        # One with the kernel's datapath is not the role's, which refuses it.
        "bridges": [
            {"name": bridge["name"], "state": "absent"} for bridge in wish["bridges"]
            if host.vswitchd.bridges.get(bridge["name"], DATAPATH) == DATAPATH
        ],
    }


def describe(member: Member, members: list[Member]) -> dict[str, Any]:
    nic = member.found
    is_bonded = sum(other.port == member.port for other in members) > 1
    return {
        "name": member.name, "pci": nic.pci, "mac": nic.mac, "max_mtu": nic.max_mtu, "driver": nic.driver,
        "bond": member.port if is_bonded else None,
    }


def note(member: Member) -> Note:
    return Note(member.name, member.found.mac, member.found.max_mtu)


def settled(module: AnsibleModule) -> Host:
    """The host once its network is as wanted."""
    deadline = time.monotonic() + module.params["settle"]
    while True:
        host = read_host(module.run_command)
        left = shortcomings(host, module.params, resolve(module.params["bridges"], host.nics))
        if not left:
            return host
        if time.monotonic() > deadline:
            module.fail_json(msg=" ".join(left), problems=left)
        time.sleep(PAUSE)


def work(module: AnsibleModule) -> dict[str, Any]:
    wish = module.params
    host = settled(module) if wish["settle"] and not module.check_mode else read_host(module.run_command)
    members = resolve(wish["bridges"], host.nics)
    if wish["state"] == "absent":
        return way_back(host, wish, members)
    findings = judge(host, wish, members)
    for warning in findings.warnings:
        module.warn(warning)
    if findings.problems:
        module.fail_json(msg=" ".join(findings.problems), problems=list(findings.problems))
    return plan(host, wish, members)


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    try:
        module.exit_json(
            changed=False,
            **work(module),
            missing_packages=missing_packages(module.run_command, module.params["packages"]),
            outdated_files=outdated_files(Path("/"), module.params["files"]),
            idle_units=idle_units(module.run_command, units(module.params)),
        )
    except OSError as error:
        module.fail_json(msg=f"Cannot read the host's network: {error}")


if __name__ == "__main__":
    main()
