# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's connection: into a host's namespaces, with its environment and no more capabilities than it has.

`podman exec` does the same in 200 ms, of which a task needs one at least, where most modules take 50; this takes 5.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase, ensure_connect

DOCUMENTATION = """
name: lab_podman
short_description: Run tasks in the lab's containers, pipelined
description:
  - Enters the namespaces of a container of the lab's own store. A host that is off is unreachable.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
options:
  remote_addr:
    description: Name of the container.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
"""

STORE = Path(__file__).resolve().parents[3] / ".cache/containers"
ENTER = ["nsenter", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd", "--target"]


def first_process(name: str) -> Path:
    """The directory in /proc of a container's systemd."""
    try:
        run = re.search(r'^runroot = "(.+)"$', (STORE / "storage.conf").read_text(), re.MULTILINE)[1]
        known = json.loads((STORE / "storage/overlay-containers/containers.json").read_text())
        identifier = next(container["id"] for container in known if name in container["names"])
        process = Path("/proc", Path(run, "overlay-containers", identifier, "userdata/pidfile").read_text())
        # The file outlives the container, and its number may be another's.
        is_running = identifier in (process / "cgroup").read_text()
    except (OSError, StopIteration):
        is_running = False
    if not is_running:
        raise AnsibleConnectionFailure(f"{name} is off, or no host of the lab")
    return process


def environment(process: Path) -> dict[str, str]:
    """What podman gave it: variables of the image among them."""
    pairs = (process / "environ").read_text().rstrip("\0").split("\0")
    return {"HOME": "/root", **dict(pair.split("=", 1) for pair in pairs)}


def capabilities(process: Path) -> str:
    """As setpriv wants them."""
    mask = int(re.search(r"^CapBnd:\s*(\w+)$", (process / "status").read_text(), re.MULTILINE)[1], 16)
    return ",".join(["-all", *(f"+cap_{number}" for number in range(mask.bit_length()) if mask >> number & 1)])


def run_on(name: str, command: list[str], content: bytes = b"") -> tuple[int, bytes, bytes]:
    """Exit status, output and errors of a command on a host."""
    process = first_process(name)
    limited = ["setpriv", "--bounding-set", capabilities(process)]
    done = subprocess.run([*ENTER, process.name, "--", *limited, *command], input=content, env=environment(process),
                          capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Connection(ConnectionBase):
    transport = "lab_podman"
    has_pipelining = True

    def _connect(self):
        """Nothing to keep: a host that is restarted between two tasks has another process."""
        self._connected = True

    def close(self):
        self._connected = False

    @ensure_connect
    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run(shlex.split(cmd), in_data)

    @ensure_connect
    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        self._copy(["dd", "status=none", f"of={out_path}"], Path(in_path).read_bytes())

    @ensure_connect
    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        Path(out_path).write_bytes(self._copy(["cat", in_path]))

    def _copy(self, command, content=b""):
        code, output, errors = self._run(command, content)
        if code:
            raise AnsibleError(f"{shlex.join(command)} on {self.get_option('remote_addr')}: {errors.decode()}")
        return output

    def _run(self, command, content):
        return run_on(self.get_option("remote_addr"), command, content or b"")
