# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module with a cluster that answers as Pacemaker's commands do; what it decides is tested in test_cib.py."""
from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openstack_ha.masakari.plugins.modules import pacemaker_cib

EMPTY = ('<cib epoch="7" num_updates="3"><configuration><crm_config/><nodes/><resources/><constraints/></configuration>'
         "<status/></cib>")
QUIET = "<pacemaker-result/>"
FENCES = '<pacemaker-result><node_action task="Fence (off)" node="compute1" reason="it is unclean"/></pacemaker-result>'
DUMMY = [{"id": "dummy", "agent": "ocf:heartbeat:Dummy"}]


class FakeCluster(pacemaker_cib.Cluster):
    """Answers commands by their names; cibadmin's patch becomes the new configuration."""

    def __init__(self, module) -> None:
        super().__init__(module)
        self.commands: list[str] = []
        self.cib = EMPTY
        self.patches = iter([])
        self.answers = {"crm_verify": (0, "", ""), "crm_simulate": (0, QUIET, ""), "crm_diff": (1, "<diff/>", "")}

    def run(self, *command):
        self.commands.append(" ".join(command[:2]))
        if command[0] != "cibadmin":
            answer = self.answers[command[0]]
            return answer(open(command[-1]).read()) if callable(answer) else answer
        if command[1] == "--query":
            return (0, self.cib, "") if self.cib else (102, "", "cibadmin: Could not connect to the CIB\n")
        return next(self.patches, (0, "", ""))


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the module against a cluster that `prepare` changes; returns the result and the cluster, if it was asked."""
    monkeypatch.setattr(pacemaker_cib.time, "sleep", lambda seconds: None)

    def run(arguments, prepare=lambda cluster: None, check=False):
        clusters = []

        def connect(module):
            clusters.append(FakeCluster(module))
            prepare(clusters[0])
            return clusters[0]

        monkeypatch.setattr(pacemaker_cib, "Cluster", connect)
        arguments = {"backup_directory": str(tmp_path / "backup"), **arguments, "_ansible_check_mode": check,
                     "_ansible_diff": True, "_ansible_remote_tmp": str(tmp_path)}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            pacemaker_cib.main()
        return json.loads(capsys.readouterr().out), clusters[0] if clusters else None

    return run


def applied(cluster) -> int:
    return cluster.commands.count("cibadmin --patch")


def test_one_patch(run, tmp_path):
    result, cluster = run({"resources": DUMMY})
    assert result["changed"]
    assert applied(cluster) == 1
    assert '<primitive id="dummy"' not in result["diff"]["before"]
    assert '<primitive id="dummy"' in result["diff"]["after"]
    [backup] = (tmp_path / "backup").iterdir()
    assert (backup.read_text(), backup.stat().st_mode & 0o777) == (EMPTY, 0o600)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    assert result["way_back"] == f"cibadmin --replace --scope=configuration --xml-file={backup}"


def test_check_mode_verifies_and_simulates_but_does_not_apply(run, tmp_path):
    result, cluster = run({"resources": DUMMY}, check=True)
    assert result["changed"]
    assert [command.split()[0] for command in cluster.commands] == ["cibadmin", "crm_simulate", "crm_verify"]
    assert not (tmp_path / "backup").exists()


def test_no_change_is_one_query(run):
    result, cluster = run({})
    assert not result["changed"]
    assert cluster.commands == ["cibadmin --query"]


def test_a_race_is_run_again_from_what_the_others_left(run, tmp_path):
    def race(cluster):
        cluster.patches = iter([(103, "", "raced"), (103, "", "raced"), (0, "", "")])

    result, cluster = run({"resources": DUMMY}, race)
    assert result["changed"]
    assert applied(cluster) == 3
    assert cluster.commands.count("cibadmin --query") == 3
    assert len(list((tmp_path / "backup").iterdir())) == 1


def test_endless_races_end(run):
    def race(cluster):
        cluster.patches = iter([(103, "", "")] * 99)

    result, _ = run({"resources": DUMMY}, race)
    assert result["msg"] == "the configuration was changed by others 10 times in a row; run it again later"


@pytest.mark.parametrize("check", [False, True])
def test_a_change_that_would_fence_is_refused(run, check):
    def fence(cluster):
        cluster.answers["crm_simulate"] = lambda cib: (0, FENCES if "dummy" in cib else QUIET, "")

    result, cluster = run({"resources": DUMMY}, fence, check)
    assert result["failed"]
    assert result["msg"].startswith("the change would fence compute1 (it is unclean); nothing was changed.")
    assert applied(cluster) == 0


def test_a_host_that_will_be_fenced_anyway_does_not_block_a_change(run):
    result, cluster = run({"resources": DUMMY}, lambda cluster: cluster.answers.update(crm_simulate=(0, FENCES, "")))
    assert result["changed"]
    assert applied(cluster) == 1


def test_what_crm_verify_refuses(run):
    def complain(cluster):
        cluster.answers["crm_verify"] = lambda cib: (
            (78, "", "old fault\nbad dummy\n") if "dummy" in cib else (78, "", "old fault\n"))

    result, cluster = run({"resources": DUMMY}, complain)
    assert result["msg"] == "crm_verify refuses the configuration; nothing was changed: bad dummy"
    assert applied(cluster) == 0


def test_crm_verify_explains_what_the_scheduler_cannot_work_with(run):
    def complain(cluster):
        cluster.answers["crm_simulate"] = (78, "", "Invalid configuration")
        cluster.answers["crm_verify"] = lambda cib: (
            (78, "", "\n".join(f"fault {number}" for number in range(8))) if "dummy" in cib else (0, "", ""))

    result, _ = run({"resources": DUMMY}, complain)
    assert result["msg"] == ("crm_verify refuses the configuration; nothing was changed: "
                             "fault 0; fault 1; fault 2; fault 3; fault 4; and 3 more")


@pytest.mark.parametrize("prepare, words", [
    (lambda cluster: setattr(cluster, "cib", ""),
     "cibadmin cannot read the configuration: cibadmin: Could not connect to the CIB. Pacemaker must run on this host"),
    (lambda cluster: cluster.answers.update(crm_simulate=(1, "", "no memory\n")),
     "crm_simulate failed; nothing was changed: no memory"),
    (lambda cluster: cluster.answers.update(crm_diff=(74, "", "")), "crm_diff failed; nothing was changed: 74"),
    (lambda cluster: setattr(cluster, "patches", iter([(13, "", "Permission denied\n")])),
     "cibadmin refuses the change: Permission denied"),
])
def test_commands_that_fail(run, prepare, words):
    result, _ = run({"resources": DUMMY}, prepare)
    assert (result["failed"], result["msg"]) == (True, words)


@pytest.mark.parametrize("arguments, words", [
    ({"resources": [{"agent": "ocf:heartbeat:Dummy"}]}, "missing required arguments: id found in resources"),
    ({"resources": [{"id": "a"}]}, "one of the following is required: agent, group, clone found in resources"),
    ({"resources": [{"id": "a", "agent": "x:y", "group": []}]}, "mutually exclusive"),
    ({"constraints": [{"id": "c", "type": "location", "resources": ["a"]}]}, "any of the following are missing: node"),
    ({"constraints": [{"id": "c", "type": "order", "first": "a"}]}, "all of the following are missing: then"),
    ({"constraints": [{"id": "c", "type": "ticket"}]}, "value of type must be one of"),
    ({"resources": [{"id": "a-b c", "agent": "ocf:heartbeat:Dummy"}]}, "id 'a-b c' cannot be used in a CIB"),
])
def test_declarations_are_checked(run, arguments, words):
    result, cluster = run(arguments)
    assert result["failed"]
    assert words in result["msg"]
    assert cluster is None or applied(cluster) == 0
