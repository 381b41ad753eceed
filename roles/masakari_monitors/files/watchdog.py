#!/usr/bin/python3
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restart monitors that stand still, have lost Pacemaker, or gave a notification up.

usage: watchdog [--pacemaker] UNIT=SECONDS...

A timer runs this every 15 s. Each monitor's main thread wakes up at least once in each of its pauses: one that hardly
woke up for SECONDS stands still, whether it was stopped, hangs in libvirt, or ended its loop and idles.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

MEMORY = Path("/run/masakari-monitors-watchdog/state.json")
ASKING = "masakari-hostmonitor"
ANSWER = Path("/run/masakari-hostmonitor/met")  # written at each answer, by crm_mon beside this file
WAKEUPS = 6  # an idle main thread wakes up once a minute
GIVEN_UP = re.compile(r" ERROR masakarimonitors\.ha\.masakari .*(Exception caught: .*)")
TROUBLE = re.compile(r" (?:WARNING|ERROR|CRITICAL) (?!.*hostmonitor skips)(.*)|^Stderr: (.*)")


@dataclass(frozen=True)
class Sample:
    """What a monitor's process had done at a time; all times in seconds since 1970."""

    pid: int
    at: float
    wakeups: int
    answered: float | None = None  # by Pacemaker; None if it does not ask


def judge(before: Sample | None, now: Sample, log: list[str], patience: float) -> tuple[Sample, str]:
    """The sample to compare with next time, and why the monitor is to be restarted, if it is."""
    if before is None or before.pid != now.pid:
        return now, ""
    for line in log:
        if found := GIVEN_UP.search(line):
            return now, f"it gave a notification up: {found[1]}"
    if now.answered is not None and now.at - now.answered > patience:
        return now, f"it had no answer from Pacemaker for {now.at - now.answered:.0f} s{last_trouble(log)}"
    if now.wakeups - before.wakeups >= WAKEUPS:
        return now, ""
    if now.at - before.at > patience:
        return now, f"it has stood still for {now.at - before.at:.0f} s{last_trouble(log)}"
    return before, ""


def last_trouble(log: list[str]) -> str:
    troubles = [found[1] or found[2] for line in log if (found := TROUBLE.search(line))]
    return f"; the last it said of trouble: {troubles[-1]}" if troubles else ""


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def main_pid(unit: str) -> int:
    shown = dict(line.split("=", 1) for line in output(
        "systemctl", "show", "--property=MainPID,ActiveState", unit).splitlines())
    return int(shown.get("MainPID", 0)) if shown.get("ActiveState") == "active" else 0


def take_sample(pid: int) -> Sample | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None  # it ended just now; systemd starts it again
    wakeups = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)
    return Sample(pid, time.time(), int(wakeups[1]) if wakeups else 0)


def with_answer(sample: Sample, before: Sample | None) -> Sample:
    """The time of the last answer. A monitor that never had one is given its patience, from when it was first seen."""
    if ANSWER.exists():
        return replace(sample, answered=ANSWER.stat().st_mtime)
    known = before.answered if before and before.pid == sample.pid else None
    return replace(sample, answered=sample.at if known is None else known)


def journal(unit: str, since: float) -> list[str]:
    return output("journalctl", "--quiet", "--output=cat", f"--unit={unit}", f"--since=@{since:.0f}").splitlines()


def restart(unit: str, reason: str) -> None:
    message = f"{unit} is restarted: {reason}"
    print(f"<4>{message}", flush=True)
    # To be found beside the monitor's own words, too.
    fields = [f"MESSAGE={message}", "PRIORITY=4", "SYSLOG_IDENTIFIER=watchdog", f"OBJECT_SYSTEMD_UNIT={unit}.service"]
    subprocess.run(["logger", "--journald"], input="\n".join([*fields, ""]), text=True, timeout=10, check=False)
    subprocess.run(["systemctl", "restart", unit], timeout=60, check=False)


def recall() -> dict[str, Sample]:
    try:
        return {unit: Sample(**sample) for unit, sample in json.loads(MEMORY.read_text()).items()}
    except (OSError, ValueError, TypeError):
        return {}


def look_after(unit: str, patience: float, before: Sample | None, asks: bool) -> Sample | None:
    pid = main_pid(unit)
    now = take_sample(pid) if pid else None
    if now is None:
        return None
    if asks:
        now = with_answer(now, before)
    log = journal(unit, before.at) if before and before.pid == pid else []
    kept, reason = judge(before, now, log, patience)
    if not reason:
        return kept
    restart(unit, reason)
    return None


def main(arguments: list[str]) -> None:
    asking = {ASKING} if "--pacemaker" in arguments else set()
    before = recall()
    kept: dict[str, Sample] = {}
    for unit, patience in (argument.split("=") for argument in arguments if "=" in argument):
        if sample := look_after(unit, float(patience), before.get(unit), unit in asking):
            kept[unit] = sample
    MEMORY.write_text(json.dumps({unit: asdict(sample) for unit, sample in kept.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
