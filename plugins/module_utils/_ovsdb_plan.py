# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure decisions about Open vSwitch: rows to a model, model and wish to the operations of one transaction.

The model is what a person would write down:
C({other_config: {}, bridges: {name: {datapath_type, ports: {name: {tag, ..., interfaces: {name: {type, ...}}}}}}}).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

Model = dict[str, Any]
Row = Mapping[str, Any]
Operation = dict[str, Any]

BRIDGE_COLUMNS = ("datapath_type",)
PORT_COLUMNS = ("tag", "bond_mode", "lacp", "other_config")
INTERFACE_COLUMNS = ("type", "options", "mtu_request")
STATUS_COLUMNS = ("name", "error", "ofport", "mtu", "mtu_request", "type")
MAPS = ("other_config", "options")
NEW_BRIDGE: Model = {"datapath_type": "", "ports": {}}
NEW_PORT: Model = {"tag": None, "bond_mode": None, "lacp": None, "other_config": {}, "interfaces": {}}
NEW_INTERFACE: Model = {"type": "", "options": {}, "mtu_request": None}

# What load() wants: table and columns.
SELECTIONS = {
    "Open_vSwitch": ["other_config"],
    "Bridge": ["_uuid", "name", "ports", *BRIDGE_COLUMNS],
    "Port": ["_uuid", "name", "interfaces", *PORT_COLUMNS],
    "Interface": ["_uuid", *STATUS_COLUMNS, "options"],
}


class WishError(Exception):
    """What is wanted contradicts itself or what is there; the message says where and what to do."""


@dataclass(frozen=True)
class State:
    """The database as it is: the model, each row's uuid by table and name, and the interfaces in error."""

    model: Model
    uuids: dict[str, dict[str, str]]
    errors: dict[str, str]


EMPTY = State({"other_config": {}, "bridges": {}}, {"Bridge": {}, "Port": {}, "Interface": {}}, {})


# --- values ----------------------------------------------------------------------------------------


def decoded(value: Any) -> Any:
    """OVSDB's notation as Python has it: a map is a dict, an empty set None, a set of more than one a list."""
    match value:
        case ["map", pairs]:
            return dict(pairs)
        case ["set", []]:
            return None
        case ["set", members]:
            return [decoded(member) for member in members]
        case ["uuid", uuid]:
            return uuid
    return value


def encoded(value: Any) -> Any:
    if isinstance(value, dict):
        return ["map", sorted(value.items())]
    return ["set", []] if value is None else value


def members(value: Any) -> list[str]:
    """A column that holds a set, which the notation does not tell apart from a single value."""
    value = decoded(value)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


# --- what is ---------------------------------------------------------------------------------------


def load(tables: Mapping[str, Sequence[Row]]) -> State:
    rows = {table: {decoded(row["_uuid"]): row for row in tables[table]} for table in ("Bridge", "Port", "Interface")}
    bridges = {}
    for bridge in rows["Bridge"].values():
        ports = {}
        for port in (rows["Port"][uuid] for uuid in members(bridge["ports"])):
            interfaces = [rows["Interface"][uuid] for uuid in members(port["interfaces"])]
            ports[port["name"]] = _columns(port, PORT_COLUMNS) | {
                "interfaces": {row["name"]: _columns(row, INTERFACE_COLUMNS) for row in interfaces}
            }
        bridges[bridge["name"]] = _columns(bridge, BRIDGE_COLUMNS) | {"ports": ports}
    return State(
        model={"other_config": decoded(tables["Open_vSwitch"][0]["other_config"]), "bridges": bridges},
        uuids={table: {row["name"]: uuid for uuid, row in by_uuid.items()} for table, by_uuid in rows.items()},
        errors={row["name"]: decoded(row["error"]) for row in tables["Interface"] if decoded(row["error"])},
    )


def _columns(row: Row, names: Iterable[str]) -> Model:
    return {name: decoded(row[name]) for name in names}


# --- what shall be ---------------------------------------------------------------------------------


def merged(model: Model, other_config: Row, bridges: Sequence[Row]) -> Model:
    """The model with the wish laid over it.

    A port or interface that is named is described whole, but for its maps, whose keys others may write too; what is
    not named stays as it is.
    """
    result = copy.deepcopy(model)
    result["other_config"] = _map(result["other_config"], other_config)
    for bridge in bridges:
        if bridge["state"] == "absent":
            result["bridges"].pop(bridge["name"], None)
        else:
            _merge_bridge(result["bridges"], bridge)
    _refuse_duplicates(result)
    return result


