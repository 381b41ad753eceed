#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: live_migration
short_description: Move the running guests of a compute host to other hosts, without a stop
version_added: 0.1.0
description:
  - Asks Nova to migrate all guests that run on a host live, to where its scheduler likes, and waits until they have
    left.
  - Disable C(nova-compute) on the host before, lest others come.
  - Guests that do not run stay where they are.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  host:
    description:
      - Name of the host, exactly as Nova has it (C(openstack compute service list)).
    type: str
    required: true
  wait_timeout:
    description:
      - How long to wait, in seconds, until all have left.
    type: int
    default: 1800
seealso:
  - module: openstack_ha.masakari.compute_service
"""

EXAMPLES = r"""
- name: Let no guest come to compute2
  openstack_ha.masakari.compute_service:
    cloud: default
    host: compute2
    state: disabled
    disabled_reason: new memory

- name: Move its guests away
  openstack_ha.masakari.live_migration:
    cloud: default
    host: compute2
"""

RETURN = r"""
moved:
  description: Names of the guests that have left; in check mode of those that would be asked to.
  returned: success
  type: list
  elements: str
  sample: [web1, web2]
left:
  description: Names of the guests that do not run and stay on the host.
  returned: success
  type: list
  elements: str
  sample: [old]
actions:
  description: What was changed, or would be in check mode, in words. When the task fails midway, what had been by then.
  returned: always
  type: list
  elements: str
  sample: ["migrate web1 away from compute2"]
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._drain import Drain, running
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import name_problems, raise_all
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule


class LiveMigrationModule(MasakariModule):
    argument_spec = {
        "host": {"type": "str", "required": True},
        "wait_timeout": {"type": "int", "default": 1800},
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        host = self.params["host"]
        raise_all(name_problems("host", [host]))
        servers = gateway.servers(host)
        names = [server["name"] for server in running(servers)]
        if names and not self.check_mode:
            names = self._drain(gateway)
        return {
            "changed": bool(names),
            "actions": _actions(names, host),
            "moved": names,
            "left": sorted({server["name"] for server in servers} - set(names)),
            "diff": {"before": {"running guests": names}, "after": {"running guests": []}},
        }

    def _drain(self, gateway: Gateway) -> list[str]:
        drain = Drain(gateway, self.params["host"], self.params["wait_timeout"])
        try:
            drain.perform()
        except MasakariError as error:
            error.actions = _actions(drain.moved, self.params["host"])
            raise
        return drain.moved


def _actions(names: list[str], host: str) -> list[str]:
    return [f"migrate {name} away from {host}" for name in names]


def main() -> None:
    LiveMigrationModule()()


if __name__ == "__main__":
    main()
