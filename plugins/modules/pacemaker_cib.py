#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pacemaker_cib
short_description: Declare resources, constraints and properties of a Pacemaker cluster
version_added: 0.1.0
description:
  - Merges declared resources, constraints, fencing levels, properties and defaults into the configuration of a running
    Pacemaker cluster (its CIB) and applies the result as one patch, whatever the number of resources.
  - What is not declared is left as it is, inside declared resources too - an operator's C(target-role) stays.
  - What was declared once and is no longer is removed. The cluster itself remembers what was declared, as a tag that is
    named by O(owner).
  - Before it is applied the configuration is verified with C(crm_verify) and tried with C(crm_simulate). A change for
    which a host would be fenced is refused with the name of the host and the reason.
  - The patch fits only the version that it was made from. When somebody else changes the configuration meanwhile, the
    module starts again from theirs.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
requirements:
  - cibadmin, crm_diff, crm_simulate and crm_verify (Debian package pacemaker-cli-utils), Pacemaker 2.1 or later
options:
  properties:
    description:
      - Cluster properties by name. A null removes the property.
    type: dict
    default: {}
  resource_defaults:
    description:
      - Meta attributes that resources have unless they carry their own. A null removes the default.
    type: dict
    default: {}
  resources:
    description:
      - Resources of the cluster. Each has exactly one of O(resources[].agent), O(resources[].group) and
        O(resources[].clone).
    type: list
    elements: dict
    default: []
    suboptions:
      id: &id
        description: Name of the resource; unique among resources and constraints.
        type: str
        required: true
      agent: &agent
        description: Resource agent as V(ocf:provider:type), V(systemd:unit), V(stonith:agent) or V(class:type).
        type: str
      attributes: &attributes
        description:
          - Parameters of the agent (instance attributes). A null removes the parameter.
          - Whoever may read the cluster's configuration can read them. Put no secret here.
        type: dict
      meta: &meta
        description: Meta attributes. A null removes the attribute.
        type: dict
      operations: &operations
        description: Operations. One that exists is known by its name and role; its other values are changed.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the operation, such as V(monitor) or V(start).
            type: str
            required: true
          interval:
            description: Time between two of them, with its unit. V(0s) for an operation that does not recur.
            type: str
            default: 0s
          timeout:
            description: Time after which it has failed, with its unit.
            type: str
          role:
            description: Role of the resource in which a monitor runs.
            type: str
            choices: [Started, Stopped, Promoted, Unpromoted]
          on_fail:
            description: What the cluster does when it fails.
            type: str
            choices: [ignore, block, stop, restart, standby, fence, demote]
      group: &group
        description: Members of a group, in the order in which they start.
        type: list
        elements: dict
        suboptions: {id: *id, agent: *agent, attributes: *attributes, meta: *meta, operations: *operations}
      clone:
        description: The resource that is cloned.
        type: dict
        suboptions:
          id: *id
          agent: *agent
          attributes: *attributes
          meta: *meta
          operations: *operations
          group: *group
  constraints:
    description: Constraints. One whose id exists is replaced.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: Name of the constraint; unique among resources and constraints.
        type: str
        required: true
      type:
        description: Where resources run, together with which, or after which.
        type: str
        choices: [location, colocation, order]
        required: true
      resources:
        description: For V(location), the resources that it is about.
        type: list
        elements: str
      node:
        description: For V(location), the node. Exclusive with O(constraints[].node_kind).
        type: str
      node_kind:
        description: For V(location), every node of this kind, V(cluster) being the full members.
        type: str
        choices: [cluster, remote, container]
      discovery:
        description: For V(location), where the cluster looks whether the resources already run.
        type: str
        choices: [always, never, exclusive]
      resource:
        description: For V(colocation), the resource that is placed.
        type: str
      with_resource:
        description: For V(colocation), the resource beside which it is placed.
        type: str
      score:
        description: For V(location) and V(colocation), an integer, V(INFINITY) or V(-INFINITY). Default V(INFINITY).
        type: str
      first:
        description: For V(order), the resource that starts first.
        type: str
      then:
        description: For V(order), the resource that starts after it.
        type: str
      kind:
        description: For V(order), how strict it is. Default V(Mandatory).
        type: str
        choices: [Mandatory, Optional, Serialize]
  fencing_levels:
    description: Levels of the fencing topology. Levels of others stay.
    type: list
    elements: dict
    default: []
    suboptions:
      node:
        description: Name of the node that is fenced.
        type: str
        required: true
      index:
        description: Level, from V(1) to V(9). The next is tried when the devices of one have failed.
        type: int
        required: true
      devices:
        description: Fencing devices that must all succeed.
        type: list
        elements: str
        required: true
  owner:
    description:
      - Name of the tag under which the cluster remembers what was declared. Two declarations for one cluster need two
        names.
    type: str
    default: openstack_ha.masakari
  backup_directory:
    description:
      - Directory on the host in which the former CIB is kept before each change, as a file with the time in its name.
        It is made if missing, with mode 0700.
    type: path
    default: /var/backups/pacemaker
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the change without making it.
    support: full
    details:
      - The change is verified and simulated in check mode as well.
  diff_mode:
    description: Tells in diff mode what has changed, or would change in C(check_mode).
    support: full
