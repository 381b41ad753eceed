# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovsdb_plan import (
    EMPTY,
    State,
    WishError,
    decoded,
    encoded,
    load,
    members,
    merged,
    operations,
    unsettled,
    wanted_interfaces,
)

Row = dict[str, Any]


def port(name: str, **columns: Any) -> Row:
    return {"name": name, "state": "present", **columns}


def bridge(name: str, *ports: Row, **columns: Any) -> Row:
    return {"name": name, "state": "present", "ports": list(ports), **columns}


def nic(name: str, pci: str) -> Row:
    return {"name": name, "type": "dpdk", "options": {"dpdk-devargs": pci}, "mtu_request": 9000}


BOND = port(
    "bond0", bond_mode="balance-tcp", lacp="active", other_config={"lacp-time": "fast"},
    interfaces=[nic("nic1", "0000:00:04.0"), nic("nic2", "0000:00:05.0")],
)
TAP = port("tap1-br", tag=2933)


def tables() -> dict[str, list[Row]]:
    """What the database answers for bridge br with the bond, one access port and its local port."""

    def interface(uuid: str, name: str, kind: str = "", options: list[Any] | None = None, **columns: Any) -> Row:
        return {
            "_uuid": ["uuid", uuid], "name": name, "type": kind, "options": ["map", options or []],
            "mtu_request": ["set", []], "mtu": 1500, "error": ["set", []], "ofport": 1, **columns,
        }

    def row(uuid: str, name: str, interfaces: Any, **columns: Any) -> Row:
        empty = ["set", []]
        defaults = {"tag": empty, "bond_mode": empty, "lacp": empty, "other_config": ["map", []]}
        return {"_uuid": ["uuid", uuid], "name": name, "interfaces": interfaces, **defaults, **columns}

    jumbo = {"mtu_request": 9000, "mtu": 9000}
    return {
        "Open_vSwitch": [{"other_config": ["map", [["dpdk-init", "true"]]]}],
        "Bridge": [{
            "_uuid": ["uuid", "b"], "name": "br", "datapath_type": "netdev",
            "ports": ["set", [["uuid", "p0"], ["uuid", "p1"], ["uuid", "p2"]]],
        }],
        "Port": [
            row("p0", "br", ["uuid", "i0"]),
            row("p1", "bond0", ["set", [["uuid", "i1"], ["uuid", "i2"]]], bond_mode="balance-tcp", lacp="active",
                other_config=["map", [["lacp-time", "fast"]]]),
            row("p2", "tap1-br", ["uuid", "i3"], tag=2933),
        ],
        "Interface": [
            interface("i0", "br", "internal"),
            interface("i1", "nic1", "dpdk", [["dpdk-devargs", "0000:00:04.0"]], **jumbo),
            interface("i2", "nic2", "dpdk", [["dpdk-devargs", "0000:00:05.0"]], **jumbo),
            interface("i3", "tap1-br"),
        ],
    }


def plan(*bridges: Row, other_config: Row | None = None, state: State | None = None) -> list[Row]:
    """The operations without the two that go with every change."""
    state = state or load(tables())
    changes = operations(state, merged(state.model, other_config or {}, bridges))
    return changes[:-2]


@pytest.mark.parametrize(
    ("notation", "value"),
    [
        (["map", [["a", "1"]]], {"a": "1"}),
        (["map", []], {}),
        (["set", []], None),
        (["set", [1, 2]], [1, 2]),
        (["uuid", "u"], "u"),
        (5, 5),
        ("x", "x"),
    ],
)
def test_decoded(notation: Any, value: Any) -> None:
    assert decoded(notation) == value


@pytest.mark.parametrize(
    ("value", "notation"),
    [({"b": "2", "a": "1"}, ["map", [("a", "1"), ("b", "2")]]), (None, ["set", []]), (2933, 2933), ("x", "x")],
)
def test_encoded(value: Any, notation: Any) -> None:
    assert encoded(value) == notation


@pytest.mark.parametrize(
    ("notation", "names"),
    [(["uuid", "a"], ["a"]), (["set", []], []), (["set", [["uuid", "a"], ["uuid", "b"]]], ["a", "b"])],
)
def test_members(notation: Any, names: list[str]) -> None:
    assert members(notation) == names


def test_load_gives_the_model_a_person_would_write() -> None:
    model = load(tables()).model
    assert model["other_config"] == {"dpdk-init": "true"}
    assert model["bridges"]["br"]["datapath_type"] == "netdev"
    assert model["bridges"]["br"]["ports"]["tap1-br"]["tag"] == 2933
    assert model["bridges"]["br"]["ports"]["bond0"]["interfaces"]["nic2"] == {
        "type": "dpdk", "options": {"dpdk-devargs": "0000:00:05.0"}, "mtu_request": 9000,
    }


def test_nothing_to_do() -> None:
    state = load(tables())
    wish = [bridge("br", BOND, TAP, datapath_type="netdev")]
    assert operations(state, merged(state.model, {"dpdk-init": "true"}, wish)) == []


