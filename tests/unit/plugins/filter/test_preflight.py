# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an operator's input is told in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.missing_secrets import missing_secrets
from ansible_collections.openstack_ha.masakari.plugins.filter.segment_problems import segment_problems
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("value", ["", "  ", "CHANGE_ME", "changeme", None])
def test_a_secret_nobody_set(value: Any) -> None:
    assert missing_secrets({"masakari_service_password": value, "other": "s3cret"}) == ["masakari_service_password"]


def test_no_secret_is_missing() -> None:
    assert missing_secrets({"a": "x", "b": 0}) == []


GOOD: dict[str, Any] = {"name": "S1", "recovery_method": "auto", "hosts": [{"name": "compute1"}]}
NOVA = ["compute1", "compute2"]


def test_a_good_declaration_has_no_problem() -> None:
    assert segment_problems([GOOD], NOVA) == []
    assert segment_problems([], NOVA) == []
    assert segment_problems([{"name": "S1", "recovery_method": "rh_priority"}], NOVA) == []


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"recovery_method": "sometimes"}, ["masakari_segments[S1]", "'sometimes'", "auto_priority"]),
        ({"recovery_method": None}, ["recovery_method None", "Use one of"]),
        ({"name": "S1 "}, ["'S1 '", "blank", "Write 'S1'"]),
        ({"name": ""}, ["name is missing"]),
        ({"name": "s" * 256}, ["256 characters", "Shorten"]),
        ({"hosts": [{"name": "compute9"}]}, ["hosts[compute9]", "'compute9'", "compute1, compute2"]),
        ({"hosts": [{"name": "compute1 "}]}, ["'compute1 '", "blank"]),
        ({"hosts": ["compute1"]}, ["'compute1' is not a mapping"]),
        ({"hosts": "compute1"}, ["'compute1' is not a list"]),
        ({"hosts": [{"name": "compute1", "spare": True}]}, ["'spare' is not known", "reserved"]),
        ({"recovery": "auto"}, ["'recovery' is not known", "recovery_method"]),
    ],
)
def test_one_problem_is_one_sentence(change: dict[str, Any], parts: list[str]) -> None:
    (problem,) = segment_problems([GOOD | change], NOVA)
    assert all(part in problem for part in parts), problem


def test_a_host_belongs_to_one_segment() -> None:
    (problem,) = segment_problems([GOOD, GOOD | {"name": "S2"}], NOVA)
    assert "'compute1' is declared in S1 and S2" in problem


def test_a_segment_is_declared_once() -> None:
    problems = segment_problems([GOOD, GOOD | {"hosts": []}], NOVA)
    assert problems == ["masakari_segments: segment 'S1' is declared 2 times. Declare it once."]


def test_not_a_list() -> None:
    (problem,) = segment_problems({"S1": {}}, NOVA)
    assert "is not a list" in problem


def test_without_nova_hosts_are_not_looked_up() -> None:
    assert segment_problems([GOOD | {"hosts": [{"name": "anything"}]}]) == []


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "hosts", "recovery_method", "x"]), inner),
)


@given(json_like)
def test_no_input_raises(value: Any) -> None:
    assert all(isinstance(problem, str) for problem in segment_problems(value, NOVA))
