# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery that is under way, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill import PHASES, masakari_events


def news(look: Mapping[str, Any], since: float, now: float) -> Iterator[tuple[str, str]]:
    """What a look shows, each with a key by which it is known again."""
    if look.get("failed"):
        yield "failed", _line(now - since, "no answer", str(look.get("msg", "")))
        return
    names = {guest["id"]: guest["name"] for guest in look["guests"]}
    for event in masakari_events(look["notifications"], names):
        yield f"{event.phase} {event.text}", _line(event.at - since, PHASES[event.phase], event.text)
    for guest in look["guests"]:
        state = " ".join(filter(None, (guest["status"], guest["task_state"], f"on {guest['host']}")))
        yield f"{guest['id']} {state}", _line(now - since, "guest", f"{guest['name']} is {state}")


def _line(after: float, step: str, text: str) -> str:
    return f"{max(0.0, after):7.1f} s  {step:17}  {text}"
