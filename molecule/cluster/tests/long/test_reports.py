# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""hostmonitor reports a host that was fenced, and nothing else; and it says why it was restarted."""

from __future__ import annotations

import re
import time

import pytest
from cluster import cut_power, is_running, is_up, successes
from lab import connect, wait_until
from monitors import COMPUTE, clock, main_pid, said

UNIT = "masakari-hostmonitor"
REPORT = re.compile(r"Send a notification.*COMPUTE_HOST.*'hostname': '(\w+)'.*'event': '(\w+)'")


def reports(since: dict[str, str]) -> set[tuple[str, str]]:
    """What the monitors of all hosts that run reported."""
    return {report for host in since if is_running(host) for report in REPORT.findall(said(host, UNIT, since[host]))}


def now() -> dict[str, str]:
    return {host: clock(host) for host in COMPUTE}


@pytest.mark.parametrize("host", ["compute3"], indirect=True)
def test_a_fenced_host_is_reported_once_by_each_monitor(host: str) -> None:
    since, before = now(), successes(host)
    cut_power(host)
    wait_until(lambda: successes(host) > before, 90, f"{host} is fenced")
    start = time.monotonic()
    wait_until(lambda: (host, "STOPPED") in reports(since), 10, f"{host} is reported")
    print(f"reported {time.monotonic() - start:.1f} s after the fence")
    time.sleep(70)  # it reads online while Pacemaker tries to reach it
    assert reports(since) == {(host, "STOPPED")}
    for watcher in set(COMPUTE) - {host}:
        assert len(REPORT.findall(said(watcher, UNIT, since[watcher]))) == 1


def test_a_clean_restart_of_the_daemon_is_not_reported() -> None:
    """It reads offline for up to a minute, while its guests run."""
    wait_until(lambda: is_up("compute2"), 60, "compute2 is up")
    since, before = now(), successes("compute2")
    connect("compute2").check_output("systemctl restart pacemaker_remote")
    deadline = time.monotonic() + 75
    was_offline = False
    while time.monotonic() < deadline:
        was_offline = was_offline or not is_up("compute2")
        time.sleep(1)
    assert was_offline, "the restart was not seen by Pacemaker: the test has shown nothing"
    wait_until(lambda: is_up("compute2"), 60, "compute2 is up again")
    assert successes("compute2") == before
    # Another host may be reported to have come back from the test before.
    assert not [report for report in reports(since) if report[0] == "compute2"]


@pytest.mark.parametrize("host", ["compute3"], indirect=True)
def test_a_host_that_was_fenced_while_no_monitor_looked_is_reported(host: str) -> None:
    watchers = sorted(set(COMPUTE) - {host})
    before = successes(host)
    for watcher in watchers:
        connect(watcher).check_output(f"systemctl stop {UNIT}")
    try:
        cut_power(host)
        wait_until(lambda: successes(host) > before, 90, f"{host} is fenced")
    finally:
        since = {watcher: clock(watcher) for watcher in watchers}
        for watcher in watchers:
            connect(watcher).check_output(f"systemctl start {UNIT}")
    wait_until(lambda: (host, "STOPPED") in reports(since), 30, f"{host} is reported")


def test_a_monitor_that_lost_pacemaker_is_restarted_and_says_why() -> None:
    host, since = connect("compute1"), clock("compute1")
    pid = main_pid(host, UNIT)
    host.check_output("systemctl stop masakari-cluster-state.socket")
    try:
        wait_until(lambda: main_pid(host, UNIT) not in ("0", pid), 150, f"a new {UNIT}")
    finally:
        host.check_output("systemctl start masakari-cluster-state.socket")
    reason = f"{UNIT} is restarted: it had no answer from Pacemaker for"
    assert reason in said("compute1", UNIT, since)
    wait_until(lambda: host.file("/run/masakari-hostmonitor/met").exists, 30, "it has an answer again")
