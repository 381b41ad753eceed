# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The monitors run on the compute hosts, come back, restart what died, and can do nothing but notify."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from lab import ansible_playbook, connect, openstack, wait_until
from monitors import COMPUTE, CONF, PROGRAMS, USER, as_monitor, ask_with_credentials_of, clock, main_pid, said

UNITS = ("masakari-instancemonitor", "masakari-processmonitor", "masakari-introspectiveinstancemonitor")


@pytest.fixture(params=COMPUTE)
def compute(request: pytest.FixtureRequest) -> Any:
    return connect(request.param)


# What is on the hosts ------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_monitors_are_active_and_enabled(compute: Any, unit: str) -> None:
    assert compute.service(unit).is_running
    assert compute.service(unit).is_enabled
    assert compute.check_output("systemctl show --property=User --value %s", unit) == USER


@pytest.mark.parametrize(
    ("path", "owner", "group", "mode"),
    [
        ("/etc/masakarimonitors", "root", USER, 0o750),
        (CONF, "root", USER, 0o640),
        ("/etc/masakarimonitors/process_list.yaml", "root", USER, 0o640),
        ("/etc/sudoers.d/masakari-monitors", "root", "root", 0o440),
        (PROGRAMS, "root", "root", 0o755),
        (f"{PROGRAMS}/crm_mon", "root", "root", 0o755),
        ("/etc/systemd/system/masakari-hostmonitor.service", "root", "root", 0o644),
    ],
)
def test_files_of_the_monitors(compute: Any, path: str, owner: str, group: str, mode: int) -> None:
    file = compute.file(path)
    assert (file.user, file.group, oct(file.mode)) == (owner, group, oct(mode))


def test_the_user_is_in_no_group_but_those_it_needs(compute: Any) -> None:
    assert set(compute.user(USER).groups) == {USER, "libvirt"}
    assert compute.user(USER).shell == "/bin/false"


def test_the_process_list_names_what_runs(compute: Any) -> None:
    processes = yaml.safe_load(compute.file("/etc/masakarimonitors/process_list.yaml").content_string)
    listed = compute.check_output("ps -ef")
    assert {"bin/nova-compute", "bin/libvirtd"} <= {process["process_name"] for process in processes}
    assert all(process["process_name"] in listed for process in processes)


def test_overrides_of_the_monitors() -> None:
    """Check mode with other values: each of them is a change to the file that it belongs to."""
    overrides = (
        '{"masakari_monitors_conf_overrides": {"process": {"restart_retries": 1}},'
        ' "masakari_monitors_process_overrides": {"ssh": {"process_name": "sbin/sshd", "start_command": "/bin/true",'
        ' "restart_command": "/bin/true", "run_as_root": true}},'
        ' "masakari_monitors_init_overrides": {"Service": {"LimitNOFILE": 4096}}}'
    )
    run = ansible_playbook("monitors", "--check", "--diff", "--extra-vars", overrides)
    assert run.code == 0, run.output
    assert run.changed >= set(COMPUTE), run.output
    assert "+    process_name: sbin/sshd" in run.output
    assert 'NOPASSWD: /bin/true ""' in run.output
    assert "+LimitNOFILE = 4096" in run.output


def test_what_an_interrupted_run_did_not_come_to_is_made_up_for() -> None:
    """It had written a file on compute1 that the monitors read there."""
    compute1 = connect("compute1")
    before = {unit: main_pid(compute1, unit) for unit in UNITS}
    compute1.check_output(f"touch {CONF}")
    run = ansible_playbook("monitors", "--tags=systemd-service")
    assert run.code == 0, run.output
    assert run.changed == {"compute1"}
    assert [unit for unit in UNITS if main_pid(compute1, unit) == before[unit]] == [], "not restarted"


# What the credentials can do -----------------------------------------------------------------


def test_credentials_can_only_notify() -> None:
    assert ansible_playbook("segments").code == 0  # Masakari takes notifications of hosts it knows
    answers = ask_with_credentials_of("compute1")
    assert answers.pop("notify") == 202
    assert set(answers.values()) == {403}, answers
    roles = openstack("role assignment list --user masakari-monitor --names")
    assert [(role["Role"], role["Project"].split("@")[0]) for role in roles] == [("masakari_notifier", "instance-ha")]


