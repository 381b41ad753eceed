# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure decisions: from what is there and what is wanted to the actions in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import listed
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import HOST_FIELDS, SEGMENT_FIELDS, Row

SEGMENT_VALUES = ("name", "description", "recovery_method", "service_type", "is_enabled")
HOST_VALUES = ("name", "type", "control_attributes", "reserved", "on_maintenance")
NEW_SEGMENT: Row = {"description": None, "is_enabled": True}  # what the API adds
NEW_HOST: Row = {"type": "COMPUTE", "control_attributes": "SSH", "reserved": False, "on_maintenance": False}


@dataclass(frozen=True)
class Action:
    """One request that changes something. `segment` None means the segment that the same plan creates."""

    verb: Literal["create", "update", "delete"]
    kind: Literal["segment", "host"]
    name: str
    segment: str | None = None
    host: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    segment_name: str = ""

    def __str__(self) -> str:
        words = [self.verb, self.kind, self.name]
        if self.kind == "host":
            words += ["from" if self.verb == "delete" else "in", "segment", self.segment_name]
        if self.verb == "update":
            words.append("(" + ", ".join(f"{key}={value!r}" for key, value in self.values.items()) + ")")
        return " ".join(words)


@dataclass(frozen=True)
class Plan:
    """Stages follow one another; the actions of one stage may run side by side."""

    stages: tuple[tuple[Action, ...], ...]
    before: Row
    after: Row

    @property
    def actions(self) -> list[Action]:
        return [action for stage in self.stages for action in stage]


# --- one segment with its hosts ------------------------------------------------------------------


def plan_segment(
    current: Row | None, current_hosts: Sequence[Row], wanted: Row, wanted_hosts: Sequence[Row] | None, purge: bool
) -> Plan:
    """Creations come first, so that whatever is refused is refused while it can still be taken back."""
    changes = _changes(current, wanted, SEGMENT_VALUES)
    place = current or {"uuid": None, "name": wanted["name"]}
    there = {host["name"]: host for host in current_hosts}
    hosts = {host["name"]: _changes(there.get(host["name"]), host, HOST_VALUES) for host in wanted_hosts or []}
    if current is None:
        create = [_create_segment(wanted["name"], changes)]
        update = []
    else:
        create = []
        update = [Action("update", "segment", current["name"], current["uuid"], values=changes)] if changes else []
    create_hosts = [_create_host(place, name, values) for name, values in hosts.items() if name not in there]
    update += [_update_host(place, there[name], values) for name, values in hosts.items() if name in there and values]
    delete = [_delete_host(place, host) for host in current_hosts if purge and host["name"] not in hosts]
    return _plan_of_segment(current, current_hosts, (create, create_hosts, update, delete))


def plan_segment_absent(current: Row | None, current_hosts: Sequence[Row], purge: bool) -> Plan:
    if current is None:
        return Plan((), {}, {})
    if current_hosts and not purge:
        raise MasakariError(
            f"Segment {current['name']!r} still has hosts, {listed(host['name'] for host in current_hosts)}: "
            "remove them first, or set purge_hosts to delete them with it."
        )
    delete = Action("delete", "segment", current["name"], current["uuid"])
    return _plan_of_segment(current, current_hosts, ([delete],))


def _create_segment(name: str, values: Row) -> Action:
    if "recovery_method" not in values:
        raise MasakariError(
            f"Segment {name!r} does not exist yet: set recovery_method (auto, reserved_host, auto_priority "
            "or rh_priority) to create it."
        )
    return Action("create", "segment", name, values={"service_type": "COMPUTE", **values})


def _plan_of_segment(current: Row | None, hosts: Sequence[Row], stages: Iterable[Sequence[Action]]) -> Plan:
    kept = tuple(tuple(stage) for stage in stages if stage)
    actions = [action for stage in kept for action in stage]
    return Plan(kept, segment_view(current, hosts), segment_view(*outcome(current, hosts, actions, {})))


def find_segment(segments: Iterable[Row], name_or_uuid: str) -> Row | None:
    return next((segment for segment in segments if name_or_uuid in (segment["name"], segment["uuid"])), None)


