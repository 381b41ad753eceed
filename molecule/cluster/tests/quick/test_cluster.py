# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster that stands, and what a run of the playbook does to it."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest
from cluster import API, CA, MEMBERS, REMOTES, VIP, ask_api, maas, monitor, on_member, podman, started_on
from lab import CHECKOUT, ansible_playbook, connect, openstack

# Passwords of the inventory - lab-only-masakari and what each is for -, and the key of MAAS
SECRETS = re.compile(r"lab-only-masakari-\w+|lab-only-maas-secret|lab-token")


def test_members_and_remotes_are_online():
    nodes = {node.get("name"): (node.get("type"), node.get("online"), node.get("unclean"))
             for node in monitor().findall(".//nodes/node")}
    assert nodes == {**dict.fromkeys(MEMBERS, ("member", "true", "false")),
                     **dict.fromkeys(REMOTES, ("remote", "true", "false"))}


def test_the_fencing_device_runs():
    device = monitor().find(".//resource[@id='fence-maas']")
    assert (device.get("role"), device.get("failed")) == ("Started", "false")


def test_balancers_run_on_all_members_and_the_address_is_on_one():
    assert started_on("haproxy") == set(MEMBERS)
    assert len(started_on("vip-internal")) == 1
    [holder] = started_on("vip-internal")
    assert VIP in connect(holder).run("ip -brief -4 address show").stdout


def test_the_api_answers_by_https_at_the_address():
    token = openstack("token issue")["id"]
    answer = connect("cloud1").run(
        f"curl -s --fail --cacert /root/lab-ca.pem -H 'X-Auth-Token: {token}' {API}/v1/segments")
    assert answer.rc == 0, answer.stderr
    assert "segments" in answer.stdout
    assert connect("cloud1").run(f"curl -s {API}/").rc == 60, "the certificate is of a CA that nobody trusts by itself"


@pytest.mark.parametrize("host", MEMBERS)
def test_private_keys_are_for_root_alone(host):
    pem = connect(host).file("/etc/haproxy/masakari-api.pem")
    assert (pem.user, pem.mode) == ("root", 0o600)
    assert (CA.parent / "ca.key").stat().st_mode & 0o777 == 0o600


def test_the_configuration_is_valid():
    assert on_member("crm_verify -LV 2>&1") == ""


@pytest.mark.parametrize("host", [*MEMBERS, *REMOTES])
def test_keys_are_for_their_owners_alone(host):
    key = connect(host).file("/etc/pacemaker/authkey")
    assert (key.user, key.group, key.mode) == ("root", "haclient", 0o640)
    assert key.sha256sum == connect("infra1").file("/etc/pacemaker/authkey").sha256sum


def keys_of_the_cluster():
    """Those of Corosync and Pacemaker, in the form in which Ansible hands them over."""
    answers = [connect("infra1").run(f"base64 --wrap=0 {path}")
               for path in ("/etc/corosync/authkey", "/etc/pacemaker/authkey")]
    assert all(answer.rc == 0 and len(answer.stdout) > 100 for answer in answers)
    return [answer.stdout for answer in answers]


@pytest.mark.parametrize("host", MEMBERS)
def test_secrets_of_members(host):
    for path, mode in (("/etc/corosync/authkey", 0o400), ("/etc/pacemaker/fence_maas.key", 0o600)):
        key = connect(host).file(path)
        assert (key.user, key.mode) == ("root", mode)
    for place in ("crm configure show", "ps -ef", "journalctl --no-pager", "cat /var/log/pacemaker/pacemaker.log",
                  "cat /var/lib/pacemaker/cib/*.xml"):
        shown = connect(host).run(f"{place} | grep -v grep").stdout
        assert SECRETS.search(shown) is None, place
        assert not any(key in shown for key in keys_of_the_cluster()), place


def test_every_member_can_ask_maas():
    for host in MEMBERS:
        for machine in (*MEMBERS, *REMOTES):
            answer = connect(host).run("fence_maas -o status -u http://172.29.236.1:5240/MAAS -n %s", machine)
            assert (answer.rc, answer.stdout) == (0, "on\n"), answer.stderr


