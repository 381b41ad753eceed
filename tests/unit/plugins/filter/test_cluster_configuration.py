# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.cluster_configuration import cluster_configuration
from ansible_collections.openstack_ha.masakari.plugins.filter.fencing_level_problems import fencing_level_problems
from ansible_collections.openstack_ha.masakari.plugins.filter.unfenced_nodes import unfenced_nodes
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _cib

TIMES = {"monitor_interval": "10s", "monitor_timeout": "15s", "start_timeout": "15s", "reconnect_interval": "60s"}
REMOTES = {"compute2": "10.0.0.22", "compute1": "10.0.0.21"}
DEVICE = {"id": "fence-maas", "agent": "stonith:fence_maas", "attributes": {"url": "http://maas/MAAS"},
          "nodes": {"infra1": "infra1", "compute1": "rack2-7"}}
VIP = {"name": "internal", "address": "10.0.0.9", "prefix": 24}
EMPTY = "<cib epoch='1'><configuration><crm_config/><nodes/><resources/><constraints/></configuration></cib>"


def test_remotes_stand_in_order_with_their_times():
    resources = cluster_configuration(REMOTES, remote=TIMES)["resources"]
    assert [(resource["id"], resource["attributes"]["server"]) for resource in resources] == [
        ("compute1", "10.0.0.21"), ("compute2", "10.0.0.22")]
    assert resources[0]["operations"] == [
        {"name": "monitor", "interval": "10s", "timeout": "15s"}, {"name": "start", "timeout": "15s"}]


def test_a_device_knows_nodes_by_its_own_names():
    configuration = cluster_configuration({}, [DEVICE], remote=TIMES)
    assert configuration["properties"]["stonith-enabled"] is True
    assert configuration["resources"][0]["attributes"] == {
        "pcmk_host_check": "static-list", "pcmk_host_map": "compute1:rack2-7;infra1:infra1", "pcmk_action_limit": -1,
        "url": "http://maas/MAAS"}


@pytest.mark.parametrize("attributes", [{}, {"attributes": None}, {"attributes": {}}], ids=["missing", "none", "empty"])
def test_a_device_without_attributes(attributes):
    device = {key: value for key, value in DEVICE.items() if key != "attributes"} | attributes
    assert set(cluster_configuration({}, [device], remote=TIMES)["resources"][0]["attributes"]) == {
        "pcmk_host_check", "pcmk_host_map", "pcmk_action_limit"}


def test_a_device_that_failed_is_tried_again():
    assert cluster_configuration({}, [DEVICE], remote=TIMES)["resources"][0]["meta"] == {"failure-timeout": "60s"}


def test_everything_is_let_run_on_members_alone():
    configuration = cluster_configuration(REMOTES, [DEVICE], [VIP], remote=TIMES)
    assert [(rule["resources"], rule["node_kind"], rule["score"], rule["discovery"])
            for rule in configuration["constraints"]] == [
        (["vips"], "cluster", "0", "exclusive"), (["fence-maas"], "cluster", "0", "exclusive"),
        (["compute1", "compute2"], "cluster", "0", "exclusive")]
    assert configuration["properties"]["symmetric-cluster"] is False


def test_balancers_run_on_every_member_and_addresses_beside_one():
    configuration = cluster_configuration(REMOTES, [], [VIP], balancers=3, remote=TIMES)
    clone = next(resource for resource in configuration["resources"] if resource["id"] == "haproxy-clone")
    assert clone["meta"] == {"clone-max": 3, "clone-node-max": 1, "interleave": True}
    assert clone["clone"]["agent"] == "systemd:haproxy"
    rules = {rule["id"]: rule for rule in configuration["constraints"]}
    rule = rules["loc-haproxy-clone"]
    assert (rule["node_kind"], rule["discovery"], rule["score"]) == ("cluster", "exclusive", "0")
    assert (rules["col-vips-haproxy"]["resource"], rules["col-vips-haproxy"]["with_resource"]) == (
        "vips", "haproxy-clone")


def test_balancers_without_an_address_have_nothing_beside_them():
    rules = cluster_configuration({}, balancers=3, remote=TIMES)["constraints"]
    assert [rule["id"] for rule in rules] == ["loc-haproxy-clone"]


