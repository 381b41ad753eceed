# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a checked user config to groups and variables, as OpenStack-Ansible's generator would give them.

Containers are never invented: they come from openstack_inventory.json, and a service whose container is not
there is placed on the host itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_environment import (
    Container,
    Environment,
    underscored,
)
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_user_config import (
    UserConfig,
    is_management,
    netmask,
)

ALWAYS_THERE = ("masakari_all", "masakari_api", "masakari_engine", "masakari_monitor")


@dataclass
class Group:
    """A group's own hosts and child groups, each once and in order."""

    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)


@dataclass
class Inventory:
    """The result: what an inventory plugin adds."""

    groups: dict[str, Group] = field(default_factory=dict)
    hostvars: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # of each host itself, as its last type wrote it
    warnings: list[str] = field(default_factory=list)

    def group(self, name: str) -> Group:
        """The group of this name, made when it is new."""
        return self.groups.setdefault(name, Group())

    def members(self, name: str) -> dict[str, None]:
        """All hosts of a group and of its descendants."""
        found: dict[str, None] = {}
        pending, seen = [name], set()
        while pending:
            current = pending.pop()
            if current in self.groups and current not in seen:
                seen.add(current)
                found.update(self.groups[current].hosts)
                pending.extend(self.groups[current].children)
        return found


class Generated:
    """The containers of openstack_inventory.json."""

    def __init__(self, document: Mapping[str, Any] | None, kinds: Iterable[str] = ()) -> None:
        document = document or {}
        self.known = bool(document)
        self.hostvars: Mapping[str, dict[str, Any]] = document.get("_meta", {}).get("hostvars", {})
        self._containers: dict[tuple[str, str], list[str]] = {}
        self._on_host: dict[str, list[str]] = {}
        groups = {underscored(group): content for group, content in document.items() if group != "_meta"}
        for kind in kinds:
            for name in groups.get(kind, {}).get("hosts", []):
                host = self.hostvars.get(name, {}).get("physical_host")
                if host and host != name:
                    self._containers.setdefault((kind, host), []).append(name)
                    self._on_host.setdefault(host, []).append(name)

    def containers(self, group: str, host: str) -> list[str]:
        """The containers of one kind on one host."""
        return self._containers.get((group, host), [])

    def on_host(self, host: str) -> list[str]:
        """All containers on one host."""
        return self._on_host.get(host, [])


def build(config: UserConfig, environment: Environment, generated: Generated) -> Inventory:
    """Groups, variables and warnings of the whole."""
    inventory = Inventory(variables=_variables(config))
    _add_hosts(inventory, config)
    for name, parents in environment.parents.items():
        for parent in parents:
            inventory.group(parent).children[name] = None
    placement = Placement(inventory, config, environment, generated)
    placement.place()
    for _where, network in config.provider_networks():
        _bind_network(inventory, config, network)
    _finish(inventory)
    inventory.warnings.extend(placement.warnings())
    return inventory


def _variables(config: UserConfig) -> dict[str, Any]:
    cidr = config.container_cidr()
    return {**({"container_cidr": cidr} if cidr else {}), **config.global_overrides}


def _add_hosts(inventory: Inventory, config: UserConfig) -> None:
    for group, hosts in config.hosts.items():
        members = inventory.group(group).hosts
        for host, entry in hosts.items():
            members[host] = None
            inventory.entries[host] = entry
            values = inventory.hostvars.setdefault(host, {})
            values.update(
                ansible_host=entry["ip"],
                management_address=entry.get("management_ip") or entry["ip"],
                is_metal=True,
                physical_host_group=group,
                properties={"is_metal": True},
            )
            values.update(entry.get("host_vars") or {})


