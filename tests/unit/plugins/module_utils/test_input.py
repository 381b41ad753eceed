# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import (
    name_problems,
    raise_all,
    uuid_problems,
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["compute1", "compute 2", "rechner-ä"], []),
        (["compute1 "], ["name has leading or trailing blanks: 'compute1 '. Remove them."]),
        (["\tcompute1"], ["name has leading or trailing blanks: '\\tcompute1'. Remove them."]),
        ([""], ["name must not be empty."]),
        (["  "], ["name must not be empty."]),
        (["a\nb"], ["name must be at most 255 printable characters long: 'a\\nb'. Shorten or correct it."]),
        (["a", "b", "a", "a"], ["name 'a' stands 3 times. Keep one."]),
        (["x" * 255], []),
    ],
)
def test_name_problems(names: list[str], expected: list[str]) -> None:
    assert name_problems("name", names) == expected


def test_too_long_a_name() -> None:
    (problem,) = name_problems("name", ["x" * 256])
    assert "at most 255" in problem


def test_uuid_problems() -> None:
    assert uuid_problems("uuid", "d0dfac9d-cbdd-4253-93e9-d3ade9ff45a5") == []
    (problem,) = uuid_problems("uuid", "../segments")
    assert problem.startswith("uuid must be a UUID, not '../segments'.")


def test_all_problems_are_told_at_once() -> None:
    raise_all([])
    with pytest.raises(MasakariError, match=r"^One\. Two\.$"):
        raise_all(["One.", "Two."])
