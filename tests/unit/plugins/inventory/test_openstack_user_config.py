# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin does beyond what OpenStack-Ansible's generator does, and what configurations mean to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.parsing.vault import EncryptedString, VaultLib, VaultSecret
from ansible.plugins.loader import inventory_loader
from ansible.template import Templar
from inventory_helpers import NAME, Loaded, Writer

CONFIG = """
cidr_networks:
  management: 172.29.236.0/22
global_overrides:
  internal_lb_vip_address: 172.29.236.9
  no_containers: true
compute_hosts: &compute_hosts
  compute1:
    ip: 172.29.236.21
    host_vars:
      rack: r1
      greeting: "{{ inventory_hostname }} at {{ internal_lb_vip_address }}"
  compute2:
    ip: 172.29.236.22
    host_vars:
      rack: r2
      literally: !unsafe "{{ not a template }}"
masakari-infra_hosts:
  infra1:
    ip: 172.29.236.11
masakari_monitor_hosts: *compute_hosts
"""
SECRET = VaultSecret(b"the lab's vault")


def vaulted(text: str) -> str:
    return VaultLib([("default", SECRET)]).encrypt(text).decode()


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


def test_placement(write: Writer, load: Callable[..., Loaded]) -> None:
    loaded = load(write(CONFIG))
    assert loaded.members("masakari_api") == loaded.members("masakari_engine") == {"infra1"}
    assert loaded.members("masakari_monitor") == loaded.members("nova_compute") == {"compute1", "compute2"}
    assert loaded.members("masakari_all") == {"infra1", "compute1", "compute2"}
    infra1 = loaded.host("infra1")
    assert (infra1["ansible_host"], infra1["management_address"]) == ("172.29.236.11", "172.29.236.11")
    assert infra1["is_metal"] is True
    assert infra1["physical_host"] == "infra1"


def test_masakari_groups_are_there_even_when_empty(write: Writer, load: Callable[..., Loaded]) -> None:
    loaded = load(write("cidr_networks: {management: 172.29.236.0/22}\n"))
    assert {"masakari_all", "masakari_api", "masakari_engine", "masakari_monitor"} <= set(loaded.data.groups)
    assert "galera_all" not in loaded.data.groups


def test_affinity_of_zero_leaves_a_host_out(write: Writer, load: Callable[..., Loaded]) -> None:
    text = CONFIG.replace("172.29.236.11", "172.29.236.11\n    affinity:\n      masakari_api_container: 0")
    loaded = load(write(text))
    assert loaded.members("masakari_api") == set()
    assert loaded.members("masakari_infra_hosts") == {"infra1"}


def test_environment_of_the_operator(write: Writer, load: Callable[..., Loaded]) -> None:
    env_d = """
        component_skel: {witness: {belongs_to: [witness_all]}}
        container_skel: {witness_container: {belongs_to: [witness_containers], contains: [witness]}}
        physical_skel:
          witness_containers: {belongs_to: [all_containers]}
          witness_hosts: {belongs_to: [hosts]}
    """
    text = CONFIG + "witness_hosts:\n  witness1:\n    ip: 172.29.236.31\n"
    loaded = load(write(text, **{"env.d/witness.yml": env_d}))
    assert loaded.members("witness") == loaded.members("witness_all") == {"witness1"}
    assert "witness1" in loaded.members("hosts")


def test_variables_of_all(write: Writer, load: Callable[..., Loaded]) -> None:
    loaded = load(
        write(
            CONFIG,
            **{
                "user_variables.yml": "debug: false\nvia: '{{ internal_lb_vip_address }}'\n",
                "user_variables_lab.yml": "debug: true\n",
                "user_secrets.yml": "masakari_service_password: s3cret\n",
                "user_local.yml": "",
                "user-role-requirements.yml": "- not: variables\n",
            },
        )
    )
    variables = loaded.variables()
    assert variables["debug"] is True, "files are read in the order of their names"
    assert variables["masakari_service_password"] == "s3cret"
    assert variables["container_cidr"] == "172.29.236.0/22"
    assert Templar(loaded.loader, variables).template(variables["via"]) == "172.29.236.9"


def test_variables_are_left_alone_when_told_so(write: Writer, load: Callable[..., Loaded]) -> None:
    directory = write(CONFIG, **{"user_variables.yml": "debug: true\n"})
    assert "debug" not in load(directory, "user_variables: false\n").variables()


def test_templates_are_trusted_and_unsafe_stays_unsafe(write: Writer, load: Callable[..., Loaded]) -> None:
    loaded = load(write(CONFIG))
    variables = {**loaded.variables(), "inventory_hostname": "compute1"}
    templar = Templar(loaded.loader, variables)
    assert templar.template(loaded.host("compute1")["greeting"]) == "compute1 at 172.29.236.9"
    assert templar.template(loaded.host("compute2")["literally"]) == "{{ not a template }}"


def test_vaulted_values_stay_vaulted(write: Writer, load: Callable[..., Loaded]) -> None:
    secret = f"key: !vault |\n{indented(vaulted('s3cret'))}"
    text = (
        CONFIG
        + f"image_hosts:\n  infra1:\n    ip: 172.29.236.11\n    host_vars:\n{indented(indented(indented(secret)))}"
    )
    loaded = load(write(text, **{"user_secrets.yml": secret}))
    assert isinstance(loaded.variables()["key"], EncryptedString)
    assert isinstance(loaded.host("infra1")["key"], EncryptedString)


