# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill's report as lines for a terminal, and as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill import PHASES, clock

Report = Mapping[str, Any]

COLOURS = {"drill": "#c0392b", "Pacemaker": "#8e44ad", "monitors": "#d35400", "Masakari": "#2471a3", "Nova": "#148f77",
           "guest": "#239b56"}

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #222 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
.passed { color: #1e8449 } .failed { color: #c0392b }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
th { border-bottom: 1px solid #999 } td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif } svg text { fill: currentColor }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; color: #ddd } }
"""

LEFT, WIDTH, ROW = 130, 960, 22


def table(report: Report) -> list[str]:
    """One line an event, one a guest, and the verdict."""
    width = max((len(event["source"]) for event in report["timeline"]), default=0)
    lines = [f"{'after':>8}  {'UTC':10}  {'step':17}  {'source':{width}}  what"]
    lines += [f"{after(event):>8}  {clock(event['at'])}  {PHASES[event['phase']]:17}  {event['source']:{width}}  "
              f"{event['text']}" for event in report["timeline"]]
    lines += [""] + [guest_line(guest) for guest in report["guests"]] + [""]
    return [*lines, *(f"FAILED: {problem}" for problem in report["problems"]), headline(report)]


def after(event: Mapping[str, Any]) -> str:
    """Seconds after the failure; ~ where the source keeps whole seconds, so that it was up to one later."""
    return f"{'~' if event['precision'] else ''}{event['after']:.1f} s"


def guest_line(guest: Mapping[str, Any]) -> str:
    beat = "" if guest["heartbeat"] is None else f", heard again after {guest['heartbeat']:.1f} s"
    return f"{guest['name']}: {guest['status']}, {guest['from']} -> {guest['to']}{beat}"


def headline(report: Report) -> str:
    verdict = "passed" if report["passed"] else "FAILED"
    taken = "; ".join(f"{PHASES[phase]} {seconds:.1f} s" for phase, seconds in report["durations"].items()
                      if phase in ("fenced", "rebuilt", "running", "heartbeat"))
    return f"{verdict}: {report['kind']} of {report['host']}{f' ({taken})' if taken else ''}"


def page(report: Report) -> str:
    day = datetime.fromtimestamp(report["failed_at"], UTC)
    title = f"{report['kind']} of {report['host']}, {day:%Y-%m-%d %H:%M:%S} UTC"
    verdict = "passed" if report["passed"] else "failed"
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Failover drill: {escape(title)}</title>", f"<style>{STYLE}</style>", "</head>", "<body>",
        f"<h1>Failover drill: {escape(title)}</h1>",
        f'<p class="{verdict}"><strong>{escape(headline(report))}</strong></p>',
        *_list(report["problems"]),
        "<h2>Timeline</h2>", drawing(report["timeline"]),
        *_table(("after", "UTC", "step", "source", "what"),
                ((after(event), clock(event["at"]), PHASES[event["phase"]], event["source"], event["text"])
                 for event in report["timeline"])),
        "<h2>Guests</h2>",
        *_table(("guest", "status", "from", "to", "heard again", "writers of its disk"),
                ((guest["name"], guest["status"], guest["from"], guest["to"],
                  "" if guest["heartbeat"] is None else f"{guest['heartbeat']:.1f} s",
                  "two" if guest["conflict"] or len(guest["runs_on"]) > 1 else "one")
                 for guest in report["guests"])),
        "</body>", "</html>", ""])


def drawing(events: Sequence[Mapping[str, Any]]) -> str:
    """One row an event, its dot where its time is."""
    span = max([1.0, *(event["after"] for event in events)])
    scale = (WIDTH - LEFT - 60) / span
    height = ROW * (len(events) + 1)
    return "\n".join([
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="timeline of the drill">',
        *_axis(span, scale, height),
        *(line for row, event in enumerate(events) for line in _dot(row, event, scale)),
        "</svg>"])


def _axis(span: float, scale: float, height: int) -> Iterator[str]:
    step = next((step for step in (1, 2, 5, 10, 20, 30, 60, 120, 300) if span / step <= 12), 600)
    for second in range(0, int(span) + 1, step):
        x = LEFT + second * scale
        yield f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height - ROW}" stroke="#9996"/>'
        yield f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle">{second} s</text>'


def _dot(row: int, event: Mapping[str, Any], scale: float) -> Iterator[str]:
    x, y = LEFT + max(0.0, event["after"]) * scale, row * ROW + 14
    colour = COLOURS.get(event["source"].split(" on ")[0], COLOURS["monitors"])
    if event["source"].startswith("pacemaker on "):
        colour = COLOURS["Pacemaker"]
    yield f'<text x="{LEFT - 8}" y="{y}" text-anchor="end">{escape(PHASES[event["phase"]])}</text>'
    yield f'<line x1="{LEFT}" y1="{y - 4}" x2="{x:.1f}" y2="{y - 4}" stroke="{colour}" stroke-opacity=".35"/>'
    yield f'<circle cx="{x:.1f}" cy="{y - 4}" r="5" fill="{colour}"><title>{escape(event["text"])}</title></circle>'
    yield f'<text x="{x + 9:.1f}" y="{y}">{event["after"]:.1f}</text>'


def _list(items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f'<ul class="failed">{"".join(f"<li>{escape(item)}</li>" for item in items)}</ul>'


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield f"<table><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>"
    yield "</table>"