class Placement:
    """Puts each component on the hosts, or into the containers, that env.d and the hosts' own entries say."""

    def __init__(
        self, inventory: Inventory, config: UserConfig, environment: Environment, generated: Generated
    ) -> None:
        self.inventory = inventory
        self.config = config
        self.environment = environment
        self.generated = generated
        self.components: dict[tuple[str, str], set[str]] = {}
        self.without_container: dict[str, list[str]] = {}

    def place(self) -> None:
        """Place everything."""
        for name, container in self.environment.containers.items():
            if container.contains:
                for host_type, all_group in container.host_types():
                    self._place_type(name, container, host_type, all_group)
        for name, container in self.environment.containers.items():
            if container.is_nest:
                self._nest(name)
        self._apply_container_vars()

    def _place_type(self, name: str, container: Container, host_type: str, all_group: str) -> None:
        everything = self.inventory.group(all_group).hosts
        components = [self.inventory.group(component).hosts for component in container.contains]
        for host, entry in self.config.hosts.get(host_type, {}).items():
            everything[host] = None
            self.inventory.hostvars[host].setdefault("physical_host", host)
            self.inventory.hostvars[host]["container_types"] = f"{host}_host_containers"
            for member in self._members(name, container, host, entry, host_type):
                everything[member] = None
                for hosts in components:
                    hosts[member] = None

    def _members(
        self, name: str, container: Container, host: str, entry: Mapping[str, Any], host_type: str
    ) -> list[str]:
        """Where a container's components run for one host: in its containers, or on the host itself."""
        if (entry.get("affinity") or {}).get(name, 1) == 0:
            return []
        if not self._is_metal(container, entry):
            found = self.generated.containers(name, host)
            if found:
                for member in found:
                    self._add_container(name, member, host)
                return found
            self.without_container.setdefault(name, []).append(host)
        self._use_metal(container, host, entry, host_type)
        return [host]

    def _is_metal(self, container: Container, entry: Mapping[str, Any]) -> bool:
        everywhere = self.config.global_overrides.get("no_containers")
        here = entry.get("no_containers")
        return container.is_metal or bool(everywhere if here is None else here)

    def _use_metal(self, container: Container, host: str, entry: Mapping[str, Any], host_type: str) -> None:
        # As OSA does it: a service on the host takes its ip, until the management network says management_ip.
        self.inventory.hostvars[host].update(
            ansible_host=entry["ip"],
            management_address=entry["ip"],
            physical_host_group=host_type,
            component=container.contains[-1],
        )
        self.inventory.entries[host] = entry
        self.components.setdefault((host_type, host), set()).update(container.contains)

    def _add_container(self, name: str, member: str, host: str) -> None:
        self.inventory.group(name).hosts[member] = None
        self.inventory.group(f"{host}_host_containers").hosts[member] = None
        self.inventory.group("lxc_hosts").hosts[host] = None
        if member not in self.inventory.hostvars:
            self.inventory.hostvars[member] = {**self.generated.hostvars[member], "is_metal": False}

    def _nest(self, name: str) -> None:
        host_type = f"{name.rpartition('_')[0]}_hosts"
        for host in self.config.hosts.get(host_type, {}):
            containers = f"{host}_host_containers"
            if containers in self.inventory.groups:
                self.inventory.group(name).children[containers] = None

    def _apply_container_vars(self) -> None:
        """Give them to the host for the components its type put there, and to every container on it."""
        served = {
            host_type
            for container in self.environment.containers.values()
            if container.contains
            for host_type, _all_group in container.host_types()
        }
        for host_type, hosts in self.config.hosts.items():
            for host, entry in hosts.items():
                container_vars = entry.get("container_vars")
                if container_vars and host_type in served:
                    _limit_and_set(
                        container_vars, self.inventory.hostvars[host], self.components.get((host_type, host), ())
                    )
                    for member in self.generated.on_host(host):
                        if member in self.inventory.hostvars:
                            values = self.inventory.hostvars[member]
                            _limit_and_set(container_vars, values, (str(values.get("component")),))

    def warnings(self) -> Iterator[str]:
        """One sentence for all services that would need a container nobody made yet."""
        if not self.without_container:
            return
        hosts = dict.fromkeys(host for names in self.without_container.values() for host in names)
        names = ", ".join(self.without_container)
        reason = "has no such container for them" if self.generated.known else "is not beside the user config"
        yield (
            f"openstack_inventory.json {reason}, so these services are placed on the hosts themselves: {names} on"
            f" {_few(hosts)}. Set no_containers: true if that is meant; otherwise let OpenStack-Ansible make the"
            " containers."
        )


