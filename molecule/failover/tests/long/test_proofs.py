# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A segment is enabled once its hosts can be fenced and share their guests' disks; host aggregates make segments."""

from __future__ import annotations

from cluster import on_member
from drills import DECLARED, play
from lab import cloud, connect, openstack


def enabled() -> dict[str, bool]:
    return {row["name"]: str(row["is_enabled"]) == "True" for row in openstack("segment list")}


def test_the_labs_segment_is_proven():
    assert enabled() == {DECLARED["name"]: True}
    for host in ("compute1", "compute2", "compute3"):
        assert connect(host).run("ls -A /var/lib/nova/instances | grep '^.masakari-'").stdout == ""


def test_disks_that_are_not_shared():
    run = play("segments", masakari_instances_directory="/srv")
    assert "/srv is not one file system on its hosts (compute1 / compute2 / compute3)" in " ".join(run.output.split())
    assert enabled() == {DECLARED["name"]: False}
    assert "WARNING: segment S1 is disabled, nothing in it is recovered" in " ".join(play("verify").output.split())
    play("segments")
    assert enabled() == {DECLARED["name"]: True}


def test_a_host_without_a_device():
    """The cluster's device is told of two hosts alone."""
    covers = on_member("crm_resource --resource fence-maas --get-parameter pcmk_host_map").strip()
    fewer = ";".join(part for part in covers.split(";") if not part.startswith("compute2:"))
    set_map = "crm_resource --resource fence-maas --set-parameter pcmk_host_map --parameter-value '{}' --force"
    on_member("crm_attribute --node compute2 --name maintenance --update true")
    on_member(set_map.format(fewer))
    try:
        run = play("segments")
        assert "no fencing device of the cluster covers compute2" in " ".join(run.output.split())
        assert enabled() == {DECLARED["name"]: False}
    finally:
        on_member(set_map.format(covers))
        on_member("crm_attribute --node compute2 --name maintenance --delete")
    play("segments")
    assert enabled() == {DECLARED["name"]: True}


def test_segments_of_aggregates():
    cloud("openstack aggregate create az1 && openstack aggregate add host az1 compute1 && "
          "openstack aggregate add host az1 compute2")
    try:
        old = {"name": DECLARED["name"], "state": "absent", "purge_hosts": True}
        play("segments", masakari_segments=[old], masakari_segments_from_aggregates=["az*"])
        assert enabled() == {"az1": True}
        hosts = {row["name"] for row in openstack("segment host list az1")}
        assert hosts == {"compute1", "compute2"}
    finally:
        cloud("openstack aggregate remove host az1 compute1; openstack aggregate remove host az1 compute2; "
              "openstack aggregate delete az1")
        play("segments", masakari_segments=[DECLARED, {"name": "az1", "state": "absent", "purge_hosts": True}])
    assert enabled() == {DECLARED["name"]: True}
