#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_host_info
short_description: Tell what Masakari and Nova know about a compute host
version_added: 0.1.0
description:
  - Tells the failover segment of a host with the hosts in it, the recoveries that hold the segment, the C(nova-compute)
    service of the host and the guests that Nova places on it, which is what a person asks before taking a host out or
    bringing one back.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  name:
    description:
      - Name of the host, exactly as Nova has it (C(openstack compute service list)).
    type: str
    required: true
  domains:
    description:
      - UUIDs of the domains that libvirt has on the host. For each that Nova does not place there, Nova is asked where
        it belongs, see RV(host.strangers).
    type: list
    elements: str
    default: []
seealso:
  - module: openstack_ha.masakari.segment_host_info
  - module: openstack_ha.masakari.compute_service
"""

EXAMPLES = r"""
- name: Look at a host before it is brought back
  openstack_ha.masakari.compute_host_info:
    cloud: default
    name: compute1
  register: compute1

- name: Wait until nobody recovers anything in its segment
  openstack_ha.masakari.compute_host_info:
    cloud: default
    name: compute1
  register: compute1
  until: compute1.host.recoveries == []
  retries: 60
  delay: 5
"""

RETURN = r"""
host:
  description: The host.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the host.
      type: str
      sample: compute1
    segment:
      description: The segment it is in, as M(openstack_ha.masakari.segment_info) has it, or C(null).
      type: dict
    reserved:
      description: Whether it is kept in reserve; C(null) outside of every segment.
      type: bool
      sample: false
    on_maintenance:
      description: Whether notifications about it are ignored; C(null) outside of every segment.
      type: bool
      sample: true
    segment_hosts:
      description: All hosts of its segment, itself among them, as M(openstack_ha.masakari.segment_host_info) has them.
      type: list
      elements: dict
    recoveries:
      description: Notifications that hold the segment, in words. Empty when nothing is being recovered.
      type: list
      elements: str
      sample: ["notification 5d2a4a0b-7a3c-4c30-a8a4-8f8c6d9a6a55 (COMPUTE_HOST, running) of host 'compute1'"]
    compute_service:
      description: Its C(nova-compute), as M(openstack_ha.masakari.compute_service) has it, or C(null).
      type: dict
    servers:
      description: Guests of all projects that Nova places on it, with their C(id), C(name), C(status), C(task_state)
        and C(compute_host).
      type: list
      elements: dict
    strangers:
      description: Those of O(domains) that Nova does not place on it, in the same form; C(name) and C(compute_host) are
        C(null) where Nova has no such guest.
      type: list
      elements: dict
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import recoveries
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import SERVER_FIELDS, Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import (
    name_problems,
    raise_all,
    uuid_problems,
)
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule


class ComputeHostInfoModule(MasakariModule):
    argument_spec = {
        "name": {"type": "str", "required": True},
        "domains": {"type": "list", "elements": "str", "default": []},
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        name, domains = self.params["name"], self.params["domains"]
        problems = [problem for domain in domains for problem in uuid_problems("domains", domain, "virsh list --uuid")]
        raise_all(name_problems("name", [name]) + problems)
        segment, hosts = _segment_of(gateway, name)
        itself = next((host for host in hosts if host["name"] == name), {})
        servers = gateway.servers(name)
        foreign = sorted(set(domains) - {server["id"] for server in servers})
        return {"changed": False, "host": {
            "name": name,
            "segment": segment,
            "reserved": itself.get("reserved"),
            "on_maintenance": itself.get("on_maintenance"),
            "segment_hosts": hosts,
            "recoveries": recoveries(gateway, segment["uuid"]) if segment else [],
            "compute_service": next((row for row in gateway.compute_services(name) if row["host"] == name), None),
            "servers": servers,
            "strangers": [gateway.server(uuid) or {**dict.fromkeys(SERVER_FIELDS), "id": uuid} for uuid in foreign],
        }}


def _segment_of(gateway: Gateway, name: str) -> tuple[Row | None, list[Row]]:
    for segment in gateway.segments():
        hosts = gateway.hosts(segment["uuid"])
        if any(host["name"] == name for host in hosts):
            return segment, hosts
    return None, []


def main() -> None:
    ComputeHostInfoModule()()


if __name__ == "__main__":
    main()
