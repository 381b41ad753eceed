# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenStack-Ansible's env.d: which service runs in which container, on which type of host.

The tables hold what the env.d of OpenStack-Ansible 33 says; an operator's env.d needs to hold only what differs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# container: (types of host, components, runs on the host itself)
CONTAINERS: dict[str, tuple[str, str, bool]] = {
    "adjutant": ("registration", "adjutant_api", False),
    "aodh": ("metering_alarm", "aodh_api aodh_listener aodh_alarm_evaluator aodh_alarm_notifier", False),
    "barbican": ("key_manager", "barbican_api", False),
    "blazar": ("reservation", "blazar_api blazar_manager", False),
    "ceilometer_central": ("metering_infra", "ceilometer_agent_central ceilometer_agent_notification", False),
    "ceilometer_compute": ("metering_compute", "ceilometer_agent_compute", True),
    "ceph_mds": ("ceph_mds", "ceph_mds", False),
    "ceph_mon": ("ceph_mon", "ceph_mon", False),
    "ceph_nfs": ("ceph_nfs", "ceph_nfs", False),
    "ceph_osd": ("ceph_osd", "ceph_osd", True),
    "ceph_rgw": ("ceph_rgw", "ceph_rgw", False),
    "cinder_api": ("storage_infra", "cinder_api cinder_scheduler", False),
    "cinder_volumes": ("storage", "cinder_volume cinder_backup", True),
    "cloudkitty": ("rating", "cloudkitty_api cloudkitty_engine", False),
    "designate": (
        "dnsaas",
        "designate_api designate_central designate_mdns designate_worker designate_producer designate_sink",
        False,
    ),
    "freezer_api": ("backup_infra", "freezer_api", False),
    "freezer_scheduler": ("backup_runner", "freezer_scheduler", False),
    "galera": ("database shared_infra", "galera", False),
    "glance": ("image os_infra", "glance_api", False),
    "gnocchi": ("metrics", "gnocchi_api gnocchi_metricd", False),
    "haproxy": ("haproxy load_balancer", "haproxy", True),
    "heat_api": ("orchestration os_infra", "heat_api_cfn heat_api heat_engine", False),
    "horizon": ("dashboard os_infra", "horizon", False),
    "ironic_api": ("ironic_infra", "ironic_api ironic_conductor", False),
    "ironic_compute": ("ironic_compute", "ironic_compute ironic_console nova_compute", False),
    "ironic_inspector": ("ironic_inspector", "ironic_inspector", False),
    "k8s": ("cluster_api", "k8s_capi", False),
    "keystone": ("identity", "keystone", False),
    "magnum": ("magnum_infra", "magnum", False),
    "manila": ("manila_infra", "manila_api manila_scheduler", False),
    "manila_data": ("manila_data", "manila_data manila_share", True),
    "masakari_api": ("masakari_infra", "masakari_engine masakari_api", False),
    "masakari_monitors": ("masakari_monitor", "masakari_monitor", True),
    "memcached": ("memcaching shared_infra", "memcached", False),
    "mistral": ("mistral_infra", "mistral_api mistral_engine mistral_executor mistral_notifier", False),
    "neutron_agents": (
        "network network_agent",
        "ironic_neutron_agent neutron_agent neutron_bgp_dragent neutron_dhcp_agent neutron_l3_agent"
        " neutron_metadata_agent neutron_metering_agent neutron_openvswitch_agent neutron_sriov_nic_agent",
        True,
    ),
    "neutron_ovn_gateway": ("network_gateway", "neutron_ovn_controller neutron_ovn_gateway", True),
    "neutron_ovn_northd": ("network_northd", "neutron_ovn_northd", False),
    "neutron_server": ("network network_infra", "neutron_server", False),
    "nova_api": (
        "compute_infra os_infra",
        "nova_api_metadata nova_api_os_compute nova_conductor nova_scheduler nova_console",
        False,
    ),
    "nova_compute": (
        "compute kvm_compute qemu_compute",
        "neutron_openvswitch_agent neutron_sriov_nic_agent neutron_ovn_controller nova_compute",
        True,
    ),
    "octavia_server": (
        "octavia_infra",
        "octavia_api octavia_worker octavia_housekeeping octavia_health_manager",
        False,
    ),
    "placement": ("os_infra placement_infra", "placement_api", False),
    "rabbit_mq": ("mq shared_infra", "rabbitmq", False),
    "repo": ("repo_infra", "pkg_repo", False),
    "skyline": ("skyline_dashboard", "skyline", False),
    "swift_acc": ("swift", "swift_acc", True),
    "swift_cont": ("swift", "swift_cont", True),
    "swift_obj": ("swift", "swift_obj", True),
    "swift_proxy": ("swift_proxy", "swift_proxy", False),
    "swift_remote": ("swift_remote", "swift_remote", True),
    "tacker": ("mano", "tacker_server", False),
    "trove_api": ("trove_infra", "trove_api trove_conductor trove_taskmanager", False),
    "unbound": ("unbound", "unbound", False),
    "utility": ("operator shared_infra", "utility", False),
    "zookeeper": ("coordination", "zookeeper", False),
    "zun_api": ("zun_infra", "zun_api", False),
    "zun_compute": ("zun_compute", "neutron_openvswitch_agent neutron_sriov_nic_agent zun_compute", True),
}