def _limit_and_set(container_vars: Mapping[str, Any], values: dict[str, Any], components: Iterable[str]) -> None:
    for name, value in container_vars.items():
        limit = value.get("limit_container_types") if isinstance(value, dict) else None
        if limit is None or any(str(limit) in component for component in components):
            values[name] = _without_limit(value)


def _without_limit(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if key != "limit_container_types"}


def _few(names: Iterable[str], most: int = 5) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


# ---- networks ----


def _bind_network(inventory: Inventory, config: UserConfig, network: Mapping[str, Any]) -> None:
    """Give the members of a provider network's groups their entry in container_networks."""
    queue = network.get("ip_from_q")
    cidr = config.cidr_networks.get(queue) if queue else None
    mask = netmask(cidr) if cidr else None
    key = f"{network.get('address_prefix') or queue or network.get('container_interface')}_address"
    reference = network.get("reference_group")
    allowed = inventory.members(underscored(reference)) if reference else None
    members: dict[str, None] = {}
    for group in network.get("group_binds") or []:
        members.update(inventory.members(underscored(group)))
    for host in members:
        values = inventory.hostvars[host]
        if allowed is None or values.get("physical_host") in allowed:
            written = inventory.entries.get(host)
            if written:
                _add_entry(values, key, {**_host_entry(values, written, network), "netmask": mask}, network)
            elif is_management(network):
                _complete_addresses(values, key)


def _host_entry(values: dict[str, Any], written: Mapping[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    entry = _link(network)
    if is_management(network):
        values["ansible_host"] = written["ip"]
        values["management_address"] = entry["address"] = written.get("management_ip") or written["ip"]
    return entry


def _complete_addresses(values: dict[str, Any], key: str) -> None:
    """An openstack_inventory.json of an early release may hold a container's address in container_networks alone."""
    networks = values.get("container_networks") or {}
    known = (networks.get(key) or networks.get("container_address") or {}).get("address")
    for name in ("ansible_host", "management_address"):
        values[name] = values.get(name) or known


def _link(network: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "bridge": "container_bridge",
        "bridge_type": "container_bridge_type",
        "type": "container_type",
        "mtu": "container_mtu",
    }
    return {name: network[key] for name, key in names.items() if network.get(key)}


def _add_entry(values: dict[str, Any], key: str, entry: dict[str, Any], network: Mapping[str, Any]) -> None:
    if network.get("gateway"):
        values["gateway"] = entry["gateway"] = network["gateway"]
    if network.get("static_routes"):
        entry["static_routes"] = list(network["static_routes"])
    values["container_networks"] = {**(values.get("container_networks") or {}), key: entry}


# ---- finish ----


def _finish(inventory: Inventory) -> None:
    for host, values in inventory.hostvars.items():
        values.setdefault("container_name", host)
        if values.get("physical_host") in inventory.hostvars:
            values["physical_host_addr"] = inventory.hostvars[values["physical_host"]]["ansible_host"]
    full: dict[str, bool] = {}
    for name in list(inventory.groups):
        if name not in ALWAYS_THERE and not _has_hosts(inventory, name, full):
            del inventory.groups[name]
    for group in inventory.groups.values():
        group.children = {name: None for name in group.children if name in inventory.groups}


def _has_hosts(inventory: Inventory, name: str, known: dict[str, bool]) -> bool:
    if name not in known:
        group = inventory.groups.get(name)
        known[name] = group is not None and (
            bool(group.hosts) or any(_has_hosts(inventory, child, known) for child in group.children)
        )
    return known[name]