@pytest.mark.parametrize("command", [
    "sudo --non-interactive /usr/bin/id",
    "sudo --non-interactive /usr/bin/systemctl stop nova-compute.service",
    "sudo --non-interactive /usr/bin/systemctl restart ssh.service",
    "cat /etc/nova/nova.conf",
])
def test_nothing_else_is_allowed_on_the_host(command: str) -> None:
    assert as_monitor(connect("compute1"), command).failed


# What happens to monitors, and what they do --------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_killed_monitor_comes_back(unit: str) -> None:
    host = connect("compute2")
    pid = main_pid(host, unit)
    host.check_output("kill -9 %s", pid)
    wait_until(lambda: main_pid(host, unit) not in ("0", pid), 20, f"a new {unit}")
    wait_until(lambda: host.service(unit).is_running, 20, f"{unit} is active")


def test_monitors_that_stand_still_are_restarted_and_say_why_and_healthy_ones_are_left_alone() -> None:
    host, healthy = connect("compute3"), connect("compute1")
    since, start = clock("compute3"), time.monotonic()
    before = {unit: main_pid(healthy, unit) for unit in UNITS}
    stopped = {unit: main_pid(host, unit) for unit in UNITS}
    host.check_output(f"kill -STOP {' '.join(stopped.values())}")
    for unit, pid in stopped.items():
        wait_until(lambda: main_pid(host, unit) not in ("0", pid), 150, f"a new {unit}")  # noqa: B023
        reason = f"{unit} is restarted: it has stood still for"
        assert reason in said("compute3", "masakari-monitors-watchdog", since)
        assert reason in said("compute3", unit, since), "it stands in the monitor's own journal, too"
    assert time.monotonic() - start > 45, "long enough for the watchdog to judge the others"
    assert {unit: main_pid(healthy, unit) for unit in UNITS} == before


@pytest.mark.parametrize("process, unit", [("bin/nova-compute", "nova-compute"), ("bin/libvirtd", "libvirtd")])
def test_stopped_process_is_restarted(process: str, unit: str) -> None:
    """Stopped, not killed: systemd itself does not bring it back."""
    host = connect("compute2")
    since = clock("compute2")
    # Whoever speaks to libvirt's sockets would have systemd start it.
    triggers = host.check_output("systemctl show --property=TriggeredBy --value %s", unit)
    host.check_output(f"systemctl stop {triggers} {unit}")
    start = time.monotonic()
    wait_until(lambda: process in host.check_output("ps -ef"), 10, f"{process} runs again")
    print(f"{process} runs again after {time.monotonic() - start:.1f} s")
    wait_until(lambda: host.service(unit).is_running, 30, f"{unit} is active")
    assert f"Process '{process}' is not found" in said("compute2", "masakari-processmonitor", since)


def test_monitors_outlive_libvirt() -> None:
    host = connect("compute2")
    host.check_output("systemctl restart libvirtd")
    time.sleep(10)
    for unit in UNITS:
        wait_until(lambda: host.service(unit).is_running, 30, f"{unit} is active")  # noqa: B023


# What stops before anything is changed -------------------------------------------------------


@pytest.mark.parametrize("variables, words", [
    ('{"masakari_monitors_service_password": "CHANGE_ME"}', "masakari_monitors_service_password not set"),
    ('{"masakari_monitors_service_password": "another"}', "is not the password that user masakari-monitor has"),
    ('{"masakari_monitors_service_user_name": "masakari"}', "Give the monitors a user of their own"),
    ('{"masakari_monitors_driver": "simple"}', "must be one of: default, consul"),
    ('{"masakari_monitors_driver": "consul"}', "masakari_monitors_consul_agents: manage is missing"),
    ('{"masakari_hostmonitor_group": "nobody"}', "which is no group with hosts"),
    ('{"masakari_monitors_process_overrides": {"x": {"process_name": "x"}}}', "start_command is missing"),
    ('{"masakari_monitors_conf_overrides": {"host": {"pacemaker_node_type": "cluster"}}}', "Leave them out"),
    ('{"masakari_monitors_series": "zed"}', "cannot be installed"),
])
def test_bad_input_for_the_monitors(variables: str, words: str) -> None:
    run = ansible_playbook("preflight", "--extra-vars", variables)
    assert run.code != 0
    assert " ".join(words.split()) in " ".join(run.output.split()), run.output
    assert run.changed == set()
