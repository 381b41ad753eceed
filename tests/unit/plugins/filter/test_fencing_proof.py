# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.fencing_proof import fencing_proof

SINCE = 1795219726.5  # 2026-11-21 00:08:46.5 UTC
EVENT = {"action": "off", "target": "compute1", "origin": "infra1", "delegate": "infra1", "status": "success",
         "completed": "2026-11-21 00:08:46.988276Z"}


def history(*events: dict[str, str]) -> str:
    lines = "".join("<fence_event " + " ".join(f'{name}="{value}"' for name, value in event.items()) + "/>"
                    for event in events)
    return f"<pacemaker-result><fence_history>{lines}</fence_history></pacemaker-result>"


def state(fenced: str, name: str = "uname") -> str:
    return f'<xpath-query><node_state {name}="compute1" node_fenced="{fenced}"/></xpath-query>'


def test_a_fencing_by_a_device_is_a_proof():
    proof = fencing_proof(history(EVENT), "compute1", state=state("1795219726"), since=SINCE)
    assert proof == {**EVENT, "node_fenced": "1795219726"}


def test_a_single_node_state_without_a_list():
    alone = '<node_state remote_node="true" id="compute1" node_fenced="1795219727"/>'
    assert fencing_proof(history(EVENT), "compute1", state=alone, since=str(SINCE))


@pytest.mark.parametrize("completed", [
    "2026-11-21 00:08:47Z", "2026-11-21 00:08:47 Z", "2026-11-21 01:08:47.000001 +01:00", "2026-11-21 00:08:47"])
def test_every_way_in_which_pacemaker_writes_a_time(completed):
    assert fencing_proof(history({**EVENT, "completed": completed}), "compute1", state=state("1795219727"), since=SINCE)


@pytest.mark.parametrize("events", [
    [],
    [{**EVENT, "status": "failed"}],
    [{**EVENT, "status": "pending", "completed": ""}],
    [{**EVENT, "action": "on"}],
    [{**EVENT, "target": "compute2"}],
    [{**EVENT, "target": "compute11"}],
    [{**EVENT, "delegate": "a human"}],
    [{name: value for name, value in EVENT.items() if name != "delegate"}],
    [{**EVENT, "completed": "2026-11-21 00:08:46.1Z"}],
    [{**EVENT, "completed": "today"}],
    [EVENT, {**EVENT, "delegate": "a human", "completed": "2026-11-21 00:09:00Z"}],
    [{**EVENT, "status": "failed", "completed": "2026-11-21 00:09:00Z"}, EVENT],
])
def test_what_is_no_proof(events):
    assert fencing_proof(history(*events), "compute1", state=state("1795219727"), since=SINCE) == {}


@pytest.mark.parametrize("fenced", ["0", "", "1795219000", "soon"])
def test_the_cluster_must_believe_it(fenced):
    assert fencing_proof(history(EVENT), "compute1", state=state(fenced), since=SINCE) == {}


@pytest.mark.parametrize("text", ["", "Connection failed", "<pacemaker-result><status code='102'/></pacemaker-result>"])
def test_answers_without_a_history(text):
    assert fencing_proof(text, "compute1", state=state("1795219727"), since=SINCE) == {}
    assert fencing_proof(history(EVENT), "compute1", state=text, since=SINCE) == {}


def test_the_last_of_several():
    later = {**EVENT, "completed": "2026-11-21 00:09:00Z"}
    proof = fencing_proof(history(later, EVENT), "compute1", state=state("1795219740"), since=SINCE)
    assert proof["completed"] == later["completed"]
