# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""openstack_user_config.yml and conf.d: merged as OpenStack-Ansible merges them, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._config_source import Problem, Where
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._osa_environment import (
    RETIRED_TYPES,
    SKELETONS,
    Environment,
    merge,
    underscored,
)

try:
    import netaddr  # type: ignore[import-untyped]

    NETADDR_IMPORT_ERROR = None
except ImportError as error:
    NETADDR_IMPORT_ERROR = error

SETTINGS = ("cidr_networks", "used_ips", "global_overrides")
HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([\w-]{0,61}[A-Za-z0-9])?)*\Z", re.ASCII
)
GROUP_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
OUR_PREFIX = "masakari"


@dataclass
class UserConfig:
    """What the operator wrote, merged and with the group names of today."""

    cidr_networks: dict[str, str] = field(default_factory=dict)
    used_ips: list[str] = field(default_factory=list)
    global_overrides: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def provider_networks(self) -> Iterator[tuple[Where, dict[str, Any]]]:
        """Each `network` entry of provider_networks, with the keys that lead to it."""
        for index, item in enumerate(self.global_overrides.get("provider_networks") or []):
            if item.get("network"):
                yield ("global_overrides", "provider_networks", index, "network"), item["network"]

    def management_cidrs(self) -> list[str]:
        """The CIDRs host addresses belong to: those of the management networks, else the one OSA falls back to."""
        queues = [net.get("ip_from_q") for _where, net in self.provider_networks() if is_management(net)]
        cidrs = [self.cidr_networks[queue] for queue in dict.fromkeys(queues) if queue in self.cidr_networks]
        fallback = (self.cidr_networks[name] for name in ("container", "management") if name in self.cidr_networks)
        return cidrs or list(fallback)[:1]

    def container_cidr(self) -> Any:
        """The variable of the same name, as OSA's generator publishes it."""
        for name in ("container", "management"):
            if name in self.cidr_networks:
                return self.cidr_networks[name]
        return self.management_cidrs() or None


def is_management(network: Mapping[str, Any]) -> bool:
    """Whether a provider network carries the management addresses."""
    return bool(network.get("is_management_address", network.get("is_container_address")))


# ---- merging ----


def merge_documents(documents: Iterable[dict[Any, Any]]) -> dict[Any, Any]:
    """openstack_user_config.yml, then conf.d, in place as OSA does: what one anchor names stays one thing."""
    return reduce(merge, documents)


def normalise(merged: Mapping[str, Any]) -> dict[str, Any]:
    """Spell every type with underscores; one written both ways becomes one."""
    result: dict[str, Any] = {}
    for key, value in merged.items():
        name = underscored(key)
        if isinstance(result.get(name), dict) and isinstance(value, dict):
            result[name].update(value)
        else:
            result[name] = value
    return result


def user_config_from(data: Mapping[str, Any]) -> UserConfig:
    """The checked data as a UserConfig."""
    return UserConfig(
        cidr_networks=data.get("cidr_networks") or {},
        used_ips=data.get("used_ips") or [],
        global_overrides=data.get("global_overrides") or {},
        hosts={name: hosts or {} for name, hosts in data.items() if name.endswith("hosts")},
    )


# ---- checks of one document, before merging ----


def document_problems(document: Any) -> Iterator[Problem]:
    """What makes one file unfit to be merged."""
    if not isinstance(document, dict):
        kind = "vaulted as a whole" if str(document).startswith("$ANSIBLE_VAULT") else "not a mapping of types to hosts"
        yield Problem(f"the file is {kind}", "write it as in openstack_user_config.yml.example of OpenStack-Ansible")
        return
    spelt: dict[str, str] = {}
    for key in document:
        if not isinstance(key, str):
            yield Problem(
                f"the top-level key {key!r} is not text", "name a type of host, such as compute_hosts", (key,)
            )
            continue
        yield from _conflicting_spellings(document, spelt.setdefault(underscored(key), key), key)


