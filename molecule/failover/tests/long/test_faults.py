# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something else fails while a host is recovered. No guest may run twice, and none may be lost."""

from __future__ import annotations

import time

import pytest
from cluster import MEMBERS, bring_back, cut_power, is_running, maas, node, on_member, started_on, successes
from drills import declare, notifications, report_dead
from lab import cloud, connect, wait_until

UNREACHABLE = {"answers": ["break"] * 10000}
LIE = {"ignores_power": True, "reports": "off"}


def stays_where_it_is(guest, before: int) -> None:
    """It beats on the host that was called dead, and nobody has touched it."""
    assert guest.beats()
    assert (guest.host, guest.status) == ("compute1", "ACTIVE")
    assert is_running("compute1")
    assert successes("compute1") == before


@pytest.mark.parametrize("path, fault", [
    ("faults", {"refuse_key": True}),
    ("machines/compute1", {"answers_null": True}),
    ("machines/compute1", LIE),
    ("machines/compute1", {"ignores_power": True, "reports": "unknown"}),
], ids=["wrong key", "null", "lying", "unknown"])
def test_fault_of_maas(boot, drill, path, fault):
    """Nothing is evacuated while nothing is proven; with MAAS healthy again it goes on by itself."""
    guest, before = boot("drill-1", "compute1"), successes("compute1")
    maas(path, "PUT", fault)
    running = drill("services_killed", "compute1")
    wait_until(lambda: node("compute1")["unclean"] == "true", 120, "the cluster holds it for failed")
    for _ in range(3):
        time.sleep(10)
        stays_where_it_is(guest, before)
    maas("faults", "DELETE")
    report = running.passed()
    assert [row["to"] for row in report["guests"]] == ["compute3"]
    wait_until(lambda: started_on("fence-maas"), 150, "its device is watched again, and nobody cleaned it up")


def test_maas_unreachable(boot, drill):
    """The host's daemons are dead, its guest writes on: nobody evacuates it, whoever says so. When MAAS is back it goes
    on by itself."""
    guest, before = boot("drill-1", "compute1"), successes("compute1")
    maas("faults", "PUT", {"answers": ["break"] * 10000})
    running = drill("services_killed", "compute1")
    wait_until(lambda: node("compute1")["unclean"] == "true", 120, "the cluster holds it for failed")
    report_dead("compute1")  # hostmonitor would not before the fence
    time.sleep(45)
    assert guest.beats()
    assert (guest.host, guest.status) == ("compute1", "ACTIVE")
    assert is_running("compute1")
    assert successes("compute1") == before
    maas("faults", "DELETE")
    report = running.passed()
    assert report["durations"]["waiting"] < report["durations"]["fenced"] < report["durations"]["gate"]
    assert [row["to"] for row in report["guests"]] == ["compute3"]


def test_isolated_host_that_still_writes(boot, drill):
    """Nobody reaches it, MAAS neither; its guest writes to the shared disk. It is not evacuated until it is off."""
    guest, before = boot("drill-1", "compute1"), successes("compute1")
    maas("faults", "PUT", UNREACHABLE)
    running = drill("link_cut", "compute1")
    wait_until(lambda: node("compute1")["unclean"] == "true", 120, "the cluster holds it for failed")
    report_dead("compute1")
    time.sleep(30)
    stays_where_it_is(guest, before)
    maas("faults", "DELETE")
    running.passed()


def the_engine(words: str, since: float) -> str:
    """The member whose engine has logged these words; empty when none has."""
    look = f"journalctl --no-pager --output cat --unit masakari-engine --since @{int(since)} | grep --quiet '{words}'"
    return next((host for host in MEMBERS if is_running(host) and connect(host).run(look).succeeded), "")


def begins(words: str, since: float) -> str:
    return wait_until(lambda: the_engine(words, since), 240, f"an engine says: {words}")


@pytest.fixture
def vip_holder():
    """The member with the virtual address. The drill is led from infra1, so that it is another one."""
    if started_on("vip-internal") == {"infra1"}:
        on_member("crm_resource --resource vip-internal --move --node infra2")
        wait_until(lambda: started_on("vip-internal") == {"infra2"}, 60, "the address has moved")
        on_member("crm_resource --resource vip-internal --clear")
    [holder] = started_on("vip-internal")
    yield holder
    if not is_running(holder):
        bring_back(holder)
    wait_until(lambda: len(started_on("haproxy")) == 3, 120, f"{holder} is back")