def test_vaulted_file(write: Writer) -> None:
    directory = write(CONFIG, **{"user_secrets.yml": vaulted("masakari_service_password: s3cret\n")})
    with pytest.raises(AnsibleParserError, match=r"the vault cannot be read.*--vault-password-file"):
        Loaded().parse(directory)
    loaded = Loaded()
    loaded.loader.set_vault_secrets([("default", SECRET)])
    assert loaded.parse(directory).variables()["masakari_service_password"] == "s3cret"
    loaded.loader.set_vault_secrets([("default", VaultSecret(b"another"))])
    with pytest.raises(AnsibleParserError, match=r"user_secrets\.yml: the vault cannot be read"):
        loaded.parse(directory)


def test_constructed(write: Writer, load: Callable[..., Loaded]) -> None:
    options = """
compose:
  ansible_host: inventory_hostname
groups:
  second: rack == 'r2'
keyed_groups:
  - key: rack
    prefix: rack
"""
    loaded = load(write(CONFIG), options)
    assert loaded.host("compute1")["ansible_host"] == "compute1"
    assert loaded.host("compute1")["management_address"] == "172.29.236.21"
    assert loaded.members("second") == loaded.members("rack_r2") == {"compute2"}


def test_strict(write: Writer) -> None:
    with pytest.raises(Exception, match="Could not set broken"):
        Loaded().parse(write(CONFIG), "strict: true\ncompose:\n  broken: nothing_of_that_name\n")


def test_user_config_that_is_one_file(write: Writer, tmp_path: Path) -> None:
    directory = write(CONFIG)
    (directory / "openstack_user_config.yml").rename(directory / "berlin.yml")
    source = tmp_path / "inventory.yaml"
    source.write_text(f"plugin: {NAME}\nuser_config: berlin.yml\n")
    loaded = Loaded()
    plugin = inventory_loader.get(NAME)
    assert plugin.verify_file(str(source))
    plugin.parse(loaded.data, loaded.loader, str(source))
    assert loaded.members("masakari_api") == {"infra1"}


def test_directory_from_the_environment(write: Writer, tmp_path_factory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSA_CONFIG_DIR", str(write(CONFIG)))
    source = tmp_path_factory.mktemp("elsewhere") / "masakari.yml"
    source.write_text(f"plugin: {NAME}\n")
    loaded = Loaded()
    inventory_loader.get(NAME).parse(loaded.data, loaded.loader, str(source))
    assert loaded.members("masakari_api") == {"infra1"}


def test_only_yaml_files_are_ours(tmp_path: Path) -> None:
    (tmp_path / "hosts.ini").write_text("[all]\n")
    assert not inventory_loader.get(NAME).verify_file(str(tmp_path / "hosts.ini"))


def test_containers_of_an_early_release(write: Writer, load: Callable[..., Loaded]) -> None:
    """Their addresses stand in container_networks alone, under the network's earlier name."""
    generated = """{
      "_meta": {"hostvars": {
        "infra1": {},
        "infra1_masakari_container_1a2b3c4d": {
          "physical_host": "infra1", "component": "masakari_api",
          "container_networks": {"container_address": {"address": "172.29.238.7"}}}}},
      "masakari_api_container": {"hosts": ["infra1_masakari_container_1a2b3c4d"]}
    }"""
    networks = """no_containers: false
  provider_networks:
    - network: {ip_from_q: management, group_binds: [all_containers, hosts], is_container_address: true}"""
    text = CONFIG.replace("no_containers: true", networks)
    loaded = load(write(text, **{"openstack_inventory.json": generated}))
    assert loaded.members("masakari_api") == {"infra1_masakari_container_1a2b3c4d"}
    container = loaded.host("infra1_masakari_container_1a2b3c4d")
    assert (container["ansible_host"], container["management_address"]) == ("172.29.238.7", "172.29.238.7")
    assert container["is_metal"] is False


# ---- cache ----

CACHE = "cache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: {}\n"


@pytest.fixture
def cached(write: Writer, tmp_path_factory: Any) -> Callable[[], Loaded]:
    """Parse with a cache, as ansible does from its second run on."""
    write(CONFIG.replace('literally: !unsafe "{{ not a template }}"', "plain: true"))
    options = CACHE.format(tmp_path_factory.mktemp("cache"))
    return lambda: Loaded().parse(write.directory, options, cache=True)


def test_cache_gives_the_same(cached: Callable[[], Loaded], monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached()
    monkeypatch.setattr(inventory_loader.get(NAME).__class__, "_build", None)
    second = cached()
    assert {name: host.vars for name, host in first.data.hosts.items()} == {
        name: host.vars for name, host in second.data.hosts.items()
    }
    assert first.members("masakari_all") == second.members("masakari_all")
    variables = {**second.variables(), "inventory_hostname": "compute1"}
    greeting = second.host("compute1")["greeting"]
    assert Templar(second.loader, variables).template(greeting) == "compute1 at 172.29.236.9"


def test_cache_is_renewed_when_a_file_changes(cached: Callable[[], Loaded], write: Writer) -> None:
    cached()
    path = write.directory / "openstack_user_config.yml"
    path.write_text(path.read_text().replace("compute2:", "compute3:"))
    assert cached().members("masakari_monitor") == {"compute1", "compute3"}


def test_secrets_are_never_cached(cached: Callable[[], Loaded], write: Writer, tmp_path_factory: Any) -> None:
    (write.directory / "user_secrets.yml").write_text("masakari_service_password: s3cret\n")
    assert cached().variables()["masakari_service_password"] == "s3cret"
    assert cached().variables()["masakari_service_password"] == "s3cret"
    base = tmp_path_factory.getbasetemp()
    stored = [path for path in base.glob("cache*/*") if path.is_file()]
    assert stored
    assert not any(b"s3cret" in path.read_bytes() for path in stored)
