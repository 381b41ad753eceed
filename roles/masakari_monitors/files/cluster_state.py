#!/usr/bin/python3
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who failed in the cluster: one answer on standard output, for whoever connects to the socket. It reads no input.

Pacemaker's own "offline" is not it. A host whose pacemaker_remote restarts reads offline while its guests run, and a
fenced one reads online whenever Pacemaker tries to reach it. A host has failed when Pacemaker has fenced it and it has
not joined again.
"""

from __future__ import annotations

import argparse
import sys
from xml.etree import ElementTree

from masakari_fence_gate import pacemaker
from masakari_fence_gate.proof import Node, Unreadable, View


def has_failed(node: Node, report_unclean: bool) -> bool:
    """Members cannot be judged so (they have no `node_fenced`), and need not be: they carry no guests."""
    if not node.remote or node.maintenance:
        return False
    return bool(node.fenced) or (report_unclean and node.unclean)


def render(view: View, report_unclean: bool) -> str:
    """As the monitor reads `crm_mon -X`: nothing but names, and who has failed."""
    root = ElementTree.Element("crm_mon")
    summary = ElementTree.SubElement(root, "summary")
    ElementTree.SubElement(summary, "current_dc", with_quorum=_word(view.quorum))
    nodes = ElementTree.SubElement(root, "nodes")
    for name, node in sorted(view.nodes.items()):
        online = not has_failed(node, report_unclean) if node.remote else node.online
        kind = "remote" if node.remote else "member"
        ElementTree.SubElement(nodes, "node", name=name, online=_word(online), type=kind)
    return ElementTree.tostring(root, encoding="unicode")


def awaited(view: View, report_unclean: bool) -> list[str]:
    """Hosts that Pacemaker holds for failed and has not fenced yet; with `report_unclean` they are reported."""
    unclean = (node for node in view.nodes.values() if node.remote and node.unclean)
    return sorted(node.name for node in unclean if not has_failed(node, report_unclean))


def _word(value: bool) -> str:
    return "true" if value else "false"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report-unclean", action="store_true", help="a host has failed before it is fenced, too")
    report_unclean = parser.parse_args().report_unclean
    try:
        view = pacemaker.look()
    except Unreadable as error:
        print(f"error: {error}")
        return
    for host in awaited(view, report_unclean):
        print(f"<4>{host} has failed, and Pacemaker has not fenced it yet: not reported before.", file=sys.stderr)
    print(render(view, report_unclean))


if __name__ == "__main__":
    main()