def test_vip_holder_killed_with_the_host(boot, drill, vip_holder):
    """The address moves, the monitors try again, another engine takes the recovery."""
    boot("drill-1", "compute1")
    running = drill("power_cut", "compute1")
    wait_until(lambda: not is_running("compute1"), 120, "the power is cut")
    cut_power(vip_holder)
    running.passed()


def test_engine_killed_in_the_middle_of_an_evacuation(boot, drill):
    """Another process finishes what it began, and no guest is evacuated twice."""
    guest = boot("drill-1", "compute1")
    start = time.time()
    running = drill("services_killed", "compute1")
    connect(begins("Call evacuate command", start)).run("systemctl kill --signal=KILL masakari-engine")
    report = running.passed()
    assert the_engine("was left unfinished", start)
    began = [event for event in report["timeline"] if (event["phase"], event["source"]) == ("evacuation", "Nova")]
    assert len(began) == 1
    assert (guest.host, guest.status, guest.beats()) == ("compute3", "ACTIVE", True)


def test_message_queue_and_database_restarted(boot, drill):
    boot("drill-1", "compute1")
    start = time.time()
    running = drill("services_killed", "compute1")
    begins("Processing notification", start)
    cloud("systemctl restart mariadb rabbitmq-server")
    running.passed()


def test_message_queue_and_database_restarted_in_the_middle_of_an_evacuation(boot, drill):
    """Nova may drop what it was doing then and note that nowhere: it looks as if it went on. The gate does not guess;
    it ends with what the guide has a cure for."""
    guest = boot("drill-1", "compute1")
    start = time.time()
    running = drill("services_killed", "compute1")
    begins("Call evacuate command", start)
    cloud("systemctl restart mariadb rabbitmq-server")
    report = running.report()
    if report["problems"]:
        assert "no end of earlier evacuations within 300 s, drill-1 is being evacuated" in report["problems"][0]
        assert not guest.beats()
        cloud(f"openstack server set --state error {guest.uuid}")
        cloud(f"openstack --os-compute-api-version 2.53 server evacuate --host compute3 --wait {guest.uuid}")
    assert (guest.host, guest.status, guest.beats()) == ("compute3", "ACTIVE", True)


def test_two_hosts_at_once(boot, drill):
    declare("auto")
    guests = [boot("drill-1", "compute1"), boot("drill-2", "compute2")]
    both = [drill("power_cut", host) for host in ("compute1", "compute2")]
    reports = [one.passed() for one in both]
    assert {row["to"] for report in reports for row in report["guests"]} == {"compute3"}
    assert all(guest.beats() for guest in guests)


def allow_failed_hosts(count: int) -> None:
    for host in MEMBERS:
        connect(host).check_output(
            f"sed -i 's/^max_failed_hosts *=.*/max_failed_hosts = {count}/' /etc/masakari/masakari.conf "
            "&& systemctl restart masakari-engine")


def test_more_hosts_than_the_guard_allows(boot):
    """Rather the network has failed than they: nobody is evacuated, and the notifications say why."""
    declare("auto")
    guests = [boot("drill-1", "compute1"), boot("drill-2", "compute2")]
    allow_failed_hosts(1)
    try:
        start = time.time()
        for host in ("compute1", "compute2"):
            connect(host).run("systemctl kill --signal=KILL --kill-whom=main nova-compute pacemaker_remote")
        ended = wait_until(lambda: both_ended(start), 300, "both recoveries have ended")
        assert {row["status"] for row in ended} == {"failed"}
        for row in ended:
            shown = cloud(f"openstack notification show {row['notification_uuid']} -f value")
            assert "2 hosts of the segment are down at once (compute1, compute2)" in shown
        assert [guest.host for guest in guests] == ["compute1", "compute2"]
    finally:
        allow_failed_hosts(2)


def both_ended(since: float) -> list:
    rows = notifications(since)
    return rows if len(rows) == 2 and all(row["status"] in ("failed", "finished", "ignored") for row in rows) else []