# A component belongs to <first word>_all, but for these:
COMPONENT_PARENTS = {
    "ironic_compute": "nova_all",
    "ironic_neutron_agent": "neutron_all",
    "pkg_repo": "repo_all",
    "swift_remote": "swift_remote_all",
}

# A type's hosts belong to `hosts` and its containers to `all_containers`, but for these:
TYPE_PARENTS = {
    "backup_runner_hosts": "all_containers",
    "swift_remote_hosts": "remote",
    "swift_remote_containers": "remote_containers",
}

# Types of earlier releases: a config may still hold them, no service of today runs on them.
RETIRED_TYPES = (
    "cloudkitty",
    "etcd",
    "event_infra",
    "ironic_server",
    "log",
    "lxd_compute",
    "molteniron_server",
    "murano_infra",
    "oslomsg_rpc",
    "policy",
    "powervm_compute",
    "sahara_infra",
    "senlin_infra",
)

SKELETONS = ("component_skel", "container_skel", "physical_skel")


def underscored(name: str) -> str:
    """The spelling of OpenStack-Ansible 33 for a group's name of any release."""
    return name.replace("-", "_")


@dataclass
class Container:
    """A container of env.d: where it may run, what it contains."""

    belongs_to: list[str] = field(default_factory=list)
    contains: list[str] = field(default_factory=list)
    is_metal: bool = False
    is_nest: bool = False

    def host_types(self) -> Iterator[tuple[str, str]]:
        """The types of host it runs on, each with the group of its hosts and containers: (X_hosts, X_all)."""
        for group in self.belongs_to:
            name = group.rpartition("_")[0] or group
            yield f"{name}_hosts", f"{name}_all"


@dataclass
class Environment:
    """env.d as a whole: each group's parents, and the containers."""

    parents: dict[str, list[str]]
    containers: dict[str, Container]
    physical: set[str]  # the groups of physical_skel: types of host, and of the containers on them

    def group_names(self) -> set[str]:
        """Every group the environment names."""
        return {*self.parents, *(name for names in self.parents.values() for name in names), *self.containers}


def builtin() -> dict[str, Any]:
    """The built-in tables in the shape of env.d files."""
    components = {name for _types, contains, _metal in CONTAINERS.values() for name in contains.split()}
    types = sorted({name for types, _contains, _metal in CONTAINERS.values() for name in types.split()})
    return {
        "component_skel": {name: {"belongs_to": [_component_parent(name)]} for name in sorted(components)},
        "container_skel": {
            f"{name}_container": {
                "belongs_to": [f"{host_type}_containers" for host_type in types_of.split()],
                "contains": contains.split(),
                "properties": {"is_metal": metal},
            }
            for name, (types_of, contains, metal) in CONTAINERS.items()
        },
        "physical_skel": {
            group: {"belongs_to": [TYPE_PARENTS.get(group, parent)]}
            for name in types
            for group, parent in ((f"{name}_containers", "all_containers"), (f"{name}_hosts", "hosts"))
        },
    }


def _component_parent(name: str) -> str:
    return COMPONENT_PARENTS.get(name, name.partition("_")[0] + "_all")


def merge(base: dict[Any, Any], new: Mapping[Any, Any]) -> dict[Any, Any]:
    """Merge new into base as OpenStack-Ansible does: in place, mappings deeply, an empty one replaces."""
    for key, value in new.items():
        if isinstance(value, dict) and value:
            current = base.get(key)
            base[key] = merge(current if isinstance(current, dict) else {}, value)
        else:
            base[key] = value
    return base


def environment_from(documents: Iterable[Mapping[str, Any]]) -> Environment:
    """The built-in environment, extended and overridden by the operator's (checked) env.d documents."""
    merged = copy.deepcopy(builtin())
    for document in documents:
        merge(merged, document)
    containers = {underscored(name): _container(spec or {}) for name, spec in (merged["container_skel"] or {}).items()}
    relations = {
        underscored(name): [underscored(parent) for parent in (spec or {}).get("belongs_to") or []]
        for skeleton in ("physical_skel", "component_skel")
        for name, spec in (merged[skeleton] or {}).items()
    }
    for name, container in containers.items():
        relations.setdefault(name, []).extend(container.belongs_to)
    physical = {underscored(name) for name in merged["physical_skel"] or {}}
    return Environment(parents=relations, containers=containers, physical=physical)


def _container(spec: Mapping[str, Any]) -> Container:
    properties = spec.get("properties") or {}
    return Container(
        belongs_to=[underscored(name) for name in spec.get("belongs_to") or []],
        contains=[underscored(name) for name in spec.get("contains") or []],
        is_metal=bool(properties.get("is_metal", False)),
        is_nest=bool(properties.get("is_nest", False)),
    )
