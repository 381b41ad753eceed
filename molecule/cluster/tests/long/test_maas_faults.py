# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAAS does not do as it is told, in every way it can: nobody is taken for fenced who runs."""

from __future__ import annotations

import time

import pytest
from cluster import MEMBERS, fenced_after, fencings, is_running, kill_daemon, maas, node_fenced, successes
from lab import connect


def failed(host: str) -> set[str]:
    """When a device last failed to fence it."""
    return {event["completed"] for event in fencings(host) if event["status"] == "failed" and event.get("delegate")}


@pytest.mark.parametrize("host", ["compute2"], indirect=True)
def test_daemon_killed_while_maas_answers_503_twice(host):
    maas("faults", "PUT", {"answers": [503, 503]})
    before, start = successes(host), time.monotonic()
    kill_daemon(host)
    fenced_after(host, "kill -9 of the daemon, MAAS answering 503 twice", before, start, 60)


@pytest.mark.parametrize("host", ["compute3"], indirect=True)
def test_daemon_killed_while_maas_is_slow(host):
    """Its answer comes after 70 s; until then the host runs and nobody says that it was fenced."""
    maas("faults", "PUT", {"answers": [70.0]})
    before, start = successes(host), time.monotonic()
    kill_daemon(host)
    while time.monotonic() < start + 50:
        assert is_running(host)
        assert (successes(host), node_fenced(host)) == (before, "0")
        time.sleep(5)
    fenced_after(host, "kill -9 of the daemon, MAAS slow by 70 s", before, start, 120)


def said(words: str) -> int:
    """How often the fence agent has said it on any member."""
    return sum(connect(member).file("/var/log/pacemaker/pacemaker.log").content_string.count(words)
               for member in MEMBERS)


UNREACHABLE = {"answers": ["break"] * 1000}
CLUELESS = {"reports": "unknown", "ignores_power": True}  # a BMC that does not know does not act either


@pytest.mark.parametrize("host", ["compute2"], indirect=True)
@pytest.mark.parametrize("path, fault, words", [
    ("faults", {"refuse_key": True}, "compute2: MAAS refused the API key (HTTP 401"),
    ("machines/compute2", {"answers_null": True}, "compute2: MAAS answered null: it did not power the machine off"),
    ("machines/compute2", CLUELESS, "compute2: MAAS does not know whether it is off: the power state is unknown"),
    ("machines/compute2", {"locked": True}, "compute2: the machine is locked in MAAS"),
    ("faults", UNREACHABLE, "gave no whole answer"),
], ids=["wrong key", "null", "unknown", "locked", "unreachable"])
def test_a_fault_of_maas_is_never_a_fencing(request, host, path, fault, words):
    """Asked to fence, the cluster fails with the agent's sentence, and the host runs on."""
    maas(path, "PUT", fault)
    before, failures, sentences, start = successes(host), failed(host), said(words), time.monotonic()
    answer = connect("infra1").run(f"stonith_admin --fence {host} --timeout 200")
    print(f"{request.node.callspec.id}: refused after {time.monotonic() - start:.1f} s")
    assert answer.rc != 0
    assert failed(host) - failures, "a device tried and failed"
    assert said(words) > sentences
    assert is_running(host)
    assert (successes(host), node_fenced(host)) == (before, "0")
