# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failover drill from the records of all who took part: what happened when, and whether it was right.

`facts` are what the role gathered: kind, host, guest, process, failed_at (seconds since the epoch), before and after
(module recovery_info), heartbeats_before and heartbeats_after (by guest), fencing (crm_mon), journals and qemu (by
host).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._fence_history import by_device, completed, fencings

Facts = Mapping[str, Any]
Row = Mapping[str, Any]

HOST_KINDS = ("power_cut", "link_cut", "services_killed")
FINAL = ("finished", "failed", "ignored")

# In the order in which a recovery goes.
PHASES = {
    "failure": "failure",
    "detected": "detected",
    "fence_ordered": "fence ordered",
    "fence_failed": "fence failed",
    "notified": "Masakari notified",
    "waiting": "gate waits",
    "fenced": "fence verified",
    "gate": "gate passed",
    "disabled": "Nova disabled",
    "reserve": "reserve enabled",
    "restart": "restart ordered",
    "evacuation": "evacuation began",
    "rebuilt": "guest rebuilt",
    "running": "runs again",
    "heartbeat": "first heartbeat",
    "finished": "recovery ended",
}


@dataclass(frozen=True)
class Event:
    """`at` in seconds since the epoch; where a source keeps whole seconds it was up to `precision` later."""

    at: float
    phase: str
    source: str
    text: str
    guest: str = ""
    precision: float = 0.0


# --- times -----------------------------------------------------------------------------------------


def moment(text: str | None) -> tuple[float, float]:
    """Seconds since the epoch and their precision, of a time in UTC as OpenStack writes it."""
    time = datetime.fromisoformat(text or "")
    at = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return at, 0.0 if time.microsecond else 1.0


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-5]


# --- Pacemaker and the monitors --------------------------------------------------------------------

# Of each the first line of all hosts counts; `subject` is the host, guest or process it is about.
JOURNAL_RULES = (
    ("pacemaker", "detected", r"Lost connection to Pacemaker Remote node (?P<subject>\S+)", "connection lost"),
    ("pacemaker", "detected", r"(?:Cluster|Remote|Guest) node (?P<subject>\S+) will be fenced: (?P<why>.+)", "{why}"),
    ("pacemaker", "fence_ordered", r"Requesting fencing \((?P<why>\w+)\)(?: of| targeting)?(?: node)? (?P<subject>\S+)",
     "{why}"),
    ("masakari-cluster-state", "detected", r"(?P<subject>\S+) has failed, and Pacemaker has not fenced it",
     "not fenced yet"),
    ("masakari-host-?monitor", "notified",
     r"Send a notification.*COMPUTE_HOST.*'hostname': '(?P<subject>[^']+)'.*'event': 'STOPPED'", "reports it"),
    ("masakari-instance-?monitor", "detected",
     r"Libvirt Event: type=VM, hostname=[^,]+, uuid=(?P<subject>[^,]+), .*detail=(?P<why>STOPPED_FAILED)", "{why}"),
    ("masakari-instance-?monitor", "notified",
     r"Send a notification.*'instance_uuid': '(?P<subject>[^']+)'", "reports it"),
    ("masakari-process-?monitor", "detected", r"Process '(?P<subject>[^']+)' is not found", "{subject} is not found"),
    ("masakari-process-?monitor", "restart",
     r"Restart of process with executing command: (?P<why>.*\s(?P<subject>\S+))",
     "{why}"),
    ("", "running", r"Started (?P<subject>\S+?)\.service", "{subject} started"),
)


def journal_events(journals: Mapping[str, str], subjects: Sequence[str], since: float) -> Iterator[Event]:
    lines = sorted((line for host, text in journals.items() for line in _journal_lines(host, text, since)),
                   key=lambda line: line[0])
    for unit, phase, pattern, words in JOURNAL_RULES:
        for at, host, from_unit, message in lines:
            match = re.search(pattern, message) if re.match(unit, from_unit) else None
            if match and any(_names(match["subject"], subject) for subject in subjects):
                source = from_unit.removesuffix(".service") if unit else "systemd"
                yield Event(at, phase, f"{source} on {host}", words.format(**match.groupdict()))
                break