seealso:
  - name: Pacemaker Explained
    description: The meaning of resources, constraints and properties to the cluster.
    link: https://clusterlabs.org/projects/pacemaker/doc/
"""

EXAMPLES = r"""
- name: A cluster that runs nothing where no rule allows it, and an address on one of its members
  openstack_ha.masakari.pacemaker_cib:
    properties:
      symmetric-cluster: false
      no-quorum-policy: stop
    resources:
      - id: vip
        agent: ocf:heartbeat:IPaddr2
        attributes:
          ip: 203.0.113.10
          cidr_netmask: 24
        operations:
          - name: monitor
            interval: 10s
            timeout: 20s
    constraints:
      - id: loc-vip
        type: location
        resources: [vip]
        node_kind: cluster
        score: "0"
  run_once: true

- name: A fencing device, and the hosts it watches over
  openstack_ha.masakari.pacemaker_cib:
    owner: racks
    resources:
      - id: fence-rack2
        agent: stonith:fence_maas
        attributes:
          url: http://maas.example.org:5240/MAAS
          plugs: compute7 compute8
          pcmk_host_check: static-list
          pcmk_host_list: compute7 compute8
      - id: compute7
        agent: ocf:pacemaker:remote
        attributes: {server: 203.0.113.27, reconnect_interval: 60s}
    constraints:
      - id: loc-racks
        type: location
        resources: [fence-rack2, compute7]
        node_kind: cluster
        discovery: exclusive
        score: "0"
  run_once: true
"""

RETURN = r"""
removed:
  description: Ids of resources and constraints that were declared once and are removed (or would be, in check mode).
  returned: success
  type: list
  elements: str
  sample: [compute7, loc-compute7]
removed_nodes:
  description:
    - Those of RV(removed) that were remote nodes. The cluster remembers their names until C(crm_node --remove) is run.
  returned: success
  type: list
  elements: str
  sample: [compute7]
backup:
  description: File on the host that holds the former CIB.
  returned: changed, but not in check mode
  type: str
  sample: /var/backups/pacemaker/cib-20261121T014512Z-epoch-17.xml
way_back:
  description: Command that puts the former configuration back.
  returned: changed, but not in check mode
  type: str
  sample: cibadmin --replace --scope=configuration --xml-file=/var/backups/pacemaker/cib-20261121T014512Z-epoch-17.xml
