#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_service
short_description: Enable or disable nova-compute on a host
version_added: 0.1.0
description:
  - Enables or disables the C(nova-compute) service of a host in Nova, with a reason.
  - A host that Masakari keeps in reserve must be disabled in Nova; a host that came back after a failure must be
    enabled again, since Masakari disables it and never enables it.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.change
options:
  host:
    description:
      - Name of the host, exactly as Nova has it (C(openstack compute service list)).
    type: str
    required: true
  state:
    description:
      - Whether Nova may place guests on the host.
    type: str
    choices: [enabled, disabled]
    default: enabled
  disabled_reason:
    description:
      - Why the host is disabled, shown by C(openstack compute service list --long). Needs O(state=disabled).
      - When this is omitted, the reason of a host that is disabled already is left as it is.
    type: str
seealso:
  - module: openstack_ha.masakari.segment_host
"""

EXAMPLES = r"""
- name: Keep a host free of guests, for the failure of another one
  openstack_ha.masakari.compute_service:
    cloud: default
    host: compute3
    state: disabled
    disabled_reason: reserved for failover

- name: Let a repaired host take guests again
  openstack_ha.masakari.compute_service:
    cloud: default
    host: compute2
    state: enabled
"""

RETURN = r"""
compute_service:
  description: The service as it is after the task; in check mode as it would be.
  returned: success
  type: dict
  contains:
    id:
      description: Identifier of the service.
      type: str
      sample: e0130025-5ee5-5094-8d98-24d0a68981b3
    host:
      description: Name of the host.
      type: str
      sample: compute3
    binary:
      description: Name of the service, always C(nova-compute).
      type: str
      sample: nova-compute
    status:
      description: Whether an operator allows it to take guests, C(enabled) or C(disabled).
      type: str
      sample: disabled
    state:
      description: Whether it reports to Nova, C(up) or C(down).
      type: str
      sample: up
    disabled_reason:
      description: Why it is disabled, or C(null).
      type: str
      sample: reserved for failover
    availability_zone:
      description: Availability zone of the host.
      type: str
      sample: nova
    is_forced_down:
      description: Whether an operator declared it down; C(null) before API microversion 2.11.
      type: bool
      sample: false
    updated_at:
      description: Time of its last report in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:18:36.000000"
actions:
  description: What was changed, or would be in check mode, in words.
  returned: always
  type: list
  elements: str
  sample: ["disable nova-compute on compute3: reserved for failover"]
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import listed
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import name_problems, raise_all
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import compute_changes


class ComputeServiceModule(MasakariModule):
    argument_spec = {
        "host": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["enabled", "disabled"], "default": "enabled"},
        "disabled_reason": {"type": "str"},
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        state, reason = self.params["state"], self.params["disabled_reason"]
        raise_all(name_problems("host", [self.params["host"]]))
        if reason is not None and state == "enabled":
            raise MasakariError("disabled_reason needs state=disabled: remove it, or set the state.")
        service = self._service(gateway)
        changes = compute_changes(service, state, reason)
        after = {**service, **changes}
        if changes and not self.check_mode:
            if state == "enabled":
                after = gateway.enable_compute(service["id"])
            else:
                after = gateway.disable_compute(service["id"], reason)
        because = f": {reason}" if reason else ""
        return {
            "changed": bool(changes),
            "actions": [f"{state.removesuffix('d')} nova-compute on {service['host']}{because}"] if changes else [],
            "diff": {"before": _view(service), "after": _view({**service, **changes})},
            "compute_service": after,
        }

    def _service(self, gateway: Gateway) -> Row:
        host = self.params["host"]
        for service in gateway.compute_services(host):
            if service["host"] == host:
                return service
        known = sorted(service["host"] for service in gateway.compute_services())
        raise MasakariError(
            f"Host {host!r} is not in Nova: no nova-compute service has that name. "
            f"Use the name that Nova uses; it knows {listed(known) or 'no host'}."
        )


def _view(service: Row) -> Row:
    return {key: service[key] for key in ("host", "status", "disabled_reason")}


def main() -> None:
    ComputeServiceModule()()


if __name__ == "__main__":
    main()