def test_check_mode_tells_the_truth_and_no_secret():
    run = ansible_playbook("cluster", "--check", "--diff", "-vvv")
    assert run.code == 0, run.output[-2000:]
    assert run.changed == set()
    assert SECRETS.search(run.output) is None
    assert not any(key in run.output for key in keys_of_the_cluster())


@pytest.mark.parametrize("fault, words", [
    ({"locked": True}, "compute2: the machine is locked in MAAS: unlock it"),
    ({"power_type": "manual"}, "compute2: its power type in MAAS is manual"),
])
def test_preflight_of_maas_stops_before_anything_is_changed(fault, words):
    maas("machines/compute2", "PUT", fault)
    try:
        run = ansible_playbook("cluster", "--tags", "never-matches")
    finally:
        maas("faults", "DELETE")
    assert run.code != 0
    assert words in " ".join(run.output.split())


def test_pacemaker_accepts_five_hundred_remotes():
    """The benchmark times our part of it; here Pacemaker checks the result, and plans to fence none of them."""
    result = subprocess.run([sys.executable, CHECKOUT / "tests/benchmark/cib.py", "--print"],
                            check=True, capture_output=True, text=True)
    cib = CHECKOUT / ".cache/500.xml"
    cib.write_text(result.stdout, encoding="utf-8")
    podman("cp", str(cib), "infra1:/root/500.xml")
    assert result.stdout.count('<primitive id="compute') == 500
    assert on_member("crm_verify --xml-file /root/500.xml 2>&1", "infra1") == ""
    planned = on_member("crm_simulate --run --xml-file /root/500.xml --output-as=xml", "infra1")
    assert "Fence" not in planned
    assert planned.count("compute500") > 1


def test_the_agent_is_one_that_pacemaker_knows():
    shown = ElementTree.fromstring(on_member("stonith_admin --metadata --agent fence_maas"))
    assert shown.get("name") == "fence_maas"


def test_a_node_without_a_device_stops_the_play():
    machines = "{maas_stonith_machines: {infra1: infra1, infra2: infra2, infra3: infra3, compute1: compute1}}"
    run = ansible_playbook("cluster", "--limit", "infra1", "--extra-vars", machines)
    assert run.code != 0
    assert "compute2, compute3: no fencing device covers it" in " ".join(run.output.split())


@pytest.mark.parametrize("variables, words", [
    ("{pacemaker_cluster_addresses: []}", "there is no virtual address. Declare one in pacemaker_cluster_addresses"),
    ("{masakari_haproxy_private_key: ''}", "Only one of masakari_haproxy_certificate"),
    ("{masakari_haproxy_certificate: /nowhere.pem}", "masakari_haproxy_certificate names /nowhere.pem"),
])
def test_preflight_of_the_balancer_stops_before_anything_is_changed(variables, words):
    run = ansible_playbook("cluster", "--tags", "never-matches", "--extra-vars", variables)
    assert run.code != 0
    assert words in " ".join(run.output.split())


def test_a_renewed_certificate_loses_no_request():
    """A client asks without a pause while all members get a new certificate."""
    served = f"openssl s_client -connect {VIP}:15868 </dev/null 2>/dev/null | openssl x509 -noout -serial"
    before = on_member(served)
    end = on_member(served.replace("-serial", "-enddate")).partition("=")[2].strip()
    lasts = int(ssl.cert_time_to_seconds(end) - time.time()) // 86400
    client = connect("cloud1")
    client.run("rm -f /root/stop /root/answers")
    asking = ("while [ ! -e /root/stop ]; do curl -s -m 10 -o /dev/null -w '%{http_code} %{errormsg}\\n' "
              f"--cacert /root/lab-ca.pem {API}/healthcheck; done > /root/answers")
    assert client.run("systemd-run --collect --unit=ask bash -c %s", asking).succeeded
    try:
        run = ansible_playbook("cluster", "--tags", "pki", "--extra-vars",
                               f"masakari_pki_days={lasts + 40} masakari_pki_renew_days={lasts + 20}")
    finally:
        client.run("touch /root/stop")
    assert run.code == 0, run.output[-2000:]
    assert run.changed == set(MEMBERS)
    assert on_member(served) != before
    answers = client.file("/root/answers").content_string.splitlines()
    print(f"{len(answers)} requests during the renewal")
    assert len(answers) > 100
    assert {answer.strip() for answer in answers} == {"200"}
    assert ask_api() == "200"