def _merge_bridge(bridges: Model, wanted: Row) -> None:
    name = wanted["name"]
    if name not in bridges:
        # Every bridge has its local port; ovs-vswitchd refuses one without.
        local = copy.deepcopy(NEW_PORT) | {"interfaces": {name: NEW_INTERFACE | {"type": "internal"}}}
        bridges[name] = copy.deepcopy(NEW_BRIDGE) | {"ports": {name: local}}
    if wanted.get("datapath_type") is not None:
        bridges[name]["datapath_type"] = wanted["datapath_type"]
    for port in wanted.get("ports") or []:
        if port["state"] == "absent":
            bridges[name]["ports"].pop(port["name"], None)
        else:
            _merge_port(bridges[name]["ports"], port)


def _merge_port(ports: Model, wanted: Row) -> None:
    port = ports.setdefault(wanted["name"], copy.deepcopy(NEW_PORT))
    _overlay(port, wanted, PORT_COLUMNS, NEW_PORT)
    interfaces = wanted.get("interfaces") or [{"name": wanted["name"]}]
    port["interfaces"] = {
        row["name"]: _overlay(
            copy.deepcopy(port["interfaces"].get(row["name"], NEW_INTERFACE)), row, INTERFACE_COLUMNS, NEW_INTERFACE
        )
        for row in interfaces
    }


def _overlay(target: Model, wanted: Row, columns: Iterable[str], defaults: Row) -> Model:
    for column in columns:
        value = wanted.get(column)
        if column in MAPS:
            target[column] = _map(target[column], value or {})
        else:
            target[column] = defaults[column] if value is None else value
    return target


def _map(current: Mapping[str, str], wanted: Mapping[str, Any]) -> dict[str, str]:
    """Keys are laid over one by one; one that is wanted to be null goes."""
    union = {**current, **wanted}
    return {key: str(value) for key, value in union.items() if value is not None}


def _refuse_duplicates(model: Model) -> None:
    places: dict[tuple[str, str], str] = {}
    for bridge, content in model["bridges"].items():
        for port, row in content["ports"].items():
            for kind, name, place in [("port", port, bridge)] + [("interface", i, port) for i in row["interfaces"]]:
                if (kind, name) in places:
                    raise WishError(
                        f"{kind} {name} is wanted on {place} but stands on {places[kind, name]}: "
                        "take it from there first (state: absent) or give it another name"
                    )
                places[kind, name] = place


# --- from one to the other -------------------------------------------------------------------------


def operations(state: State, after: Model, heal: bool = False) -> list[Operation]:
    """One transaction from the state to the model; empty when there is nothing to do.

    With heal an otherwise empty transaction still makes ovs-vswitchd read its configuration again, which tries every
    interface anew that it could not open.
    """
    changes = _Transaction(state).write(after)
    if not changes and not heal:
        return []
    reload = {"op": "mutate", "table": "Open_vSwitch", "where": [], "mutations": [["next_cfg", "+=", 1]]}
    return [*changes, {"op": "comment", "comment": "ansible: openstack_ha.masakari.ovsdb"}, reload]


