# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitors on the lab's compute hosts, and what their credentials can do."""

from __future__ import annotations

import json
from typing import Any

from lab import connect

COMPUTE = ("compute1", "compute2", "compute3")
CONF = "/etc/masakarimonitors/masakarimonitors.conf"
USER = "masakari-monitor"
PROGRAMS = "/usr/local/lib/masakari-monitors"

# Typed on cloud1 with the credentials that lie on a compute host: the status of each request.
ASK = """
import configparser, datetime, json, sys, uuid
import openstack
parser = configparser.RawConfigParser()
parser.read_string(sys.stdin.read())
api = parser["api"]
cloud = openstack.connection.Connection(region_name=api["region"], interface="internal", auth={
    "auth_url": api["auth_url"], "username": api["username"], "password": api["password"].replace("$$", "$"),
    "user_domain_id": api["user_domain_id"], "project_name": api["project_name"],
    "project_domain_id": api["project_domain_id"]})
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
started = {"notification": {"type": "PROCESS", "hostname": "compute1", "generated_time": now, "payload": {
    "event": "STARTED", "process_name": f"nothing-{uuid.uuid4()}"}}}
def status(service, method, path, **body):
    return service.request(path, method, raise_exc=False, **body).status_code
ha, nova, keystone = cloud.instance_ha, cloud.compute, cloud.identity
server = "/servers/" + str(uuid.uuid4())
print(json.dumps({
    "notify": status(ha, "POST", "/notifications", json=started),
    "list notifications": status(ha, "GET", "/notifications"),
    "list segments": status(ha, "GET", "/segments"),
    "create a segment": status(ha, "POST", "/segments", json={"segment": {
        "name": "x", "recovery_method": "auto", "service_type": "COMPUTE"}}),
    "list everybody's servers": status(nova, "GET", "/servers/detail?all_tenants=True"),
    "list services": status(nova, "GET", "/os-services"),
    "list hypervisors": status(nova, "GET", "/os-hypervisors"),
    "list users": status(keystone, "GET", "/users"),
}))
"""


def ask_with_credentials_of(host: str) -> dict[str, int]:
    import subprocess

    conf = connect(host).file(CONF).content_string
    done = subprocess.run(["podman", "exec", "-i", "cloud1", "python3", "-W", "ignore", "-c", ASK], input=conf,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def main_pid(host: Any, unit: str) -> str:
    return host.check_output("systemctl show --property=MainPID --value %s", unit)


def as_monitor(host: Any, command: str) -> Any:
    return host.run(f"runuser --user={USER} -- {command}")


def said(host: str, unit: str, since: str) -> str:
    """What a unit wrote into the journal since a time, as `date +%s` gives it."""
    return connect(host).run(f"journalctl --quiet --output=cat --unit={unit} --since=@{since}").stdout


def clock(host: str) -> str:
    return connect(host).check_output("date +%s")
