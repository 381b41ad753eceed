# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the inventory plugin takes for 1,000 to 10,000 compute hosts, and whether the cost grows linearly.

With --osa CHECKOUT, a checkout of openstack-ansible, its own generator reads the same configurations in the same run.
Times are CPU seconds, so that a busy machine measures the same: on an idle one they are what one waits.
The exit code tells whether 1,000 hosts loaded within the limit and a host of 10,000 costs no more than twice a host
of 1,000.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 1.0  # CPU seconds for 1,000 hosts
RATIO = 2.0  # of the cost of one host

HEAD = """\
cidr_networks:
  management: 172.16.0.0/16
global_overrides:
  internal_lb_vip_address: 172.16.255.9
  management_bridge: br-mgmt
  provider_networks:
    - network:
        container_bridge: br-mgmt
        container_type: veth
        container_interface: eth1
        ip_from_q: management
        type: raw
        group_binds: [all_containers, hosts]
        is_management_address: true
shared_infra_hosts: &infrastructure_hosts
  infra1: {ip: 172.16.255.11, no_containers: true}
  infra2: {ip: 172.16.255.12, no_containers: true}
  infra3: {ip: 172.16.255.13, no_containers: true}
masakari_infra_hosts: *infrastructure_hosts
compute_hosts: &compute_hosts
"""
TAIL = "masakari_monitor_hosts: *compute_hosts\n"

LOAD = """
import sys, time
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
start = time.process_time()
inventory = InventoryManager(loader=DataLoader(), sources=[sys.argv[1]])
print(time.process_time() - start, len(inventory.get_groups_dict().get("masakari_monitor", [])))
"""
GENERATE = "from osa_toolkit import generate; generate.main()"


def write_config(directory: Path, hosts: int) -> Path:
    """A configuration with so many compute hosts, and the plugin's file."""
    lines = (f"  compute{n}:\n    ip: 172.16.{n // 250}.{n % 250 + 1}\n" for n in range(1, hosts + 1))
    (directory / "openstack_user_config.yml").write_text(HEAD + "".join(lines) + TAIL)
    source = directory / "masakari.yml"
    source.write_text("plugin: openstack_ha.masakari.openstack_user_config\nuser_config: .\n")
    return source


def load_time(source: Path, hosts: int) -> float:
    """CPU seconds to load, without the start of Python and ansible."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    command = [sys.executable, "-c", LOAD, str(source)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=ROOT).stdout
    seconds, found = output.split()
    if int(found) != hosts:
        raise SystemExit(f"{found} of {hosts} hosts were loaded.")
    return float(seconds)


def generator_time(checkout: Path, directory: Path) -> float:
    """CPU seconds OpenStack-Ansible's generator takes, as the program it is."""
    command = [sys.executable, "-c", GENERATE, "--config", str(directory), "--environment", str(checkout / "inventory")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=checkout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--osa", type=Path, metavar="CHECKOUT", help="a checkout of openstack-ansible to compare with")
    parser.add_argument(
        "--osa-most", type=int, default=2000, metavar="HOSTS", help="largest size it is asked for (2000)"
    )
    arguments = parser.parse_args()
    costs: dict[int, float] = {}
    print("  hosts     plugin   a host" + ("      OSA" if arguments.osa else ""))
    for hosts in range(1000, 10001, 1000):
        with tempfile.TemporaryDirectory() as scratch:
            source = write_config(Path(scratch), hosts)
            costs[hosts] = min(load_time(source, hosts) for _run in range(2))
            line = f"{hosts:7,} {costs[hosts]:8.2f} s {costs[hosts] / hosts * 1e6:5.0f} us"
            if arguments.osa and hosts <= arguments.osa_most:
                line += f" {generator_time(arguments.osa.resolve(), Path(scratch)):6.2f} s"
            print(line, flush=True)
    ratio = costs[10000] / 10000 / (costs[1000] / 1000)
    print(f"A host of 10,000 costs {ratio:.2f} times a host of 1,000.")
    return int(costs[1000] > LIMIT or ratio > RATIO)


if __name__ == "__main__":
    sys.exit(main())
