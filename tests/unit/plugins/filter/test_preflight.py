# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an operator's input is told in sentences."""

from __future__ import annotations

import datetime
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
    assert missing_secrets({"a": "x y'z\"$\\#=%", "b": "s'"}, sentences=True) == []


def test_what_is_missing_in_one_sentence() -> None:
    (problem,) = missing_secrets({"a": "", "b": "s3cret", "c": "changeme"}, sentences=True)
    assert problem.startswith("a, c not set, empty or still a placeholder. Set it in user_secrets.yml")


@pytest.mark.parametrize(("value", "words"), [
    (12345678, "is not text: YAML takes it for a number, a date, true or false, or a list. Quote it."),
    (1.5, "Quote it."),
    (False, "Quote it."),
    (datetime.date(2026, 1, 1), "Quote it."),
    (["s3cret"], "Quote it."),
    (" s3cret", "begins or ends with a blank or a line end, which configuration files do not keep. Take it away."),
    ("s3cret\t", "Take it away."),
    ("s3cret\n", "begins or ends with a blank or a line end"),
    ("s3\ncret", "has a line end within, which breaks configuration files. Take the line end away."),
    ("s3\rcret", "has a line end within"),
    ("'s3cret'", "has quotes around it as part of the value, which configuration files do not keep."),
    ('"s3cret"', "Take the quotes away."),
    ('"', "Take the quotes away."),
    (r"s3\$cret", "has a backslash before a dollar sign"),
])
def test_a_secret_that_would_not_arrive_as_it_is_written(value: Any, words: str) -> None:
    secrets = {"masakari_service_password": value, "other": "fine"}
    (problem,) = missing_secrets(secrets, sentences=True)
    assert problem.startswith("masakari_service_password ") and words in problem
    assert "3cret" not in problem and "1234" not in problem
    assert missing_secrets(secrets) == []


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_secret_is_told(value: str) -> None:
    told = missing_secrets({"a": f"{value}s3cret{value}"}, sentences=True)
    assert not any("s3cret" in problem for problem in told)


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
        ({"name": "  "}, ["name is missing"]),
        ({"name": None}, ["name is missing"]),
        ({"name": 12}, ["masakari_segments[12]", "name 12 is not text. Quote it."]),
        ({"name": "S\u20281"}, ["'S\\u20281'", "cannot be printed", "Take it out"]),
        ({"name": "s" * 256}, ["256 characters", "Shorten"]),
        ({"hosts": [{"name": "compute9"}]}, ["hosts[compute9]", "'compute9'", "compute1, compute2"]),
        ({"hosts": [{"name": "compute1 "}]}, ["'compute1 '", "blank"]),
        ({"hosts": ["compute1"]}, ["'compute1' is not a mapping"]),
        ({"hosts": "compute1"}, ["'compute1' is not a list"]),
        ({"hosts": [{"name": "compute1", "spare": True}]}, ["'spare' is not known", "reserved"]),
        ({"recovery": "auto"}, ["'recovery' is not known", "recovery_method"]),
        ({"is_enabled": "false"}, ["masakari_segments[S1]: is_enabled 'false' is not a boolean.", "| bool"]),
        ({"purge_hosts": "no"}, ["masakari_segments[S1]: purge_hosts 'no'", "Write true or false without quotes"]),
        ({"is_enabled": 0}, ["is_enabled 0 is not a boolean"]),
        ({"state": "absent", "purge_hosts": "true"}, ["purge_hosts 'true' is not a boolean"]),
        ({"hosts": [{"name": "compute1", "reserved": "no"}]}, ["S1].hosts[compute1]: reserved 'no' is not a boolean"]),
        ({"hosts": [{"name": "compute1", "on_maintenance": "off"}]}, ["on_maintenance 'off' is not a boolean"]),
        ({"hosts": [{"name": 12}]}, ["masakari_segments[S1].hosts[12]: name 12 is not text. Quote it."]),
        ({"hosts": [{"name": "compute1", "type": "COM-PUTE"}]}, ["type 'COM-PUTE'", "letters and digits", "COMPUTE"]),
        ({"hosts": [{"name": "compute1", "type": "COMPUTE\n"}]}, ["letters and digits"]),
        ({"hosts": None, "purge_hosts": True}, ["purge_hosts is true without hosts", "hosts: [] to remove them all"]),
        ({"service_type": " "}, ["service_type ' ' is empty", "leave it out"]),
        ({"service_type": "COMPUTE "}, ["service_type 'COMPUTE '", "blank", "Write 'COMPUTE'"]),
        ({"service_type": "s" * 256}, ["service_type", "256 characters"]),
    ],
)
def test_one_problem_is_one_sentence(change: dict[str, Any], parts: list[str]) -> None:
    (problem,) = segment_problems([GOOD | change], NOVA)
    assert all(part in problem for part in parts), problem


@pytest.mark.parametrize("change", [
    {"is_enabled": None, "purge_hosts": None, "service_type": None},
    {"is_enabled": False, "purge_hosts": True, "service_type": "COMPUTE"},
    {"hosts": [], "purge_hosts": True},
    {"hosts": [{"name": "compute1", "reserved": False, "on_maintenance": None, "type": None}]},
    {"hosts": [{"name": "compute1", "type": "Compute2"}]},
    {"hosts": [{"name": "compute1", "type": ""}]},  # the API takes it
])
def test_what_is_well_said(change: dict[str, Any]) -> None:
    assert segment_problems([GOOD | change], NOVA) == []


def test_a_host_may_leave_a_segment_that_is_to_go() -> None:
    assert segment_problems([GOOD | {"state": "absent"}, GOOD | {"name": "S2"}], NOVA) == []
    (problem,) = segment_problems([GOOD | {"state": "absent"}, GOOD], NOVA)  # which of the two?
    assert "'S1' is declared 2 times" in problem


def test_a_host_belongs_to_one_segment() -> None:
    (problem,) = segment_problems([GOOD, GOOD | {"name": "S2"}], NOVA)
    assert "'compute1' is declared in S1 and S2" in problem


def test_a_segment_is_declared_once() -> None:
    problems = segment_problems([GOOD, GOOD | {"hosts": []}], NOVA)
    assert problems == ["masakari_segments: segment 'S1' is declared 2 times. Declare it once."]


def test_not_a_list() -> None:
    (problem,) = segment_problems({"S1": {}}, NOVA)
    assert "is not a list" in problem


@pytest.mark.parametrize("patterns", [None, 3, "az1", [["az1"]]])
def test_patterns_that_are_no_list_of_names(patterns: Any) -> None:
    (problem,) = segment_problems([GOOD], NOVA, aggregates=["az1"], patterns=patterns)
    assert problem.startswith("masakari_segments_from_aggregates: ") and "is not a list of names" in problem


def test_what_is_wrong_with_the_options_of_aggregates_is_not_said_of_masakari_segments_alone() -> None:
    made = GOOD | {"name": "az1", "recovery_method": "automatic"}
    (problem,) = segment_problems([made], NOVA, aggregates=["az1"], patterns=["az*"])
    assert problem.startswith("masakari_segments[az1] (of a host aggregate, with masakari_segments_from_aggregates_")


def test_without_nova_hosts_are_not_looked_up() -> None:
    assert segment_problems([GOOD | {"hosts": [{"name": "anything"}]}]) == []


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "hosts", "recovery_method", "x"]), inner),
)


@given(json_like)
def test_no_input_raises(value: Any) -> None:
    assert all(isinstance(problem, str) for problem in segment_problems(value, NOVA))
