# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hostmonitor on remote nodes: it reports a host that was fenced, and nothing else, and has no right in Pacemaker."""

from __future__ import annotations

import time
from typing import Any
from xml.etree import ElementTree

import pytest
from cluster import fencings, is_up, on_member
from lab import connect
from monitors import COMPUTE, PROGRAMS, USER, as_monitor, main_pid

UNIT = "masakari-hostmonitor"


@pytest.fixture(params=COMPUTE)
def remote(request: pytest.FixtureRequest) -> Any:
    return connect(request.param)


def test_hostmonitor_runs(remote: Any) -> None:
    assert remote.service(UNIT).is_running
    assert remote.service("masakari-cluster-state.socket").is_running
    socket = remote.file("/run/masakari-cluster-state")
    assert (socket.user, socket.group, oct(socket.mode)) == ("root", USER, "0o660")


def test_no_monitor_is_in_haclient(remote: Any) -> None:
    assert "haclient" not in remote.user(USER).groups
    for unit in ("masakari-hostmonitor", "masakari-instancemonitor", "masakari-processmonitor"):
        haclient = remote.check_output("getent group haclient").split(":")[2]
        groups = remote.check_output("grep ^Groups: /proc/%s/status", main_pid(remote, unit)).split()[1:]
        assert haclient not in groups


def test_the_cluster_is_read_through_the_socket(remote: Any) -> None:
    answer = ElementTree.fromstring(as_monitor(remote, f"{PROGRAMS}/crm_mon -X").stdout)
    nodes = {node.get("name"): (node.get("type"), node.get("online")) for node in answer.iter("node")}
    assert {name for name, (kind, _online) in nodes.items() if kind == "remote"} == set(COMPUTE)
    assert answer.find("./summary/current_dc").get("with_quorum") == "true"


def test_another_user_has_no_answer(remote: Any) -> None:
    refused = remote.run(f"runuser --user=nobody -- {PROGRAMS}/crm_mon -X")
    assert refused.failed
    assert "Permission denied" in refused.stderr


@pytest.mark.parametrize("command", [
    "/usr/sbin/stonith_admin --confirm compute3",
    "/usr/sbin/stonith_admin --fence compute3",
    "/usr/sbin/stonith_admin --cleanup --history compute3",
    "/usr/sbin/crm_attribute --node compute3 --name maintenance --update true",
    "/usr/sbin/crm_resource --meta --set-parameter target-role --parameter-value Stopped --resource compute3",
    "/usr/sbin/cibadmin --query",
    "/usr/local/lib/masakari-monitors/crm_mon --one-shot",
])
def test_the_monitors_user_has_no_right_in_pacemaker(command: str) -> None:
    host = connect("compute1")
    program = command.split()[0]
    assert host.file(program).exists
    before = (fencings("compute3"), on_member("cibadmin --query --scope=configuration"))
    answer = as_monitor(host, command)
    # On a remote node some commands end with 0 and hold nothing but an error.
    assert answer.failed or "<error>" in answer.stdout or "rror" in answer.stderr, answer
    assert "<configuration" not in answer.stdout
    time.sleep(3)
    assert (fencings("compute3"), on_member("cibadmin --query --scope=configuration")) == before
    assert is_up("compute3")


def test_a_look_reads_nothing_from_who_asks() -> None:
    """What is sent is not read, so that the connection ends with a reset; the answer is the same."""
    host = connect("compute1")
    code = ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/masakari-cluster-state'); "
            "s.sendall(b'--report-unclean; id\\n'); [print(line, end='', flush=True) for line in s.makefile()]")
    answer = host.run(f"runuser --user={USER} -- python3 -c \"{code}\"").stdout
    assert answer.startswith("<crm_mon>")
    assert "uid=" not in answer
