# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks of the operator at 3 a.m. against a real Masakari; Nova, Pacemaker and libvirt are stand-ins."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fake_cluster
import pytest
from cloud import PASSWORD, Cloud

ROOT = Path(__file__).resolve().parents[2]
COMPUTES = ["compute1", "compute2", "compute3"]
SEGMENTS = [{"name": "S1", "recovery_method": "reserved_host", "hosts": [
    {"name": "compute1"}, {"name": "compute2"}, {"name": "compute3", "reserved": True}]}]


class Site:
    """A small site: infra1 and the compute hosts are names of this machine, told apart by their Python."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.programs = fake_cluster.lay_out(Path(cloud.dir, f"site-{time.monotonic_ns()}"), COMPUTES)
        self.state_file = self.programs / "state.json"
        self.instances = self.programs / "instances"
        for directory in ("shared", "local"):
            (self.instances / directory).mkdir(parents=True)
        self.disks: dict[str, str] = {}
        self._stop = threading.Event()
        threading.Thread(target=self._report_to_nova, daemon=True).start()

    def _report_to_nova(self) -> None:
        while not self._stop.wait(0.2):
            for host, node in self.state().items():
                service = self.cloud.nova.services[host]
                service["state"] = "up" if node["power"] else "down"
                if node["power"]:
                    service["updated_at"] = f"{time.time():.3f}"

    def close(self) -> None:
        self._stop.set()

    def state(self) -> fake_cluster.State:
        while True:
            try:
                return fake_cluster.load(self.state_file)
            except ValueError:  # it is being written
                time.sleep(0.01)

    def set(self, host: str, **values: Any) -> None:
        state = self.state()
        state[host] |= values
        fake_cluster.save(self.state_file, state)

    def fail(self, host: str, reserve: str | None = None) -> None:
        """As Masakari and the gate leave it: fenced, held out, on maintenance, disabled; the reserve in use."""
        self.set(host, power=False, fenced=True, held=True)
        self.flag(host, on_maintenance=True, reserved=False)
        self.cloud.nova.services[host].update(status="disabled", disabled_reason="Masakari detected host failed.")
        if reserve:
            self.flag(reserve, reserved=False)
            self.cloud.nova.services[reserve].update(status="enabled", disabled_reason=None)

    def recovery_of(self, host: str) -> None:
        """Masakari is at work."""
        ha = self.cloud.connect().instance_ha
        uuid = next(row.uuid for segment in ha.segments() for row in ha.hosts(segment.uuid) if row.name == host)
        self.cloud.insert("notifications", [{
            "notification_uuid": "9c2d4a1c-5c8c-4b2c-bf7e-0c8f1f1e0f12", "deleted": 0, "type": "COMPUTE_HOST",
            "status": "running", "payload": "{}", "generated_time": "2026-11-21 01:00:00",
            "created_at": "2026-11-21 01:00:00", "source_host_uuid": uuid,
        }])

    def once_powered_on(self, host: str, then: Callable[[], None]) -> None:
        while not self.state()[host]["power"]:
            time.sleep(0.05)
        then()

    def flag(self, host: str, **values: Any) -> None:
        ha = self.cloud.connect().instance_ha
        for segment in ha.segments():
            for row in ha.hosts(segment.uuid):
                if row.name == host:
                    ha.update_host(row.uuid, segment.uuid, **values)

    def flags(self) -> dict[str, str]:
        return self.cloud.segments()["S1"]

    def nova(self) -> dict[str, str]:
        return {host: self.cloud.nova.services[host]["status"] for host in COMPUTES}

    def calls(self) -> list[str]:
        log = self.programs / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def inventory(self) -> Path:
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        computes = {host: {"ansible_python_interpreter": str(self.programs / f"python-{host}"),
                           "masakari_instances_directory": str(self.instances / self.disks.get(host, "shared"))}
                    for host in COMPUTES}
        path = self.programs / "inventory.json"
        path.write_text(json.dumps({"all": {"vars": {
            "ansible_connection": "local", "masakari_segments": SEGMENTS, "management_address": "203.0.113.1",
            "maas_stonith_url": "http://maas.example.org:5240/MAAS", "masakari_fence_gate": False,
        }, "children": {
            "masakari_api": {"hosts": {"infra1": local}}, "masakari_engine": {"hosts": {"infra1": {}}},
            "masakari_monitor": {"hosts": computes},
        }}}))
        return path

    def role(self, *entries: str, **variables: Any) -> Run:
        """Parts of role masakari in one job, on infra1."""
        roles = [{"name": "openstack_ha.masakari.masakari", "tasks_from": entry} for entry in entries]
        path = self.programs / "role.yml"
        path.write_text(json.dumps([{"hosts": "infra1", "gather_facts": False,
                                     "tasks": [{"ansible.builtin.import_role": role}]} for role in roles]))
        return self.play(str(path.with_suffix("")), **variables)

    def play(self, playbook: str, *options: str, succeeds: bool = True, **variables: Any) -> Run:
        environment = {**self.cloud.environment, "PATH": f"{self.programs}:{os.environ['PATH']}",
                       "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "HOME": str(self.cloud.dir),
                       "ANSIBLE_NOCOLOR": "1"}
        variables = {"masakari_service_setup_host_python_interpreter": sys.executable, **variables}
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", self.inventory(), "-e", json.dumps(variables),
             *options, ROOT / "playbooks" / f"{playbook}.yml"],
            env=environment, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
        output = done.stdout + done.stderr
        assert (done.returncode == 0) is succeeds, output
        assert PASSWORD not in output
        return Run(output)


class Run:
    def __init__(self, output: str) -> None:
        self.output = output
        self.changed = sum(map(int, re.findall(r"changed=(\d+)", output)))
        self.words = " ".join(output.split())


@pytest.fixture
def site(cloud: Cloud) -> Iterator[Site]:
    site = Site(cloud)
    ha = cloud.connect().instance_ha
    segment = ha.create_segment(name="S1", recovery_method="reserved_host", service_type="COMPUTE")
    for host in SEGMENTS[0]["hosts"]:
        ha.create_host(segment.uuid, type="COMPUTE", control_attributes="SSH", **host)
    cloud.nova.services["compute3"].update(status="disabled", disabled_reason="Reserved for failover by Masakari")
    yield site
    site.close()


AS_DECLARED = {"compute1": "", "compute2": "", "compute3": "reserved"}
ENABLED = {"compute1": "enabled", "compute2": "enabled", "compute3": "disabled"}


# --- recover_host ----------------------------------------------------------------------------------


def test_a_host_that_is_well_is_left_alone(site: Site) -> None:
    for host in ("compute1", "compute3"):
        run = site.play("recover_host", recover_host=host)
        assert run.changed == 0
        assert f"{host} is well: nothing is to be done" in run.words
    assert (site.flags(), site.nova()) == (AS_DECLARED, ENABLED)


def test_a_failed_host_comes_back(site: Site) -> None:
    site.fail("compute1")
    foreseen = site.play("recover_host", "--check", "--diff", recover_host="compute1")
    assert foreseen.changed > 0
    assert not any(call.startswith(("stonith_admin", "crm_resource")) for call in site.calls())
    assert site.flags()["compute1"] == "on_maintenance"

    run = site.play("recover_host", recover_host="compute1")
    assert (site.flags(), site.nova()) == (AS_DECLARED, ENABLED)
    assert site.state()["compute1"] == fake_cluster.NEW
    steps = [call for call in site.calls() if call.startswith(("stonith_admin", "crm_resource"))]
    assert steps == ["stonith_admin --unfence compute1 --timeout 300",
                     "crm_resource --resource compute1 --meta --delete-parameter target-role"]
    for line in ("done: bring compute1, which is fenced and held out (target-role=Stopped), back into the cluster",
                 "done: enable nova-compute on compute1", "compute1: nova-compute enabled and up, guests: none"):
        assert line in run.words
        assert "done:" not in line or line.replace("done:", "would:") in foreseen.words
    assert site.play("recover_host", recover_host="compute1").changed == 0


@pytest.mark.long
def test_it_takes_the_place_of_a_reserve_with_guests(site: Site) -> None:
    site.fail("compute1", reserve="compute3")
    site.cloud.nova.add_server("web", "compute3")
    run = site.play("recover_host", recover_host="compute1")
    assert site.flags() == {"compute1": "reserved", "compute2": "", "compute3": ""}
    assert site.nova() == {"compute1": "disabled", "compute2": "enabled", "compute3": "enabled"}
    assert site.cloud.nova.services["compute1"]["disabled_reason"] == "Reserved for failover by Masakari"
    assert "note: compute1 takes the place of the reserve compute3, which has guests" in run.words
    assert site.play("recover_host", recover_host="compute1").changed == 0


@pytest.mark.long
def test_it_does_not_where_the_operator_says_so(site: Site) -> None:
    site.fail("compute1", reserve="compute3")
    site.cloud.nova.add_server("web", "compute3")
    run = site.play("recover_host", recover_host="compute1", recover_host_swap_reserved=False)
    assert site.flags() == {"compute1": "", "compute2": "", "compute3": ""}
    assert set(site.nova().values()) == {"enabled"}
    assert "note: segment S1 (reserved_host) lacks 1 of its reserves: compute3 has 1 guests" in run.words


@pytest.mark.long
def test_a_reserve_without_guests_has_its_role_back(site: Site) -> None:
    site.fail("compute1", reserve="compute3")
    site.play("recover_host", recover_host="compute1")
    assert (site.flags(), site.nova()) == (AS_DECLARED, ENABLED)


@pytest.mark.long
def test_a_guest_that_belongs_elsewhere_keeps_the_host_out(site: Site) -> None:
    site.fail("compute1")
    web = site.cloud.nova.add_server("web", "compute2")
    site.set("compute1", domains={web: True})
    run = site.play("recover_host", recover_host="compute1", succeeds=False)
    assert f"web ({web}) runs on compute1 and belongs to compute2: it may run twice." in run.words
    assert f"virsh destroy {web}" in run.words
    assert site.flags()["compute1"] == "on_maintenance"
    assert site.nova()["compute1"] == "disabled"
    site.set("compute1", domains={})
    site.play("recover_host", recover_host="compute1")
    assert (site.flags(), site.nova()) == (AS_DECLARED, ENABLED)


@pytest.mark.long
def test_a_host_that_stays_off(site: Site) -> None:
    site.fail("compute1")
    site.set("compute1", device=False)
    run = site.play("recover_host", recover_host="compute1", succeeds=False)
    assert "compute1 did not come back. The fencing device powers it on: stonith_admin: No such device." in run.words
    assert site.state()["compute1"]["held"] is True
    assert (site.flags()["compute1"], site.nova()["compute1"]) == ("on_maintenance", "disabled")


@pytest.mark.long
def test_another_failure_meanwhile_leaves_the_reserves_alone(site: Site) -> None:
    """The reserve is in use and empty: Masakari is about to bring guests there when the host is up at last."""
    site.fail("compute1", reserve="compute3")
    watch = threading.Thread(target=site.once_powered_on, args=("compute1", lambda: site.recovery_of("compute2")))
    watch.start()
    run = site.play("recover_host", recover_host="compute1", succeeds=False)
    watch.join()
    assert "Masakari is at work in segment S1: notification 9c2d4a1c" in run.words
    assert site.state()["compute1"]["power"] is True
    assert (site.flags()["compute3"], site.nova()["compute3"]) == ("", "enabled")
    assert (site.flags()["compute1"], site.nova()["compute1"]) == ("on_maintenance", "disabled")


def test_what_is_refused(site: Site) -> None:
    run = site.play("recover_host", succeeds=False)
    assert "recover_host is not set: name one of compute1, compute2, compute3" in run.words
    run = site.play("recover_host", succeeds=False, recover_host="infra1")
    assert "recover_host infra1: name one of compute1" in run.words

    site.fail("compute1")
    site.recovery_of("compute2")
    run = site.play("recover_host", succeeds=False, recover_host="compute1")
    assert "Masakari is at work in segment S1: notification 9c2d4a1c" in run.words
    assert run.changed == 0
    assert site.state()["compute1"]["power"] is False


# --- maintenance -----------------------------------------------------------------------------------


def test_a_host_is_taken_out_and_put_back(site: Site) -> None:
    web, db = site.cloud.nova.add_server("web", "compute1"), site.cloud.nova.add_server("db", "compute1")
    site.cloud.nova.servers[db]["status"] = "SHUTOFF"
    foreseen = site.play("maintenance", "--check", maintenance_host="compute1")
    assert foreseen.changed > 0
    assert (site.flags(), site.nova(), site.state()["compute1"]) == (AS_DECLARED, ENABLED, fake_cluster.NEW)

    run = site.play("maintenance", maintenance_host="compute1")
    assert (site.flags()["compute1"], site.nova()["compute1"]) == ("on_maintenance", "disabled")
    assert site.state()["compute1"]["maintenance"] is True
    places = {server: row["OS-EXT-SRV-ATTR:host"] for server, row in site.cloud.nova.servers.items()}
    assert places[web] != "compute1" and places[db] == "compute1"
    for step in ("disable nova-compute on compute1", "migrate web away from compute1",
                 "have the cluster look away from compute1 (maintenance true)"):
        assert f"would: {step}" in foreseen.words and f"done: {step}" in run.words
    assert "note: guests that do not run stay on compute1: db" in run.words
    assert site.play("maintenance", maintenance_host="compute1").changed == 0
    site.set("compute1", managed=True)  # as a run leaves it that is interrupted between the two
    assert site.play("maintenance", maintenance_host="compute1").changed == 2
    assert site.state()["compute1"]["managed"] is False

    # It is switched off, and its connection found dead: nobody is fenced, and it comes back.
    site.set("compute1", power=False, lost=True)
    assert site.play("maintenance", maintenance_host="compute1").changed == 0
    assert site.state()["compute1"]["fenced"] is False
    run = site.play("maintenance", maintenance_host="compute1", maintenance_state="absent")
    assert (site.flags(), site.nova(), site.state()["compute1"]) == (AS_DECLARED, ENABLED, fake_cluster.NEW)
    assert "done: have the cluster connect to compute1 anew, and end its maintenance" in run.words
    assert site.play("maintenance", maintenance_host="compute1", maintenance_state="absent").changed == 0


@pytest.mark.long
def test_guests_may_be_left_and_other_reasons_stay(site: Site) -> None:
    site.cloud.nova.add_server("web", "compute2")
    site.cloud.nova.services["compute2"].update(status="disabled", disabled_reason="bad memory")
    run = site.play("maintenance", maintenance_host="compute2", maintenance_guests="leave")
    assert "note: nobody brings back the guests on compute2 until its maintenance ends: web" in run.words
    run = site.play("maintenance", maintenance_host="compute2", maintenance_state="absent")
    assert site.cloud.nova.services["compute2"]["disabled_reason"] == "bad memory"
    assert "note: nova-compute on compute2 stays disabled, since it was so for another reason: bad memory" in run.words
    assert site.flags() == AS_DECLARED


@pytest.mark.long
def test_a_guest_that_does_not_leave_keeps_the_host_protected(site: Site) -> None:
    site.cloud.nova.add_server("web", "compute1")
    for host, service in site.cloud.nova.services.items():
        service["status"] = "enabled" if host == "compute1" else "disabled"
    run = site.play("maintenance", maintenance_host="compute1", succeeds=False)
    assert "web (No valid host was found.) did not leave compute1: Nova gave up." in run.words
    assert site.flags()["compute1"] == "" and site.state()["compute1"]["maintenance"] is False


@pytest.mark.long
def test_a_failed_host_is_none_to_be_maintained(site: Site) -> None:
    site.fail("compute1")
    for state in ("present", "absent"):
        run = site.play("maintenance", maintenance_host="compute1", maintenance_state=state, succeeds=False)
        assert "it failed. The playbook recover_host brings it back: -e recover_host=compute1" in run.words
    site.set("compute2", maintenance=True)
    run = site.play("recover_host", recover_host="compute2", succeeds=False)
    assert "-e maintenance_host=compute2 -e maintenance_state=absent" in run.words


# --- segments --------------------------------------------------------------------------------------


def is_enabled(site: Site) -> dict[str, bool]:
    return {segment.name: segment.is_enabled for segment in site.cloud.connect().instance_ha.segments()}


def test_a_reserve_in_use_is_left_in_use(site: Site) -> None:
    site.fail("compute1", reserve="compute3")
    site.cloud.nova.add_server("web", "compute3")
    run = site.play("segments", "--check")
    assert run.changed == 0
    assert ("masakari_segments[S1]: compute3 is declared reserved and stays in use, since it has 1 guest."
            in run.words)
    assert site.play("segments").changed == 0

    site.play("recover_host", recover_host="compute1")
    assert site.play("segments").changed == 0
    swapped = {"compute1": "reserved", "compute2": "", "compute3": ""}
    assert site.flags() == swapped

    site.cloud.nova.servers.clear()
    foreseen = site.play("segments", "--check")
    assert foreseen.changed > 0 and site.flags() == swapped
    site.play("segments")
    assert (site.flags(), site.nova()) == (AS_DECLARED, ENABLED)
    assert site.play("segments").changed == 0


def test_a_segment_is_enabled_once_it_is_proven(site: Site) -> None:
    site.cloud.reset()
    site.set("compute2", device=False)
    run = site.play("segments")
    assert is_enabled(site) == {"S1": False}
    assert "WARNING: segment S1 is disabled, nothing in it is recovered: no fencing device" in run.words

    site.set("compute2", device=True)
    site.disks = {"compute2": "local"}
    run = site.play("segments")
    assert run.changed == 0 and is_enabled(site) == {"S1": False}
    assert "is not one file system on its hosts (compute1 and compute3 / compute2)" in run.words
    assert site.play("segments", masakari_shared_storage_reason="all in Ceph").changed == 1
    assert is_enabled(site) == {"S1": True}

    site.disks = {}
    assert site.play("segments", "--check").changed == 0
    # A device that does not run proves nothing, and takes nothing away; nor does a host that is down.
    site.set("compute2", stalled=True)
    run = site.play("segments")
    assert run.changed == 0 and is_enabled(site) == {"S1": True}
    assert "WARNING: segment S1 stays enabled, unproven: the fencing device of compute2 does not run" in run.words
    site.set("compute2", stalled=False)
    site.set("compute1", power=False)
    run = site.play("segments")
    assert run.changed == 0 and is_enabled(site) == {"S1": True}
    assert "WARNING: segment S1 stays enabled, unproven: compute1 could not be asked about" in run.words
    assert [path.name for path in site.instances.rglob("*") if path.is_file()] == []


def test_segments_of_aggregates_and_hosts_that_move(site: Site) -> None:
    site.cloud.nova.aggregates = {"az1": ["compute1", "compute2"], "az2": ["compute3"]}
    variables = {"masakari_segments": [{"name": "S1", "state": "absent", "purge_hosts": True}],
                 "masakari_segments_from_aggregates": ["az*"]}
    foreseen = site.play("segments", "--check", **variables)
    assert foreseen.changed > 0 and set(site.cloud.segments()) == {"S1"}
    site.play("segments", **variables)
    assert site.cloud.segments() == {
        "az1": {"compute1": "", "compute2": ""}, "az2": {"compute3": "reserved"}}
    assert site.play("segments", **variables).changed == 0

    site.cloud.nova.aggregates = {"az1": ["compute1"], "az2": ["compute2", "compute3"]}
    site.play("segments", **variables)
    assert site.cloud.segments() == {"az1": {"compute1": ""}, "az2": {"compute2": "", "compute3": "reserved"}}


def test_bad_segments_stop_the_playbook_before_any_change(site: Site) -> None:
    moved = {"name": "S2", "recovery_method": "auto", "hosts": [{"name": "compute1"}]}
    created = {"name": "S2", "recovery_method": "auto", "hosts": []}
    nameless = {"recovery_method": "auto"}
    for segments, sentence in (
        ([*SEGMENTS, moved], "host 'compute1' is declared in S1 and S2. A host belongs to one segment: keep it in one"),
        ([created, {**SEGMENTS[0], "recovery_method": "sometimes"}], "recovery_method 'sometimes' is not known"),
        ([created, nameless], "masakari_segments[None]: name is missing. Give it a name."),
    ):
        run = site.play("segments", succeeds=False, masakari_segments=segments)
        assert run.changed == 0
        assert sentence in run.words
        assert site.cloud.segments() == {"S1": AS_DECLARED}


def test_aggregates_are_listed_before_segments_of_them_are_checked(site: Site) -> None:
    site.cloud.nova.aggregates = {"az1": ["compute1", "ghost"], "az2": ["compute2"]}
    run = site.role("preflight_segments", succeeds=False, masakari_segments=[],
                    masakari_segments_from_aggregates=["az9*", "az1"])
    assert "no host aggregate of Nova is named 'az9*'. Use a name of `openstack aggregate list`: az1, az2." in run.words
    assert "host 'ghost' has no nova-compute service" in run.words
    site.role("preflight_segments", masakari_segments=[], masakari_segments_from_aggregates=["az2"])


def test_preflight_does_not_make_the_aggregates_forgotten(site: Site) -> None:
    """As in the main job: one job that checks and declares."""
    site.cloud.nova.aggregates = {"az1": ["compute1", "compute2"]}
    old = {"name": "S1", "state": "absent", "purge_hosts": True}
    site.role("preflight_segments", "segments", masakari_segments=[old], masakari_segments_from_aggregates=["az*"])
    assert set(site.cloud.segments()) == {"az1"}


def test_verify_knows_a_reserve_in_use_and_what_is_disabled(site: Site) -> None:
    site.fail("compute1", reserve="compute3")
    site.cloud.nova.add_server("web", "compute3")
    warning = "WARNING: segment S1 is disabled, nothing in it is recovered. The playbook segments says why."
    assert warning not in site.role("verify_segments").words

    ha = site.cloud.connect().instance_ha
    ha.update_segment(next(ha.segments()).uuid, is_enabled=False)
    assert warning in site.role("verify_segments").words


def test_verify_compares_segments_of_aggregates(site: Site) -> None:
    site.cloud.nova.aggregates = {"S1": ["compute1", "compute2", "compute3"], "az2": ["compute4"]}
    run = site.role("verify_segments", succeeds=False, masakari_segments=[], masakari_segments_from_aggregates=["az2"])
    assert "Segment az2 is not as declared." in run.words
