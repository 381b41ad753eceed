# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a large cluster costs: merging 500 remote nodes into a CIB, and seeing that nothing is to be done.

usage: python tests/benchmark/cib.py [remotes | --print]

Pacemaker's own commands are timed where they are installed. --print writes the CIB of 500 remotes and nothing else.
"""
from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Where bootstrap has linked the checkout
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".cache/collections"))
from ansible_collections.openstack_ha.masakari.plugins.filter.cluster_configuration import cluster_configuration
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _cib

MEMBERS = ["infra1", "infra2", "infra3"]
TIMES = {"monitor_interval": "10s", "monitor_timeout": "15s", "start_timeout": "15s", "reconnect_interval": "60s"}
# Three members online, as the cluster is before the first run of the playbook.
EMPTY = ('<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.8" epoch="1" num_updates="0" admin_epoch="0"'
         ' have-quorum="1" dc-uuid="1"><configuration><crm_config/><nodes>'
         + "".join(f'<node id="{number}" uname="{name}"/>' for number, name in enumerate(MEMBERS, 1))
         + "</nodes><resources/><constraints/></configuration><status>"
         + "".join(f'<node_state id="{number}" uname="{name}" in_ccm="true" crmd="online" join="member"'
                   ' expected="member"/>'
                   for number, name in enumerate(MEMBERS, 1))
         + "</status></cib>")
COMMANDS = (("crm_verify", "--xml-file"), ("crm_simulate", "--run", "--xml-file"))


def declaration(hosts: list[str]) -> dict[str, Any]:
    """What the playbook declares: remote nodes, one device for all, an address, HAProxy on three members."""
    device = {"id": "fence-maas", "agent": "stonith:fence_maas", "nodes": {host: host for host in [*MEMBERS, *hosts]},
              "attributes": {"url": "http://maas.example.org:5240/MAAS", "plugs": " ".join([*MEMBERS, *hosts])}}
    return cluster_configuration(
        {host: f"{host}.example.org" for host in hosts}, [device],
        [{"name": "internal", "address": "203.0.113.9", "prefix": 24}], balancers=len(MEMBERS),
        remote=TIMES)


def timed(what: str, function: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = function()
    print(f"{what:<40} {time.perf_counter() - start:6.2f} s")
    return result


def main() -> None:
    if sys.argv[1:] == ["--print"]:
        print(_cib.plan(EMPTY, declaration([f"compute{number}" for number in range(1, 501)]), "benchmark").next_cib)
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    desired = declaration([f"compute{number}" for number in range(1, count + 1)])
    plan = timed(f"plan {count} remotes into an empty CIB", lambda: _cib.plan(EMPTY, desired, "benchmark"))
    again = timed("plan again", lambda: _cib.plan(plan.next_cib, desired, "benchmark"))
    assert plan.changed and not again.changed
    print(f"{'size of the CIB':<40} {len(plan.cib) / 1024:6.0f} KiB")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "cib.xml")
        file.write_text(plan.next_cib, encoding="utf-8")
        for command in COMMANDS:
            if shutil.which(command[0]):
                timed(command[0], lambda command=command: subprocess.run(
                    [*command, file], check=True, capture_output=True))


if __name__ == "__main__":
    main()