def _conflicting_spellings(document: Mapping[str, Any], first: str, second: str) -> Iterator[Problem]:
    if first != second and not (isinstance(document[first], dict) and isinstance(document[second], dict)):
        yield Problem(
            f"{first} and {second} are one type in two spellings, and not both mappings",
            f"keep {underscored(second)} alone",
            (second,),
        )


# ---- checks of the merged whole ----


def spelling_problems(merged: Mapping[str, Any]) -> Iterator[Problem]:
    """One host with two addresses in the two spellings of a type, which normalise() would hide."""
    for key, hosts in merged.items():
        twin = merged.get(underscored(key))
        if key == underscored(key) or not isinstance(hosts, dict) or not isinstance(twin, dict):
            continue
        for host in hosts.keys() & twin.keys():
            ours, theirs = hosts[host], twin[host]
            if isinstance(ours, dict) and isinstance(theirs, dict) and ours.get("ip") != theirs.get("ip"):
                yield _two_addresses((key, host, "ip"), host, theirs.get("ip"), ours.get("ip"))


def problems(data: Mapping[str, Any], environment: Environment) -> Iterator[Problem]:
    """Everything that is wrong with the normalised data."""
    faults = [*_setting_problems(data), *_type_problems(data, environment), *_host_problems(data)]
    yield from faults
    if not faults:  # addresses can be compared only when each is one
        config = user_config_from(data)
        yield from _address_problems(config)
        yield from _network_problems(config, environment)


def _setting_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    networks = data.get("cidr_networks") or {}
    if not isinstance(networks, dict):
        yield Problem(
            "cidr_networks is not a mapping",
            "write name: CIDR, such as management: 172.29.236.0/22",
            ("cidr_networks",),
        )
        networks = {}
    for name, cidr in networks.items():
        if not isinstance(name, str) or not isinstance(cidr, str) or "/" not in cidr or _network(cidr) is None:
            yield Problem(
                f"cidr_networks: {name}: {cidr!r} is not a CIDR",
                "write address/prefix, such as 172.29.236.0/22 or fd00:29:236::/64",
                ("cidr_networks", name),
            )
    used = data.get("used_ips") or []
    if not isinstance(used, list):
        yield Problem("used_ips is not a list", 'write a list of "address" or "first,last"', ("used_ips",))
        used = []
    for index, item in enumerate(used):
        if used_range(item) is None:
            yield Problem(
                f"used_ips: {item!r} is neither an address nor a range",
                'write "address", or "first,last" with both ends of one family and the first not above the last',
                ("used_ips", index),
            )
    yield from _override_problems(data.get("global_overrides"))


def _override_problems(overrides: Any) -> Iterator[Problem]:
    where = ("global_overrides",)
    if not isinstance(overrides, (dict, type(None))):
        yield Problem("global_overrides is not a mapping", "write variable: value", where)
        return
    overrides = overrides or {}
    yield from _not_boolean(overrides, "no_containers", where)
    for name in overrides:
        if not isinstance(name, str):
            yield Problem(f"global_overrides: {name!r} is no variable's name", "write it as text", (*where, name))
    networks = overrides.get("provider_networks") or []
    if not isinstance(networks, list):
        yield Problem(
            "provider_networks is not a list", 'write a list of "network:" mappings', (*where, "provider_networks")
        )
        networks = []
    for index, item in enumerate(networks):
        at = (*where, "provider_networks", index)
        network = item.get("network") if isinstance(item, dict) else item
        if not isinstance(item, dict) or not isinstance(network, (dict, type(None))):
            yield Problem(
                f"provider_networks: entry {index + 1} is no mapping", 'write "- network:" and its keys below it', at
            )
        elif network:
            yield from _provider_network_problems(network, (*at, "network"))


