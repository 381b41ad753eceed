# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose key the others get: that of the living cluster, whichever host was installed anew."""

from __future__ import annotations

import base64
import grp
import os

import pytest

MEMBERS = ["infra1", "infra2", "infra3"]
KEY = b"\0\xff key of the living cluster \n\0"
OTHER = b"\0\xff key of nobody \n\0"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the key belongs to root")


def share(lab, hosts="infra1,infra2,infra3", *arguments, **options):
    sources = {"cluster_key_hosts": MEMBERS} if hosts != "compute1" else {}
    role = {"ansible.builtin.include_role": {"name": "openstack_ha.masakari.cluster_key"}}
    return lab.play(hosts, role, arguments=arguments, cluster_key_host="infra1", cluster_key_path="authkey",
                    cluster_key_group=grp.getgrgid(0).gr_name, cluster_key_mode="0640", **sources, **options)


def keys(lab, *hosts):
    return {host: (lab[host] / "authkey").read_bytes() for host in hosts or MEMBERS if (lab[host] / "authkey").exists()}


def has(lab, key, *hosts):
    for host in hosts:
        (lab[host] / "authkey").write_bytes(key)
        (lab[host] / "authkey").chmod(0o640)


def test_a_key_is_made_once(lab):
    lab.start(*MEMBERS)
    assert share(lab, "infra1,infra2,infra3", "--check").code == 0 and keys(lab) == {}
    run = share(lab)
    assert (run.code, keys(lab)) == (0, dict.fromkeys(MEMBERS, b"made\n")), run.output
    assert (lab["infra3"] / "authkey").stat().st_mode & 0o777 == 0o640
    assert share(lab).changed == set()


@pytest.mark.parametrize("hosts", ["infra1,infra2,infra3", "infra1"])
def test_the_first_member_was_installed_anew(lab, hosts):
    lab.start(*MEMBERS)
    has(lab, KEY, "infra2", "infra3")
    foretold = share(lab, hosts, "--check")
    assert (foretold.code, foretold.changed, keys(lab, "infra1")) == (0, {"infra1"}, {}), foretold.output
    run = share(lab, hosts, "-vvv")
    assert (run.code, run.changed, keys(lab)) == (0, {"infra1"}, dict.fromkeys(MEMBERS, KEY)), run.output
    assert base64.b64encode(KEY).decode() not in run.output


def test_members_with_different_keys_are_refused(lab):
    lab.start(*MEMBERS)
    has(lab, KEY, "infra1", "infra3")
    has(lab, OTHER, "infra2")
    run = share(lab)
    assert run.code != 0 and set(keys(lab).values()) == {KEY, OTHER}
    one, other = sorted(["infra1, infra3", "infra2"], key=lambda hosts: f"one key on {hosts} and" not in run.said)
    assert f"authkey is one key on {one} and another on {other}. See which of them run the living cluster" in run.said


def test_a_key_that_the_package_made_counts_for_nothing(lab):
    """One on each new host. That of the first one will do for a new cluster, and none of them for a living one."""
    lab.start(*MEMBERS)
    for number, host in enumerate(MEMBERS):
        has(lab, b"of the package %d" % number, host)
    assert share(lab).code != 0
    foretold = share(lab, "infra1,infra2,infra3", "--check", cluster_key_used_path="cib.xml")
    assert (foretold.code, len(set(keys(lab).values()))) == (0, 3), foretold.output
    run = share(lab, cluster_key_used_path="cib.xml")
    assert (run.code, keys(lab)) == (0, dict.fromkeys(MEMBERS, b"of the package 0")), run.output
    for host in MEMBERS:
        (lab[host] / "cib.xml").touch()
    assert share(lab, cluster_key_used_path="cib.xml").changed == set()

    has(lab, OTHER, "infra1")
    (lab["infra1"] / "cib.xml").unlink()
    run = share(lab, cluster_key_used_path="cib.xml")
    assert (run.code, run.changed) == (0, {"infra1"}), run.output
    assert keys(lab) == dict.fromkeys(MEMBERS, b"of the package 0")


def test_a_dead_member_does_not_matter_while_another_has_the_key(lab):
    lab.start("infra2", "infra3")
    has(lab, KEY, "infra3")
    run = share(lab, "infra2,infra3")
    assert (run.code, keys(lab)) == (0, {"infra2": KEY, "infra3": KEY}), run.output


def test_no_key_is_made_while_a_member_may_have_one(lab):
    lab.start("infra1", "infra2")
    run = share(lab, "infra1,infra2")
    assert run.code != 0 and keys(lab) == {}
    assert "infra3 does not answer, and nobody else of infra1, infra2, infra3 has authkey." in run.said


@pytest.mark.parametrize("before", [None, OTHER], ids=["none", "another"])
def test_a_remote_node_gets_the_key_of_the_members(lab, before):
    lab.start(*MEMBERS, "compute1")
    has(lab, KEY, "infra1")
    if before:
        has(lab, before, "compute1")
    foretold = share(lab, "compute1", "--check")
    assert (foretold.code, foretold.changed) == (0, {"compute1"}), foretold.output
    assert keys(lab, "compute1").get("compute1") == before
    run = share(lab, "compute1")
    assert (run.code, run.changed, keys(lab, "compute1")) == (0, {"compute1"}, {"compute1": KEY}), run.output
    assert share(lab, "compute1").changed == set()


def test_no_key_is_made_for_a_remote_node(lab):
    lab.start(*MEMBERS, "compute1")
    run = share(lab, "compute1")
    assert run.code != 0 and keys(lab, "infra1", "compute1") == {}
    assert "compute1 needs the key of the cluster, and infra1 has no authkey. Run the playbook cluster" in run.said
    assert share(lab, "compute1", "--check").code == 0