def test_a_new_bridge_has_its_local_port_and_all_of_it_in_one_transaction() -> None:
    changes = operations(EMPTY, merged(EMPTY.model, {}, [bridge("br", BOND, TAP, datapath_type="netdev")]))
    inserted = [(change["table"], change["row"]["name"]) for change in changes if change["op"] == "insert"]
    assert inserted == [
        ("Interface", "br"), ("Port", "br"), ("Interface", "nic1"), ("Interface", "nic2"), ("Port", "bond0"),
        ("Interface", "tap1-br"), ("Port", "tap1-br"), ("Bridge", "br"),
    ]
    named = {change["uuid-name"] for change in changes if change["op"] == "insert"}
    assert len(named) == len(inserted)
    assert changes[-1]["mutations"] == [["next_cfg", "+=", 1]]
    assert changes[-3]["mutations"] == [["bridges", "insert", ["set", [["named-uuid", changes[-4]["uuid-name"]]]]]]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (
            bridge("br", port("tap1-br", tag=2934)),
            [{"op": "update", "table": "Port", "where": [["name", "==", "tap1-br"]], "row": {"tag": 2934}}],
        ),
        (
            bridge("br", port("tap1-br")),
            [{"op": "update", "table": "Port", "where": [["name", "==", "tap1-br"]], "row": {"tag": ["set", []]}}],
        ),
        (
            bridge("br", {**BOND, "bond_mode": "balance-slb"}),
            [{
                "op": "update", "table": "Port", "where": [["name", "==", "bond0"]],
                "row": {"bond_mode": "balance-slb"},
            }],
        ),
        (
            bridge("br", {**BOND, "other_config": {"lacp-time": "slow"}}),
            [{
                "op": "update", "table": "Port", "where": [["name", "==", "bond0"]],
                "row": {"other_config": ["map", [("lacp-time", "slow")]]},
            }],
        ),
        (
            bridge("br", {"name": "tap1-br", "state": "absent"}),
            [{
                "op": "mutate", "table": "Bridge", "where": [["name", "==", "br"]],
                "mutations": [["ports", "delete", ["set", [["uuid", "p2"]]]]],
            }],
        ),
        (
            {"name": "br", "state": "absent"},
            [{
                "op": "mutate", "table": "Open_vSwitch", "where": [],
                "mutations": [["bridges", "delete", ["set", [["uuid", "b"]]]]],
            }],
        ),
        ({"name": "other", "state": "absent"}, []),
        (bridge("br", {"name": "other", "state": "absent"}), []),
        (bridge("br"), []),
    ],
    ids=["tag", "no tag", "bond mode", "lacp time", "port absent", "bridge absent", "no such bridge", "no such port",
         "others stay"],
)
def test_only_what_differs_is_written(wish: Row, expected: list[Row]) -> None:
    assert plan(wish) == expected


def test_a_member_is_replaced_and_the_other_kept() -> None:
    insert, update = plan(bridge("br", {**BOND, "interfaces": [BOND["interfaces"][0], nic("nic3", "0000:00:06.0")]}))
    assert insert["row"]["name"] == "nic3"
    assert update["row"] == {"interfaces": ["set", [["uuid", "i1"], ["named-uuid", insert["uuid-name"]]]]}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"dpdk-init": "true"}, []),
        ({"pmd-cpu-mask": "0x2"}, [["dpdk-init", "true"], ["pmd-cpu-mask", "0x2"]]),
        ({"dpdk-init": None, "never-there": None}, []),
        ({"n": 2}, [["dpdk-init", "true"], ["n", "2"]]),
    ],
)
def test_other_config_is_laid_over_key_by_key(wanted: Row, expected: list[list[str]]) -> None:
    changes = plan(other_config=wanted)
    if wanted == {"dpdk-init": "true"}:
        assert changes == []
    else:
        (update,) = changes
        assert [list(pair) for pair in update["row"]["other_config"][1]] == expected


def test_heal_makes_ovs_read_its_configuration_again() -> None:
    broken = tables()
    broken["Interface"][1]["error"] = "could not add network device nic1 to ofproto (Invalid argument)"
    state = load(broken)
    assert state.errors == {"nic1": "could not add network device nic1 to ofproto (Invalid argument)"}
    assert operations(state, state.model) == []
    assert operations(state, state.model, heal=True)[-1]["mutations"] == [["next_cfg", "+=", 1]]


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (bridge("br2", port("tap1-br")), "port tap1-br is wanted on br2 but stands on br"),
        (bridge("br", port("p9", interfaces=[nic("nic1", "0000:00:04.0")])), "interface nic1 is wanted on p9 but"),
    ],
)
def test_a_name_stands_in_one_place(wish: Row, sentence: str) -> None:
    with pytest.raises(WishError, match=sentence):
        plan(wish)


def test_a_port_may_move_within_one_wish() -> None:
    changes = plan(bridge("br", {"name": "tap1-br", "state": "absent"}), bridge("br2", port("tap1-br", tag=1)))
    assert ("insert", "Bridge") in [(change["op"], change["table"]) for change in changes]


def test_wanted_interfaces() -> None:
    wish = [bridge("br", BOND, TAP, {"name": "gone", "state": "absent"}), {"name": "old", "state": "absent"}]
    assert wanted_interfaces(wish) == {"nic1", "nic2", "tap1-br"}


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({}, None),
        ({"error": "could not open"}, "could not open"),
        ({"ofport": ["set", []]}, "is not attached to its bridge"),
        ({"ofport": -1}, "is not attached to its bridge"),
        ({"mtu": 1500}, "has MTU 1500, asked for 9000"),
        ({"mtu": ["set", []]}, "has MTU None, asked for 9000"),
    ],
)
def test_unsettled(columns: Row, problem: str | None) -> None:
    rows = [{**tables()["Interface"][1], **columns}]
    assert unsettled(rows, {"nic1"}) == ({"nic1": problem} if problem else {})


def test_unsettled_misses_an_interface() -> None:
    assert unsettled([], {"nic1"}) == {"nic1": "is not in the database"}
