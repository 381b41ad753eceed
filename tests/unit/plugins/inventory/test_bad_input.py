# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused as a whole, with file, line and cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from inventory_helpers import Loaded, Writer

CIDR = "cidr_networks: {management: 172.29.236.0/22}\n"

# name: (openstack_user_config.yml, line, words of the message, words of the cure)
REFUSED = {
    "not a mapping": ("- infra1\n", None, "not a mapping", "openstack_user_config.yml.example"),
    "vaulted": ("$ANSIBLE_VAULT;1.1;AES256\n3130\n", None, "vaulted as a whole", "write it as in"),
    "no YAML": ("a: [1\nb: 2\n", 2, "not valid YAML", "correct the line"),
    "a tab": (CIDR + "compute_hosts:\n\tc1:\n\t\tip: 172.29.236.11\n", 3, "a tab", "spaces"),
    "an alias before its anchor": ("a_hosts: *c\ncompute_hosts: &c {}\n", 1, "undefined alias", "above every alias"),
    "an unquoted template": (CIDR + "compute_hosts:\n  c1:\n    ip: {{ ip }}\n", 4, "a mapping", "quote"),
    "a key that is no text": ("7: {}\n", 1, "7 is not text", "compute_hosts"),
    "an unknown type": (CIDR + "bogus_hosts:\n  c1: {ip: 172.29.236.11}\n", 2, "unknown top-level type", "env.d"),
    "an unknown setting": (CIDR + "cidr_network: {}\n", 2, "unknown top-level type cidr_network", "env.d"),
    "a misspelt type": (
        CIDR + "compute_hosts: &c\n  c1: {ip: 172.29.236.11}\nmasakari-monitors_hosts: *c\n",
        4,
        "masakari_monitors_hosts",
        "write masakari_monitor_hosts",
    ),
    "lxc_hosts": (CIDR + "lxc_hosts: {}\n", 2, "lxc_hosts", "remove it"),
    "hosts of a group with children": (
        CIDR + "hosts:\n  c1: {ip: 172.29.236.11}\n",
        2,
        "has hosts here and child groups",
        "move the hosts",
    ),
    "hosts that are a list": (CIDR + "compute_hosts: [c1]\n", 2, "not a mapping of hosts", "its ip"),
    "an invalid CIDR": ("cidr_networks:\n  management: 172.29.236.0/99\n", 2, "not a CIDR", "address/prefix"),
    "a CIDR without a prefix": ("cidr_networks:\n  management: 172.29.236.0\n", 2, "not a CIDR", "address/prefix"),
    "an invalid address": (CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.300\n", 4, "not an IP", "one address"),
    "an address with a prefix": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.3/22\n",
        4,
        "not an IP",
        "one address",
    ),
    "an address that is a number": (CIDR + "compute_hosts:\n  c1:\n    ip: 172.29\n", 4, "not an IP", "one address"),
    "no address": (CIDR + "compute_hosts:\n  c1: {}\n", 3, "has no ip", "write ip"),
    "a host without anything": (CIDR + "compute_hosts:\n  c1:\n", 3, "c1 is not a mapping", "write ip"),
    "an address outside its CIDR": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 10.0.0.1\n",
        4,
        "outside the management network",
        "management_ip",
    ),
    "a management_ip outside its CIDR": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.11\n    management_ip: 10.0.0.1\n",
        5,
        "outside the management network",
        "correct the address",
    ),
    "an address given to two hosts": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.11\nimage_hosts:\n  i1:\n    ip: 172.29.236.11\n",
        7,
        "given to c1 and to i1",
        "an address of its own",
    ),
    "an address in two notations": (
        "compute_hosts:\n  c1:\n    ip: fd00::1\n  c2:\n    ip: fd00:0::0001\n",
        5,
        "given to c1 and to c2",
        "an address of its own",
    ),
    "one host with two addresses": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.11\nimage_hosts:\n  c1:\n    ip: 172.29.236.12\n",
        7,
        "c1 has two addresses",
        "the same one",
    ),
    "one host with two addresses in two spellings": (
        "masakari-infra_hosts:\n  c1:\n    ip: 10.0.0.1\nmasakari_infra_hosts:\n  c1:\n    ip: 10.0.0.2\n",
        None,
        "c1 has two addresses",
        "the same one",
    ),
    "a name that is no host name": (
        CIDR + "compute_hosts:\n  c 1!: {ip: 172.29.236.11}\n",
        3,
        "valid host name",
        "hyphens",
    ),
    "a name with a hyphen at its end": (
        CIDR + "compute_hosts:\n  c1-: {ip: 172.29.236.11}\n",
        3,
        "valid host name",
        "hyphens",
    ),
    "a name of 64 characters": (f"compute_hosts:\n  {'c' * 64}: {{ip: 172.29.236.11}}\n", 2, "valid host name", "63"),
    "a name that is a number": (CIDR + "compute_hosts:\n  7: {ip: 172.29.236.11}\n", 3, "valid host name", "quotes"),
    "a name of a group": (
        CIDR + "compute_hosts:\n  all: {ip: 172.29.236.11}\n",
        3,
        "of a host and of a group",
        "rename",
    ),
    "used_ips that are no list": ("used_ips: 172.29.236.1\n", 1, "used_ips is not a list", "list"),
    "used_ips from high to low": (
        "used_ips:\n  - 10.0.0.9,10.0.0.1\n",
        2,
        "neither an address nor a range",
        "first,last",
    ),
    "used_ips of two families": (
        "used_ips:\n  - 10.0.0.9,fd00::1\n",
        2,
        "neither an address nor a range",
        "one family",
    ),
    "no_containers that is text": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.11\n    no_containers: 'no'\n",
        5,
        "neither true nor false",
        "true or false",
    ),
    "a negative affinity": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.11\n    affinity:\n      nova_compute_container: -1\n",
        6,
        "no number of containers",
        "0, 1 or more",
    ),
    "host_vars that are a list": (
        CIDR + "compute_hosts:\n  c1:\n    ip: 172.29.236.11\n    host_vars: [a]\n",
        5,
        "host_vars is not a mapping",
        "name: value",
    ),
    "a network of an unknown CIDR": (
        CIDR + "global_overrides:\n  provider_networks:\n    - network:\n        ip_from_q: tunnel\n",
        5,
        "tunnel is not in cidr_networks",
        "add tunnel",
    ),
    "an unknown reference_group": (
        CIDR + "global_overrides:\n  provider_networks:\n    - network:\n        reference_group: pod1_hosts\n",
        5,
        "pod1_hosts is no group",
        "env.d",
    ),
    "provider_networks that are text": ("global_overrides:\n  provider_networks: x\n", 2, "not a list", "network:"),
    "a structure within itself": (
        CIDR + "global_overrides: &g\n  more: {g: *g}\n",
        3,
        "the structure it stands in",
        "remove the alias",
    ),
    "binary data": (CIDR + "global_overrides:\n  key: !!binary aGVsbG8=\n", 3, "binary data", "write text"),
    "a damaged vault": (
        CIDR + "global_overrides:\n  key: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    no digits\n",
        3,
        "tagged !vault is damaged",
        "ansible-vault encrypt_string",
    ),
}


