# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import listed, objections, recoveries


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, ""), (2, "0, 1"), (10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"), (12, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more")],
)
def test_listed(count: int, expected: str) -> None:
    assert listed(str(n) for n in range(count)) == expected


def test_objections_name_the_segment_and_what_nova_knows(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["a"], "S2": ["b", "c"]}, compute="a b c d")
    assert objections(gateway, ["d", "a.maas", "c", "a"], gateway.segments()) == [
        "Host 'a' is already in segment 'S1': remove it there first, "
        "or move it with openstack_ha.masakari.segment_host.",
        "Host 'c' is already in segment 'S2': remove it there first, "
        "or move it with openstack_ha.masakari.segment_host.",
        "Host 'a.maas' is not in Nova: no nova-compute service has that name. "
        "Use the name that Nova uses; it knows a, b, c, d.",
    ]


def test_nothing_to_create_asks_nothing(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["a"]})
    assert objections(gateway, [], gateway.segments()) == []
    assert gateway.calls == ["segments"]


def test_nova_may_be_closed_to_this_user(fake_gateway: Any) -> None:
    gateway = fake_gateway()

    def forbidden() -> Any:
        raise MasakariError("403")

    gateway.compute_services = forbidden
    assert objections(gateway, ["nowhere"], []) == []


def test_recoveries_are_those_of_the_segment(fake_gateway: Any) -> None:
    gateway = fake_gateway({"S1": ["a"], "S2": ["b"]})
    gateway.hold("b", notification_uuid="n1")
    gateway.hold("a", notification_uuid="n2", type="VM", status="error")
    gateway.hold("a", notification_uuid="n3", status="finished")
    s1, s2 = gateway.segments()
    assert recoveries(gateway, s1["uuid"]) == ["notification n2 (VM, error) of host 'a'"]
    assert recoveries(gateway, s2["uuid"]) == ["notification n1 (COMPUTE_HOST, running) of host 'b'"]
