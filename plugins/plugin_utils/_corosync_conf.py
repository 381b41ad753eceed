# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a corosync.conf says of a cluster."""

from __future__ import annotations


def parse(text: str) -> tuple[str, list[dict[str, str]]]:
    """The name of the cluster, and the values of each of its nodes."""
    cluster = ""
    nodes: list[dict[str, str]] = []
    sections: list[str] = []
    for line in map(str.strip, text.splitlines()):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if line.startswith("#"):
            continue
        if line.endswith("{"):
            sections.append(line[:-1].strip())
            if sections == ["nodelist", "node"]:
                nodes.append({})
        elif line == "}":
            del sections[-1:]
        elif colon and sections == ["nodelist", "node"]:
            nodes[-1][key] = value
        elif sections == ["totem"] and key == "cluster_name":
            cluster = value
    return cluster, nodes


def addresses(node: dict[str, str]) -> list[str]:
    """The address of a node on each of its links."""
    return [node[key] for key in sorted(node) if key.startswith("ring") and key.endswith("_addr")]
