# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input stops the main job before anything is changed, with a sentence, and without a secret.

The main job begins with the playbook preflight; most cases run that alone, which is read in half the time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lab import INVENTORY, SECRETS, Run, ansible_playbook

WRONG = "quite-another-secret"
S1 = {"name": "S1", "recovery_method": "auto", "hosts": [{"name": "compute1"}]}
NO_MONITORS = "[masakari_api]\ninfra1\n[masakari_engine]\ninfra1\n"
# Beside the lab's own: a host whose name is right, but where no guest runs.
STRANGER = "[masakari_monitor]\ncloud1\n"
MISNAMED = """
[masakari_api]
infra1
[masakari_engine]
infra1
[masakari_monitor]
node1 ansible_host=compute1
[all:vars]
ansible_connection=containers.podman.podman
ansible_podman_executable=podman
"""


@dataclass
class Case:
    """Variables an operator got wrong, and what the sentence must contain."""

    name: str
    variables: dict[str, Any]
    sentence: list[str]
    inventory: str = ""
    arguments: list[str] = field(default_factory=list)
    playbook: str = "preflight"


CASES = [
    Case(
        "empty secret",
        {"masakari_service_password": ""},
        ["masakari_service_password not set", "user_secrets.yml"],
        playbook="os-masakari-install",
    ),
    Case("placeholder", {"masakari_oslomsg_rpc_password": "CHANGE_ME"}, ["masakari_oslomsg_rpc_password not set"]),
    Case(
        "database password",
        {"masakari_container_mysql_password": WRONG},
        ["masakari_container_mysql_password is not the password", "masakari_update_passwords=true"],
    ),
    Case(
        "queue password",
        {"masakari_oslomsg_rpc_password": WRONG},
        ["masakari_oslomsg_rpc_password is not the password", "masakari_update_passwords=true"],
    ),
    Case(
        "service password",
        {"masakari_service_password": WRONG},
        ["masakari_service_password is not the password", "masakari_update_passwords=true"],
    ),
    Case(
        "unreachable queue",
        {"masakari_oslomsg_rpc_servers": "172.29.236.99"},
        ["RabbitMQ at 172.29.236.99 port 5672 cannot be reached", "masakari_oslomsg_rpc_servers"],
    ),
    Case(
        "unreachable database",
        {"masakari_galera_port": 3399},
        ["The database at 172.29.236.10 port 3399 cannot be reached", "masakari_galera_port"],
    ),
    Case(
        "recovery method",
        {"masakari_segments": [S1 | {"recovery_method": "sometimes"}]},
        ["masakari_segments[S1]", "recovery_method 'sometimes' is not known", "rh_priority"],
    ),
    Case(
        "host not in Nova",
        {"masakari_segments": [S1 | {"hosts": [{"name": "compute9"}]}]},
        ["host 'compute9' has no nova-compute service", "compute1, compute2, compute3"],
        playbook="os-masakari-install",
    ),
    Case(
        "trailing blank",
        {"masakari_segments": [S1 | {"name": "S1 "}]},
        ["name 'S1 ' begins or ends with a blank", "Write 'S1'"],
    ),
    Case("series", {"masakari_series": "1999.1"}, ["masakari_series 1999.1 cannot be installed", "2026.2"]),
    Case("TLS", {"masakari_backend_ssl": True}, ["masakari_backend_ssl is true", "masakari_user_ssl_key"]),
    Case(
        "database host",
        {"masakari_db_setup_host": "infra1"},
        ["infra1 (masakari_db_setup_host) does not let root administer the database", "~/.my.cnf"],
    ),
    Case(
        "queue host",
        {"masakari_oslomsg_rpc_setup_host": "infra1"},
        ["rabbitmqctl does not work on infra1 (masakari_oslomsg_rpc_setup_host)"],
    ),
    Case(
        "cloud",
        {"masakari_service_setup_cloud": "nowhere"},
        ["Cloud nowhere (masakari_service_setup_cloud) cannot be administered", "clouds.yaml"],
    ),
    Case(
        "address of Keystone",
        {"masakari_service_auth_url": "http://172.29.236.10:5000/v3"},
        ["No Keystone answers at http://172.29.236.10:5000/v3/v3 from infra1", "Set masakari_service_auth_url"],
    ),
    Case("install method", {"masakari_install_method": "snap"}, ["masakari_install_method", "source, distro", "snap"]),
    Case("address", {"management_address": ""}, ["infra1 has no management_address", "masakari_coordination_url"]),
    Case("empty group", {}, ["Group masakari_monitor is missing or empty"], NO_MONITORS),
    Case("host name", {}, ["node1 calls itself compute1", "rename the host"], MISNAMED),
    Case(
        "monitored host",
        {},
        ["cloud1 in group masakari_monitor, but without a nova-compute service", "compute1, compute2, compute3"],
        STRANGER,
        ["--inventory", str(INVENTORY)],
    ),
]


def run(case: Case, directory: Path) -> Run:
    arguments = ["-vvv", "--extra-vars", json.dumps(case.variables), *case.arguments]
    if case.inventory:
        inventory = directory / f"{case.name}.ini".replace(" ", "_")
        inventory.write_text(case.inventory)
        arguments += ["--inventory", str(inventory)]
    return ansible_playbook(case.playbook, *arguments)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """All cases, a few at a time: they only read."""
    directory = tmp_path_factory.mktemp("inventories")
    with ThreadPoolExecutor(3) as pool:
        yield {case.name: pool.submit(run, case, directory) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_stops_before_any_change(case: Case, runs: dict[str, Future[Run]]) -> None:
    done = runs[case.name].result()
    text = " ".join(done.output.split())
    assert done.code != 0
    assert [part for part in case.sentence if part not in text] == [], done.output[-3000:]
    assert done.changed == set()
    assert "Prepare coordination" not in done.output, "it went on"
    assert SECRETS.search(done.output) is None, "a secret was printed"
    assert WRONG not in done.output, "a secret was printed"


def test_the_playbook_of_the_role_alone_checks_as_well() -> None:
    done = ansible_playbook("masakari", "--extra-vars=masakari_service_password=")
    assert done.code != 0
    assert "masakari_service_password not set" in " ".join(done.output.split())
    assert done.changed == set()
    assert "Prepare coordination" not in done.output, "it went on"
