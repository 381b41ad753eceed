#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ovsdb
short_description: Configure bridges, ports and bonds of Open vSwitch
version_added: 0.1.0
description:
  - Brings bridges, ports, bonds and the global C(other_config) of Open vSwitch to what is wanted, in one transaction
    of its database. Nothing is written when all is as wanted.
  - Unlike C(ovs-vsctl), which reports success for a port that could not be opened, this module waits until every
    interface that is named is attached, without an error, and has the MTU that was asked for, and fails otherwise.
  - It needs neither C(ovs-vsctl) nor a Python package on the host.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
options:
  other_config:
    description:
      - Keys of column C(other_config) of table C(Open_vSwitch). A key whose value is V(null) is removed; keys that are
        not named stay as they are.
    type: dict
    default: {}
  bridges:
    description:
      - The bridges. Those that are not named stay as they are.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the bridge.
        type: str
        required: true
      state:
        description: Whether the bridge exists. It is removed with all its ports.
        type: str
        choices: [present, absent]
        default: present
      datapath_type:
        description: V(netdev) for a datapath in user space, as DPDK needs it. When it is omitted, it stays as it is.
        type: str
        choices: [netdev, system]
      ports:
        description:
          - Ports of the bridge. Those that are not named stay as they are; one that is named is described whole, what
            is omitted is reset.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the port or bond.
            type: str
            required: true
          state:
            description: Whether the port exists.
            type: str
            choices: [present, absent]
            default: present
          tag:
            description: VLAN of an access port, 0 to 4095. When it is omitted, the port is a trunk of all VLANs.
            type: int
          bond_mode:
            description: How a bond spreads the traffic.
            type: str
            choices: [active-backup, balance-slb, balance-tcp]
          lacp:
            description: Whether a bond negotiates by LACP.
            type: str
            choices: [active, passive, 'off']
          other_config:
            description:
              - Keys of the port's C(other_config), such as C(lacp-time). V(null) removes a key; others stay.
            type: dict
            default: {}
          interfaces:
            description:
              - The interfaces of the port; a bond has two or more. When this is omitted, the port has one interface of
                its own name.
            type: list
            elements: dict
            suboptions:
              name:
                description: Name of the interface.
                type: str
                required: true
              type:
                description: Type of the interface, such as V(dpdk) or V(internal); empty for a network device.
                type: str
                default: ''
              options:
                description:
                  - Keys of the interface's options, such as C(dpdk-devargs). V(null) removes a key; others stay.
                type: dict
                default: {}
              mtu_request:
                description: MTU in bytes. When it is omitted, Open vSwitch decides.
                type: int
  wait:
    description:
      - Whether to wait until C(ovs-vswitchd) has taken the change and every interface that is named is right.
      - V(false) serves while C(ovs-vswitchd) is stopped or about to be restarted.
    type: bool
    default: true
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 60
  socket:
    description: Socket of the database.
    type: path
    default: /run/openvswitch/db.sock
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the change without making it.
    support: full
    details:
      - Where Open vSwitch is not installed yet, the database counts as empty.
  diff_mode:
    description: Tells in diff mode what has changed, or would change in C(check_mode).
    support: full
seealso:
  - module: openstack_ha.masakari.ovs_dpdk_plan
  - module: openstack_ha.masakari.ovs_dpdk_info
"""

EXAMPLES = r"""
- name: Initialise DPDK when ovs-vswitchd starts next
  openstack_ha.masakari.ovsdb:
    other_config:
      dpdk-init: "true"
      dpdk-socket-mem: 4096,4096
    wait: false

- name: Bond two DPDK ports
  openstack_ha.masakari.ovsdb:
    bridges:
      - name: br-test
        datapath_type: netdev
        ports:
          - name: dpdk-bond0
            bond_mode: balance-tcp
            lacp: active
            other_config:
              lacp-time: fast
            interfaces:
              - name: dpdk-nic1
                type: dpdk
                options:
                  dpdk-devargs: "0000:03:00.0"
                mtu_request: 9000
              - name: dpdk-nic2
                type: dpdk
                options:
                  dpdk-devargs: "0000:03:00.1"
                mtu_request: 9000

- name: Put a port on a VLAN
  openstack_ha.masakari.ovsdb:
    bridges:
      - name: br-test
        ports:
          - name: tap1-br
            tag: 2933
