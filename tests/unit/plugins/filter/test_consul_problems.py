# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.consul_problems import consul_problems

AGENTS = {"manage": "127.0.0.1:8500", "tenant": "127.0.0.1:8501", "storage": "127.0.0.1:8502"}
MATRIX = {"sequence": ["manage", "storage"], "matrix": [
    {"health": ["up", "up"], "action": []}, {"health": ["down", "down"], "action": ["recovery"]}]}


def test_a_good_matrix_and_masakaris_own():
    assert consul_problems(MATRIX, AGENTS) == []
    assert consul_problems({}, AGENTS) == []


@pytest.mark.parametrize("change, problem", [
    ({"sequence": ["manage"]}, "List up or down for each of the 1 networks"),
    ({"sequence": ["manage", "manage"]}, "List each network once"),
    ({"sequence": ["manage", "public"]}, "'public' is not known"),
    ({"matrix": []}, "at least one entry"),
    ({"matrix": [{"health": ["up", "ok"], "action": []}]}, "health ['up', 'ok']"),
    ({"matrix": [{"health": ["up", "up"], "action": "recovery"}]}, "Write [recovery]"),
    ({"matrix": [{"health": ["up", "up"], "action": []}]}, "no host would ever be recovered"),
    ({"matrix": [{"health": ["down", "down"], "action": ["recovery"]}] * 2}, "stands 2 times"),
    ({"matrix": [{"health": ["up", "up"], "action": ["recovery"]}]}, "a host that all networks reach would be"),
    ({"matrix": [{"health": [["up"], "up"], "action": [{}]}]}, "health [['up'], 'up']"),
    ({"more": 1}, "sequence and matrix, and nothing else"),
])
def test_problems(change, problem):
    assert problem in "\n".join(consul_problems({**MATRIX, **change}, AGENTS))


def test_agents():
    assert "tenant is missing" in "\n".join(consul_problems({}, {"manage": "a:1", "storage": "a:1"}))
    assert "'mgmt' is not known" in "\n".join(consul_problems(MATRIX, {**AGENTS, "mgmt": "a:1"}))
