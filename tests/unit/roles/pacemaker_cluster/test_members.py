# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who stays in the cluster when the inventory changes, who is removed, and who is waited for."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.corosync_nodes import corosync_nodes
from jinja2 import Environment

TEMPLATE = Path(__file__).resolve().parents[4] / "roles/pacemaker_cluster/templates/corosync.conf.j2"
THREE = {f"infra{number}": [f"10.0.0.1{number}"] for number in (1, 2, 3)}
TWO = {name: THREE[name] for name in ("infra1", "infra2")}
NODES = """<nodes>
  <node id="1" uname="infra1"/>
  <node id="3" uname="infra3"><instance_attributes id="nodes-3"/></node>
  <node id="compute1" uname="compute1" type="remote"/>
  <node type="remote" id="compute2" uname="compute2"/>
  <node id="2" uname="infra2"/>
</nodes>"""
REMOVED = "crm_node --force --remove infra3"


def part(name):
    return {"ansible.builtin.import_role": {"name": "openstack_ha.masakari.pacemaker_cluster", "tasks_from": name}}


WRITE = {"ansible.builtin.template": {
    "src": str(TEMPLATE), "dest": "corosync.conf", "mode": "0644"}}


def configure(lab, members, *arguments, hosts="infra1,infra2", **variables):
    return lab.play(hosts, part("members"), WRITE, arguments=arguments, pacemaker_cluster_members=members,
                    __pacemaker_cluster_corosync_conf="corosync.conf", **variables)


def numbers(lab, host="infra1"):
    present = [(lab[host] / "corosync.conf").read_text()]
    return {node["name"]: node["nodeid"] for node in corosync_nodes({}, present, cluster="masakari")}


@pytest.fixture
def cluster(lab):
    """Three members that run."""
    lab.start(*THREE)
    corosync_conf = Environment(trim_blocks=True, keep_trailing_newline=True).from_string(TEMPLATE.read_text()).render(
        ansible_managed="Ansible managed", pacemaker_cluster_name="masakari", pacemaker_cluster_token=3000,
        __pacemaker_cluster_nodes=corosync_nodes(THREE, cluster="masakari"))
    for name in THREE:
        (lab[name] / "corosync.conf").write_text(corosync_conf)
        (lab[name] / "running").touch()
        (lab[name] / "partition").write_text("infra1 infra2 infra3\n")
        (lab[name] / "nodes").write_text(NODES)
        (lab[name] / "state").write_text("LoadState=loaded\nActiveState=active\n")
    return lab


def test_a_new_cluster(lab):
    lab.start(*THREE)
    assert configure(lab, THREE, hosts="infra1,infra2,infra3").code == 0
    assert numbers(lab) == numbers(lab, "infra3") == {"infra1": 1, "infra2": 2, "infra3": 3}


def test_a_member_that_leaves_the_inventory_stays(cluster):
    run = configure(cluster, TWO)
    assert (run.code, run.changed) == (0, set()), run.output
    assert ("infra3 is a member of the cluster and not in the inventory: it stays until "
            "pacemaker_cluster_remove_members=true") in run.said


def test_a_running_member_is_not_removed(cluster):
    run = configure(cluster, TWO, "-e", "pacemaker_cluster_remove_members=true")
    assert run.code != 0 and run.changed == set()
    assert "infra3 is not in pacemaker_cluster_members (infra1, infra2), but runs in the cluster. Stop it" in run.said


def test_a_stopped_member_is_removed(cluster):
    for name in TWO:
        (cluster[name] / "partition").write_text("infra1 infra2\n")
    run = configure(cluster, TWO, "-e", "pacemaker_cluster_remove_members=true")
    assert (run.code, numbers(cluster)) == (0, {"infra1": 1, "infra2": 2}), run.output
    assert "two_node: 1" in (cluster["infra1"] / "corosync.conf").read_text()


def test_a_member_installed_anew_learns_from_one_that_runs(cluster):
    """The file of infra1 is that of the package, the one of infra2 is old, since it was away."""
    old = (cluster["infra2"] / "corosync.conf").read_text()
    (cluster["infra1"] / "corosync.conf").write_text("totem {\n}\nnodelist {\nnode {\nname: node1\nnodeid: 1\n}\n}\n")
    (cluster["infra3"] / "corosync.conf").write_text(old.replace("nodeid: 1", "nodeid: 9"))
    for name in TWO:
        (cluster[name] / "running").unlink()
    run = configure(cluster, THREE)
    assert (run.code, numbers(cluster)) == (0, {"infra1": 9, "infra2": 2, "infra3": 3}), run.output


def test_a_dead_member_stays(cluster):
    cluster["infra3"].rename(cluster["gone"])
    run = configure(cluster, THREE)
    assert (run.code, run.changed) == (0, set()), run.output


def serve(lab, members, *arguments, hosts="infra1,infra2"):
    return lab.play(hosts, part("service"), arguments=arguments, pacemaker_cluster_members=members,
                    __pacemaker_cluster_packages={"changed": False})


def test_who_is_down_and_left_out_is_not_waited_for(cluster):
    for name in TWO:
        (cluster[name] / "partition").write_text("infra1 infra2\n")
    run = serve(cluster, THREE, "--limit", "!infra3", hosts="infra1,infra2,infra3")
    assert (run.code, run.changed) == (0, set()), run.output


def test_removal_from_pacemaker(cluster):
    foretold = serve(cluster, TWO, "--check", "-e", "pacemaker_cluster_remove_members=true")
    assert (foretold.code, foretold.changed) == (0, {"infra1"}), foretold.output
    assert "infra3 would be removed from the cluster." in foretold.said
    run = serve(cluster, TWO, "-e", "pacemaker_cluster_remove_members=true")
    assert (run.code, run.changed) == (0, {"infra1"}), run.output
    assert (cluster["infra1"] / "calls").read_text().splitlines().count(REMOVED) == 1
    assert not (cluster["infra2"] / "calls").read_text().count("--remove")


def test_nobody_is_removed_untold(cluster):
    assert serve(cluster, TWO).changed == set()
    assert "--remove" not in (cluster["infra1"] / "calls").read_text()


def test_check_mode_where_pacemaker_does_not_run(cluster):
    for name in THREE:
        (cluster[name] / "nodes").unlink()
        (cluster[name] / "partition").unlink()
    run = serve(cluster, THREE, "--check", "-e", "pacemaker_cluster_remove_members=true")
    assert run.code == 0, run.output


@pytest.mark.parametrize(("name", "fine"), [("masakari", True), ("prod", False)])
def test_another_cluster_is_left_alone(cluster, name, fine):
    for host in THREE:
        present = cluster[host] / "corosync.conf"
        present.write_text(present.read_text().replace("    cluster_name: masakari", f"\tcluster_name: {name}"))
    run = cluster.play("infra1,infra2", part("preflight"), pacemaker_cluster_members=THREE,
                       __pacemaker_cluster_corosync_conf="corosync.conf")
    assert (run.code == 0) is fine, run.output
    assert ("infra1 belongs to another cluster, prod (nodes: infra1, infra2, infra3), by its corosync.conf. "
            "That one is left alone. Set pacemaker_cluster_name" in run.said) is not fine


def test_a_host_without_corosync_belongs_to_nobody(lab):
    lab.start("infra1")
    run = lab.play("infra1", part("preflight"), pacemaker_cluster_members=THREE,
                   __pacemaker_cluster_corosync_conf="corosync.conf")
    assert run.code == 0, run.output