@pytest.mark.parametrize(("text", "line", "message", "cure"), REFUSED.values(), ids=REFUSED)
def test_refused(write: Writer, text: str, line: int | None, message: str, cure: str) -> None:
    said = refusal(write(text))
    assert said.splitlines()[0].startswith(f"{write.directory}/openstack_user_config.yml:"), said
    if line:
        assert said.startswith(f"{write.directory}/openstack_user_config.yml:{line}: "), said
    assert message in said
    assert cure in said


def refusal(directory: Path, options: str = "") -> str:
    """The message of the refusal, which left the inventory as it was."""
    loaded = Loaded()
    with pytest.raises(AnsibleParserError) as error:
        loaded.parse(directory, options)
    assert not loaded.data.hosts
    assert set(loaded.data.groups) == {"all", "ungrouped"}
    assert not loaded.variables()
    return str(error.value)


def test_every_fault_is_told_at_once(write: Writer) -> None:
    said = refusal(write("compute_hosts:\n  c1: {ip: 1}\n  c2: {ip: 2}\nbogus_hosts: 3\n")).splitlines()
    assert [line.split(":")[1] for line in said] == ["4", "2", "3"]


def test_very_many_faults_are_counted(write: Writer) -> None:
    said = refusal(write("compute_hosts:\n" + "".join(f"  c{number}: {{}}\n" for number in range(30))))
    assert said.endswith("... and 10 more.")


def test_missing_file(tmp_path: Path) -> None:
    said = refusal(tmp_path)
    assert said.startswith(f"{tmp_path}/openstack_user_config.yml: no such file: set user_config")


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "openstack_user_config.yml").write_bytes(b"compute_hosts: \xff\n")
    assert "openstack_user_config.yml: not UTF-8 text (byte 15): save the file as UTF-8." in refusal(tmp_path)


