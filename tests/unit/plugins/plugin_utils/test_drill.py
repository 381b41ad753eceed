# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline and the verdict of drills, on records as the lab's services write them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill import ended, moment, report, timeline
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill_page import page, table
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill_progress import news

T0 = 1795219726.25  # 2026-11-21 00:08:46.25 UTC
VM = "0c1e2f3a-9a40-4b7c-8a55-3f6f0a9a1d11"
NOTIFICATION = "2f62f9dd-7edf-406c-aa16-0a4e8e3a3726"


def iso(after: float) -> str:
    """As the APIs write it: whole seconds."""
    return datetime.fromtimestamp(int(T0 + after), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000")


def exact(after: float) -> str:
    """As taskflow's details and Pacemaker 3 write it."""
    return datetime.fromtimestamp(T0 + after, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def journal(*lines: tuple[float, str, str]) -> str:
    return "\n".join(json.dumps({"__REALTIME_TIMESTAMP": str(int((T0 + after) * 1e6)), "_SYSTEMD_UNIT": unit,
                                 "MESSAGE": message}) for after, unit, message in lines)


def fence(after: float = 24.8, **changes: str) -> str:
    event = {"action": "off", "target": "compute1", "delegate": "infra2", "status": "success",
             "completed": exact(after) + "Z", **changes}
    words = " ".join(f'{name}="{value}"' for name, value in event.items())
    return f"<pacemaker-result><fence_history><fence_event {words}/></fence_history></pacemaker-result>"


def guest(host: str, **changes: Any) -> dict[str, Any]:
    return {"id": VM, "name": "vm1", "status": "ACTIVE", "task_state": None, "host": host, **changes}


def evacuation(start: float, end: float) -> dict[str, Any]:
    steps = [{"event": "conductor_rebuild_server", "start_time": iso(start), "finish_time": iso(start),
              "result": "Success", "host": "cloud1"},
             {"event": "compute_rebuild_instance", "start_time": iso(start), "finish_time": iso(end),
              "result": "Success", "host": "compute2"}]
    return {"action": "evacuate", "start_time": iso(start), "message": None, "events": steps}


def notification(status: str = "finished", **changes: Any) -> dict[str, Any]:
    details = [(27.0, "Asking Pacemaker for proof that host 'compute1' is off"),
               (27.1, "Waiting for proof: compute1 is being fenced"),
               (28.0, "Proof: compute1 is off, fenced at 00:09:11Z, verified by infra2"),
               (28.1, "Disabling compute service on host: 'compute1'"),
               (40.1, "Disabled compute service on host: 'compute1'"),
               (40.5, f"Evacuation of instance started: '{VM}'"),
               (52.5, "Evacuation process completed!")]
    return {
        "notification_uuid": NOTIFICATION, "type": "COMPUTE_HOST", "status": status,
        "payload": {"event": "STOPPED", "host_status": "NORMAL"}, "created_at": iso(26.9), "updated_at": iso(52.9),
        "recovery_workflow_details": [{"name": "all", "progress_details": [
            {"timestamp": exact(after), "message": message, "progress": "1.0"} for after, message in details]}],
        **changes}


SENT = ("2026-11-21 00:09:11.9 INFO masakarimonitors.ha.masakari [-] Send a notification. {'notification': {'type': "
        "'COMPUTE_HOST', 'hostname': 'compute1', 'generated_time': datetime.datetime(2026, 11, 21, 0, 9, 11), "
        "'payload': {'event': 'STOPPED', 'cluster_status': 'OFFLINE', 'host_status': 'NORMAL'}}}")

POWER_CUT: dict[str, Any] = {
    "kind": "power_cut", "host": "compute1", "guest": "", "process": "", "failed_at": T0,
    "before": {"guests": [guest("compute1")]},
    "after": {"guests": [guest("compute2", actions=[evacuation(40.6, 52)])], "notifications": [notification()]},
    "heartbeats_before": {VM: {"boot": "a", "first": T0 - 100, "conflict": None}},
    "heartbeats_after": {VM: {"boot": "b", "first": T0 + 54, "conflict": None}},
    "fencing": fence(),
    "journals": {
        "infra1": journal(
            (22.1, "pacemaker.service", "error: Lost connection to Pacemaker Remote node compute1"),
            (22.2, "pacemaker.service",
             "warning: Remote node compute1 will be fenced: remote connection is unrecoverable"),
            (22.3, "pacemaker.service", "notice: Requesting fencing (off) targeting node compute1"),
            (22.9, "pacemaker.service", "notice: Requesting fencing (off) targeting node compute11")),
        "compute2": journal((25.1, "masakari-hostmonitor.service", SENT)),
        "compute3": journal((24.9, "masakari-host-monitor.service", SENT),
                            (-5.0, "masakari-host-monitor.service", SENT),
                            (23.0, "masakari-cluster-state@7.service",
                             "compute1 has failed, and Pacemaker has not fenced it yet: not reported before.")),
    },
    "qemu": {"compute2": f"77 qemu-system-x86_64 -name x -uuid {VM} -nodefaults", "compute3": ""},
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(POWER_CUT), **changes}


def test_the_timeline_has_every_step_of_every_source_in_order():
    steps = [(event.phase, round(event.at - T0, 1)) for event in timeline(POWER_CUT)]
    assert steps == [
        ("failure", 0.0), ("detected", 22.1), ("detected", 22.2), ("fence_ordered", 22.3), ("detected", 23.0),
        ("fenced", 24.8), ("notified", 24.9), ("notified", 26.8), ("waiting", 27.1), ("gate", 28.0), ("disabled", 28.1),
        ("evacuation", 39.8), ("evacuation", 40.5), ("rebuilt", 51.8), ("finished", 52.8), ("heartbeat", 54.0)]


def test_a_good_drill_passes_and_its_times_are_told():
    found = report(POWER_CUT)
    assert (found["passed"], found["problems"]) == (True, [])
    assert found["durations"]["fenced"] == 24.8
    assert found["durations"]["heartbeat"] == 54.0
    [row] = found["guests"]
    assert (row["from"], row["to"], row["status"], row["heartbeat"]) == ("compute1", "compute2", "ACTIVE", 54.0)
    json.dumps(found)


def test_the_first_monitor_that_saw_it_is_named():
    [source] = [event.source for event in timeline(POWER_CUT) if event.text == "reports it"]
    assert source == "masakari-host-monitor on compute3"


CONFLICT = {VM: {"boot": "b", "first": T0 + 54, "conflict": "CONFLICT boot=b t=4 found: HB boot=a"}}


@pytest.mark.parametrize(("changes", "words"), [
    ({"fencing": ""}, ["No device has fenced compute1 since it failed", "before compute1 was proven off"]),
    ({"fencing": fence(-60)}, ["No device has fenced compute1", "before compute1 was proven off"]),
    ({"fencing": fence(delegate="a human")}, ["No device has fenced compute1", "before compute1 was proven off"]),
    ({"fencing": fence(status="failed")}, ["No device has fenced compute1", "before compute1 was proven off"]),
    ({"fencing": fence(45)}, ["evacuation of vm1 began at 00:09:26.0, before compute1 was proven off"]),
    ({"heartbeats_after": CONFLICT}, ["vm1 ran twice, its disk had two writers: CONFLICT boot=b"]),
    ({"heartbeats_after": {}}, ["vm1 has shown no new heartbeat"]),
    ({"heartbeats_after": POWER_CUT["heartbeats_before"]}, ["vm1 has shown no new heartbeat"]),
    ({"qemu": {"compute1": f"-uuid {VM}", "compute2": f"-uuid {VM}"}},
     ["vm1 runs twice: QEMU has it on compute1 and on compute2"]),
    ({"after": {"guests": [guest("compute1")], "notifications": []}},
     ["Nobody told Masakari", "vm1 is still on compute1"]),
    ({"after": {"guests": [guest("compute2", status="ERROR")], "notifications": [notification()]}},
     ["vm1 is ERROR on compute2, it was ACTIVE on compute1"]),
    ({"after": {"guests": [], "notifications": [notification()]}}, ["vm1 is DELETED on None"]),
    ({"after": {"guests": [guest("compute2")], "notifications": [notification("failed")]}},
     [f"Recovery {NOTIFICATION} is failed, not finished: Evacuation process completed!"]),
    ({"after": {"guests": [guest("compute2")],
                "notifications": [notification(), notification(notification_uuid="second")]}},
     [f"One failure was recovered 2 times: {NOTIFICATION}, second"]),
])
def test_what_is_not_as_it_must_be(changes, words):
    found = report(changed(**changes))
    assert found["passed"] is False
    assert len(found["problems"]) == len(words), found["problems"]
    for part, problem in zip(words, found["problems"], strict=True):
        assert part in problem


def test_the_last_step_of_a_failed_recovery_ends_its_sentence_once():
    last = [{"name": "gate", "progress_details": [
        {"timestamp": exact(52.5), "message": "compute1 is not proven off.", "progress": "1.0"}]}]
    after = {"guests": [guest("compute2")], "notifications": [notification("failed", recovery_workflow_details=last)]}
    assert f"Recovery {NOTIFICATION} is failed, not finished: compute1 is not proven off." in report(
        changed(after=after))["problems"]


def test_a_second_is_no_proof_that_the_evacuation_was_too_early():
    """Nova keeps whole seconds: what it calls 39.75 may have been 40.7, after a fence at 40.2."""
    after = {"guests": POWER_CUT["after"]["guests"],
             "notifications": [notification(recovery_workflow_details=[])]}
    assert report(changed(fencing=fence(40.2), after=after))["passed"]
    assert not report(changed(fencing=fence(41.0), after=after))["passed"]


def test_a_cloud_without_heartbeats_has_no_problem_with_that():
    assert report(changed(heartbeats_before={}, heartbeats_after={}))["passed"]


def test_a_guest_that_was_off_stays_off():
    off = {"status": "SHUTOFF"}
    facts = changed(before={"guests": [guest("compute1", **off)]}, heartbeats_after=POWER_CUT["heartbeats_before"],
                    after={"guests": [guest("compute2", **off)], "notifications": [notification()]})
    assert report(facts)["problems"] == []


# --- a guest's process -----------------------------------------------------------------------------

VM_NOTIFICATION = notification(
    type="VM", payload={"event": "LIFECYCLE", "instance_uuid": VM, "vir_domain_event": "STOPPED_FAILED"},
    recovery_workflow_details=[{"name": "x", "progress_details": [
        {"timestamp": exact(2.1), "message": f"Stopping instance: {VM}", "progress": "0.0"},
        {"timestamp": exact(5.1), "message": f"Starting instance: '{VM}'", "progress": "0.0"}]}])
LIBVIRT = (f"INFO callback [-] Libvirt Event: type=VM, hostname=compute1, uuid={VM}, time=2026-11-21, "
           "event_id=LIFECYCLE, detail=STOPPED_FAILED)")
QEMU_KILLED = changed(
    kind="qemu_killed", guest="vm1", fencing="",
    after={"guests": [guest("compute1", actions=[])], "notifications": [VM_NOTIFICATION]},
    journals={"compute1": journal(
        (0.1, "masakari-instancemonitor.service", LIBVIRT),
        (0.2, "masakari-instancemonitor.service", f"Send a notification. {{'payload': {{'instance_uuid': '{VM}'}}}}"))},
    qemu={"compute1": f"-uuid {VM}"})


def test_a_guest_restarted_where_it_was():
    found = report(QEMU_KILLED)
    assert found["problems"] == []
    assert [event["phase"] for event in found["timeline"]] == [
        "failure", "detected", "notified", "restart", "restart", "notified", "finished", "heartbeat"]


@pytest.mark.parametrize(("after", "words"), [
    ({"guests": [guest("compute2")], "notifications": [VM_NOTIFICATION]}, "vm1 was restarted on compute2, not where"),
    ({"guests": [guest("compute1")], "notifications": []}, "Nobody told Masakari"),
    ({"guests": [guest("compute1")], "notifications": [{**VM_NOTIFICATION, "status": "ignored"}]}, "is ignored, not"),
])
def test_a_guest_that_was_not(after, words):
    assert words in report({**QEMU_KILLED, "after": after})["problems"][0]


# --- a process -------------------------------------------------------------------------------------

STARTED = json.dumps({"__REALTIME_TIMESTAMP": str(int((T0 + 6) * 1e6)), "_SYSTEMD_UNIT": "init.scope",
                      "UNIT": "libvirtd.service", "MESSAGE": "Started libvirtd.service - libvirt legacy daemon."})
PROCESS_KILLED = changed(
    kind="process_killed", process="libvirtd", fencing="", before={"guests": []}, heartbeats_before={},
    heartbeats_after={}, after={"guests": [], "notifications": []},
    journals={"compute2": STARTED, "compute1": "\n".join([journal(
        (5.0, "masakari-processmonitor.service", "WARNING [-] Process '/usr/sbin/libvirtd' is not found."),
        (5.1, "masakari-processmonitor.service",
         "INFO [-] Restart of process with executing command: systemctl restart libvirtd")), STARTED])})


def test_a_process_runs_again():
    found = report(PROCESS_KILLED)
    assert found["problems"] == []
    assert found["durations"] == {"detected": 5.0, "restart": 5.1, "running": 6.0}


def test_a_process_that_does_not():
    found = report({**PROCESS_KILLED, "journals": {"compute1": "", "compute2": STARTED}})
    assert "libvirtd does not run again on compute1" in found["problems"][0]


def test_a_process_that_somebody_else_started():
    found = report({**PROCESS_KILLED, "journals": {"compute1": STARTED}})
    assert "libvirtd runs again on compute1, but masakari-processmonitor did not start it" in found["problems"][0]


# --- the rest --------------------------------------------------------------------------------------


def test_a_message_that_is_not_utf8():
    line = json.dumps({"__REALTIME_TIMESTAMP": str(int((T0 + 1) * 1e6)), "_SYSTEMD_UNIT": "pacemaker.service",
                       "MESSAGE": list(b"Lost connection to Pacemaker Remote node compute1 \xff")})
    assert any(event.text == "connection lost" for event in timeline(changed(journals={"infra1": line})))


def test_times_with_and_without_fractions():
    assert moment("2026-11-21T00:08:46.000000") == (1795219726.0, 1.0)
    assert moment("2026-11-21 00:08:46.250000") == (T0, 0.0)
    assert moment("2026-11-21T01:08:46+01:00") == (1795219726.0, 1.0)


@pytest.mark.parametrize(("look", "kind", "expected"), [
    ({"notifications": [], "guests": [guest("compute2")]}, "power_cut", False),
    ({"notifications": [notification("running")], "guests": [guest("compute2")]}, "power_cut", False),
    ({"notifications": [notification("error")], "guests": [guest("compute1")]}, "power_cut", False),
    ({"notifications": [notification()], "guests": [guest("compute1")]}, "power_cut", False),
    ({"notifications": [notification()], "guests": [guest("compute2", task_state="rebuilding")]}, "power_cut", False),
    ({"notifications": [notification()], "guests": [guest("compute2")]}, "power_cut", True),
    ({"notifications": [notification("failed")], "guests": [guest("compute1")]}, "power_cut", True),
    ({"notifications": [notification(payload={"event": "STARTED"})], "guests": [guest("compute2")]}, "link_cut", False),
    ({"notifications": [VM_NOTIFICATION], "guests": [guest("compute1")]}, "qemu_killed", True),
    ({"notifications": [VM_NOTIFICATION], "guests": [guest("compute1")]}, "power_cut", False),
])
def test_when_there_is_nothing_left_to_wait_for(look, kind, expected):
    assert ended(look, kind, "compute1") is expected


def test_news_are_told_with_their_own_time_and_states_with_that_of_the_look():
    look = {"notifications": [notification()], "guests": [guest("compute2", task_state="rebuilding")]}
    lines = dict(news(look, T0, T0 + 45.0))
    assert "   28.0 s  gate passed" in lines["gate compute1 is off, fenced at 00:09:11Z, verified by infra2"]
    assert lines[f"{VM} ACTIVE rebuilding on compute2"] == (
        "   45.0 s  guest              vm1 is ACTIVE rebuilding on compute2")
    assert list(news({"failed": True, "msg": "no route"}, T0, T0 + 3)) == [
        ("failed", "    3.0 s  no answer          no route")]


def test_the_table_has_a_line_for_each_event_and_guest():
    lines = table(report(POWER_CUT))
    assert lines[6].split() == ["24.8", "s", "00:09:11.0", "fence", "verified", "Pacemaker", "off", "by", "infra2:",
                                "success"]
    assert [line for line in lines if "~" in line and "guest rebuilt" in line]
    assert "vm1: ACTIVE, compute1 -> compute2, heard again after 54.0 s" in lines
    assert lines[-1] == (
        "passed: power_cut of compute1 (fence verified 24.8 s; guest rebuilt 51.8 s; first heartbeat 54.0 s)")


def test_the_page_stands_alone_and_escapes_what_it_shows():
    facts = changed(heartbeats_after={})
    facts["before"]["guests"][0]["name"] = "<script>alert(1)</script>"
    text = page(report(facts))
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text, "nothing is fetched"
    assert text.count("<circle") == len(report(facts)["timeline"])
    assert "has shown no new heartbeat" in text
