# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of role ovs_dpdk that come as a text, as those of a command line do, mean what they say."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/ovs_dpdk"
ITEM = "template_vars={'item': __ovs_dpdk_namespace_ports[0]}"
SERVICE = f"lookup('ansible.builtin.template', 'ovs-netns-port.service.j2', {ITEM})"


def play(directory: Path, *tasks: dict[str, Any], **variables: Any) -> str:
    """What a play says that has the role's variables, templates and files, in check mode."""
    for name in ("templates", "files"):
        (directory / name).symlink_to(ROLE / name)
    files = [str(ROLE / "defaults/main.yml"), str(ROLE / "vars/main.yml")]
    book = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars_files": files, "tasks": tasks}]
    (directory / "play.yml").write_text(json.dumps(book))
    done = subprocess.run(
        ["ansible-playbook", "--check", "-i", "localhost,", "-e", json.dumps(variables), str(directory / "play.yml")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("said", ["false", False])
def test_leave_to_reboot_may_be_a_text(tmp_path: Path, said: Any) -> None:
    plan = {"outdated_files": [], "missing_kernel_options": ["iommu=pt"], "missing_menu_options": []}
    kernel = {"ansible.builtin.include_tasks": str(ROLE / "tasks/kernel.yml")}
    assert "A reboot is due" in play(tmp_path, kernel, __ovs_dpdk_plan=plan, ovs_dpdk_reboot=said)


@pytest.mark.parametrize(
    ("options", "addresses"),
    [
        (["intel_iommu=on", "iommu=pt"], ["172.20.0.1/24", "172.20.1.1/24"]),
        ("intel_iommu=on,iommu=pt", "172.20.0.1/24,172.20.1.1/24"),
    ],
    ids=["list", "text"],
)
def test_a_list_may_be_a_text(tmp_path: Path, options: Any, addresses: Any) -> None:
    tasks = [
        {"ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.template', 'grub.cfg.j2') }}"}},
        {"ansible.builtin.debug": {"msg": f"{{{{ {SERVICE} }}}}"}},
    ]
    ports = [{"name": "tap1", "bridge": "br-test", "addresses": addresses}]
    wish = {"ovs_dpdk_namespaces": [{"name": "ns1", "ports": ports}], "ovs_dpdk_kernel_options": options}
    said = play(tmp_path, *tasks, **wish)
    assert "GRUB_CMDLINE_LINUX intel_iommu=on iommu=pt" in said
    assert "ovs-netns-port veth ns1 tap1 1500 172.20.0.1/24 172.20.1.1/24\n" in said


@pytest.mark.parametrize(("options", "is_wanted"), [(["iommu=pt"], True), ([], False)])
def test_without_kernel_options_grub_is_to_have_no_file(tmp_path: Path, options: list[str], is_wanted: bool) -> None:
    files = "(lookup('ansible.builtin.template', 'files.json.j2') | from_json)"
    grub = f"{files}[0].path == '/etc/default/grub.d/ovs-dpdk.cfg'"
    that = [grub, f"('checksum' in {files}[0]) == is_wanted", f"{files} | length == 2"]
    play(tmp_path, {"ansible.builtin.assert": {"that": that}}, ovs_dpdk_kernel_options=options, is_wanted=is_wanted)


def test_a_timeout_of_nothing_does_not_skip_the_last_check(tmp_path: Path) -> None:
    (build,) = yaml.safe_load((ROLE / "tasks/present.yml").read_text())
    settle = build["block"][-1]["vars"]["__ovs_dpdk_settle"]
    cases = [(0, 1), ("0", 1), (-5, 1), (60, 60), ("60", 60)]
    tasks = [
        {"ansible.builtin.assert": {"that": f"settle == {seconds}"},
         "vars": {"ovs_dpdk_timeout": said, "settle": settle}}
        for said, seconds in cases
    ]
    play(tmp_path, *tasks)


def test_a_namespace_that_is_gone_is_made_again_by_a_reload(tmp_path: Path) -> None:
    lookup = "lookup('ansible.builtin.template', 'ovs-netns.service.j2', template_vars={'item': {'name': 'ns1'}})"
    said = play(tmp_path, {"ansible.builtin.debug": {"msg": f"{{{{ {lookup} }}}}"}})
    make = "/bin/sh -c '[ -e /run/netns/ns1 ] || ip netns add ns1'"
    assert f"ExecStart={make}" in said
    assert f"ExecReload={make}" in said
