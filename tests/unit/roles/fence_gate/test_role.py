# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role masakari makes of the gate's variables: warnings, refusals, files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
PACKAGE = ROOT / "roles/masakari/files/fence_gate"
VARIABLES = {
    "masakari_service_password": "unit-only-1",
    "masakari_container_mysql_password": "unit-only-2",
    "masakari_oslomsg_rpc_password": "unit-only-3",
    "ansible_python_interpreter": sys.executable,
}
FACTS = {
    "os_family": "Debian", "distribution": "Debian", "distribution_version": "13", "distribution_major_version": "13",
    "python_version": "3.13.5",
}
WARNING = "WARNING: masakari_fence_gate is false: a notification evacuates the guests of a host whether it is dead"


@dataclass
class Play:
    """Runs one part of the role on this machine, as host infra1."""

    directory: Path
    groups: tuple[str, ...] = ("masakari_api", "masakari_engine")

    def program(self, name: str, script: str) -> None:
        path = self.directory / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(self, part: str, *then: dict[str, Any], check: bool = False, **variables: Any) -> tuple[bool, str]:
        """Whether it succeeded, and what it printed."""
        tasks = [
            {"ansible.builtin.set_fact": FACTS | {"cacheable": True}},
            {"ansible.builtin.import_role": {"name": "openstack_ha.masakari.masakari", "tasks_from": part}},
            *then,
        ]
        play = {"hosts": "infra1", "connection": "local", "gather_facts": False, "tasks": tasks}
        (self.directory / "play.yml").write_text(json.dumps([play]))
        (self.directory / "hosts").write_text("".join(f"[{group}]\ninfra1\n" for group in self.groups))
        command = ["ansible-playbook", "-i", "hosts", "-e", json.dumps(VARIABLES | variables), "play.yml"]
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "ANSIBLE_FORCE_COLOR": "0",
            "PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}",
        }
        done = subprocess.run(
            [*command, "--check"] if check else command, cwd=self.directory, env=environment, capture_output=True,
            text=True, timeout=120, check=False,
        )
        return done.returncode == 0, " ".join((done.stdout + done.stderr).split())


@pytest.fixture
def play(tmp_path: Path) -> Play:
    return Play(tmp_path)


# --- what an operator is told -----------------------------------------------------------------------


def test_without_fencing_the_gate_is_not_off_by_itself(play: Play) -> None:
    fine, said = play.run("preflight_fence_gate")
    assert not fine and "by maas_stonith_url or pacemaker_cluster_devices" in said
    fine, said = play.run("preflight_fence_gate", masakari_fence_gate=False)
    assert fine and WARNING in said


def test_off_in_spite_of_fencing_warns(play: Play) -> None:
    fine, said = play.run("preflight_fence_gate", masakari_fence_gate=False, maas_stonith_url="http://maas/MAAS")
    assert fine and WARNING in said


@pytest.mark.parametrize("fencing", [
    {"maas_stonith_url": "http://maas.example.org:5240/MAAS"}, {"pacemaker_cluster_devices": [{"id": "fence-a"}]},
], ids=["maas", "another device"])
def test_with_fencing_the_playbook_cluster_comes_next(play: Play, fencing: dict[str, Any]) -> None:
    fine, said = play.run("preflight_fence_gate", **fencing)
    assert fine and WARNING not in said


@pytest.mark.parametrize("crm_mon, reason", [
    ("exit 0", None), ("echo Permission denied >&2; exit 4", "Permission denied"), (None, "crm_mon: Error executing"),
], ids=["answers", "refuses", "missing"])
def test_pacemaker_of_others_must_answer(play: Play, crm_mon: str | None, reason: str | None) -> None:
    if crm_mon:
        play.program("crm_mon", crm_mon)
    fine, said = play.run("preflight_fence_gate", masakari_fence_gate=True)
    assert WARNING not in said
    assert fine is (reason is None)
    if reason:
        assert "Pacemaker does not answer on infra1, so that the fence gate (masakari_fence_gate) could prove" in said
        assert reason in said and "and run the playbook cluster." in said


@pytest.mark.parametrize("name, value", [
    ("masakari_fence_gate_timeout", 0), ("masakari_fence_gate_window", -1), ("masakari_fence_gate_max_failed_hosts", 0),
])
def test_number_that_is_too_small(play: Play, name: str, value: int) -> None:
    play.program("crm_mon", "exit 0")
    fine, said = play.run("preflight_fence_gate", masakari_fence_gate=True, **{name: value})
    assert not fine and f"{name} {value}" in said and "one is too small" in said


def test_preflight_of_the_role_warns_too(play: Play) -> None:
    # It stops where the certificate is missing.
    _, said = play.run("preflight", masakari_fence_gate=False, masakari_backend_ssl=True)
    assert WARNING in said and "masakari_user_ssl_cert or masakari_user_ssl_key is not set" in said


# --- where it is proven -----------------------------------------------------------------------------


def test_proof(play: Play) -> None:
    play.program("runuser", f"echo $@ >{play.directory}/asked")
    fine, said = play.run("prove_fence_gate")
    assert fine and "changed=0" in said
    user = "--user=masakari --group=masakari --supp-group=haclient --"
    asked = (play.directory / "asked").read_text()
    assert asked.startswith(user) and "-m masakari_fence_gate --ask-pacemaker" in asked


@pytest.mark.parametrize(("part", "not_before"), [
    ("segments", "Wait until the API answers through the catalog"),
    ("verify", "The API answers through the catalog"),
])
def test_nothing_is_told_of_segments_before_every_engine_has_the_gate(play: Play, part: str, not_before: str) -> None:
    play.groups = ("masakari_engine",)
    play.program("systemctl", "echo active")
    play.program("runuser", "echo confirm_host_fenced cannot be loaded >&2; exit 1")
    preflight = {"__masakari_nova": {}}  # was before
    fine, said = play.run(part, masakari_fence_gate=True, **preflight)
    assert not fine and "Every engine loads the fence gate" in said and "confirm_host_fenced cannot be loaded" in said
    assert not_before not in said


