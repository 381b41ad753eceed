# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change reaches one host after the other, while the API keeps answering."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab import BALANCER, INFRA, SECRETS, ansible_playbook, cloud, connect, status


def pids() -> dict[tuple[str, str], str]:
    return {
        (host, unit): connect(host).check_output(f"systemctl show {unit} -p MainPID --value")
        for host in INFRA
        for unit in ("masakari-api", "masakari-engine")
    }


HAPROXY = """
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect("/run/haproxy/admin.sock")
server.sendall(sys.argv[1].encode() + b"\\n")
print(server.makefile().read())
"""


def haproxy(command: str) -> list[str]:
    """What the load balancer answers its administrator."""
    return cloud(f"python3 -c '{HAPROXY}' '{command}'").splitlines()


def balanced() -> dict[str, str]:
    """What the load balancer thinks of each API host."""
    rows = [line.split(",") for line in haproxy("show stat")]
    return {row[1]: row[17] for row in rows if row[0] == "masakari_api-back" and row[1] != "BACKEND"}


# One process asks all the time: a `podman exec` for each question would be the machine's main work.
ASK = f"while ! read -t 0.1; do curl -s -m 5 -o /dev/null -w '%{{http_code}}\\n' {BALANCER}; done"
# Hosts that are drained (bit 3 of srv_admin_state), a line each time
WATCH = """
import select, socket, sys
while not select.select([sys.stdin], [], [], 0.2)[0]:
    server = socket.socket(socket.AF_UNIX)
    server.connect("/run/haproxy/admin.sock")
    server.sendall(b"show servers state masakari_api-back\\n")
    rows = [line.split() for line in server.makefile()]
    print(*[row[3] for row in rows if row[1:2] == ["masakari_api-back"] and int(row[6]) & 8], flush=True)
"""


@contextmanager
def said_on_cloud(file: Path, *command: str) -> Iterator[Path]:
    """What a command says on the host of the cloud until it reads a line."""
    with file.open("w") as output:
        podman = ["podman", "exec", "-i", "cloud1", *command]
        with subprocess.Popen(podman, stdin=subprocess.PIPE, stdout=output, text=True) as process:
            yield file
            process.communicate("\n")


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Path]:
    """What the load balancer answers, several times a second, until the test is over."""
    with said_on_cloud(tmp_path / "answers", "bash", "-c", ASK) as file:
        yield file


@pytest.fixture
def drained(tmp_path: Path) -> Iterator[Path]:
    """Which hosts the load balancer spares, several times a second, until the test is over."""
    with said_on_cloud(tmp_path / "drained", "python3", "-c", WATCH) as file:
        yield file


# New passwords for everything, and debug: the largest change there is.
NEW = {
    name: f"lab-only-masakari-{name}"
    for name in ("masakari_service_password", "masakari_container_mysql_password", "masakari_oslomsg_rpc_password")
}
UPDATE = "--extra-vars=masakari_update_passwords=true"
CHANGE = [UPDATE, "--extra-vars=debug=true", *(f"--extra-vars={name}={value}" for name, value in NEW.items())]


def test_services_restart_on_change_one_host_at_a_time(answers: Path, drained: Path) -> None:
    before = pids()
    run = ansible_playbook("masakari", "-vvv", "--diff", *CHANGE)
    assert run.code == 0, run.output[-3000:]
    assert SECRETS.search(run.output.replace("lab-only-masakari-untagged", "")) is None, "a secret was printed"
    assert balanced() == dict.fromkeys(INFRA, "UP")
    assert {key for key, pid in pids().items() if pid == before[key]} == set(), "not restarted"
    assert "debug = true" in connect("infra3").file("/etc/masakari/masakari.conf").content_string
    answered = Counter(answers.read_text().split())
    assert answered.total() > 50
    assert set(answered) == {"200"}, answered
    spared = {tuple(line.split()) for line in drained.read_text().splitlines()}
    assert spared == {(), *((host,) for host in INFRA)}, "each is drained, and never two at once"


def test_the_api_speaks_tls(tmp_path: Path) -> None:
    """On the host that any run takes as its first: another, alone, would write the schema once more."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", "/CN=infra1", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    run = ansible_playbook(
        "masakari",
        "--limit=infra1",
        "--extra-vars={'masakari_haproxy_hosts': []}",
        "--diff",
        *CHANGE,
        "--extra-vars=masakari_backend_ssl=true",
        f"--extra-vars=masakari_user_ssl_cert={certificate}",
        f"--extra-vars=masakari_user_ssl_key={key}",
    )
    assert run.code == 0, run.output[-3000:]
    assert key.read_text().splitlines()[1] not in run.output
    host = connect("infra1")
    assert status(f"https://{INFRA['infra1']}:15868/healthcheck", "infra1") == 200
    for name in ("masakari.key", "masakari.pem"):
        file = host.file(f"/etc/masakari/{name}")
        assert (file.user, file.group, oct(file.mode)) == ("root", "masakari", "0o640")


def test_a_run_without_any_of_it_is_the_way_back() -> None:
    back = ansible_playbook("masakari", UPDATE)
    assert back.code == 0, back.output[-3000:]
    assert status(f"http://{INFRA['infra1']}:15868/healthcheck", "infra1") == 200
    assert balanced() == dict.fromkeys(INFRA, "UP")
    assert "debug = true" not in connect("infra3").file("/etc/masakari/masakari.conf").content_string


def test_what_an_interrupted_run_did_not_come_to_is_made_up_for() -> None:
    """It had written a file that the API reads, and had taken the host out of the load balancer."""
    before = pids()
    connect("infra1").check_output("touch /etc/masakari/policy.yaml")
    haproxy("set server masakari_api-back/infra1 state drain")
    assert balanced()["infra1"] == "DRAIN"
    run = ansible_playbook("masakari", "--limit=infra1", "--tags=systemd-service")
    assert run.code == 0, run.output[-3000:]
    assert balanced() == dict.fromkeys(INFRA, "UP")
    assert {key for key, pid in pids().items() if pid != before[key]} == {("infra1", "masakari-api")}
