# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No input crashes the plugin: whatever it reads, it loads all of it or refuses with an AnsibleParserError."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.utils.display import Display
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inventory_helpers import Loaded

FILES = [
    "openstack_user_config.yml",
    "conf.d/more.yml",
    "env.d/own.yml",
    "openstack_inventory.json",
    "user_variables.yml",
]
HOSTS = ["infra1", "compute1", "compute-2", "a_b", "all", "hosts", "-", "é", "x" * 64, "1"]
TYPES = [
    "compute_hosts",
    "masakari-infra_hosts",
    "masakari_infra_hosts",
    "masakari-monitor_hosts",
    "pod1_hosts",
    "_hosts",
    "hosts",
    "lxc_hosts",
    "_anchors",
]
ADDRESSES = [
    "172.29.236.11",
    "172.29.236.12",
    "10.0.0.1",
    "fd00::1",
    "172.29.236.0/22",
    "::/0",
    "0.0.0.0/0",
    "x",
    "172.29.236.9,1",
]
CONTAINERS = ["masakari_api_container", "nova_compute_container", "masakari_infra_containers", "masakari_api"]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.sampled_from([*ADDRESSES, *HOSTS, *TYPES, *CONTAINERS, "management", "{{ x }}", ""]),
    st.text(max_size=6),
    st.dates(),
    st.binary(max_size=3),
)
keys = st.one_of(
    st.sampled_from([*HOSTS, *TYPES, *CONTAINERS, "ip", "network"]), st.integers(), st.none(), st.text(max_size=4)
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


def mapping(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly a mapping with some of these keys, sometimes anything."""
    return st.one_of(st.fixed_dictionaries({}, optional=values), st.fixed_dictionaries({}, optional=values), anything)


def mostly(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(values), st.sampled_from(values), scalars)


entries = mapping(
    ip=mostly(ADDRESSES),
    management_ip=mostly(ADDRESSES),
    no_containers=mostly([True, False]),
    affinity=st.one_of(st.dictionaries(st.sampled_from(CONTAINERS), mostly([0, 1, 2]), max_size=2), anything),
    host_vars=st.one_of(st.dictionaries(keys, anything, max_size=2), anything),
    container_vars=st.one_of(
        st.dictionaries(keys, mapping(limit_container_types=scalars, value=anything), max_size=2), anything
    ),
)
networks = mapping(
    ip_from_q=mostly(["management", "tunnel"]),
    is_management_address=mostly([True, False]),
    address_prefix=scalars,
    container_bridge=scalars,
    group_binds=st.one_of(st.lists(mostly(["hosts", "all_containers", "nova-compute"]), max_size=3), anything),
    reference_group=mostly(["pod1_hosts", "compute_hosts"]),
    static_routes=st.one_of(st.lists(mapping(cidr=scalars, gateway=scalars), max_size=2), anything),
)
hosts = st.one_of(
    st.dictionaries(st.sampled_from(HOSTS[:4]), entries, max_size=3),
    st.dictionaries(keys, entries, max_size=2),
    anything,
)
user_configs = mapping(
    cidr_networks=st.one_of(st.fixed_dictionaries({"management": mostly(["172.29.236.0/22", "fd00::/64"])}), anything),
    used_ips=st.one_of(st.lists(scalars, max_size=3), anything),
    global_overrides=mapping(
        no_containers=scalars,
        provider_networks=st.one_of(st.lists(mapping(network=networks), max_size=3), anything),
        ansible_group_priority=scalars,
    ),
    **dict.fromkeys(TYPES, hosts),
)
groups = st.one_of(
    st.lists(mostly(["hosts", "all_containers", "masakari_all", "compute_hosts", "masakari_api"]), max_size=2), anything
)
specs = mapping(belongs_to=groups, contains=groups, properties=mapping(is_metal=scalars, is_nest=scalars))
skeletons = st.one_of(
    st.dictionaries(st.one_of(st.sampled_from([*TYPES, *CONTAINERS]), keys), specs, max_size=3), anything
)
environments = mapping(component_skel=skeletons, container_skel=skeletons, physical_skel=skeletons, version=scalars)
generated = st.one_of(
    st.fixed_dictionaries(
        {
            "_meta": mapping(
                hostvars=st.dictionaries(st.sampled_from(HOSTS), mapping(physical_host=mostly(HOSTS)), max_size=3)
            ),
            "masakari_api_container": mapping(hosts=st.lists(mostly(HOSTS), max_size=3)),
        }
    ),
    anything,
)
documents = st.tuples(user_configs, user_configs, environments, generated, anything)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("warning", "deprecated"):
        monkeypatch.setattr(Display, name, lambda *args, **kwargs: None)


def loads_whole_or_refuses(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for name, content in contents.items():
            path = Path(directory, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        loaded = Loaded()
        try:
            loaded.parse(Path(directory))
        except AnsibleParserError:
            assert not loaded.data.hosts
            assert set(loaded.data.groups) == {"all", "ungrouped"}


CHECKS = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(CHECKS, max_examples=300)
@given(documents, st.sets(st.sampled_from(FILES[1:])))
def test_any_structure(values: tuple[Any, ...], present: set[str]) -> None:
    texts = [
        json.dumps(value, default=str)
        if name.endswith("json")
        else yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
        for name, value in zip(FILES, values, strict=True)
    ]
    contents = {name: text.encode("utf-8", "replace") for name, text in zip(FILES, texts, strict=True)}
    loads_whole_or_refuses({name: text for name, text in contents.items() if name == FILES[0] or name in present})


@settings(CHECKS, max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(alphabet="&*<:-[]{}!|>#'\"%@ \n\tabip_hosts1.,é\x00", max_size=60).map(str.encode),
    ),
    st.sampled_from(FILES),
)
def test_any_bytes(content: bytes, name: str) -> None:
    loads_whole_or_refuses({FILES[0]: b"compute_hosts: {c1: {ip: 10.0.0.1}}\n", name: content})
