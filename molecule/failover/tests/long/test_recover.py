# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failed host is given back to the cloud: who is the reserve then, and what keeps it out."""

from __future__ import annotations

import time

from cluster import cut_power, is_running, is_up, node_fenced, podman
from drills import (
    Playbook,
    compute_services,
    is_as_declared,
    notifications,
    play,
    put_right,
    recover,
    segment_hosts,
)
from lab import ansible_playbook, cloud, connect, wait_until

STALE = """<domain type="qemu"><name>stale</name><uuid>{uuid}</uuid><memory>65536</memory>
<os><type>hvm</type></os></domain>"""


def fail(host: str) -> None:
    """Cut its power, and wait until Masakari has done with it."""
    start = time.time()
    cut_power(host)
    wait_until(lambda: any(row["status"] == "finished" for row in notifications(start)), 420, f"{host} is recovered")


def test_the_reserve_keeps_its_guest_and_its_place_is_taken(boot):
    vm1 = boot("vm1", "compute1")
    fail("compute1")
    wait_until(lambda: (vm1.host, vm1.status) == ("compute3", "ACTIVE"), 120, "vm1 runs on the reserve")

    # Declared as before, nothing is taken from the guest.
    run = play("segments")
    assert run.changed == set()
    assert "compute3 is declared reserved and stays in use, since it has 1 guest" in " ".join(run.output.split())

    # Switched on by hand it stays out.
    podman("start", "compute1")
    time.sleep(45)
    assert not is_up("compute1")
    assert node_fenced("compute1") != "0"
    run = Playbook("verify").wait()
    assert run.code != 0
    assert "recover_host=compute1 gives it back" in " ".join(run.output.split())

    foreseen = play("recover_host", "--check", recover_host="compute1")
    assert foreseen.changed == {"infra1"}
    assert not is_up("compute1")
    assert segment_hosts()["compute1"] == (False, True)

    recover("compute1")
    assert segment_hosts() == {"compute1": (True, False), "compute2": (False, False), "compute3": (False, False)}
    assert {host: status for host, (status, _state) in compute_services().items()} == {
        "compute1": "disabled", "compute2": "enabled", "compute3": "enabled"}
    assert play("recover_host", recover_host="compute1").changed == set()
    is_as_declared()
    assert vm1.beats()

    # Without guests the roles are as declared again.
    vm1.delete()
    play("segments")
    assert segment_hosts() == {"compute1": (False, False), "compute2": (False, False), "compute3": (True, False)}
    assert compute_services()["compute1"] == ("enabled", "up")
    assert compute_services()["compute3"][0] == "disabled"


def test_a_host_is_powered_on(boot):
    """Off when it begins; without guests the reserve is not used, and all is as before."""
    fail("compute2")
    assert not is_running("compute2")
    recover("compute2")
    assert compute_services()["compute2"] == ("enabled", "up")


def test_a_stale_domain_keeps_the_host_out(boot):
    vm1 = boot("vm1", "compute1")
    compute2 = connect("compute2")
    cloud("openstack segment host update --on_maintenance=True S1 compute2")
    cloud("openstack compute service set --disable --disable-reason test compute2 nova-compute")
    compute2.check_output(f"echo '{STALE.format(uuid=vm1.uuid)}' | virsh --connect qemu:///system define /dev/stdin")
    try:
        run = ansible_playbook("recover_host", "--extra-vars=recover_host=compute2")
        words = " ".join(run.output.split())
        assert run.code != 0
        assert f"vm1 ({vm1.uuid}) is left on compute2 and belongs to compute1: virsh undefine {vm1.uuid}" in words
        assert segment_hosts()["compute2"] == (False, True)
        assert compute_services()["compute2"][0] == "disabled"
    finally:
        compute2.run(f"virsh --connect qemu:///system undefine {vm1.uuid}")
    recover("compute2")
    assert segment_hosts()["compute2"] == (False, False)
    assert compute_services()["compute2"] == ("enabled", "up")
    assert vm1.host == "compute1"


def test_a_host_that_is_well_is_left_alone():
    put_right()
    for host in ("compute1", "compute3"):
        run = play("recover_host", recover_host=host)
        assert run.changed == set()
        assert f"{host} is well: nothing is to be done" in run.output