"""

RETURN = r"""
operations:
  description: The operations of the transaction (RFC 7047), or those it would have had. Empty when nothing changed.
  returned: success
  type: list
  elements: dict
  sample:
    - {op: update, table: Port, where: [[name, ==, tap1-br]], row: {tag: 2934}}
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovsdb_client import (
    OvsdbClient,
    OvsdbError,
    is_running,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovsdb_plan import (
    EMPTY,
    SELECTIONS,
    STATUS_COLUMNS,
    State,
    WishError,
    load,
    merged,
    operations,
    unsettled,
    wanted_interfaces,
)

PAUSE = 0.5  # seconds between two looks at the interfaces

INTERFACE = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "default": ""},
    "options": {"type": "dict", "default": {}},
    "mtu_request": {"type": "int"},
}
PORT = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "tag": {"type": "int"},
    "bond_mode": {"type": "str", "choices": ["active-backup", "balance-slb", "balance-tcp"]},
    "lacp": {"type": "str", "choices": ["active", "passive", "off"]},
    "other_config": {"type": "dict", "default": {}},
    "interfaces": {"type": "list", "elements": "dict", "options": INTERFACE},
}
BRIDGE = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "datapath_type": {"type": "str", "choices": ["netdev", "system"]},
    "ports": {"type": "list", "elements": "dict", "options": PORT, "default": []},
}
SPEC: dict[str, Any] = {
    "other_config": {"type": "dict", "default": {}},
    "bridges": {"type": "list", "elements": "dict", "options": BRIDGE, "default": []},
    "wait": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 60},
    "socket": {"type": "path", "default": "/run/openvswitch/db.sock"},
}


def read(client: OvsdbClient) -> State:
    return load(client.select_all(SELECTIONS))


def commit(client: OvsdbClient, changes: list[dict[str, Any]]) -> int:
    """Write the changes; the number of the configuration that ovs-vswitchd has to reach."""
    select = {"op": "select", "table": "Open_vSwitch", "where": [], "columns": ["next_cfg"]}
    return client.transact(*changes, select)[-1]["rows"][0]["next_cfg"]


def wait_until_taken(client: OvsdbClient, number: int, deadline: float) -> None:
    while client.select("Open_vSwitch", ["cur_cfg"])[0]["cur_cfg"] < number:
        if time.monotonic() > deadline:
            raise OvsdbError(
                "ovs-vswitchd did not take the change in time: look at "
                "'systemctl status ovs-vswitchd' and /var/log/openvswitch/ovs-vswitchd.log"
            )
        time.sleep(PAUSE)


def wait_until_settled(client: OvsdbClient, names: set[str], deadline: float) -> None:
    while problems := unsettled(client.select("Interface", list(STATUS_COLUMNS)), names):
        if time.monotonic() > deadline:
            raise OvsdbError(
                "; ".join(f"interface {name}: {problem}" for name, problem in problems.items())
                + ". /var/log/openvswitch/ovs-vswitchd.log tells more"
            )
        time.sleep(PAUSE)


def work(client: OvsdbClient, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    state = read(client)
    after = merged(state.model, params["other_config"], params["bridges"])
    names = wanted_interfaces(params["bridges"])
    changes = operations(state, after, heal=params["wait"] and bool(names & state.errors.keys()))
    if not check_mode:
        deadline = time.monotonic() + params["timeout"]
        number = commit(client, changes) if changes else 0
        if params["wait"]:
            wait_until_taken(client, number, deadline)
            wait_until_settled(client, names, deadline)
    return result(state.model, after, changes)


def result(before: dict[str, Any], after: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"changed": bool(changes), "operations": changes, "diff": {"before": before, "after": after}}


def foresee(params: dict[str, Any]) -> dict[str, Any]:
    """Check mode before Open vSwitch is installed."""
    after = merged(EMPTY.model, params["other_config"], params["bridges"])
    return result(EMPTY.model, after, operations(EMPTY, after))


def main() -> None:
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    try:
        if module.check_mode and not is_running(module.params["socket"]):
            module.exit_json(**foresee(module.params))
        with OvsdbClient(module.params["socket"]) as client:
            module.exit_json(**work(client, module.params, module.check_mode))
    except (OvsdbError, WishError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
