# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook masakari alone checks every host before it changes one, and does not ask twice in the main job.

Were it not to stop, it would meet an address at which etcd refuses to be installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SECRETS = {
    "masakari_service_password": "unit-only-1",
    "masakari_container_mysql_password": "unit-only-2",
    "masakari_oslomsg_rpc_password": "unit-only-3",
}
REFUSED = "has address '' in etcd_members, where etcd cannot listen"


def play(directory: Path, *before: dict[str, Any], infra2: dict[str, Any] | None = None, **variables: Any) -> str:
    """What the playbook prints for infra1 and infra2, both this machine; it always stops."""
    hosts = {"infra1": {}, "infra2": infra2 or {}}
    facts = {"os_family": "Debian", "distribution": "Debian", "distribution_version": "13",
             "distribution_major_version": "13", "python_version": "3.11.2"}
    inventory = {"all": {"vars": {
        "ansible_connection": "local", "ansible_python_interpreter": sys.executable, "management_address": "",
        "masakari_fence_gate": False, "masakari_db_setup_host": "infra1", **SECRETS, **variables,
    }, "children": {"masakari_api": {"hosts": hosts}, "masakari_engine": {"hosts": hosts}}}}
    (directory / "inventory.json").write_text(json.dumps(inventory))
    known = {"ansible.builtin.set_fact": {**facts, "cacheable": True}}
    plays = [
        {"hosts": "all", "gather_facts": False, "tasks": [known, *before]},
        {"ansible.builtin.import_playbook": str(ROOT / "playbooks/masakari.yml")},
    ]
    (directory / "play.yml").write_text(json.dumps(plays))
    done = subprocess.run(
        ["ansible-playbook", "--check", "-i", str(directory / "inventory.json"), str(directory / "play.yml")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        },
    )
    assert done.returncode != 0, done.stdout
    return " ".join(done.stdout.split())


def test_a_missing_secret_stops_it_before_etcd(tmp_path: Path) -> None:
    said = play(tmp_path, masakari_service_password="")
    assert "masakari_service_password" in said and "user_secrets.yml" in said
    assert "[Prepare coordination]" not in said and REFUSED not in said


def test_each_host_is_checked_before_the_first_is_changed(tmp_path: Path) -> None:
    said = play(tmp_path, infra2={"masakari_backend_ssl": True})
    assert "masakari_backend_ssl is true, but masakari_user_ssl_cert or masakari_user_ssl_key is not set" in said
    assert "[Prepare coordination]" not in said and REFUSED not in said


def test_what_preflight_has_checked_is_not_checked_again(tmp_path: Path) -> None:
    """Preflight ran earlier in the same job, as in os-masakari-install, and left its answers with the first host."""
    ran = {"ansible.builtin.set_fact": {"__masakari_keystone_user": {"users": []}},
           "when": "inventory_hostname == 'infra1'"}
    said = play(tmp_path, ran, masakari_service_password="")
    assert REFUSED in said and "user_secrets.yml" not in said
