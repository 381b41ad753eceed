#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: notification_info
short_description: List the failures Masakari was told of, and how their recovery goes
version_added: 0.1.0
description:
  - Lists Masakari's notifications, each a failure of a host, a guest or a process that a monitor saw, newest first.
  - For one notification, named by O(uuid), the steps of its recovery are told as well.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
extends_documentation_fragment:
  - openstack.cloud.openstack
  - openstack_ha.masakari.attributes
  - openstack_ha.masakari.attributes.info
options:
  uuid:
    description:
      - UUID of one notification. The other filters do not go with it.
    type: str
  source_host:
    description:
      - Name of the host that notifications are about.
    type: str
  type:
    description:
      - Type of the failure.
    type: str
    choices: [COMPUTE_HOST, VM, PROCESS]
  status:
    description:
      - Status of the recovery. While one of V(new), V(running) or V(error) exists for a host, Masakari allows no
        change to its segment.
    type: str
    choices: [new, running, error, failed, ignored, finished]
seealso:
  - module: openstack_ha.masakari.vmove_info
"""

EXAMPLES = r"""
- name: List the recoveries that are running
  openstack_ha.masakari.notification_info:
    cloud: default
    status: running
  register: masakari

- name: See how the newest recovery of a host ended
  openstack_ha.masakari.notification_info:
    cloud: default
    source_host: compute1
    type: COMPUTE_HOST
  register: failures

- name: Show the steps of that recovery
  openstack_ha.masakari.notification_info:
    cloud: default
    uuid: "{{ failures.notifications[0].notification_uuid }}"
"""

RETURN = r"""
notifications:
  description: The notifications, newest first. Empty when there is none of the kind asked for.
  returned: success
  type: list
  elements: dict
  contains:
    notification_uuid:
      description: Identifier of the notification.
      type: str
      sample: d0dfac9d-cbdd-4253-93e9-d3ade9ff45a5
    type:
      description: Type of the failure, C(COMPUTE_HOST), C(VM) or C(PROCESS).
      type: str
      sample: COMPUTE_HOST
    status:
      description: Status of the recovery, C(new), C(running), C(error), C(failed), C(ignored) or C(finished).
      type: str
      sample: finished
    source_host_uuid:
      description: Identifier in Masakari of the host the notification is about.
      type: str
      sample: 42c5cbcb-1c60-4303-9c44-8ae0d82965bc
    generated_time:
      description: Time of the failure in UTC, ISO 8601.
      type: str
      sample: "2026-11-21T01:00:00.000000"
    payload:
      description: What the monitor saw; the keys depend on the type.
      type: dict
      sample: {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"}
    recovery_workflow_details:
      description: The steps of the recovery in their order, each with its messages.
      returned: when O(uuid) is given
      type: list
      elements: dict
      contains:
        name:
          description: Name of the step.
          type: str
          sample: DisableComputeServiceTask
        state:
          description: State of the step as TaskFlow has it.
          type: str
          sample: SUCCESS
        progress:
          description: How much of the step is done, from C(0.0) to C(1.0).
          type: float
          sample: 1.0
        progress_details:
          description: Messages of the step, oldest first.
          type: list
          elements: dict
          contains:
            timestamp:
              description: Time of the message in UTC.
              type: str
              sample: "2026-11-21 01:17:15.745160"
            message:
              description: The message.
              type: str
              sample: "Disabled compute service on host: 'compute1'"
            progress:
              description: How much was done then, from C(0.0) to C(1.0).
              type: str
              sample: "1.0"
    created_at:
      description: Time at which Masakari stored it in UTC, ISO 8601.
      type: str
      sample: "2026-11-21T01:17:14.000000"
    updated_at:
      description: Time of the last change in UTC, ISO 8601, or C(null).
      type: str
      sample: "2026-11-21T01:17:29.000000"
"""

from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import raise_all, uuid_problems
from ansible_collections.openstack_ha.masakari.plugins.module_utils._module import MasakariModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._recovery import host_uuid


class NotificationInfoModule(MasakariModule):
    argument_spec = {
        "uuid": {"type": "str"},
        "source_host": {"type": "str"},
        "type": {"type": "str", "choices": ["COMPUTE_HOST", "VM", "PROCESS"]},
        "status": {"type": "str", "choices": ["new", "running", "error", "failed", "ignored", "finished"]},
    }
    module_kwargs = {
        **MasakariModule.module_kwargs,
        "mutually_exclusive": [("uuid", "source_host"), ("uuid", "type"), ("uuid", "status")],
    }

    def work(self, gateway: Gateway) -> dict[str, Any]:
        if self.params["uuid"] is None:
            return {"changed": False, "notifications": gateway.notifications(**self._query(gateway))}
        raise_all(uuid_problems("uuid", self.params["uuid"]))
        notification = gateway.notification(self.params["uuid"])
        return {"changed": False, "notifications": [notification] if notification else []}

    def _query(self, gateway: Gateway) -> Row:
        query = {key: self.params[key] for key in ("type", "status") if self.params[key]}
        if self.params["source_host"]:
            query["source_host_uuid"] = host_uuid(gateway, self.params["source_host"], "source_host")
        return query


def main() -> None:
    NotificationInfoModule()()


if __name__ == "__main__":
    main()