def _provider_network_problems(network: Mapping[str, Any], at: Where) -> Iterator[Problem]:
    binds = network.get("group_binds") or []
    if not isinstance(binds, list) or not all(isinstance(name, str) for name in binds):
        yield Problem("group_binds is not a list of groups", "write a list of group names", (*at, "group_binds"))
    for key in ("ip_from_q", "address_prefix", "container_interface", "reference_group"):
        if not isinstance(network.get(key), (str, type(None))):
            yield Problem(f"provider_networks: {key}: {network[key]!r} is not text", "write a name", (*at, key))
    routes = network.get("static_routes") or []
    if not isinstance(routes, list) or not all(
        isinstance(route, dict) and route.get("cidr") and route.get("gateway") for route in routes
    ):
        yield Problem(
            "static_routes is not a list of routes", "give each route cidr and gateway", (*at, "static_routes")
        )


def _type_problems(data: Mapping[str, Any], environment: Environment) -> Iterator[Problem]:
    known = known_types(environment)
    placed = {host for name, hosts in data.items() if name in known and isinstance(hosts, dict) for host in hosts}
    for name, hosts in data.items():
        if name in SETTINGS or _is_anchor_holder(name):
            continue
        children = sorted(child for child in environment.physical if name in environment.parents[child])
        if name == "lxc_hosts":
            yield Problem("lxc_hosts is made from the containers there are", "remove it", (name,))
        elif hosts and children:
            yield Problem(
                f"{name} has hosts here and child groups in env.d, such as {children[0]}",
                "keep one: move the hosts to a child group, or remove the belongs_to of the children",
                (name,),
            )
        elif name not in known and not _is_plain_group(name, hosts, placed):
            yield Problem(f"unknown top-level type {name}", _unknown_type_cure(name, known), (name,))
        elif not isinstance(hosts, (dict, type(None))):
            yield Problem(f"{name} is not a mapping of hosts", "write each host's name with its ip below it", (name,))
        elif not GROUP_NAME.match(name):
            yield Problem(f"{name} is no valid group name", "use letters, digits and underscores", (name,))


def known_types(environment: Environment) -> set[str]:
    """The types of host a config may hold."""
    named = {name for name in environment.group_names() if name.endswith("hosts") and name != "hosts"}
    return named | {f"{name}_hosts" for name in RETIRED_TYPES}


def _is_anchor_holder(name: str) -> bool:
    """`_name: &name` at the top, which other types point to, as in OSA's prod-ceph example."""
    return name.startswith("_") and not name.endswith("hosts")


def _is_plain_group(name: str, hosts: Any, placed: set[str]) -> bool:
    """A group that only gathers hosts which have a known type too, such as one availability zone's.

    A name of our own prefix is not one: misspelt, it would leave hosts without high availability in silence.
    """
    if not name.endswith("hosts") or name.startswith(OUR_PREFIX) or name == "hosts":
        return False
    return hosts is None or (isinstance(hosts, dict) and set(hosts) <= placed)


def _unknown_type_cure(name: str, known: set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.8)
    hint = f"write {near[0]} if that is meant, or " if near else ""
    return f"{hint}define {name} under physical_skel in env.d"


def plain_groups(data: Mapping[str, Any], environment: Environment) -> list[str]:
    """Types no env.d knows, whose entries are written out instead of shared by an anchor: perhaps misspelt."""
    known = known_types(environment)
    shared = {id(entry) for name, hosts in data.items() if name in known for entry in (hosts or {}).values()}
    return [
        name
        for name, hosts in data.items()
        if name.endswith("hosts")
        and name not in known
        and any(id(entry) not in shared for entry in (hosts or {}).values())
    ]


def _host_problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    checked: set[tuple[Any, int]] = set()
    for name, hosts in data.items():
        if name.endswith("hosts") and isinstance(hosts, dict):
            for host, entry in hosts.items():
                if (host, id(entry)) not in checked:  # an anchor's hosts are checked once
                    checked.add((host, id(entry)))
                    yield from _entry_problems(name, host, entry)