class _Transaction:
    """Writes the operations; a row that is inserted is known by a name until the database gives it a uuid."""

    def __init__(self, state: State) -> None:
        self._before = state.model
        self._uuids = state.uuids
        self._names = (f"row{number}" for number in count())
        self._operations: list[Operation] = []

    def write(self, after: Model) -> list[Operation]:
        before = self._before
        self._update("Open_vSwitch", [], before["other_config"], after["other_config"], "other_config")
        for name, bridge in after["bridges"].items():
            if name in before["bridges"]:
                self._change_bridge(name, before["bridges"][name], bridge)
            else:
                self._mutate("Open_vSwitch", [], "bridges", "insert", self._insert_bridge(name, bridge))
        for name in before["bridges"].keys() - after["bridges"].keys():
            self._mutate("Open_vSwitch", [], "bridges", "delete", ["uuid", self._uuids["Bridge"][name]])
        return self._operations

    def _change_bridge(self, name: str, before: Model, after: Model) -> None:
        here = _named(name)
        for column in BRIDGE_COLUMNS:
            self._update("Bridge", here, before[column], after[column], column)
        for port in before["ports"].keys() - after["ports"].keys():
            self._mutate("Bridge", here, "ports", "delete", ["uuid", self._uuids["Port"][port]])
        for port, row in after["ports"].items():
            if port in before["ports"]:
                self._change_port(port, before["ports"][port], row)
            else:
                self._mutate("Bridge", here, "ports", "insert", self._insert_port(port, row))

    def _change_port(self, name: str, before: Model, after: Model) -> None:
        for column in PORT_COLUMNS:
            self._update("Port", _named(name), before[column], after[column], column)
        for interface, row in after["interfaces"].items():
            if interface in before["interfaces"]:
                old = before["interfaces"][interface]
                for column in INTERFACE_COLUMNS:
                    self._update("Interface", _named(interface), old[column], row[column], column)
        if before["interfaces"].keys() != after["interfaces"].keys():
            uuids = [self._interface(i, row, i in before["interfaces"]) for i, row in after["interfaces"].items()]
            change = {"interfaces": ["set", uuids]}
            self._operations.append({"op": "update", "table": "Port", "where": _named(name), "row": change})

    def _insert_bridge(self, name: str, bridge: Model) -> list[str]:
        ports = [self._insert_port(port, row) for port, row in bridge["ports"].items()]
        return self._insert("Bridge", {"name": name, "ports": ["set", ports], **_row(bridge, BRIDGE_COLUMNS)})

    def _insert_port(self, name: str, port: Model) -> list[str]:
        interfaces = [self._interface(interface, row, False) for interface, row in port["interfaces"].items()]
        return self._insert("Port", {"name": name, "interfaces": ["set", interfaces], **_row(port, PORT_COLUMNS)})

    def _interface(self, name: str, row: Model, is_there: bool) -> list[str]:
        if is_there:
            return ["uuid", self._uuids["Interface"][name]]
        return self._insert("Interface", {"name": name, **_row(row, INTERFACE_COLUMNS)})

    def _insert(self, table: str, row: Model) -> list[str]:
        name = next(self._names)
        self._operations.append({"op": "insert", "table": table, "row": row, "uuid-name": name})
        return ["named-uuid", name]

    def _mutate(self, table: str, where: list[Any], column: str, mutator: str, member: list[str]) -> None:
        mutation = [column, mutator, ["set", [member]]]
        self._operations.append({"op": "mutate", "table": table, "where": where, "mutations": [mutation]})

    def _update(self, table: str, where: list[Any], before: Any, after: Any, column: str) -> None:
        if before != after:
            self._operations.append({"op": "update", "table": table, "where": where, "row": {column: encoded(after)}})


def _named(name: str) -> list[Any]:
    return [["name", "==", name]]


def _row(content: Model, columns: Iterable[str]) -> Model:
    return {column: encoded(content[column]) for column in columns if content[column] not in (None, {}, "")}


# --- what came of it -------------------------------------------------------------------------------


def wanted_interfaces(bridges: Sequence[Row]) -> set[str]:
    """The names of all interfaces the wish names."""
    return {
        interface["name"]
        for bridge in bridges if bridge["state"] != "absent"
        for port in bridge.get("ports") or [] if port["state"] != "absent"
        for interface in port.get("interfaces") or [{"name": port["name"]}]
    }


def unsettled(rows: Sequence[Row], names: Iterable[str]) -> dict[str, str]:
    """What is not right yet, by interface: ovs-vsctl reports success where these columns tell otherwise."""
    found = {row["name"]: {column: decoded(row[column]) for column in STATUS_COLUMNS} for row in rows}
    problems = {name: _problem(found.get(name)) for name in sorted(names)}
    return {name: problem for name, problem in problems.items() if problem}


def _problem(row: Row | None) -> str:
    if row is None:
        return "is not in the database"
    if row["error"]:
        return str(row["error"])
    if row["ofport"] is None or row["ofport"] < 0:
        return "is not attached to its bridge"
    if row["mtu_request"] and row["mtu"] != row["mtu_request"]:
        return f"has MTU {row['mtu']}, asked for {row['mtu_request']}"
    return ""