def test_another_number_of_members_changes_the_clone_alone():
    three, two = (_cib.plan(EMPTY, cluster_configuration(REMOTES, [DEVICE], [VIP], balancers=number, remote=TIMES), "o")
                  for number in (3, 2))
    differing = [(before, after) for before, after in zip(three.after.splitlines(), two.after.splitlines(), strict=True)
                 if before != after]
    assert len(differing) == 1
    assert 'name="clone-max" value="2"' in differing[0][1]


def test_a_fourth_host_changes_nothing_of_the_others():
    """What the diff shows: the host, its place in the rule, in the device's list and among what is owned."""
    def configuration(names):
        device = {**DEVICE, "nodes": {name: name for name in names}}
        return cluster_configuration({name: f"10.0.0.{name[-1]}" for name in names}, [device], [VIP], balancers=3,
                                     remote=TIMES)
    three = _cib.plan(EMPTY, configuration(["compute1", "compute2", "compute3"]), "o")
    four = _cib.plan(three.next_cib, configuration(["compute1", "compute2", "compute3", "compute4"]), "o")
    assert four.removed == ()
    before, after = (set(plan.splitlines()) for plan in (four.before, four.after))
    assert all("compute4" in line for line in after - before), after - before
    assert [line.strip().split()[2] for line in before - after] == ['name="pcmk_host_map"']
    again = _cib.plan(four.next_cib, configuration(["compute1", "compute2", "compute3"]), "o")
    assert (again.after, again.removed, again.removed_nodes) == (three.after, ("compute4",), ("compute4",))


def test_nothing_to_run():
    configuration = cluster_configuration({}, remote=TIMES)
    assert (configuration["resources"], configuration["constraints"]) == ([], [])
    assert configuration["properties"]["stonith-enabled"] is False


def test_the_module_takes_it():
    configuration = cluster_configuration(REMOTES, [DEVICE], [VIP], balancers=3, remote=TIMES)
    plan = _cib.plan(EMPTY, configuration, "owner")
    assert not _cib.plan(plan.next_cib, configuration, "owner").changed


@pytest.mark.parametrize("nodes, devices, accepted, expected", [
    (["infra1", "compute1"], [DEVICE], {}, []),
    (["infra1", "infra2", "compute2"], [DEVICE], {}, ["compute2", "infra2"]),
    (["infra1", "infra2"], [DEVICE], {"infra2": "a virtual machine without a BMC"}, []),
    (["infra1", "infra2"], [DEVICE], {"infra2": " "}, ["infra2"]),
    (["infra1", "infra2"], [DEVICE], {"infra2": None}, ["infra2"]),
    (["infra1"], [], None, ["infra1"]),
    (["infra1"], [{"id": "other"}, {"id": "third", "nodes": None}], None, ["infra1"]),
])
def test_unfenced_nodes(nodes, devices, accepted, expected):
    assert unfenced_nodes(nodes, devices, accepted) == expected


LEVEL = {"node": "compute1", "index": 1, "devices": ["fence-maas"]}


@pytest.mark.parametrize("levels, expected", [
    ([], []),
    ([LEVEL, {**LEVEL, "index": 2}], []),
    ([LEVEL, {**LEVEL, "index": 2, "devices": ["fence-maas", "fence-rack"]}], [
        "pacemaker_cluster_fencing_levels: level 2 of compute1 names fence-rack, which is not in "
        "pacemaker_cluster_devices. Declare it there, or correct the name."]),
    ([{**LEVEL, "node": "compute2"}], [
        "pacemaker_cluster_fencing_levels: level 1 of compute2 names fence-maas, which does not cover compute2. "
        "Add compute2 to its nodes in pacemaker_cluster_devices."]),
    ([{**LEVEL, "devices": []}], [
        "pacemaker_cluster_fencing_levels: level 1 of compute1 names no device. Name one of pacemaker_cluster_devices, "
        "or remove the level."]),
])
def test_fencing_level_problems(levels, expected):
    assert fencing_level_problems(levels, [DEVICE]) == expected
