#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_dpdk_info
short_description: Tell what a host has for DPDK and what Open vSwitch makes of it
version_added: 0.1.0
description:
  - Lists the network cards with MAC and PCI address, driver, NUMA node, IOMMU group and what the host uses them for;
    the hugepages of each NUMA node; and the state of C(ovs-vswitchd), its DPDK, its interfaces and bonds.
  - Works before Open vSwitch is installed and while it is stopped. Run it as root.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
requirements:
  - iproute2
extends_documentation_fragment:
  - openstack_ha.masakari.attributes.info
seealso:
  - module: openstack_ha.masakari.ovs_dpdk_plan
  - module: openstack_ha.masakari.ovsdb
"""

EXAMPLES = r"""
- name: Look at the host
  openstack_ha.masakari.ovs_dpdk_info:
  register: dpdk

- name: Show the network cards that nothing uses
  ansible.builtin.debug:
    msg: "{{ dpdk.nics | rejectattr('uses') | map(attribute='pci') }}"
"""

RETURN = r"""
nics:
  description: Network cards on the PCI bus.
  returned: success
  type: list
  elements: dict
  contains:
    pci: {description: PCI address., type: str, sample: "0000:03:00.0"}
    mac:
      description:
        - MAC address. A card bound to DPDK has none in the kernel; it is then the one noted in C(/etc/dpdk/interfaces)
          or known to Open vSwitch, or V(null).
      type: str
      sample: a0:36:9f:dd:31:bc
    netdev: {description: "Name of the network device, or V(null).", type: str, sample: enp3s0f0}
    driver: {description: "Driver the card is bound to, or V(null).", type: str, sample: vfio-pci}
    device: {description: Vendor and device number., type: str, sample: "8086:1528"}
    numa_node: {description: NUMA node., type: int, sample: 0}
    iommu_group: {description: "IOMMU group, or V(null) when the IOMMU is off.", type: str, sample: "14"}
    max_mtu:
      description:
        - Largest MTU in bytes that the kernel's driver allows. For a card bound to DPDK it is the one noted in
          C(/etc/dpdk/interfaces), or V(null).
      type: int
      sample: 9710
    uses:
      description: What the host uses the card for, in words.
      type: list
      elements: str
      sample: [carries the default route]
listed:
  description: Cards in the role's lines of C(/etc/dpdk/interfaces) by PCI address, with C(name), C(mac) and C(max_mtu).
  returned: success
  type: dict
numa_nodes:
  description: Numbers of the NUMA nodes.
  returned: success
  type: list
  elements: int
cpus:
  description: Numbers of the CPUs that are online.
  returned: success
  type: list
  elements: int
hugepages:
  description: Hugepages by NUMA node and size.
  returned: success
  type: list
  elements: dict
  contains:
    node: {description: NUMA node., type: int}
    size_kb: {description: Size of a page in KiB., type: int, sample: 2048}
    total: {description: Number of pages., type: int}
    free: {description: Number of pages nobody holds., type: int}
    held: {description: Number of pages that C(ovs-vswitchd) holds., type: int}
kernel_options:
  description: The running kernel's command line.
  returned: success
  type: list
  elements: str
menu:
  description: The first entry of GRUB's menu.
  returned: success
  type: dict
  contains:
    options: {description: Options it gives the kernel., type: list, elements: str}
    is_older_than_files:
      description: Whether a file came to or went from C(/etc/default/grub.d) since the menu was written.
      type: bool
    is_older_than_boot: {description: Whether the menu was written before the running kernel was started., type: bool}
namespaces:
  description: Network namespaces by name, and whether a service of the role makes each.
  returned: success
  type: dict
  sample: {ns1: true}
placed:
  description:
    - Ports in network namespaces by name, and the arguments their script has brought them to. A port that is not up
      there with that MTU and those addresses any more is left out.
  returned: success
  type: dict
  sample: {tap1: veth ns1 tap1 9000 172.20.0.1/24}
has_vfio:
  description: Whether kernel module C(vfio-pci) can be loaded.
  returned: success
  type: bool
vswitchd:
  description: The daemon C(ovs-vswitchd).
  returned: success
  type: dict
  contains:
    pid: {description: "Process id, or V(null) when it does not run.", type: int}
    executable: {description: The program that runs., type: str}
    alternative: {description: "The program that the next start runs, by Debian's alternatives.", type: str}
    started: {description: Start time in clock ticks after boot., type: int}
    initialized:
      description: Whether DPDK was initialized, as the database says. That outlives the daemon; look at C(pid) too.
      type: bool
    dpdk_version: {description: Version of DPDK., type: str, sample: DPDK 24.11.2}
    ovs_version: {description: Version of Open vSwitch., type: str, sample: 3.5.0}
    other_config: {description: The global configuration., type: dict}
    bridges:
      description:
        - Bridges by name with the type of their datapath, V(netdev) in user space, empty or V(system) in the kernel.
      type: dict
      sample: {br-test: netdev}
    interfaces:
      description:
        - Interfaces with C(name), C(port), C(bridge), C(type), C(devargs), C(mac), C(error), C(mtu) and C(link_state).
      type: list
      elements: dict
    bonds:
      description: Of each bond its members, and whether they are enabled.
      type: dict
      sample: {dpdk-bond0: {dpdk-nic1: true, dpdk-nic2: true}}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import read_host


def main() -> None:
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        host = read_host(module.run_command)
    except OSError as error:
        module.fail_json(msg=f"Cannot read the host's network: {error}")
    module.exit_json(changed=False, **host.as_dict())


if __name__ == "__main__":
    main()
