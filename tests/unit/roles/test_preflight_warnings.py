# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What preflight says of systems and variables that the lab does not have; all else is tried on the lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
VARIABLES = {
    "masakari_service_password": "unit-only-1",
    "masakari_container_mysql_password": "unit-only-2",
    "masakari_oslomsg_rpc_password": "unit-only-3",
    # The certificate that is missing is the last fault that is found without asking a server.
    "masakari_backend_ssl": True,
    "internal_lb_vip_address": "203.0.113.9",
    "external_lb_vip_address": "cloud.example.com",
    "ansible_python_interpreter": sys.executable,
}


def preflight(directory: Path, os_family: str, distribution: str, version: str, **variables: Any) -> str:
    """What preflight prints on a host of that kind; it always stops there."""
    facts = {
        "os_family": os_family,
        "distribution": distribution,
        "distribution_version": version,
        "distribution_major_version": version,
        "python_version": "3.11.2",
    }
    role = {"name": "openstack_ha.masakari.masakari", "tasks_from": "preflight"}
    tasks = [
        {"ansible.builtin.set_fact": facts | {"cacheable": True}},
        {"ansible.builtin.import_role": role},
    ]
    playbook = directory / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "infra1", "connection": "local", "gather_facts": False, "tasks": tasks}]))
    command = ["ansible-playbook", "-i", "infra1,", "-e", json.dumps(VARIABLES | variables), str(playbook)]
    settings = {
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
        "ANSIBLE_FORCE_COLOR": "0",
    }
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0, done.stdout
    return " ".join(done.stdout.split())


def test_another_family_is_refused(tmp_path: Path) -> None:
    said = preflight(tmp_path, "RedHat", "Rocky", "9")
    assert "infra1 runs Rocky 9, where this role cannot install packages. Use Debian 12 or 13." in said


@pytest.mark.parametrize(("version", "warned"), [("11", True), ("13", False)])
def test_an_untested_release_is_warned_of(tmp_path: Path, version: str, warned: bool) -> None:
    said = preflight(tmp_path, "Debian", "Debian", version)
    assert (f"WARNING: Debian {version} on infra1 is not tested here with" in said) is warned
    assert "masakari_user_ssl_cert or masakari_user_ssl_key is not set" in said


def test_variables_without_meaning_are_named(tmp_path: Path) -> None:
    said = preflight(tmp_path, "Debian", "Debian", "13", masakari_git_repo="https://example.org/masakari")
    assert "WARNING: masakari_git_repo is set and has no meaning here: " in said


@pytest.mark.parametrize(("variable", "value", "named"), [
    ("masakari_db_setup_host", "clou1", "masakari_db_setup_host"),
    ("masakari_oslomsg_rpc_setup_host", "clou1", "masakari_oslomsg_rpc_setup_host"),
    ("masakari_service_setup_host", "{{ groups['all'][0] }}1", "masakari_service_setup_host"),
    ("openstack_service_setup_host", "clou1", "masakari_service_setup_host"),
    ("masakari_service_setup_host", "{{ groups['all'][0] }}", ""),
    ("masakari_db_setup_host", "localhost", ""),
])
def test_a_setup_host_that_is_none(tmp_path: Path, variable: str, value: str, named: str) -> None:
    said = preflight(tmp_path, "Debian", "Debian", "13", **{variable: value})
    wrong = value.replace("{{ groups['all'][0] }}", "infra1")
    sentence = f"{named} is {wrong}, which is no host of the inventory. Set {named}, or the variable that it follows,"
    assert (sentence in said) is bool(named)
    assert ("masakari_user_ssl_cert or masakari_user_ssl_key is not set" in said) is not bool(named)


NO_QUEUE = "masakari_oslomsg_rpc_vhost names no virtual host with state present: "


@pytest.mark.parametrize("vhost", [[], [{"name": "/masakari", "state": "absent"}], [{"name": "masakari"}]])
def test_a_message_queue_without_a_virtual_host(tmp_path: Path, vhost: list[dict[str, str]]) -> None:
    said = preflight(tmp_path, "Debian", "Debian", "13", masakari_backend_ssl=False, masakari_oslomsg_rpc_vhost=vhost)
    assert NO_QUEUE in said and "Write a name, such as masakari, or a list of entries with name and state." in said


@pytest.mark.parametrize(("variables", "words"), [
    ({"external_lb_vip_address": ""}, "The public endpoint, http://:15868/v1/%(tenant_id)s, has no address"),
    ({"external_lb_vip_address": "", "masakari_service_publicuri": "http://127.0.0.1:15868"}, ""),
    ({"internal_lb_vip_address": "127.0.0.1"}, ""),
    ({"masakari_haproxy_managed": True, "masakari_pki_directory": "/pki", "pacemaker_cluster_addresses": [
        {"name": "internal", "address": "203.0.113.9", "prefix": 24}]},
     "The internal endpoint, http://203.0.113.9:15868/v1/%(tenant_id)s, is plain HTTP, and HAProxy speaks TLS at "
     "203.0.113.9:15868"),
    ({"masakari_haproxy_managed": True, "masakari_pki_directory": "/pki", "masakari_service_proto": "https",
      "masakari_haproxy_addresses": ["203.0.113.9"]}, ""),
    ({"masakari_haproxy_managed": True, "masakari_haproxy_addresses": ["203.0.113.9"]}, ""),
    ({"masakari_pki_directory": "/pki", "masakari_haproxy_addresses": ["203.0.113.9"]}, ""),
], ids=["no address", "meant so", "this machine", "http to tls", "https to tls", "http to http", "others' balancer"])
def test_endpoints_that_lead_nowhere(tmp_path: Path, variables: dict[str, Any], words: str) -> None:
    said = preflight(tmp_path, "Debian", "Debian", "13",
                     **{"masakari_backend_ssl": False, "masakari_oslomsg_rpc_vhost": [], **variables})
    assert words in said
    assert (NO_QUEUE in said) is (not words)


@pytest.mark.parametrize(("certificate", "url", "fine"), [
    ("{}/pki/infra1.pem", "http://maas.example.org/MAAS", True),
    ("{}/pki/infra1.pem", "", False),
    ("{}/other/infra1.pem", "http://maas.example.org/MAAS", False),
    ("{}/pki2/infra1.pem", "http://maas.example.org/MAAS", False),
], ids=["made by the cluster", "no cluster", "another directory", "a longer name"])
def test_a_certificate_that_the_same_run_makes(tmp_path: Path, certificate: str, url: str, fine: bool) -> None:
    said = preflight(tmp_path, "Debian", "Debian", "13", masakari_oslomsg_rpc_vhost=[], maas_stonith_url=url,
                     masakari_pki_directory=f"{tmp_path}/pki", masakari_user_ssl_cert=certificate.format(tmp_path),
                     masakari_user_ssl_key=f"{tmp_path}/pki/infra1.key")
    assert (NO_QUEUE in said) is fine
    assert ("masakari_user_ssl_cert or masakari_user_ssl_key is not set or no file" in said) is not fine