"""

import os
import shlex
import time
from collections.abc import Iterable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._cib import (
    CibError,
    new_complaints,
    parse,
    plan,
    planned_fencing,
    unexpected,
)

CHANGED_MEANWHILE = 103  # cibadmin: the patch does not fit the present version
ATTEMPTS = 10
COMPLAINTS_SHOWN = 5


def resource_options(*kinds: str) -> dict[str, Any]:
    """Options of a resource; group and clone hold resources in their turn."""
    nested: dict[str, dict[str, Any]] = {
        "agent": {"type": "str"},
        "group": {"type": "list", "elements": "dict"},
        "clone": {"type": "dict"},
    }
    options: dict[str, Any] = {kind: nested[kind] for kind in kinds}
    if "group" in kinds:
        options["group"] = {**nested["group"], "options": resource_options("agent")}
    if "clone" in kinds:
        options["clone"] = {**nested["clone"], "options": resource_options("agent", "group")}
    operation = {
        "name": {"type": "str", "required": True},
        "interval": {"type": "str", "default": "0s"},
        "timeout": {"type": "str"},
        "role": {"type": "str", "choices": ["Started", "Stopped", "Promoted", "Unpromoted"]},
        "on_fail": {"type": "str",
                    "choices": ["ignore", "block", "stop", "restart", "standby", "fence", "demote"]},
    }
    return {
        "id": {"type": "str", "required": True},
        "attributes": {"type": "dict"},
        "meta": {"type": "dict"},
        "operations": {"type": "list", "elements": "dict", "options": operation},
        **options,
    }


CONSTRAINT_OPTIONS: dict[str, Any] = {
    "id": {"type": "str", "required": True},
    "type": {"type": "str", "required": True, "choices": ["location", "colocation", "order"]},
    "resources": {"type": "list", "elements": "str"},
    "node": {"type": "str"},
    "node_kind": {"type": "str", "choices": ["cluster", "remote", "container"]},
    "discovery": {"type": "str", "choices": ["always", "never", "exclusive"]},
    "resource": {"type": "str"},
    "with_resource": {"type": "str"},
    "score": {"type": "str"},
    "first": {"type": "str"},
    "then": {"type": "str"},
    "kind": {"type": "str", "choices": ["Mandatory", "Optional", "Serialize"]},
}

ARGUMENT_SPEC: dict[str, Any] = {
    "properties": {"type": "dict", "default": {}},
    "resource_defaults": {"type": "dict", "default": {}},
    "resources": {"type": "list", "elements": "dict", "default": [],
                  "options": resource_options("agent", "group", "clone"),
                  "mutually_exclusive": [("agent", "group", "clone")],
                  "required_one_of": [("agent", "group", "clone")]},
    "constraints": {"type": "list", "elements": "dict", "default": [], "options": CONSTRAINT_OPTIONS,
                    "mutually_exclusive": [("node", "node_kind")],
                    "required_if": [("type", "location", ("node", "node_kind"), True),
                                    ("type", "location", ("resources",)),
                                    ("type", "colocation", ("resource", "with_resource")),
                                    ("type", "order", ("first", "then"))]},
    "fencing_levels": {"type": "list", "elements": "dict", "default": [], "options": {
        "node": {"type": "str", "required": True},
        "index": {"type": "int", "required": True},
        "devices": {"type": "list", "elements": "str", "required": True}}},
    "owner": {"type": "str", "default": "openstack_ha.masakari"},
    "backup_directory": {"type": "path", "default": "/var/backups/pacemaker"},
}


class Raced(Exception):
    """Somebody else changed the configuration since it was read."""


class SimulationError(CibError):
    """The scheduler could not work with the configuration."""


class Cluster:
    """Pacemaker's own commands."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.files = 0

    def run(self, *command: str) -> tuple[int, str, str]:
        return self.module.run_command([self.module.get_bin_path(command[0], required=True), *command[1:]])

    def file(self, text: str) -> str:
        self.files += 1
        path = os.path.join(self.module.tmpdir, f"cib-{self.files}.xml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self) -> str:
        code, out, err = self.run("cibadmin", "--query")
        if code:
            raise CibError(f"cibadmin cannot read the configuration: {err.strip() or code}. "
                           "Pacemaker must run on this host")
        return out

    def verify(self, now: str, then: str, removed: Iterable[str]) -> None:
        code, complaints = self.complaints(then)
        # What was wrong before is not for this change to cure.
        if code and (fresh := new_complaints(self.complaints(now)[1], complaints, removed)):
            more = f"; and {len(fresh) - COMPLAINTS_SHOWN} more" if len(fresh) > COMPLAINTS_SHOWN else ""
            raise CibError("crm_verify refuses the configuration; nothing was changed: "
                           + "; ".join(fresh[:COMPLAINTS_SHOWN]) + more)

    def complaints(self, cib: str) -> tuple[int, str]:
        code, out, err = self.run("crm_verify", "-VV", "--xml-file", self.file(cib))
        return code, out + err

    def simulate(self, cib: str) -> str:
        code, out, err = self.run("crm_simulate", "--run", "--output-as=xml", "--xml-file", self.file(cib))
        if code:
            raise SimulationError(f"crm_simulate failed; nothing was changed: {err.strip() or out.strip() or code}")
        return out

    def apply(self, now: str, then: str) -> None:
        # crm_diff tells by 1 that there is a difference.
        code, patch, err = self.run("crm_diff", "--original", self.file(now), "--new", self.file(then))
        if code != 1:
            raise CibError(f"crm_diff failed; nothing was changed: {err.strip() or code}")
        code, out, err = self.run("cibadmin", "--patch", "--sync-call", "--xml-file", self.file(patch))
        if code == CHANGED_MEANWHILE:
            raise Raced
        if code:
            raise CibError(f"cibadmin refuses the change: {err.strip() or out.strip() or code}")


def keep(cib: str, directory: str) -> str:
    os.makedirs(directory, mode=0o700, exist_ok=True)
    name = f"cib-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-epoch-{parse(cib).get('epoch')}.xml"
    path = os.path.join(directory, name)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(cib)
    return path


def refuse_fencing(cluster: Cluster, now: str, then: str) -> None:
    """A host that the cluster is about to fence anyway is not the change's victim."""
    planned = planned_fencing(cluster.simulate(then))
    victims = unexpected(planned, planned_fencing(cluster.simulate(now))) if planned else {}
    if victims:
        raise CibError("the change would fence " + ", ".join(f"{node} ({reason})" for node, reason in victims.items())
                       + "; nothing was changed. See that these hosts answer and their daemons run, then run it again")


def perform(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    current = cluster.read()
    step = plan(current, module.params, module.params["owner"])
    result: dict[str, Any] = {"changed": step.changed, "removed": list(step.removed),
                              "removed_nodes": list(step.removed_nodes)}
    if module._diff:
        result["diff"] = {"before": step.before, "after": step.after,
                          "before_header": "configuration", "after_header": "configuration"}
    if not step.changed:
        return result
    try:
        refuse_fencing(cluster, current, step.next_cib)
    except SimulationError:
        cluster.verify(current, step.cib, step.removed)  # says better what is wrong, if it is the configuration
        raise
    cluster.verify(current, step.cib, step.removed)
    if not module.check_mode:
        result["backup"] = keep(current, module.params["backup_directory"])
        try:
            cluster.apply(current, step.next_cib)
        except Raced:
            os.unlink(result["backup"])
            raise
        result["way_back"] = shlex.join(["cibadmin", "--replace", "--scope=configuration",
                                         "--xml-file=" + result["backup"]])
    return result


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    cluster = Cluster(module)
    try:
        for attempt in range(ATTEMPTS):
            try:
                module.exit_json(**perform(module, cluster))
            except Raced:
                time.sleep(0.2 * (attempt + 1))
        raise CibError(f"the configuration was changed by others {ATTEMPTS} times in a row; run it again later")
    except CibError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