def _names(text: str, subject: str) -> bool:
    """compute1 is not compute11; a process stands with its path, a unit with its type."""
    return re.fullmatch(rf"(?:.*/)?{re.escape(subject)}(?:\.service)?", text) is not None


def _journal_lines(host: str, text: str, since: float) -> Iterator[tuple[float, str, str, str]]:
    """Time, host, unit and message of `journalctl --output=json`."""
    for line in text.splitlines():
        entry = json.loads(line)
        at = int(entry["__REALTIME_TIMESTAMP"]) / 1e6
        message = entry.get("MESSAGE") or ""
        if isinstance(message, list):  # not UTF-8: journald shows bytes
            message = bytes(message).decode(errors="replace")
        if at >= since:
            yield at, host, entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or "", message


def fence_events(history: str, host: str, since: float) -> Iterator[Event]:
    for event in fencings(history, host):
        at = completed(event)
        if at < int(since):  # Pacemaker 2.1 keeps whole seconds
            continue
        who = f"{event.get('action')} by {event.get('delegate', 'nobody')}"
        yield Event(at, "fenced" if by_device(event) else "fence_failed", "Pacemaker", f"{who}: {event.get('status')}",
                    precision=0.0 if at % 1 else 1.0)


# --- Masakari and Nova -----------------------------------------------------------------------------

DETAIL_RULES = (
    ("waiting", r"Waiting for (?:proof|end of earlier evacuations|end of live migrations): (?P<why>.+)", "{why}"),
    ("gate", r"Proof: (?P<why>.+)", "{why}"),
    ("disabled", r"Disabling compute service on host", "nova-compute disabled"),
    ("reserve", r"Enabling reserved host: '(?P<why>[^']+)'", "{why}"),
    ("evacuation", r"Evacuation of instance started: '(?P<guest>[^']+)'", "{guest}"),
    ("restart", r"Stopping instance: '?(?P<guest>[^']+)", "{guest} stops"),
    ("restart", r"Starting instance: '(?P<guest>[^']+)'", "{guest} starts"),
)


def masakari_events(notifications: Iterable[Row], names: Mapping[str, str]) -> Iterator[Event]:
    for notification in notifications:
        uuid, status = notification["notification_uuid"], notification["status"]
        at, precision = moment(notification["created_at"])
        yield Event(at, "notified", "Masakari", f"{notification['type']} {uuid}", precision=precision)
        for at, message in steps(notification):
            yield from _step_events(at, message, names)
        if status in FINAL and notification.get("updated_at"):
            at, precision = moment(notification["updated_at"])
            yield Event(at, "finished", "Masakari", status, precision=precision)


def steps(notification: Row) -> list[tuple[float, str]]:
    """Time and message of each step, oldest first. The priority methods tell the steps of both flows."""
    return sorted((moment(detail["timestamp"])[0], detail["message"])
                  for step in notification.get("recovery_workflow_details") or []
                  for detail in step.get("progress_details") or [])


def _step_events(at: float, message: str, names: Mapping[str, str]) -> Iterator[Event]:
    for phase, pattern, words in DETAIL_RULES:
        match = re.match(pattern, message)
        if match:
            found = match.groupdict()
            guest = found.get("guest", "")
            yield Event(at, phase, "Masakari", words.format(**{**found, "guest": names.get(guest, guest)}), guest)


def nova_events(guests: Iterable[Row]) -> Iterator[Event]:
    for guest in guests:
        for action in guest.get("actions") or []:
            for event in action["events"]:
                if event["event"] in ("compute_rebuild_instance", "compute_start_instance") and event["finish_time"]:
                    at, precision = moment(event["finish_time"])
                    text = f"{guest['name']} on {event['host']}: {event['result']}"
                    yield Event(at, "rebuilt", "Nova", text, guest["id"], precision)
            if action["action"] == "evacuate":
                at, precision = moment(action["start_time"])
                yield Event(at, "evacuation", "Nova", guest["name"], guest["id"], precision)


