# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check before the engine's start says about a flow."""

from __future__ import annotations

import pytest
from masakari_fence_gate.__main__ import AGAIN, GATE, flow_problems

EVACUATE = ["prepare", "evacuate"]
LOADED = {GATE, AGAIN, "disable", *EVACUATE}


@pytest.mark.parametrize("pre, main, post, said", [
    ([GATE, "disable"], [AGAIN, *EVACUATE], [], []),
    ([GATE, "disable"], [AGAIN, "prepare"], ["evacuate"], []),
    (["disable", GATE], [AGAIN, *EVACUATE], [], ["flow begins with disable, not with"]),
    ([GATE], EVACUATE, [], ["main of flow begins with prepare, not with"]),
    ([GATE, AGAIN], EVACUATE, [], ["main of flow begins with prepare, not with"]),
    ([GATE], ["prepare", AGAIN, "evacuate"], [], ["main of flow begins with prepare, not with"]),
    ([GATE], [], EVACUATE, ["main of flow begins with nothing, not with"]),
    ([], [], [], ["flow begins with nothing, not with", "main of flow begins with nothing, not with"]),
    ([GATE], [AGAIN, "prepair", "evacuate"], [], ["flow names prepair, which cannot be loaded"]),
], ids=["reserved_host", "auto", "not first", "not for the next reserve", "again before the repetition",
        "after the guests are listed", "an empty main", "nothing", "misspelt"])
def test_flow_problems(pre: list[str], main: list[str], post: list[str], said: list[str]) -> None:
    problems = list(flow_problems("flow", {"pre": pre, "main": main, "post": post}, LOADED))
    assert len(problems) == len(said)
    for problem, beginning in zip(problems, said, strict=True):
        assert problem.startswith(beginning)


@pytest.mark.parametrize("task", [GATE, AGAIN])
def test_task_that_would_be_skipped(task: str) -> None:
    (problem,) = flow_problems("flow", {"pre": [GATE], "main": [AGAIN, *EVACUATE], "post": []}, LOADED - {task})
    assert problem.startswith(f"flow names {task}, which cannot be loaded: it would be skipped.")
