# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a declaration of failover segments, in sentences."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

DOCUMENTATION = r"""
name: segment_problems
short_description: Sentences on what is wrong with masakari_segments, before anything is changed
version_added: 0.1.0
description:
  - Each sentence names the variable, the value and the cure. An empty list means that the declaration can be applied.
  - What is a boolean must be one, since a text such as V('false') would count as true.
  - A segment with C(state=absent) may still list its hosts; they may be declared in another one.
positional: _input
options:
  _input:
    description: The value of C(masakari_segments).
    type: raw
    required: true
  nova_hosts:
    description: Hosts with a nova-compute service, as Nova names them. Left out, hosts are not looked up.
    type: list
    elements: str
  nodes:
    description: Remote nodes of the cluster. Left out, hosts are not looked up in it.
    type: list
    elements: str
  aggregates:
    description: Names of all host aggregates of Nova.
    type: list
    elements: str
    default: []
  patterns:
    description: The value of C(masakari_segments_from_aggregates), by which some segments were made of aggregates.
    type: raw
    default: []
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop before a segment that Masakari would refuse
  ansible.builtin.assert:
    that: masakari_segments | openstack_ha.masakari.segment_problems(['compute1', 'compute2']) == []
"""

RETURN = r"""
_value:
  description: Sentences.
  type: list
  elements: str
"""


RECOVERY_METHODS = ("auto", "reserved_host", "auto_priority", "rh_priority")
SEGMENT_KEYS = frozenset(
    {"name", "recovery_method", "service_type", "description", "is_enabled", "hosts", "purge_hosts", "state"}
)
HOST_KEYS = frozenset({"name", "reserved", "on_maintenance", "type", "control_attributes"})
HOST_TYPE = re.compile(r"[a-zA-Z0-9]{0,255}")  # as the API has it


def _text_problem(where: str, key: str, text: str) -> str | None:
    """What Masakari asks of a name, and of service_type as well."""
    if text != text.strip():
        return f"{where}: {key} {text!r} begins or ends with a blank, which Masakari refuses. Write {text.strip()!r}."
    if len(text) > 255:
        return f"{where}: {key} {text[:20]!r}… has {len(text)} characters, Masakari takes 255. Shorten it."
    if not text.isprintable():
        return f"{where}: {key} {text!r} has a character that cannot be printed, which Masakari refuses. Take it out."
    return None


def _name_problem(where: str, name: Any) -> str | None:
    if name is None or (isinstance(name, str) and not name.strip()):
        return f"{where}: name is missing. Give it a name."
    if not isinstance(name, str):
        return f"{where}: name {name!r} is not text. Quote it."
    return _text_problem(where, "name", name)


def _service_type_problem(where: str, value: Any) -> str | None:
    if value is None:
        return None
    if not str(value).strip():
        return f"{where}: service_type {value!r} is empty, which Masakari refuses. Write COMPUTE, or leave it out."
    return _text_problem(where, "service_type", str(value))


def _host_type_problem(where: str, value: Any) -> str | None:
    if value is None or HOST_TYPE.fullmatch(str(value)):
        return None
    return f"{where}: type {value!r} is not of up to 255 letters and digits alone. Write COMPUTE, or leave it out."


def _not_boolean(where: str, entry: dict[str, Any], *keys: str) -> Iterator[str]:
    """A text such as 'false' would count as true. None is what a module takes for not given."""
    for key in keys:
        if not isinstance(entry.get(key), bool | None):
            yield (
                f"{where}: {key} {entry[key]!r} is not a boolean. "
                "Write true or false without quotes; in a template add `| bool`."
            )


def _unknown_keys(where: str, entry: dict[str, Any], known: frozenset[str]) -> Iterator[str]:
    for key in sorted(set(map(str, entry)) - known):
        yield f"{where}: {key!r} is not known. Use: {', '.join(sorted(known))}."


def _host_problems(where: str, host: Any, nova_hosts: list[str] | None, nodes: list[str] | None) -> Iterator[str]:
    if not isinstance(host, dict):
        yield f"{where}: {host!r} is not a mapping. Write - name: <host>."
        return
    yield from _unknown_keys(where, host, HOST_KEYS)
    yield from _not_boolean(where, host, "reserved", "on_maintenance")
    if problem := _host_type_problem(where, host.get("type")):
        yield problem
    problem = _name_problem(where, host.get("name"))
    if problem:
        yield problem
    elif nova_hosts is not None and host["name"] not in nova_hosts:
        yield (
            f"{where}: host {host['name']!r} has no nova-compute service. "
            f"Use a name as `openstack compute service list --service nova-compute` prints it: "
            f"{', '.join(sorted(nova_hosts)) or 'there is none'}."
        )
    elif nodes is not None and host["name"] not in nodes:
        yield (
            f"{where}: host {host['name']!r} is no remote node of the cluster, so that nothing could prove it off. "
            f"Add it to the group masakari_monitor, which has {', '.join(sorted(nodes)) or 'no host'}."
        )