def heartbeat_events(before: Mapping[str, Row], after: Mapping[str, Row], names: Mapping[str, str]) -> Iterator[Event]:
    for guest, beat in after.items():
        if beat.get("first") and beat["boot"] != before.get(guest, {}).get("boot"):
            yield Event(beat["first"], "heartbeat", "guest", names.get(guest, guest), guest)


# --- the whole -------------------------------------------------------------------------------------


def timeline(facts: Facts) -> list[Event]:
    names = {guest["id"]: guest["name"] for guest in facts["before"]["guests"]}
    failed_at = facts["failed_at"]
    events = [Event(failed_at, "failure", "drill", _failure(facts))]
    if facts["kind"] in HOST_KINDS:
        events += journal_events(facts["journals"], [facts["host"]], failed_at)
        events += fence_events(facts["fencing"], facts["host"], failed_at)
    else:
        subjects = [facts["process"]] if facts["kind"] == "process_killed" else list(names)
        own = {facts["host"]: facts["journals"].get(facts["host"], "")}
        events += journal_events(own, subjects, failed_at)
    events += masakari_events(facts["after"].get("notifications", []), names)
    events += nova_events(facts["after"].get("guests", []))
    events += heartbeat_events(facts["heartbeats_before"], facts["heartbeats_after"], names)
    order = list(PHASES)
    return sorted(events, key=lambda event: (event.at, order.index(event.phase)))


def _failure(facts: Facts) -> str:
    subject = {"qemu_killed": facts["guest"], "process_killed": facts["process"]}.get(facts["kind"])
    return f"{facts['kind']}: {f'{subject} on ' if subject else ''}{facts['host']}"


def durations(events: Sequence[Event], failed_at: float) -> dict[str, float]:
    """Seconds from the failure to the first event of a phase; of what happens to every guest, to the last."""
    last = ("rebuilt", "heartbeat", "finished")
    found: dict[str, float] = {}
    for event in events:
        if event.phase in last or event.phase not in found:
            found[event.phase] = round(event.at - failed_at, 1)
    return {phase: found[phase] for phase in PHASES if phase in found and phase != "failure"}


def guest_rows(facts: Facts, events: Sequence[Event]) -> list[dict[str, Any]]:
    """One row a guest: where it was and is, and when it was first heard again."""
    after = {guest["id"]: guest for guest in facts["after"].get("guests", [])}
    rows = []
    for guest in facts["before"]["guests"]:
        now = after.get(guest["id"], {})
        first = next((event.at for event in events if (event.phase, event.guest) == ("heartbeat", guest["id"])), None)
        rows.append({
            "id": guest["id"], "name": guest["name"],
            "from": guest["host"], "to": now.get("host"),
            "status_before": guest["status"], "status": now.get("status", "DELETED"),
            "heartbeat": first and round(first - facts["failed_at"], 1),
            "runs_on": sorted(host for host, text in facts["qemu"].items() if f"-uuid {guest['id']}" in text),
            "conflict": facts["heartbeats_after"].get(guest["id"], {}).get("conflict"),
        })
    return rows


def report(facts: Facts) -> dict[str, Any]:
    events = timeline(facts)
    rows = guest_rows(facts, events)
    found = list(problems(facts, events, rows))
    return {
        **{name: facts[name] for name in ("kind", "host", "guest", "process", "failed_at")},
        "passed": not found,
        "problems": found,
        "durations": durations(events, facts["failed_at"]),
        "guests": rows,
        "timeline": [{**asdict(event), "after": round(event.at - facts["failed_at"], 1)} for event in events],
        "notifications": facts["after"].get("notifications", []),
    }


# --- the verdict -----------------------------------------------------------------------------------


