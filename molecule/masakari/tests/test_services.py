# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari runs on three hosts, is known to the cloud, and survives what happens to services."""

from __future__ import annotations

import configparser
import json
import subprocess
from typing import Any

import pytest
import yaml
from lab import BALANCER, INFRA, OPERATOR, ansible_playbook, cloud, connect, openstack, status, wait_until

UNITS = ("masakari-api", "masakari-engine")


@pytest.fixture(params=INFRA)
def infra(request: pytest.FixtureRequest) -> Any:
    return connect(request.param)


def ini(host: Any, path: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(host.file(path).content_string)
    return parser


def show(host: Any, unit: str, *properties: str) -> dict[str, str]:
    lines = host.check_output("systemctl show %s -p %s", unit, ",".join(properties)).splitlines()
    return dict(line.split("=", 1) for line in lines)


# What is on the hosts ------------------------------------------------------------------------


def test_second_run_in_check_mode_reports_nothing() -> None:
    run = ansible_playbook("os-masakari-install", "--check", "--diff")
    assert run.code == 0, run.output
    assert run.changed == set(), run.output


def test_user_and_group(infra: Any) -> None:
    user = infra.user("masakari")
    assert (user.group, user.home, user.shell) == ("masakari", "/var/lib/masakari", "/bin/false")
    assert user.uid < 1000


@pytest.mark.parametrize(
    ("path", "owner", "group", "mode"),
    [
        ("/etc/masakari", "root", "masakari", 0o750),
        ("/etc/masakari/masakari.conf", "root", "masakari", 0o640),
        ("/etc/masakari/api-paste.ini", "root", "masakari", 0o640),
        ("/etc/masakari/policy.yaml", "root", "masakari", 0o640),
        ("/etc/masakari/masakari-api-uwsgi.ini", "root", "masakari", 0o640),
        ("/var/lib/masakari/tmp", "masakari", "masakari", 0o750),
        ("/etc/systemd/system/masakari-api.service", "root", "root", 0o644),
        ("/etc/systemd/system/masakari-engine.service", "root", "root", 0o644),
        ("/etc/default/etcd", "root", "root", 0o644),
    ],
)
def test_files(infra: Any, path: str, owner: str, group: str, mode: int) -> None:
    file = infra.file(path)
    assert (file.user, file.group, oct(file.mode)) == (owner, group, oct(mode))


def test_overrides_are_merged_into_what_the_role_writes(infra: Any) -> None:
    operator = yaml.safe_load(OPERATOR.read_text())
    written = {
        "masakari_masakari_conf_overrides": ini(infra, "/etc/masakari/masakari.conf"),
        "masakari_api_paste_ini_overrides": ini(infra, "/etc/masakari/api-paste.ini"),
        "masakari_api_uwsgi_ini_overrides": ini(infra, "/etc/masakari/masakari-api-uwsgi.ini"),
        "masakari_api_init_overrides": ini(infra, "/etc/systemd/system/masakari-api.service"),
        "masakari_engine_init_overrides": ini(infra, "/etc/systemd/system/masakari-engine.service"),
    }
    for variable, parser in written.items():
        for section, options in operator.get(variable, {}).items():
            for option, value in options.items():
                assert parser[section][option] == str(value).lower(), (variable, section, option)
    assert written["masakari_masakari_conf_overrides"]["taskflow"]["connection"].startswith("mysql+pymysql://")
    policy = yaml.safe_load(infra.file("/etc/masakari/policy.yaml").content_string)
    notify = {"os_masakari_api:notifications:create": "rule:admin_api or role:masakari_notifier"}
    assert policy == notify | operator.get("masakari_policy_overrides", {})


def test_configuration_was_validated() -> None:
    """A typing error in an override is refused, and the file stays as it is, on each host."""
    before = [connect(name).file("/etc/masakari/masakari.conf").sha256sum for name in INFRA]
    wrong = {"masakari_masakari_conf_overrides": {"host_failure": {"evacuate_all_instance": True}},
             "masakari_api_serial": "100%"}
    run = ansible_playbook("masakari", "--tags=masakari-config", "--extra-vars", json.dumps(wrong))
    assert run.code != 0
    assert run.output.count("evacuate_all_instance is not part of the sample config") >= len(INFRA)
    assert [connect(name).file("/etc/masakari/masakari.conf").sha256sum for name in INFRA] == before


def test_api_serves_one_request_a_process(infra: Any) -> None:
    uwsgi = ini(infra, "/etc/masakari/masakari-api-uwsgi.ini")["uwsgi"]
    assert (uwsgi["threads"], uwsgi["processes"], uwsgi["lazy-apps"]) == ("1", "2", "true")
    assert "connection: close" in infra.check_output(f"curl -s -i http://{INFRA['infra1']}:15868/healthcheck").lower()


@pytest.mark.parametrize("unit", UNITS)
def test_units_are_active_and_enabled(infra: Any, unit: str) -> None:
    assert infra.service(unit).is_running
    assert infra.service(unit).is_enabled
    assert show(infra, unit, "User", "Restart", "NeedDaemonReload") == {
        "User": "masakari",
        "Restart": "always",
        "NeedDaemonReload": "no",
    }


@pytest.mark.parametrize("unit", UNITS)
def test_logs_are_in_the_journal(infra: Any, unit: str) -> None:
    assert infra.check_output("journalctl -u %s -n 50 -o cat", unit)
    assert not infra.file("/var/log/masakari").exists or not infra.file("/var/log/masakari").listdir()


# What the cloud knows ------------------------------------------------------------------------


def test_database() -> None:
    sql = "SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='masakari'"
    assert cloud(f'mysql -N -e "{sql}"') == "utf8mb3"
    assert "ALL PRIVILEGES ON `masakari`.*" in cloud("mysql -N -e \"SHOW GRANTS FOR 'masakari'@'%'\"")
    tables = set(cloud("mysql -N -e 'SHOW TABLES' masakari").split())
    assert {"failover_segments", "hosts", "notifications"} <= tables
    assert {"atomdetails", "flowdetails", "logbooks"} <= tables, "taskflow's own tables"


def test_schema_was_written_once_after_the_upgrade_check() -> None:
    """Ansible's own log on the hosts tells what it ran; that a second run writes nothing, idempotence tells."""
    log = connect("infra1").check_output(
        "journalctl -o cat --no-pager _COMM=python3 | grep -E 'masakari-(manage|status)'"
    )
    runs = [line for line in log.splitlines() if " db sync" in line or "upgrade check" in line]
    assert "upgrade check" in runs[-2]
    assert "db sync" in runs[-1]
    assert connect("infra1").file("/var/lib/masakari/schema-revision").content_string
    for other in ("infra2", "infra3"):
        assert not connect(other).file("/var/lib/masakari/schema-revision").exists


def test_message_queue() -> None:
    vhosts = cloud("rabbitmqctl -q list_vhosts").split()
    assert "masakari" in vhosts
    assert "/masakari" not in vhosts
    assert "masakari\t.*\t.*\t.*" in cloud("rabbitmqctl -q list_permissions -p masakari")
    policies = json.loads(cloud("rabbitmqctl -q list_policies -p masakari --formatter json"))
    declared = yaml.safe_load(OPERATOR.read_text()).get("masakari_oslomsg_rpc_policies", [])
    assert {policy["name"] for policy in policies} == {policy["name"] for policy in declared}
    queues = cloud("rabbitmqctl -q list_queues -p masakari name type")
    assert "quorum" in queues


def test_identity() -> None:
    endpoints = {e["Interface"]: e["URL"] for e in openstack("endpoint list --service masakari")}
    assert endpoints == dict.fromkeys(("public", "internal", "admin"), f"{BALANCER}/v1/%(tenant_id)s")
    assert openstack("service show masakari")["type"] == "instance-ha"
    roles = openstack("role assignment list --user masakari --project instance-ha --names")
    assert {assignment["Role"] for assignment in roles} == {"admin", "service", "instance-ha"}


# What happens to services --------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_killed_service_comes_back(unit: str) -> None:
    host = connect("infra2")
    pid = show(host, unit, "MainPID")["MainPID"]
    host.check_output("kill -9 %s", pid)
    # Where cgroup v1 tells systemd 252 (Debian 12) nothing, it waits TimeoutStopSec for workers that have gone.
    wait_until(lambda: show(host, unit, "MainPID")["MainPID"] not in ("0", pid), 60, f"a new {unit}")
    wait_until(lambda: host.service(unit).is_running, 30, f"{unit} is active")
    wait_until(lambda: status(f"http://{INFRA['infra2']}:15868/healthcheck", "infra2") == 200, 60, "the API answers")


def etcdctl(arguments: str) -> list[str]:
    endpoints = ",".join(f"http://{address}:2379" for address in INFRA.values())
    return connect("infra1").run(f"ETCDCTL_API=3 etcdctl --endpoints={endpoints} {arguments} 2>&1").stdout.splitlines()


def healthy_members() -> int:
    return sum("is healthy" in line for line in etcdctl("endpoint health"))


def test_etcd_is_one_healthy_cluster() -> None:
    assert {line.split(", ")[2] for line in etcdctl("member list")} == set(INFRA)
    assert healthy_members() == 3
    assert all(host.service("etcd").is_enabled for host in map(connect, INFRA))


NOTIFY = """
import concurrent.futures, datetime, openstack
cloud = openstack.connect(cloud="default")
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
body = {"notification": {"type": "COMPUTE_HOST", "hostname": "compute1", "generated_time": now, "payload": {
    "event": "STARTED", "cluster_status": "ONLINE", "host_status": "NORMAL"}}}
def post(_):
    return cloud.instance_ha.post("/notifications", json=body).status_code
cloud.instance_ha.get_endpoint()
with concurrent.futures.ThreadPoolExecutor(9) as pool:
    print(sorted(pool.map(post, range(9))))
"""


def test_one_event_reported_nine_times_at_once_is_one_notification() -> None:
    """Only the lock that all API hosts share can tell."""
    result = subprocess.run(
        ["podman", "exec", "-i", "cloud1", "python3", "-W", "ignore", "-"], input=NOTIFY, capture_output=True, text=True
    )
    assert result.stdout.split() == str([202] + [409] * 8).split(), result.stdout + result.stderr


def test_a_member_of_etcd_that_listens_elsewhere_is_mended() -> None:
    elsewhere = "s|^ETCD_LISTEN_CLIENT_URLS=.*|ETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:2379|"
    connect("infra3").check_output(f"sed -i '{elsewhere}' /etc/default/etcd && systemctl restart etcd")
    assert healthy_members() == 2
    # On another a run was interrupted between its configuration and the restart.
    pid = "systemctl show etcd --property=MainPID --value"
    before = connect("infra2").check_output(f"touch /etc/default/etcd && {pid}")
    run = ansible_playbook("masakari", "--tags=masakari-coordination")
    assert run.code == 0, run.output[-3000:]
    assert run.changed == {"infra2", "infra3"}
    assert connect("infra2").check_output(pid) != before
    assert healthy_members() == 3


def test_the_api_survives_the_loss_of_a_host() -> None:
    wait_until(lambda: status(BALANCER) == 200, 30, "the API answers through the load balancer")
    subprocess.run(["podman", "stop", "--time", "0", "infra3"], check=True, capture_output=True)
    try:
        wait_until(lambda: openstack("segment list"), 30, "an answer from the others")
        assert status("http://172.29.236.11:15868/healthcheck") == 200
        assert status("http://172.29.236.12:15868/healthcheck") == 200
    finally:
        subprocess.run(["podman", "start", "infra3"], check=True, capture_output=True)
    wait_until(lambda: status("http://172.29.236.13:15868/healthcheck") == 200, 120, "infra3 is back by itself")