def segment_view(segment: Row | None, hosts: Sequence[Row]) -> Row:
    """What a diff shows: the values people set."""
    if segment is None:
        return {}
    values = {key: segment[key] for key in SEGMENT_VALUES}
    return {**values, "hosts": [{key: host[key] for key in HOST_VALUES} for host in hosts]}


def outcome(
    segment: Row | None, hosts: Sequence[Row], actions: Iterable[Action], answers: Mapping[Action, Row]
) -> tuple[Row | None, list[Row]]:
    """The segment and its hosts once `actions` are done: as the API answered, or else as they will be."""
    by_name = {host["name"]: host for host in hosts}
    for action in actions:
        is_segment = action.kind == "segment"
        if action.verb == "delete":
            if is_segment:
                segment, by_name = None, {}
            else:
                by_name.pop(action.name, None)
            continue
        fields = SEGMENT_FIELDS if is_segment else HOST_FIELDS
        was = (segment if is_segment else by_name.get(action.name)) or dict.fromkeys(fields)
        defaults = {} if action.verb == "update" else NEW_SEGMENT if is_segment else NEW_HOST
        row = answers.get(action) or {**was, **defaults, "name": action.name, **action.values}
        if is_segment:
            segment = row
        else:
            by_name[action.name] = row
    return segment, sorted(by_name.values(), key=lambda host: host["name"])


# --- one host ------------------------------------------------------------------------------------


def plan_host(segment: Row, found_in: Row | None, current: Row | None, wanted: Row) -> Plan:
    """`current` is the host as it is now, in the segment `found_in`; elsewhere than `segment` it has to move."""
    name = wanted["name"]
    changes = _changes(current, wanted, HOST_VALUES)
    after = {**NEW_HOST, **(current or {}), **changes}
    actions: list[Action] = []
    if current is None or found_in is None:
        actions = [_create_host(segment, name, changes)]
    elif found_in["uuid"] != segment["uuid"]:
        values = {key: after[key] for key in HOST_VALUES}
        actions = [_delete_host(found_in, current), _create_host(segment, name, values)]
    elif changes:
        actions = [_update_host(segment, current, changes)]
    return Plan(tuple((action,) for action in actions), host_view(found_in, current), host_view(segment, after))


def plan_host_absent(segment: Row | None, current: Row | None) -> Plan:
    if segment is None or current is None:
        return Plan((), {}, {})
    return Plan(((_delete_host(segment, current),),), host_view(segment, current), {})


def host_view(segment: Row | None, host: Row | None) -> Row:
    if segment is None or host is None:
        return {}
    return {"segment": segment["name"], **{key: host[key] for key in HOST_VALUES}}


# --- one compute service -------------------------------------------------------------------------


def compute_changes(service: Row, state: str, reason: str | None) -> Row:
    """What differs; a reason that nobody gave is left alone, and an enabled service has none."""
    if state == "enabled":
        return {"status": "enabled", "disabled_reason": None} if service["status"] != "enabled" else {}
    same_reason = reason is None or reason == (service["disabled_reason"] or "")
    if service["status"] == "disabled" and same_reason:
        return {}
    return {"status": "disabled", "disabled_reason": reason}


# --- shared --------------------------------------------------------------------------------------


def _changes(current: Row | None, wanted: Row, keys: Iterable[str]) -> Row:
    """Values that are wanted and differ; what is not given is left as it is, and '' equals no description."""
    given = {key: wanted[key] for key in keys if wanted.get(key) is not None}
    if current is None:
        return given
    return {key: value for key, value in given.items() if value != ("" if current[key] is None else current[key])}


def _create_host(segment: Row, name: str, values: Row) -> Action:
    return Action("create", "host", name, segment["uuid"], None, {**NEW_HOST, **values}, segment["name"])


def _update_host(segment: Row, host: Row, values: Row) -> Action:
    return Action("update", "host", host["name"], segment["uuid"], host["uuid"], values, segment["name"])


def _delete_host(segment: Row, host: Row) -> Action:
    """Keeps the host's values, so that the deletion can be taken back."""
    values = {key: host[key] for key in HOST_VALUES}
    return Action("delete", "host", host["name"], segment["uuid"], host["uuid"], values, segment["name"])
