# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of an opt-in cluster of members, remote nodes and fencing devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
name: cluster_configuration
short_description: Options of pacemaker_cib for a cluster of members, remote nodes and fencing devices
version_added: 0.1.0
description:
  - Builds what M(openstack_ha.masakari.pacemaker_cib) declares for an opt-in cluster - nothing runs where no rule
    allows it. Rules of score 0 let the addresses, the connections to the remote nodes and the fencing devices run on
    the full members; the remote nodes run nothing and are asked for nothing.
  - Fencing is turned on in the same configuration that brings the devices.
positional: _input
options:
  _input:
    description: Remote nodes, each name with the address at which its daemon answers.
    type: dict
    required: true
  devices:
    description:
      - Fencing devices, each with C(id), C(agent) and C(nodes), a dictionary of the nodes that it can fence and the
        names by which the device knows them, and optionally with C(attributes).
    type: list
    elements: dict
    default: []
  addresses:
    description: Virtual addresses, each with C(name), C(address), C(prefix) and optionally C(interface).
    type: list
    elements: dict
    default: []
  balancers:
    description:
      - Number of full members on which HAProxy runs, all of them or none. With any, an address is only where one runs.
    type: int
    default: 0
  remote:
    description:
      - Times of the connections to remote nodes, as C(monitor_interval), C(monitor_timeout), C(start_timeout) and
        C(reconnect_interval).
    type: dict
    required: true
  fencing_action:
    description: What fencing does, V(off) or V(reboot).
    type: str
    default: "off"
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Show the configuration for two hosts
  ansible.builtin.debug:
    msg: "{{ {'compute1': '203.0.113.21', 'compute2': '203.0.113.22'} | openstack_ha.masakari.cluster_configuration(
            devices=[device], remote=times) }}"
  vars:
    device:
      id: fence-maas
      agent: stonith:fence_maas
      attributes: {url: http://maas.example.org:5240/MAAS}
      nodes: {compute1: compute1, compute2: rack2-7}
    times: {monitor_interval: 10s, monitor_timeout: 15s, start_timeout: 15s, reconnect_interval: 60s}
"""

RETURN = r"""
_value:
  description: C(properties), C(resource_defaults), C(resources) and C(constraints) of pacemaker_cib.
  type: dict
"""


def cluster_configuration(
    remotes: Mapping[str, str],
    devices: Sequence[Mapping[str, Any]] = (),
    addresses: Sequence[Mapping[str, Any]] = (),
    *,
    balancers: int = 0,
    remote: Mapping[str, str],
    fencing_action: str = "off",
) -> dict[str, Any]:
    vips = [_vip(address) for address in addresses]
    names = sorted(remotes)
    single = [*(["vips"] if vips else []), *(["haproxy-clone"] if balancers else []),
              *(device["id"] for device in devices)]
    return {
        "properties": {
            "symmetric-cluster": False,
            "no-quorum-policy": "stop",
            "stonith-enabled": bool(devices),
            "stonith-action": fencing_action,
            # A host that was fenced or whose daemon was restarted is looked at again after this time.
            "cluster-recheck-interval": "60s",
        },
        # Connections to remote nodes do not wander between members that are equally good.
        "resource_defaults": {"resource-stickiness": 100},
        "resources": [
            *([{"id": "vips", "group": vips}] if vips else []),
            *([_balancers(balancers)] if balancers else []),
            *(_device(device) for device in devices),
            *(_remote(name, remotes[name], remote) for name in names),
        ],
        "constraints": [
            *(_on_members(f"loc-{name}", [name]) for name in single),
            *([_on_members("loc-remotes", names)] if names else []),  # one rule, whatever their number
            *([{"id": "col-vips-haproxy", "type": "colocation", "resource": "vips", "with_resource": "haproxy-clone"}]
              if vips and balancers else []),
        ],
    }


def _on_members(name: str, resources: list[str]) -> dict[str, Any]:
    # Without `exclusive` the cluster would look for the resources on every remote node as well.
    return {"id": name, "type": "location", "resources": resources, "node_kind": "cluster", "score": "0",
            "discovery": "exclusive"}


def _vip(address: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"vip-{address['name']}",
        "agent": "ocf:heartbeat:IPaddr2",
        "attributes": {"ip": address["address"], "cidr_netmask": address["prefix"], "nic": address.get("interface")},
        "operations": [{"name": "monitor", "interval": "10s", "timeout": "20s"}],
    }


def _balancers(members: int) -> dict[str, Any]:
    return {
        "id": "haproxy-clone",
        # Without a maximum there would be one for each remote node to place as well.
        "meta": {"clone-max": members, "clone-node-max": 1, "interleave": True},
        "clone": {
            "id": "haproxy",
            "agent": "systemd:haproxy",
            "operations": [{"name": "monitor", "interval": "10s", "timeout": "30s"},
                           {"name": "start", "timeout": "60s"}, {"name": "stop", "timeout": "60s"}],
        },
    }


def _device(device: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": device["id"],
        "agent": device["agent"],
        "attributes": {
            "pcmk_host_check": "static-list",
            "pcmk_host_map": ";".join(f"{node}:{plug}" for node, plug in sorted(device["nodes"].items())),
            # Many hosts may die at once, with their rack.
            "pcmk_action_limit": -1,
            **(device.get("attributes") or {}),
        },
        # When the power's controller was away, its device is started again by itself once it is back. Fencing uses a
        # device that failed as well, but nobody would watch it until somebody cleaned it up.
        "meta": {"failure-timeout": "60s"},
        "operations": [{"name": "monitor", "interval": "120s", "timeout": "90s"},
                       {"name": "start", "timeout": "90s"}],
    }


def _remote(name: str, address: str, times: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": name,
        "agent": "ocf:pacemaker:remote",
        "attributes": {"server": address, "reconnect_interval": times["reconnect_interval"]},
        "operations": [
            {"name": "monitor", "interval": times["monitor_interval"], "timeout": times["monitor_timeout"]},
            # While one connection starts, the fencing of the next host waits.
            {"name": "start", "timeout": times["start_timeout"]},
        ],
    }


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"cluster_configuration": cluster_configuration}
