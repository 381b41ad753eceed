# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reserve a second attempt gets: the one that was taken already, before another is spent."""

from __future__ import annotations

import pytest
from masakari_fence_gate.reserves import offer, taken


def told(*messages: str) -> list[dict[str, str]]:
    return [{"timestamp": f"2026-11-21 12:00:0{second}.5", "progress": "0.1", "message": message}
            for second, message in enumerate(messages)]


@pytest.mark.parametrize("messages, hosts", [
    ((), []),
    (("Start evacuation of instances from failed host 'compute1', instance uuids are: ''",
      "Add host compute3 to aggregate rack1", "Evacuation process completed!"), []),
    (("Enabling reserved host: 'compute3'",), ["compute3"]),
    (("Enabling reserved host: 'a'", "Failed to evacuate instances", "Enabling reserved host: 'b'"), ["b", "a"]),
    (("Enabling reserved host: 'a'", "Enabling reserved host: 'b'", "Enabling reserved host: 'a'"), ["a", "b"]),
], ids=["first attempt", "never came to it", "one", "the last one first", "each once"])
def test_taken(messages: tuple[str, ...], hosts: list[str]) -> None:
    assert taken(told(*messages)) == hosts
    assert taken(reversed(told(*messages))) == hosts  # the steps of two flows come in any order


def test_taken_in_a_whole_second() -> None:
    """Masakari leaves out a fraction that is zero."""
    whole = {"timestamp": "2026-11-21 12:00:00", "message": "Enabling reserved host: 'a'"}
    assert taken([*told("Enabling reserved host: 'b'"), whole]) == ["b", "a"]


@pytest.mark.parametrize("reserved, earlier, usable, offered", [
    (["a", "b"], [], [], ["a", "b"]),
    ([], ["a"], ["a"], ["a"]),
    (["a", "b"], ["c"], ["c"], ["c", "a", "b"]),
    (["a", "b"], ["b"], [], ["b", "a"]),
    (["a", "b"], ["b"], ["b"], ["b", "a"]),
    (["a"], ["c", "b"], ["b", "c"], ["c", "b", "a"]),
    (["a"], ["c"], [], ["a"]),
    ([], ["c"], [], []),
], ids=["first attempt", "the only one", "before others", "killed before it was enabled",
        "killed before its role was taken", "the last one first", "taken out of service since", "and no other"])
def test_offer(reserved: list[str], earlier: list[str], usable: list[str], offered: list[str]) -> None:
    assert offer(reserved, earlier, usable) == offered
