# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a segment of 200 hosts takes: the module, a loop on openstacksdk, a loop of the openstack client.

All three work on the same real Keystone and Masakari API, one process each (tests/integration/cloud.py), in the same
run. The loops are measured on a few hosts and scaled up. The module is timed as a whole `ansible` command.

    python tests/benchmark/segments.py [number of hosts]
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from cloud import VENV, Cloud  # noqa: E402

SDK_SAMPLE = 20
CLIENT_SAMPLE = 5


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def scaled(count: int, names: Iterable[str], work: Callable[[str], object]) -> float:
    """What `count` calls would take, from the few for `names`."""
    sample = list(names)
    return seconds(lambda: [work(name) for name in sample]) * count / len(sample)


def ansible(cloud: Cloud, options: dict[str, object], expected: str) -> float:
    command = [
        Path(sys.executable).with_name("ansible"), "localhost", "-i", "localhost,", "-c", "local",
        "-e", f"ansible_python_interpreter={sys.executable}",
        "-m", "openstack_ha.masakari.segment", "-a", json.dumps(options),
    ]
    environment = {**cloud.environment, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}

    def run() -> None:
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
        assert expected in done.stdout, done.stdout

    return seconds(run)


def client(cloud: Cloud, *arguments: str) -> None:
    subprocess.run([VENV / "bin/openstack", *arguments], env=cloud.environment, capture_output=True, check=True)


def measure(cloud: Cloud, names: list[str], spare: list[str]) -> tuple[dict[str, tuple[float, float]], int]:
    count = len(names)
    options = {"name": "ours", "recovery_method": "auto", "hosts": [{"name": name} for name in names]}
    create = ansible(cloud, options, "CHANGED")
    before = len(cloud.requests())
    times = {"this module, one task": (create, ansible(cloud, options, "SUCCESS"))}
    requests = len(cloud.requests()) - before

    ha = cloud.connect().instance_ha
    values = {"type": "COMPUTE", "control_attributes": "SSH"}
    uuid = ha.create_segment(name="sdk", recovery_method="auto", service_type="COMPUTE").uuid
    uuids: dict[str, str] = {}
    times["loop on openstacksdk"] = (
        scaled(count, spare[:SDK_SAMPLE], lambda n: uuids.update({n: ha.create_host(uuid, name=n, **values).uuid})),
        scaled(count, spare[:SDK_SAMPLE], lambda n: ha.get_host(uuids[n], uuid)),
    )
    mine = spare[SDK_SAMPLE : SDK_SAMPLE + CLIENT_SAMPLE]
    client(cloud, "segment", "create", "client", "auto", "COMPUTE")
    times["loop of openstack commands"] = (
        scaled(count, mine, lambda n: client(cloud, "segment", "host", "create", n, "COMPUTE", "SSH", "client")),
        scaled(count, mine, lambda n: client(cloud, "segment", "host", "show", "client", n)),
    )
    return times, requests


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    names = [f"compute{n:04}" for n in range(count)]
    spare = [f"spare{n:02}" for n in range(SDK_SAMPLE + CLIENT_SAMPLE)]
    cloud = Cloud(names + spare)
    try:
        times, requests = measure(cloud, names, spare)
    finally:
        cloud.close()
    ours_create, ours_again = next(iter(times.values()))
    print(f"{count} hosts in one segment{'':12} all new            nothing to change")
    for what, (create, again) in times.items():
        print(f"{what:28} {create:9.1f} s  x{create / ours_create:<6.1f} {again:9.1f} s  x{again / ours_again:<6.1f}")
    print(f"The module made {requests} API requests when nothing was to change.")
    print(f"The loops were measured on {SDK_SAMPLE} and {CLIENT_SAMPLE} hosts and scaled up to {count}.")


if __name__ == "__main__":
    main()
