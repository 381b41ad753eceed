# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts die in several ways. Each ends with the host verified off; the times are printed (pytest -s or -rP)."""

from __future__ import annotations

import time

import pytest
from cluster import (
    ask_api,
    cut_link,
    cut_power,
    fenced_after,
    is_running,
    kill_daemon,
    maas,
    podman,
    started_on,
    successes,
)
from lab import wait_until


@pytest.mark.parametrize("host", ["compute3"], indirect=True)
def test_power_cut(host):
    before, start = successes(host), time.monotonic()
    cut_power(host)
    fenced_after(host, "power cut", before, start, 90)
    assert maas("log")[-1]["machine"] == host


@pytest.mark.parametrize("host", ["compute2"], indirect=True)
def test_link_cut_of_a_host_that_runs_on(host):
    before, start = successes(host), time.monotonic()
    cut_link(host)
    fenced_after(host, "link cut", before, start, 120)


@pytest.mark.parametrize("host", ["compute3"], indirect=True)
def test_daemon_killed_while_maas_lies(host):
    """MAAS says off and does nothing: the host, which answers, is not taken for fenced until it really is off."""
    maas(f"machines/{host}", "PUT", {"ignores_power": True, "reports": "off"})
    before, start = successes(host), time.monotonic()
    kill_daemon(host)
    wait_until(lambda: any(entry["machine"] == host and entry["time"] > time.time() - 60 for entry in maas("log")),
               60, "MAAS is told to cut the power")
    time.sleep(15)
    assert is_running(host)
    assert successes(host) == before
    podman("kill", host)
    fenced_after(host, "kill -9 of the daemon, MAAS lying for 15 s", before, start, 150)


def test_the_address_outlives_its_holder():
    [host] = started_on("vip-internal")
    wait_until(lambda: ask_api() == "200", 30, "the API answers at the address")
    start = time.monotonic()
    cut_power(host)
    try:
        wait_until(lambda: ask_api() == "200", 30, "the API answers at the address again")
        print(f"power cut of {host}, which held the address: the API answers after {time.monotonic() - start:.1f} s")
        [holder] = started_on("vip-internal")
        assert holder != host
        assert successes(host)
    finally:
        podman("start", host)
    wait_until(lambda: len(started_on("haproxy")) == 3, 120, f"{host} is back")