def _entry_problems(group: str, host: Any, entry: Any) -> Iterator[Problem]:
    where = (group, host)
    if not isinstance(host, str):
        yield Problem(f"{group}: {host!r} is not a valid host name", "write it as text, in quotes", where)
        return
    if not HOST_NAME.match(host):
        yield Problem(
            f"{group}: {host!r} is not a valid host name",
            "use letters, digits, hyphens and dots, each part 63 characters at most and with no hyphen at its ends",
            where,
        )
    if not isinstance(entry, dict):
        yield Problem(f"{group}: {host} is not a mapping", "write ip: and its address below the name", where)
        return
    if entry.get("ip") is None:
        yield Problem(f"{group}: {host} has no ip", "write ip: and the host's address", where)
    for key in ("ip", "management_ip"):
        if entry.get(key) is not None and _address(entry[key]) is None:
            yield Problem(
                f"{group}: {host}: {key}: {entry[key]!r} is not an IP address", "write one address", (*where, key)
            )
    yield from _not_boolean(entry, "no_containers", where)
    for key in ("affinity", "container_vars", "host_vars"):
        if not isinstance(entry.get(key), (dict, type(None))):
            yield Problem(f"{group}: {host}: {key} is not a mapping", "write name: value", (*where, key))
        elif not all(isinstance(name, str) for name in entry.get(key) or {}):
            yield Problem(f"{group}: {host}: {key} holds a name that is not text", "write it as text", (*where, key))
    yield from _affinity_problems(entry, group, host)


def _affinity_problems(entry: Mapping[str, Any], group: str, host: str) -> Iterator[Problem]:
    affinity = entry.get("affinity")
    for container, count in affinity.items() if isinstance(affinity, dict) else ():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            yield Problem(
                f"{group}: {host}: affinity: {container}: {count!r} is no number of containers",
                "write 0, 1 or more",
                (group, host, "affinity", container),
            )


def clash_problems(data: Mapping[str, Any], groups: Iterable[str], hosts: Iterable[str]) -> Iterator[Problem]:
    """A host with the name of a group: Ansible could not tell them apart."""
    groups = {"all", "ungrouped", *groups}
    for host in hosts:
        if host in groups:
            where = next(((name, host) for name in data if name.endswith("hosts") and host in (data[name] or {})), ())
            yield Problem(f"{host} is the name of a host and of a group", "rename the host", where)


def _not_boolean(mapping: Mapping[str, Any], key: str, where: Where) -> Iterator[Problem]:
    if not isinstance(mapping.get(key), (bool, type(None))):
        at = ": ".join(str(part) for part in (*where, key))
        yield Problem(f"{at}: {mapping[key]!r} is neither true nor false", "write true or false", (*where, key))


# ---- addresses ----


def _address_problems(config: UserConfig) -> Iterator[Problem]:
    owners: dict[Any, str] = {}
    seen: dict[tuple[str, str], tuple[str, Any]] = {}
    networks = [netaddr.IPNetwork(cidr) for cidr in config.management_cidrs()]
    others = [netaddr.IPNetwork(cidr) for cidr in config.cidr_networks.values()] if len(networks) > 1 else []
    for where, host, key, text, address in addresses(config):
        owner = owners.setdefault(address, host)
        if owner != host:
            yield Problem(f"{text} is given to {owner} and to {host}", "give each host an address of its own", where)
        before, first = seen.setdefault((host, key), (text, address))
        if first != address:
            yield _two_addresses(where, host, before, text)
    yield from _outside_networks(config, networks, others)


def _two_addresses(where: Where, host: str, first: Any, second: Any) -> Problem:
    key = where[-1]
    return Problem(f"{host} has two addresses, {key} {first} and {second}", "write the same one everywhere", where)


