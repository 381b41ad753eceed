# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a large cluster costs: merging 500 remote nodes into a CIB, and seeing that nothing is to be done.

usage: python tests/benchmark/cib.py [remotes]      with Pacemaker's own commands timed where they are installed
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

from ansible_collections.openstack_ha.masakari.plugins.module_utils import _cib

EMPTY = ('<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.8" epoch="1" num_updates="0" admin_epoch="0">'
         "<configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>")
COMMANDS = (("crm_verify", "--xml-file"), ("crm_simulate", "--run", "--xml-file"))


def declaration(hosts: list[str]) -> dict[str, Any]:
    operations = [{"name": "monitor", "interval": "10s", "timeout": "15s"}, {"name": "start", "timeout": "15s"}]
    remotes = [{"id": host, "agent": "ocf:pacemaker:remote", "operations": operations,
                "attributes": {"server": f"{host}.example.org", "reconnect_interval": "60s"}} for host in hosts]
    device = {"id": "fence-maas", "agent": "stonith:fence_maas", "attributes": {
        "pcmk_host_list": " ".join(hosts),
        "url": "http://maas.example.org:5240/MAAS", "pcmk_host_check": "static-list"}}
    rule = {"type": "location", "node_kind": "cluster", "score": "0"}
    return {
        "properties": {"symmetric-cluster": False, "stonith-enabled": True, "stonith-action": "off"},
        "resources": [device, *remotes],
        "constraints": [{"id": "loc-device", "resources": ["fence-maas"], **rule},
                        {"id": "loc-remotes", "resources": hosts, "discovery": "exclusive", **rule}],
    }


def timed(what: str, function: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = function()
    print(f"{what:<40} {time.perf_counter() - start:6.2f} s")
    return result


def main() -> None:
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
