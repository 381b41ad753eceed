# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault is found where it was written, through anchors, merge keys and both spellings."""

from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._config_source import (
    ConfigError,
    Problem,
    Source,
    describe,
    plain_data,
    refuse,
)

TEXT = """\
infra: &infra
  a:
    ip: 1
both:
  <<: [*infra]
  b: {ip: 2}
masakari-infra_hosts: *infra
listed:
  - x
  - network: {q: 1}
"""


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (("infra", "a", "ip"), (3, 3)),
        (("both", "a", "ip"), (3, 3)),
        (("both", "b"), (2, 6)),
        (("masakari_infra_hosts", "a"), (2, 2)),
        (("listed", 1, "network", "q"), (4, 10)),
        (("listed", 7), (1, 8)),
        (("infra", "missing", "ip"), (1, 1)),
        (("nothing",), (0, 0)),
        ((), (0, 0)),
    ],
)
def test_find(where: tuple, found: tuple[int, int]) -> None:
    assert Source("file", TEXT).find(where) == found


def test_the_last_file_that_leads_furthest_is_named() -> None:
    sources = [Source("main", "a: {b: 1}\n"), Source("more", "\na: {b: 2}\n"), Source("last", "a: {}\n")]
    assert describe(Problem("it is wrong", "right it", ("a", "b")), sources) == "more:2: it is wrong: right it."


def test_a_problem_without_a_place_names_the_first_file() -> None:
    assert describe(Problem("it is wrong", "right it"), [Source("main", "a: 1\n")]) == "main: it is wrong: right it."
    assert describe(Problem("it is wrong", "right it"), []) == "it is wrong: right it."


def test_refuse_is_silent_without_problems() -> None:
    refuse([], [])
    with pytest.raises(ConfigError, match=r"^a: b\.\nc: d\.$"):
        refuse([Problem("a", "b"), Problem("c", "d")], [])


def test_tags_are_no_syntax_errors() -> None:
    assert Source("file", "a: !vault x\nb: !unsafe y\n").syntax_error() is None


def test_secrets_have_lines() -> None:
    text = "a: 1\nb: !vault |\n  one\nc: [!vault two]\n"
    assert sorted(Source("file", text).secrets()) == [(2, "one\n"), (4, "two")]


def test_plain_data() -> None:
    shared = {"x": 1}
    assert not list(plain_data({"a": shared, "b": [shared, None, 1.5, "t"]}, lambda value: False))
    shared["self"] = shared
    assert [problem.where for problem in plain_data({"a": shared}, lambda value: False)] == [("a", "self")]
    assert [problem.where for problem in plain_data({"a": [b""]}, lambda value: False)] == [("a", 0)]