def _outside_networks(config: UserConfig, networks: list[Any], others: list[Any]) -> Iterator[Problem]:
    """A host's management address must be in the management network; with several of them, in any known network."""
    if not networks:
        return
    told: set[str] = set()
    managed = {host for _where, host, key, _text, _address in addresses(config) if key == "management_ip"}
    for where, host, key, text, address in addresses(config):
        if host in told or (key == "ip" and host in managed):
            continue
        told.add(host)
        if not any(address in network for network in (*networks, *others)):
            cidrs = ", ".join(str(network) for network in networks)
            yield Problem(
                f"{host}: {key} {text} is outside the management network {cidrs}",
                "correct the address, or the CIDR in cidr_networks, or give the host a management_ip inside it",
                where,
            )


def addresses(config: UserConfig) -> Iterator[tuple[Where, str, str, str, Any]]:
    """Every address written for a host: the keys to it, host, ip or management_ip, its text, its value."""
    done: set[tuple[str, int]] = set()
    for group, hosts in config.hosts.items():
        for host, entry in hosts.items():
            if (host, id(entry)) in done:
                continue
            done.add((host, id(entry)))
            for key in ("ip", "management_ip"):
                if entry.get(key) is not None:
                    yield (group, host, key), host, key, entry[key], netaddr.IPAddress(entry[key])


def _network_problems(config: UserConfig, environment: Environment) -> Iterator[Problem]:
    groups = environment.group_names() | set(config.hosts)
    for where, network in config.provider_networks():
        queue = network.get("ip_from_q")
        if queue and queue not in config.cidr_networks:
            yield Problem(f"ip_from_q {queue} is not in cidr_networks", f"add {queue} there", (*where, "ip_from_q"))
        reference = network.get("reference_group")
        if reference and underscored(reference) not in groups:
            yield Problem(
                f"reference_group {reference} is no group",
                "name a type of this file or a group of env.d",
                (*where, "reference_group"),
            )


def _address(text: Any) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return netaddr.IPAddress(text)
    except (netaddr.AddrFormatError, ValueError, TypeError):
        return None


def _network(text: Any) -> Any:
    try:
        return netaddr.IPNetwork(text)
    except (netaddr.AddrFormatError, ValueError, TypeError):
        return None


def netmask(cidr: str) -> str:
    """The mask of a (checked) CIDR, in the notation of its family."""
    return str(netaddr.IPNetwork(cidr).netmask)


def used_range(item: Any) -> tuple[Any, Any] | None:
    """The first and the last address of an entry of used_ips, if it is one."""
    parts = [part.strip() for part in item.split(",")] if isinstance(item, str) else []
    first, last = (_address(parts[0]), _address(parts[-1])) if parts else (None, None)
    if first is None or last is None or first.version != last.version or first > last:
        return None
    return first, last


# ---- warnings ----


def warnings(data: Mapping[str, Any], environment: Environment) -> Iterator[str]:
    """What is allowed and perhaps not meant."""
    config = user_config_from(data)
    for name in plain_groups(data, environment):
        near = get_close_matches(name, sorted(known_types(environment)), n=1, cutoff=0.9)
        hint = f" Is {near[0]} meant?" if near else ""
        yield f"{name} is no type of env.d: it becomes a group, and no service is placed by it.{hint}"
    ranges = [found for found in map(used_range, config.used_ips) if found]
    networks = [netaddr.IPNetwork(cidr) for cidr in config.management_cidrs()]
    managed = {host for _where, host, key, _text, _address in addresses(config) if key == "management_ip"}
    used: dict[str, str] = {}
    stray: dict[str, str] = {}
    for _where, host, key, text, address in addresses(config):
        if any(first.version == address.version and first <= address <= last for first, last in ranges):
            used[f"{host} {text}"] = host
        if networks and (key == "management_ip" or host not in managed) and not any(address in net for net in networks):
            stray[f"{host} {text}"] = host
    if used:
        yield (
            f"addresses given by hand lie inside used_ips: {_some(used)}."
            " Right if used_ips reserves them for these hosts; otherwise something else has them already."
        )
    if stray:
        yield f"management addresses lie in no management network, but in another of cidr_networks: {_some(stray)}."
    underlined = {host: host for hosts in config.hosts.values() for host in hosts if "_" in host}
    if underlined:
        yield f"host names with an underscore are no valid DNS names (RFC 1123): {_some(underlined)}. Prefer hyphens."


