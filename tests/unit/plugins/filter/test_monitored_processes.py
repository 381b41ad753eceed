# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.monitored_processes import monitored_processes

NOVA = {"process_name": "bin/nova-compute", "start_command": "/usr/bin/systemctl start nova-compute.service",
        "restart_command": "/usr/bin/systemctl restart nova-compute.service", "run_as_root": True}


def test_commands_of_root_go_through_sudo_and_nothing_else_does():
    result = monitored_processes({"nova-compute": NOVA, "sshd": None})
    assert result["problems"] == []
    assert result["list"] == [{
        "process_name": "bin/nova-compute",
        "pre_start_command": None,
        "start_command": "sudo --non-interactive /usr/bin/systemctl start nova-compute.service",
        "post_start_command": None,
        "pre_restart_command": None,
        "restart_command": "sudo --non-interactive /usr/bin/systemctl restart nova-compute.service",
        "post_restart_command": None,
        "run_as_root": False,
    }]
    assert result["sudo"] == [NOVA["restart_command"], NOVA["start_command"]]


def test_a_process_without_root_needs_no_rule():
    result = monitored_processes({"x": {**NOVA, "run_as_root": False, "restart_command": "run-it *"}})
    assert result["sudo"] == []
    assert result["list"][0]["restart_command"] == "run-it *"


def test_a_rule_without_arguments_allows_none():
    assert monitored_processes({"x": {**NOVA, "start_command": "/opt/start"}})["sudo"][0] == '/opt/start ""'


def test_what_sudoers_reads_otherwise_is_escaped():
    result = monitored_processes({"x": {**NOVA, "start_command": "/bin/x a=b,c:d"}})
    assert result["sudo"][0] == r"/bin/x a\=b\,c\:d"


@pytest.mark.parametrize("change, problem", [
    ({"start_command": "systemctl start x"}, "name its program by a whole path"),
    ({"start_command": "/bin/x *"}, "has a wildcard or quote"),
    ({"start_command": "/bin/x 'a b'"}, "has a wildcard or quote"),
    ({"start_command": "/bin/x a\nb ALL"}, "has a wildcard or quote"),
    ({"start_command": "^/bin/x.*"}, "name its program"),
    ({"restart_command": None}, "restart_command is missing"),
    ({"proces_name": "x"}, "'proces_name' is not known"),
])
def test_problems(change, problem):
    result = monitored_processes({"x": {**NOVA, **change}})
    assert problem in "\n".join(result["problems"])
    assert result["list"] == result["sudo"] == []


def test_not_a_mapping():
    assert "is no mapping" in monitored_processes({"x": "y"})["problems"][0]
