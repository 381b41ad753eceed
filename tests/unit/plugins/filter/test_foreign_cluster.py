# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A living cluster is found by its name or its nodes, however its file is indented; what the package brings is none."""

from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.foreign_cluster import foreign_cluster

# As Debian's package writes it
TOTEM = "totem {{\n\tversion: 2\n\t# DLM needs one\n\tcluster_name: {}\n}}\n"
NODE = "\tnode {{\n\t\tname: {}\n\t\tnodeid: {}\n\t\tring0_addr: {}\n\t\t#ring1_addr: 192.168.1.1\n\t}}\n"
SHIPPED = "nodelist {\n" + NODE.format("node1", 1, "127.0.0.1") + "}\n"
TWO = "nodelist {\n" + NODE.format("a1", 1, "10.0.0.1") + NODE.format("a2", 2, "10.0.0.2") + "}\n"
ALONE = "nodelist {\n" + NODE.format("a1", 1, "10.0.0.1") + "}\n"
UNNUMBERED = "nodelist {\n  node {\n    ring0_addr: 10.0.0.1\n  }\n  node {\n    ring0_addr: 10.0.0.2\n  }\n}\n"


@pytest.mark.parametrize(("text", "other"), [
    ("", ""),
    ("totem {\n}\n", ""),
    (TOTEM.format("debian") + SHIPPED, ""),
    (SHIPPED, ""),
    ("nodelist {\nnode {\nname: node1\nnodeid: 1\n}\n}\n", ""),
    (TOTEM.format("masakari") + TWO, ""),
    ((TOTEM.format("masakari") + TWO).replace("\t", "    "), ""),
    (TOTEM.format("prod") + TWO, "prod (nodes: a1, a2)"),
    ((TOTEM.format("prod") + TWO).replace("\t", "    "), "prod (nodes: a1, a2)"),
    (TOTEM.format("prod") + SHIPPED, "prod (nodes: node1)"),
    (TOTEM.format("prod"), "prod (nodes: none are listed)"),
    (TOTEM.format("debian") + TWO, "debian (nodes: a1, a2)"),
    (TOTEM.format("debian") + ALONE, "debian (nodes: a1)"),
    (TWO, "without a name (nodes: a1, a2)"),
    (UNNUMBERED, "without a name (nodes: 10.0.0.1, 10.0.0.2)"),
], ids=lambda value: None)
def test_foreign_cluster(text: str, other: str) -> None:
    assert foreign_cluster(text, cluster="masakari") == other