def problems(facts: Facts, events: Sequence[Event], rows: Sequence[Row]) -> Iterator[str]:
    """What was not as it must be."""
    if facts["kind"] == "process_killed":
        yield from _process_problems(facts, events)
        return
    yield from _notification_problems(facts)
    if facts["kind"] in HOST_KINDS:
        yield from _fence_problems(facts, events)
    for row in rows:
        yield from _guest_problems(facts, row)


def _process_problems(facts: Facts, events: Sequence[Event]) -> Iterator[str]:
    if not any(event.phase == "running" for event in events):
        yield (f"{facts['process']} does not run again on {facts['host']}. Is it in the list of "
               "masakari-processmonitor? See its journal.")
    elif not any(event.phase == "restart" for event in events):
        yield (f"{facts['process']} runs again on {facts['host']}, but masakari-processmonitor did not start it. "
               "Is it in its list? See its journal.")


def _notification_problems(facts: Facts) -> Iterator[str]:
    told = relevant(facts["after"].get("notifications", []), facts["kind"])
    if not told:
        yield "Nobody told Masakari of the failure. On the hosts that watch, see: journalctl --unit 'masakari-*'."
    if len([row for row in told if row["status"] != "ignored"]) > 1:
        yield f"One failure was recovered {len(told)} times: {', '.join(row['notification_uuid'] for row in told)}."
    for row in told:
        if row["status"] != "finished":
            last = steps(row)[-1][1] if steps(row) else "no step of it is known"
            yield f"Recovery {row['notification_uuid']} is {row['status']}, not finished: {last.rstrip('.')}."


def _fence_problems(facts: Facts, events: Sequence[Event]) -> Iterator[str]:
    fenced = next((event for event in events if event.phase == "fenced"), None)
    if fenced is None:
        yield (f"No device has fenced {facts['host']} since it failed. See: stonith_admin --verbose --history "
               f"{facts['host']}.")
    early = {event.guest: event for event in reversed(events) if event.phase == "evacuation"
             and (fenced is None or event.at + event.precision < fenced.at)}
    for event in early.values():
        yield f"The evacuation of {event.text} began at {clock(event.at)}, before {facts['host']} was proven off."


def _guest_problems(facts: Facts, row: Row) -> Iterator[str]:
    name, wanted = row["name"], row["status_before"]
    if row["status"] != wanted:
        yield f"{name} is {row['status']} on {row['to']}, it was {wanted} on {row['from']}."
    if facts["kind"] in HOST_KINDS and row["to"] == row["from"]:
        yield f"{name} is still on {row['from']}."
    if facts["kind"] == "qemu_killed" and row["to"] != row["from"]:
        yield f"{name} was restarted on {row['to']}, not where it was, on {row['from']}."
    if row["conflict"]:
        yield f"{name} ran twice, its disk had two writers: {row['conflict']}"
    if len(row["runs_on"]) > 1:
        yield f"{name} runs twice: QEMU has it on {' and on '.join(row['runs_on'])}."
    if wanted == "ACTIVE" and row["id"] in facts["heartbeats_before"] and row["heartbeat"] is None:
        yield f"{name} has shown no new heartbeat."


def relevant(notifications: Iterable[Row], kind: str) -> list[Row]:
    """Those that tell of the failure: a host that stopped, or a guest whose process died."""
    if kind in HOST_KINDS:
        return [row for row in notifications
                if row["type"] == "COMPUTE_HOST" and row["payload"].get("event") == "STOPPED"]
    return [row for row in notifications
            if row["type"] == "VM" and row["payload"].get("vir_domain_event") == "STOPPED_FAILED"]


def ended(look: Row, kind: str, host: str) -> bool:
    """Whether there is nothing left to wait for."""
    told = relevant(look["notifications"], kind)
    if not told or any(row["status"] not in FINAL for row in told):
        return False
    if told[-1]["status"] != "finished":
        return True
    return all(guest["task_state"] is None and (kind not in HOST_KINDS or guest["host"] != host)
               for guest in look["guests"])
