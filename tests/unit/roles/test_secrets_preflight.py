# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets that would not arrive as they are written stop preflight at once, and are not told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
FINE = "s3cret-of-its-own"
SECRETS = {
    "masakari": ["masakari_service_password", "masakari_container_mysql_password", "masakari_oslomsg_rpc_password"],
    "masakari_monitors": ["masakari_monitors_service_password"],
}
REFUSED: dict[Any, str] = {
    31415926: "is not text",
    "s3cret ": "begins or ends with a blank",
    "s3\ncret": "has a line end within",
    "'s3cret'": "has quotes around it",
}


def preflight(directory: Path, role: str, secrets: dict[str, Any]) -> str:
    """All that is printed. Hardly another variable or fact is given, so that it stops there or soon after."""
    vault = directory / "vault"
    vault.write_text("unit-only")
    tasks = [
        {"ansible.builtin.set_fact": {"os_family": "Debian", "cacheable": True}},
        {"ansible.builtin.import_role": {"name": f"openstack_ha.masakari.{role}", "tasks_from": "preflight"}},
    ]
    (directory / "play.yml").write_text(json.dumps([
        {"hosts": "infra1", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    (directory / "secrets.yml").write_text(json.dumps(secrets))
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"), "ANSIBLE_VAULT_PASSWORD_FILE": str(vault),
    }
    subprocess.run(["ansible-vault", "encrypt", str(directory / "secrets.yml")], cwd=ROOT, env=environment,
                   capture_output=True, timeout=60, check=True)
    done = subprocess.run(
        ["ansible-playbook", "-vvv", "-i", "infra1,", "-e", f"@{directory}/secrets.yml",
         "-e", f"ansible_python_interpreter={sys.executable}", str(directory / "play.yml")],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("role", SECRETS)
def test_a_secret_that_would_not_arrive_as_it_is_written(tmp_path: Path, role: str) -> None:
    """All faults at once, as many as the role has secrets."""
    faults = dict(zip(SECRETS[role], REFUSED, strict=False))
    said = preflight(tmp_path, role, faults)
    for name, value in faults.items():
        assert f"{name} {REFUSED[value]}" in said
        assert str(value) not in said


@pytest.mark.parametrize("role", SECRETS)
def test_secrets_that_are_fine(tmp_path: Path, role: str) -> None:
    said = preflight(tmp_path, role, dict.fromkeys(SECRETS[role], FINE))
    assert "Every secret is filled in" in said and "password is" not in said and "password has" not in said
    assert "All assertions passed" in said
    assert FINE not in said
