# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running member keeps its number, whoever comes or goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.corosync_nodes import corosync_nodes
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

TEMPLATE = Path(__file__).parents[4] / "roles/pacemaker_cluster/templates/corosync.conf.j2"
THREE = {name: [f"10.0.0.1{name[-1]}"] for name in ("infra1", "infra2", "infra3")}
# What the package of Debian brings
AS_SHIPPED = """
totem {
	version: 2
	cluster_name: debian
	# cluster_name: masakari
	crypto_cipher: none
}
nodelist {
	# Change/uncomment/add node sections to match cluster configuration
	node {
		# Hostname of the node
		name: node1
		nodeid: 1
		ring0_addr: 127.0.0.1
		# ring1_addr: 192.168.1.1
	}
}
"""


def nodes(members: dict[str, list[str]], *present: str) -> list[dict[str, Any]]:
    return corosync_nodes(members, present, cluster="masakari")


def numbers(members: dict[str, list[str]], *present: str) -> dict[str, int]:
    return {node["name"]: node["nodeid"] for node in nodes(members, *present)}


def written(node_list: list[dict[str, Any]]) -> str:
    """The file as the role writes it."""
    return Environment(trim_blocks=True).from_string(TEMPLATE.read_text()).render(
        ansible_managed="managed", pacemaker_cluster_name="masakari", pacemaker_cluster_token=3000,
        __pacemaker_cluster_nodes=node_list)


@pytest.mark.parametrize("present", [[], [""], [AS_SHIPPED]], ids=["no file", "an empty one", "the package's"])
def test_a_new_cluster_counts_from_one(present: list[str]) -> None:
    assert numbers(THREE, *present) == {"infra1": 1, "infra2": 2, "infra3": 3}


def test_a_second_run_changes_nothing() -> None:
    first = nodes(THREE)
    assert nodes(THREE, written(first)) == first


def test_a_member_put_in_between_gets_a_number_of_its_own() -> None:
    old = written(nodes({name: THREE[name] for name in ("infra1", "infra3")}))
    assert numbers(THREE, old) == {"infra1": 1, "infra3": 2, "infra2": 3}


def test_the_first_member_leaves_the_inventory() -> None:
    """It stays with its addresses, and the numbers of the others stay in any case."""
    old = nodes(THREE)
    two = {name: THREE[name] for name in ("infra2", "infra3")}
    assert nodes(two, written(old)) == old


def test_no_number_is_used_again_in_the_run_that_removes_its_node() -> None:
    swapped = {name: ["10.0.0.9"] for name in ("infra1", "infra2", "infra4")}
    assert numbers(swapped, written(nodes(THREE)))["infra4"] == 4


def test_an_address_changes() -> None:
    moved = nodes({**THREE, "infra2": ["10.0.0.99"]}, written(nodes(THREE)))
    assert moved[1] == {"name": "infra2", "nodeid": 2, "addresses": ["10.0.0.99"]}


def test_two_links_and_the_other_ip() -> None:
    two = {"infra1": ["fd00::11", "10.0.0.11"], "infra2": ["fd00::12", "10.0.0.12"]}
    assert nodes({"infra1": two["infra1"]}, written(nodes(two)))[1]["addresses"] == two["infra2"]


def test_the_first_file_of_this_cluster_counts() -> None:
    """A member that was away has an old one."""
    now = written([{"name": "infra2", "nodeid": 2, "addresses": []}, {"name": "infra4", "nodeid": 7, "addresses": []}])
    assert numbers(THREE, AS_SHIPPED, now, written(nodes(THREE))) == {
        "infra2": 2, "infra4": 7, "infra1": 8, "infra3": 9}


def test_a_node_without_a_name_has_its_address_for_one() -> None:
    text = "totem {\ncluster_name: masakari\n}\nnodelist {\nnode {\nnodeid: 4\nring0_addr: infra1\n}\n}\n"
    assert numbers(THREE, text) == {"infra1": 4, "infra2": 5, "infra3": 6}


@pytest.mark.parametrize("number, two_node", [(1, False), (2, True), (3, False)])
def test_two_nodes_are_quorate_alone(number: int, two_node: bool) -> None:
    assert ("two_node: 1" in written(nodes(THREE)[:number])) is two_node


@given(st.text(alphabet="{}:\n #x1", max_size=60))
def test_any_text_is_read(text: str) -> None:
    assert set(THREE) <= set(numbers(THREE, f"totem {{\ncluster_name: masakari\n}}\nnodelist {{\nnode {{\n{text}"))