def test_proof_in_check_mode_before_there_is_an_engine(play: Play) -> None:
    play.program("runuser", "echo No such file or directory >&2; exit 127")
    assert play.run("prove_fence_gate", check=True)[0]
    assert not play.run("prove_fence_gate")[0]


# --- what is written --------------------------------------------------------------------------------


def files(play: Play, **variables: Any) -> tuple[dict[str, Any], dict[str, Any], str, list[str]]:
    """masakari.conf, the engine's unit, the validator's command and the proof's, as the role has them."""
    play.program("crm_mon", "exit 0")
    names = ("__masakari_conf_sections", "__masakari_units", "__masakari_conf_validator", "__masakari_fence_gate_proof")
    write = [
        {"ansible.builtin.copy": {"content": f"{{{{ {name} | to_json }}}}", "dest": str(play.directory / name)}}
        for name in names
    ]
    fine, said = play.run("preflight_fence_gate", *write, **variables)
    assert fine, said
    conf, units, validator, proof = (json.loads((play.directory / name).read_text()) for name in names)
    return conf, units["masakari-engine"]["Service"], validator, proof


def test_off_leaves_no_trace(play: Play) -> None:
    conf, service, validator, _ = files(play, masakari_fence_gate=False)
    assert not {"taskflow_driver_recovery_flows", "fence_gate"} & set(conf)
    assert "engine_manager" not in conf["DEFAULT"]
    assert service["SupplementaryGroups"] is None and service["ExecStartPre"] is None  # and are left out
    assert "fence_gate" not in validator


def test_on(play: Play) -> None:
    conf, service, validator, proof = files(play, masakari_fence_gate=True, masakari_fence_gate_timeout=60)
    for tasks in conf["taskflow_driver_recovery_flows"].values():
        assert tasks.startswith(
            "pre:[confirm_host_fenced,disable_compute_service_task],"
            "main:[confirm_host_still_fenced,prepare_HA_enabled_instances_task"
        )
        assert tasks.count("evacuate_instances_task") == 1 and " " not in tasks
    assert conf["fence_gate"] == {"timeout": 60, "window": 300, "max_failed_hosts": 2, "accept_confirmation": False}
    assert conf["DEFAULT"]["notification_driver"] == "taskflow_driver"
    assert conf["DEFAULT"]["engine_manager"] == "masakari_fence_gate.manager.Manager"
    assert service["SupplementaryGroups"] == "haclient"
    python = "/openstack/venvs/masakari-untagged/bin/python"
    options = "--config-file /etc/masakari/masakari.conf"
    assert service["ExecStartPre"] == f"{python} -m masakari_fence_gate {options}"
    assert proof == [
        "runuser", "--user=masakari", "--group=masakari", "--supp-group=haclient", "--",
        *f"{python} -m masakari_fence_gate --ask-pacemaker {options}".split(),
    ]
    assert "--namespace masakari_fence_gate" in validator and "--namespace customized_recovery_flow_opts" in validator


def test_on_with_packages(play: Play) -> None:
    _, service, _, _ = files(play, masakari_fence_gate=True, masakari_install_method="distro")
    assert service["ExecStartPre"].startswith("/usr/bin/python3 -m masakari_fence_gate ")


@pytest.mark.skipif(os.geteuid() != 0, reason="the files are root's")
def test_install(play: Play) -> None:
    play.groups = ("masakari_api",)  # where there is no engine to restart
    venv = play.directory / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    bin_of = {"masakari_bin": str(venv / "bin")}
    entry_point = [venv / "bin/python", "-c", "from importlib.metadata import entry_points; print(*entry_points("
                   "group='masakari.task_flow.tasks', name='confirm_host_fenced'))"]

    fine, said = play.run("install_fence_gate", check=True, masakari_bin="/not/there/yet")
    assert fine and "changed=0" in said
    fine, said = play.run("install_fence_gate", check=True, **bin_of)
    assert fine and re.search(r"changed=[1-9]", said)
    assert subprocess.run(entry_point, capture_output=True, text=True, check=True).stdout.strip() == ""

    fine, said = play.run("install_fence_gate", **bin_of)
    assert fine and re.search(r"changed=[1-9]", said)
    found = subprocess.run(entry_point, capture_output=True, text=True, check=True).stdout
    assert "masakari_fence_gate.task:ConfirmHostFencedTask" in found
    (site_packages,) = venv.glob("lib/python3.*/site-packages")
    shipped = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(shipped) == 17
    for path in shipped:
        assert (site_packages / path).read_bytes() == (PACKAGE / path).read_bytes()

    fine, said = play.run("install_fence_gate", **bin_of)
    assert fine and "changed=0" in said


@pytest.mark.parametrize("wanted", [True, False])
def test_install_of_the_role_takes_it_along(play: Play, wanted: bool) -> None:
    """In check mode, with a virtual environment that is as it should be."""
    play.groups = ("masakari_api",)
    play.program("crm_mon", "exit 0")
    venv = play.directory / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "made-from").write_text("what it should be made from")
    fine, said = play.run(
        "install", check=True, masakari_fence_gate=wanted, masakari_bin=str(venv / "bin"),
        __masakari_venv_inputs="what it should be made from", masakari_etc_dir=str(play.directory / "etc"),
        masakari_system_user_home=str(play.directory / "home"),
    )
    assert fine, said
    assert ("Create the directories of the fence gate" in said) is wanted