def _some(items: Iterable[str], most: int = 5) -> str:
    items = list(items)
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")


# ---- env.d and openstack_inventory.json ----


def environment_problems(document: Any) -> Iterator[Problem]:
    """What makes an operator's env.d file unusable."""
    if not isinstance(document, dict):
        yield Problem("the file is not a mapping", f"write {', '.join(SKELETONS)} at the top")
        return
    for skeleton, groups in document.items():
        if skeleton == "version":
            continue
        if skeleton not in SKELETONS:
            yield Problem(f"unknown top-level key {skeleton}", f"use {', '.join(SKELETONS)}", (skeleton,))
        elif not isinstance(groups, (dict, type(None))):
            yield Problem(
                f"{skeleton} is not a mapping of groups",
                "write each group's name with belongs_to below it",
                (skeleton,),
            )
        for name, spec in groups.items() if isinstance(groups, dict) else ():
            yield from _skeleton_problems((skeleton, name), name, spec)


def _skeleton_problems(where: Where, name: Any, spec: Any) -> Iterator[Problem]:
    if not isinstance(name, str) or not GROUP_NAME.match(underscored(name)):
        yield Problem(f"{name!r} is no valid group name", "use letters, digits and underscores", where)
    if not isinstance(spec, (dict, type(None))):
        yield Problem(f"{name} is not a mapping", "write belongs_to, contains or properties below it", where)
        return
    spec = spec or {}
    for key in ("belongs_to", "contains"):
        names = spec.get(key) or []
        if not isinstance(names, list) or not all(
            isinstance(item, str) and GROUP_NAME.match(underscored(item)) for item in names
        ):
            yield Problem(f"{name}: {key} is not a list of groups", "write a list of group names", (*where, key))
    properties = spec.get("properties")
    if not isinstance(properties, (dict, type(None))):
        yield Problem(
            f"{name}: properties is not a mapping", "write is_metal: true or false below it", (*where, "properties")
        )
        return
    for key in ("is_metal", "is_nest"):
        yield from _not_boolean(properties or {}, key, (*where, "properties"))


def circular_problems(environment: Environment) -> Iterator[Problem]:
    """A group of env.d that is its own ancestor."""
    try:
        TopologicalSorter(environment.parents).prepare()
    except CycleError as error:
        yield Problem(
            f"groups of env.d belong to each other: {' > '.join(error.args[1])}", "remove one of these belongs_to"
        )


def generated_problems(generated: Any) -> Iterator[Problem]:
    """What makes an openstack_inventory.json unusable."""
    cure = "let OpenStack-Ansible write it again, or move it away"
    if not isinstance(generated, dict):
        yield Problem("the file is not a mapping", cure)
        return
    meta = generated.get("_meta")
    hostvars = meta.get("hostvars") if isinstance(meta, dict) else None
    if not isinstance(hostvars, dict) or not all(isinstance(values, dict) for values in hostvars.values()):
        yield Problem("_meta.hostvars is not a mapping of hosts to their variables", cure, ("_meta",))
        return
    for group, content in generated.items():
        if not isinstance(group, str) or not isinstance(content, dict):
            yield Problem(f"{group} is not a mapping", cure, (group,))
            continue
        hosts = content.get("hosts", []) if group != "_meta" else []
        if not isinstance(hosts, list) or not all(isinstance(host, str) and HOST_NAME.match(host) for host in hosts):
            yield Problem(f"{group}: hosts is not a list of host names", cure, (group,))
