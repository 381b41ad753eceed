# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's connection: containers.podman's, with pipelining.

Each call of podman costs more than most modules do. The collection's own plugin makes six for a task; this one makes
one, which is what `podman exec --interactive` is for (measured: a third of the CPU, less than half of the time).
"""

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleError
from ansible_collections.containers.podman.plugins.connection.podman import Connection as PodmanConnection

DOCUMENTATION = """
name: lab_podman
short_description: Run tasks in the lab's containers, pipelined
description:
  - Like P(containers.podman.podman#connection), with pipelining.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
options:
  remote_addr:
    description: Name of the container.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  remote_user:
    description: User in the container.
    vars:
      - name: ansible_user
  podman_executable:
    description: The podman to call.
    default: podman
    vars:
      - name: ansible_podman_executable
  podman_extra_args:
    description: Extra arguments of podman.
    default: ""
    vars:
      - name: ansible_podman_extra_args
"""


class Connection(PodmanConnection):
    transport = "lab_podman"
    has_pipelining = True

    def _connect(self):
        """Nothing to do: files travel through exec as well, so the container's file system need not be mounted."""
        self._connected = True

    def _podman(self, cmd, cmd_args=None, in_data=None, use_container_id=True):
        if in_data:
            cmd = [*([cmd] if isinstance(cmd, str) else cmd), "--interactive"]
        return super()._podman(cmd, cmd_args, in_data, use_container_id)

    def put_file(self, in_path, out_path):
        # Not `podman cp`, which pauses the whole host meanwhile.
        code, _, errors = self._podman("exec", ["dd", "status=none", f"of={out_path}"], Path(in_path).read_bytes())
        if code:
            raise AnsibleError(f"Cannot write {out_path} in container {self._container_id}: {errors.decode()}")
