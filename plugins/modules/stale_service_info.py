#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stale_service_info
short_description: Tell which services are older than the files they read at their start
version_added: 0.1.0
description:
  - A handler is forgotten when a run is interrupted before it, and no later run notifies it, since nothing changes
    any more. The service then runs with its former program, configuration or password for good. This module finds
    such a service by the time of its start.
  - A file counts from when its content, owner or mode was changed last. A service that never ran is not stale.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
requirements:
  - systemd 247 or later
extends_documentation_fragment:
  - openstack_ha.masakari.attributes.info
options:
  reads:
    description:
      - For each service, by the name of its unit, a list of the files it reads. Patterns with C(*) are allowed, and
        files that do not exist count for nothing.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Find services that were not restarted after a change
  openstack_ha.masakari.stale_service_info:
    reads:
      masakari-api: [/etc/masakari/masakari.conf, /etc/masakari/policy.yaml]
      masakari-engine: [/etc/masakari/masakari.conf]
  register: look

- name: Restart them
  ansible.builtin.systemd_service:
    name: "{{ item }}"
    state: restarted
  loop: "{{ look.stale }}"
"""

RETURN = r"""
stale:
  description: Names of the services that are older than what they read, in the order of O(reads).
  returned: success
  type: list
  elements: str
  sample: [masakari-engine]
"""

import os
from collections.abc import Iterable
from glob import glob

from ansible.module_utils.basic import AnsibleModule


def newest(patterns: Iterable[str]) -> int:
    """Second of the last change of any of these files, 0 if there is none."""
    changed = 0
    for path in (path for pattern in patterns for path in glob(pattern)):
        try:
            changed = max(changed, int(os.stat(path).st_ctime))
        except FileNotFoundError:  # gone since it was listed
            continue
    return changed


def started(shown: str) -> list[int | None]:
    """When each service was started, from what systemctl shows of them: "@seconds", or nothing if it never was."""
    lines = shown.removesuffix("\n").split("\n")  # with an empty one between two services
    return [int(line.lstrip("@")) if line else None for line in lines[::2]]


def main() -> None:
    module = AnsibleModule({"reads": {"type": "dict", "required": True}}, supports_check_mode=True)
    reads = module.params["reads"]
    command = ["systemctl", "show", "--timestamp=unix", "--property=ExecMainStartTimestamp", "--value", *reads]
    shown = module.run_command(command, check_rc=True)[1] if reads else ""
    starts = zip(reads, started(shown), strict=True) if reads else ()
    stale = [unit for unit, start in starts if start is not None and newest(reads[unit]) > start]
    module.exit_json(changed=False, stale=stale)


if __name__ == "__main__":
    main()