def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "openstack_user_config.yml").symlink_to("/proc/self/mem")  # opens, and fails when read, for root too
    assert "Input/output error: make the file readable." in refusal(tmp_path)


def test_fault_in_conf_d_names_that_file(write: Writer) -> None:
    directory = write(CIDR, **{"conf.d/more.yml": "\ncompute_hosts:\n  c1:\n    ip: 172.29.240.1\n"})
    assert refusal(directory).startswith(f"{directory}/conf.d/more.yml:4: c1: ip 172.29.240.1 is outside")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("physical_skell: {}\n", "env.yml:1: unknown top-level key physical_skell: use component_skel"),
        ("physical_skel:\n  a_hosts: {belongs_to: hosts}\n", "env.yml:2: a_hosts: belongs_to is not a list of groups"),
        ("physical_skel:\n  a b: {}\n", "env.yml:2: 'a b' is no valid group name"),
        (
            "physical_skel:\n  a_hosts: {belongs_to: [b_hosts]}\n  b_hosts: {belongs_to: [a_hosts]}\n",
            "groups of env.d belong to each other: ",
        ),
        ("container_skel:\n  a_container: {properties: {is_metal: 'yes'}}\n", "env.yml:2: container_skel: a_container"),
        ("[]\n", "env.yml: the file is not a mapping"),
    ],
)
def test_refused_environment(write: Writer, text: str, message: str) -> None:
    assert message in refusal(write(CIDR, **{"env.d/env.yml": text}))


@pytest.mark.parametrize("text", ["[]", "{", '{"_meta": {}}', '{"_meta": {"hostvars": {}}, "a": {"hosts": ["b c"]}}'])
def test_refused_openstack_inventory(write: Writer, text: str) -> None:
    said = refusal(write(CIDR, **{"openstack_inventory.json": text}))
    assert said.startswith(f"{write.directory}/openstack_inventory.json"), said


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "user_variables.yml",
            "- a\n",
            "user_variables.yml: the file is not a mapping of variables: write name: value.",
        ),
        ("user_variables_x.yml", "a:\n\tb: 1\n", "user_variables_x.yml:2: a tab indents the line"),
        ("user_secrets.yml", "$ANSIBLE_VAULT;1.1;AES256\n3130\n", "user_secrets.yml: the vault cannot be read"),
        (
            "user_secrets.yml",
            "b: 1\na: !vault |\n  nothing\n",
            "user_secrets.yml:2: the value tagged !vault is damaged",
        ),
    ],
)
def test_refused_variables(write: Writer, name: str, text: str, message: str) -> None:
    directory = write(CIDR)
    (directory / name).write_text(text)
    assert message in refusal(directory)


WARNED: dict[str, tuple[str, str]] = {
    "an address inside used_ips": (
        CIDR + "used_ips: ['172.29.236.1,172.29.236.50']\ncompute_hosts:\n  c1: {ip: 172.29.236.11}\n",
        "lie inside used_ips: c1 172.29.236.11.",
    ),
    "a name with an underscore": (CIDR + "compute_hosts:\n  az1_c1: {ip: 172.29.236.11}\n", "underscore"),
    "a group of hosts that is no type": (
        CIDR + "compute_hosts:\n  c1: {ip: 172.29.236.11}\ncompute2_hosts:\n  c1: {ip: 172.29.236.11}\n",
        "compute2_hosts is no type of env.d: it becomes a group, and no service is placed by it. Is compute_hosts",
    ),
    "an address of a pod in another's network": (
        "cidr_networks: {a: 10.1.0.0/24, b: 10.2.0.0/24, c: 10.3.0.0/24}\n"
        "global_overrides:\n  provider_networks:\n"
        "    - network: {ip_from_q: a, is_management_address: true}\n"
        "    - network: {ip_from_q: b, is_management_address: true}\n"
        "compute_hosts:\n  c1: {ip: 10.3.0.1}\n",
        "lie in no management network, but in another of cidr_networks: c1 10.3.0.1.",
    ),
}


@pytest.mark.parametrize(("text", "message"), WARNED.values(), ids=WARNED)
def test_allowed_with_a_warning(
    write: Writer, load: Callable[..., Any], warnings: list[str], text: str, message: str
) -> None:
    assert load(write(text)).data.hosts
    assert any(message in warning for warning in warnings), warnings
