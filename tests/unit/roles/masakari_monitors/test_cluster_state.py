# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has failed, in what Pacemaker 3.0.0 answered (recorded for the fence gate), and in other states."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[4]
DATA = ROOT / "tests/unit/roles/fence_gate/data"
sys.path[:0] = [str(ROOT / "roles/masakari/files/fence_gate"), str(ROOT / "roles/masakari_monitors/files")]

import cluster_state  # noqa: E402
from masakari_fence_gate.proof import Node, Unreadable, View, parse  # noqa: E402


def recorded(name: str) -> View:
    return parse((DATA / f"{name}.crm_mon.xml").read_text(), (DATA / f"{name}.cib.xml").read_text())


def shown(view: View, report_unclean: bool = False) -> dict[str, str]:
    answer = ElementTree.fromstring(cluster_state.render(view, report_unclean))
    return {node.get("name", ""): node.get("online", "") for node in answer.iterfind("./nodes/node")}


def node(**state: object) -> Node:
    usual = {"name": "compute1", "remote": True, "online": True, "unclean": False, "maintenance": False,
             "stopped": False, "fenced": 0}
    return Node(**(usual | state))  # type: ignore[arg-type]


@pytest.mark.parametrize("name, online", [
    ("fenced", "false"),
    ("held", "false"),
    ("fenced_by_hand_through_device", "false"),
    ("fenced_reads_online", "false"),  # Pacemaker says online="true" here, while it tries to connect
    ("confirmed_while_running", "false"),  # the gate, not the monitor, asks who said so
    ("joined_again", "true"),
    ("failed", "true"),  # unclean, and every fencing failed: it may be running
])
def test_recorded(name: str, online: str) -> None:
    assert shown(recorded(name))["compute1"] == online


def test_members_are_shown_as_pacemaker_sees_them() -> None:
    assert shown(recorded("fenced"))["infra1"] == "true"


@pytest.mark.parametrize("state, failed, failed_early", [
    ({}, False, False),
    ({"online": False}, False, False),  # pacemaker_remote restarts, or the host was shut down
    ({"online": False, "stopped": True}, False, False),
    ({"online": False, "fenced": None}, False, False),  # it never joined
    ({"online": False, "unclean": True}, False, True),
    ({"online": False, "unclean": True, "fenced": None}, False, True),
    ({"online": False, "fenced": 1795219726}, True, True),
    ({"online": True, "fenced": 1795219726}, True, True),
    ({"online": False, "fenced": 1795219726, "maintenance": True}, False, False),
    ({"online": False, "unclean": True, "maintenance": True}, False, False),
    ({"online": False, "unclean": True, "remote": False, "fenced": None}, False, False),
])
def test_who_has_failed(state: dict[str, object], failed: bool, failed_early: bool) -> None:
    assert cluster_state.has_failed(node(**state), False) is failed
    assert cluster_state.has_failed(node(**state), True) is failed_early


def test_a_host_that_waits_for_its_fence_is_told() -> None:
    view = recorded("failed")
    assert cluster_state.awaited(view, report_unclean=False) == ["compute1"]
    assert cluster_state.awaited(view, report_unclean=True) == []
    assert cluster_state.awaited(recorded("fenced"), report_unclean=False) == []


@pytest.mark.parametrize("quorum", [True, False])
def test_quorum(quorum: bool) -> None:
    answer = ElementTree.fromstring(cluster_state.render(View(quorum, {}, ()), False))
    assert answer.find("./summary/current_dc").get("with_quorum") == str(quorum).lower()


def test_an_unreadable_cluster_is_an_error_and_no_list(monkeypatch, capsys) -> None:
    def refuse() -> View:
        raise Unreadable("crm_mon failed: Insufficient privileges")

    monkeypatch.setattr(cluster_state.pacemaker, "look", refuse)
    monkeypatch.setattr(sys, "argv", ["cluster_state"])
    cluster_state.main()
    assert capsys.readouterr().out == "error: crm_mon failed: Insufficient privileges\n"


def test_it_starts_without_the_rest_of_the_collection(tmp_path: Path) -> None:
    """As installed: beside the gate's package, with nothing but Python's own library."""
    (tmp_path / "cluster_state").write_text((ROOT / "roles/masakari_monitors/files/cluster_state.py").read_text())
    package = tmp_path / "masakari_fence_gate"
    package.mkdir()
    for name in ("__init__", "pacemaker", "proof"):
        source = ROOT / "roles/masakari/files/fence_gate/masakari_fence_gate" / f"{name}.py"
        (package / f"{name}.py").write_text(source.read_text())
    done = subprocess.run([sys.executable, "-S", "-E", str(tmp_path / "cluster_state")], capture_output=True, text=True,
                          env={"PATH": str(tmp_path)}, check=True)
    assert done.stdout == "error: crm_mon is not installed on this host: it is no member of the cluster\n"
