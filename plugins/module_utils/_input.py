# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What options must be like, told before any request is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError


def raise_all(problems: Sequence[str]) -> None:
    """One failure for all that is wrong, so that it can be corrected in one go."""
    if problems:
        raise MasakariError(" ".join(problems))


def name_problems(option: str, names: Iterable[str]) -> list[str]:
    """What Masakari would refuse about names, or accept and later confuse."""
    problems = []
    for name, count in Counter(names).items():
        if not name.strip():
            problems.append(f"{option} must not be empty.")
        elif name != name.strip():
            problems.append(f"{option} has leading or trailing blanks: {name!r}. Remove them.")
        elif len(name) > 255 or not name.isprintable():
            problems.append(f"{option} must be at most 255 printable characters long: {name!r}. Shorten or correct it.")
        if count > 1:
            problems.append(f"{option} {name!r} stands {count} times. Keep one.")
    return problems


def uuid_problems(option: str, value: str, source: str = "openstack_ha.masakari.notification_info") -> list[str]:
    try:
        UUID(value)
    except ValueError:
        return [f"{option} must be a UUID, not {value!r}. {source} lists them."]
    return []