def _segment_problems(
    where: str, segment: Any, nova_hosts: list[str] | None, nodes: list[str] | None
) -> Iterator[str]:
    if not isinstance(segment, dict):
        yield f"{where}: {segment!r} is not a mapping. Write - name: <segment>."
        return
    yield from _unknown_keys(where, segment, SEGMENT_KEYS)
    yield from _not_boolean(where, segment, "is_enabled", "purge_hosts")
    problem = _name_problem(where, segment.get("name"))
    if problem:
        yield problem
    if segment.get("state", "present") not in ("present", "absent"):
        yield f"{where}: state {segment['state']!r} is not known. Use present, or absent to delete the segment."
    if segment.get("state") == "absent":
        return
    method = segment.get("recovery_method")
    if method not in RECOVERY_METHODS:
        yield f"{where}: recovery_method {method!r} is not known. Use one of: {', '.join(RECOVERY_METHODS)}."
    if problem := _service_type_problem(where, segment.get("service_type")):
        yield problem
    if segment.get("purge_hosts") is True and segment.get("hosts") is None:
        yield (
            f"{where}: purge_hosts is true without hosts, the hosts to keep. "
            "List them, write hosts: [] to remove them all, or leave purge_hosts out."
        )
    hosts = segment.get("hosts") or []
    if not isinstance(hosts, list):
        yield f"{where}: hosts {hosts!r} is not a list. Write hosts: followed by - name: <host> lines."
        return
    for host in hosts:
        label = host.get("name") if isinstance(host, dict) else host
        yield from _host_problems(f"{where}.hosts[{label}]", host, nova_hosts, nodes)


def _names(entries: Any) -> list[str]:
    return [e["name"] for e in entries or [] if isinstance(e, dict) and isinstance(e.get("name"), str)]


def _duplicates(segments: list[Any], aggregates: set[str]) -> Iterator[str]:
    for name, count in Counter(_names(segments)).items():
        if count > 1:
            yield f"masakari_segments: segment {name!r} is declared {count} times. Declare it once."
    homes: dict[str, list[str]] = {}
    for segment in segments:
        # From a segment that is to go a host may move.
        if isinstance(segment, dict) and segment.get("state") != "absent" and isinstance(segment.get("hosts"), list):
            for host in _names(segment["hosts"]):
                homes.setdefault(host, []).append(str(segment.get("name")))
    for host, names in homes.items():
        if len(names) > 1:
            places = " and ".join(f"{name} (an aggregate of Nova)" if name in aggregates else name for name in names)
            cure = ": keep it in one" if not aggregates.intersection(names) else (
                ": take it out of one, or name only one of them in masakari_segments_from_aggregates")
            yield f"masakari_segments: host {host!r} is declared in {places}. A host belongs to one segment{cure}."


def _pattern_problems(patterns: Any, aggregates: list[str]) -> Iterator[str]:
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        yield (
            f"masakari_segments_from_aggregates: {patterns!r} is not a list of names. "
            "Write [az1, az2], or ['*'] for all."
        )
        return
    for pattern in patterns:
        if not fnmatch.filter(aggregates, pattern):
            yield (
                f"masakari_segments_from_aggregates: no host aggregate of Nova is named {pattern!r}. "
                f"Use a name of `openstack aggregate list`: {', '.join(sorted(aggregates)) or 'there is none'}."
            )


def segment_problems(
    segments: Any,
    nova_hosts: list[str] | None = None,
    nodes: list[str] | None = None,
    aggregates: list[str] | None = None,
    patterns: Any = (),
) -> list[str]:
    if not isinstance(segments, list):
        return [f"masakari_segments: {segments!r} is not a list. Write - name: <segment> lines."]
    problems = list(_pattern_problems(list(patterns) if patterns == () else patterns, aggregates or []))
    names = [pattern for pattern in patterns if isinstance(pattern, str)] if isinstance(patterns, list) else []
    made = {name for name in aggregates or [] for pattern in names if fnmatch.fnmatchcase(name, pattern)}
    for segment in segments:
        label = segment.get("name") if isinstance(segment, dict) else segment
        is_made = isinstance(label, str) and label in made
        origin = " (of a host aggregate, with masakari_segments_from_aggregates_options)" if is_made else ""
        problems.extend(_segment_problems(f"masakari_segments[{label}]{origin}", segment, nova_hosts, nodes))
    problems.extend(_duplicates(segments, made))
    return problems


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"segment_problems": segment_problems}
