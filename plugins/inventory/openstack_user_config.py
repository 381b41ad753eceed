# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory plugin that reads OpenStack-Ansible's openstack_user_config.yml."""

from __future__ import annotations

DOCUMENTATION = r"""
name: openstack_user_config
short_description: Inventory from the files of OpenStack-Ansible
version_added: 0.1.0
author:
  - openstack_ha.masakari contributors (@openstack-ha)
description:
  - Reads C(openstack_user_config.yml), then C(conf.d/*.yml), and places services by the C(env.d) of
    OpenStack-Ansible, which is built in and extended or overridden by the operator's C(env.d/*.yml).
  - The groups, their children, C(ansible_host) and C(management_address) are those that
    OpenStack-Ansible's own generator gives. Hyphens in group names become underscores, as in OpenStack-Ansible 33.
  - Containers and their addresses come from C(openstack_inventory.json), which OpenStack-Ansible's generator
    writes beside the user config. Without it a service that would need a container is placed on its host, with a
    warning.
  - A configuration with any fault is refused as a whole. Each fault is named with its file, line and cure.
requirements:
  - netaddr (Python library on the control node)
extends_documentation_fragment:
  - constructed
  - inventory_cache
notes:
  - The cache holds the groups and the hosts' variables, never C(user_variables.yml) or C(user_secrets.yml).
    It is renewed when a file changes, and not used when C(!vault) or C(!unsafe) stands in the user config.
  - A file C(user_secrets.yml) that is encrypted as a whole is decrypted like any vars file. Single values tagged
    C(!vault) stay encrypted until they are used.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [openstack_ha.masakari.openstack_user_config]
  user_config:
    description:
      - The directory that holds C(openstack_user_config.yml), or that file by whatever name.
      - A relative path is taken from the directory of the file this option stands in.
    type: str
    default: /etc/openstack_deploy
    env:
      - name: OSA_CONFIG_DIR
  user_variables:
    description:
      - Whether C(user_*.yml) beside the user config, thus C(user_variables*.yml) and C(user_secrets.yml), become
        variables of the group C(all), read in the order of their names.
    type: bool
    default: true
"""

EXAMPLES = r"""
# masakari.yml, anywhere: everything comes from /etc/openstack_deploy
plugin: openstack_ha.masakari.openstack_user_config

---
# masakari.yml beside openstack_user_config.yml
plugin: openstack_ha.masakari.openstack_user_config
user_config: .

---
# One file under a name of its own, its hosts reached by name, and a group for each rack
plugin: openstack_ha.masakari.openstack_user_config
user_config: ~/clouds/berlin.yml
user_variables: false
compose:
  ansible_host: inventory_hostname
keyed_groups:
  - key: rack
    prefix: rack
"""

import glob
import os
from collections.abc import Callable, Iterator
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.parsing.vault import EncryptedString, is_encrypted, parse_vaulttext, parse_vaulttext_envelope
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.template import trust_as_template
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils import (
    _osa_environment,
    _osa_inventory,
    _osa_user_config,
)
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._config_source import (
    ConfigError,
    Problem,
    Source,
    plain_data,
    refuse,
)

MAIN_FILE = "openstack_user_config.yml"
GENERATED_FILE = "openstack_inventory.json"


def _is_secret(value: Any) -> bool:
    return isinstance(value, EncryptedString)


class Files:
    """The files of one deployment, found as OpenStack-Ansible finds them."""

    def __init__(self, user_config: str) -> None:
        is_directory = os.path.isdir(user_config)
        self.directory = user_config if is_directory else os.path.dirname(user_config)
        main = os.path.join(user_config, MAIN_FILE) if is_directory else user_config
        self.conf_d = _yaml_files(os.path.join(self.directory, "conf.d"))
        if not os.path.isfile(main) and not (is_directory and self.conf_d):
            raise ConfigError(
                f"{main}: no such file: set user_config to the directory of {MAIN_FILE}, or to that file."
            )
        self.user_config = [*([main] if os.path.isfile(main) else []), *self.conf_d]
        self.env_d = _yaml_files(os.path.join(self.directory, "env.d"))
        generated = os.path.join(self.directory, GENERATED_FILE)
        self.generated = [generated] if os.path.isfile(generated) else []
        self.variables = sorted(glob.glob(os.path.join(glob.escape(self.directory), "user_*.yml")))

    def fingerprint(self) -> list[list[Any]]:
        """Changes whenever a file that shapes the inventory changes."""
        stats = ((path, os.stat(path)) for path in (*self.user_config, *self.env_d, *self.generated))
        return [[path, stat.st_mtime_ns, stat.st_size] for path, stat in stats]


def _yaml_files(directory: str) -> list[str]:
    found = [os.path.join(root, name) for root, _dirs, names in os.walk(directory) for name in names]
    return sorted(path for path in found if path.endswith((".yml", ".yaml")))


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Adds what the files say to the inventory, or nothing at all."""

    NAME = "openstack_ha.masakari.openstack_user_config"

    def verify_file(self, path: str) -> bool:
        """Any YAML file may be ours: its `plugin` key decides."""
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Read, check and build everything first; add it only then."""
        super().parse(inventory, loader, path, cache)
        if _osa_user_config.NETADDR_IMPORT_ERROR is not None:
            raise AnsibleError("The Python library netaddr is missing: pip install netaddr beside ansible-core.")
        self._read_config_data(path)
        try:
            files = Files(self._user_config_path(path))
            result = _map_text(self._cached(files, path, cache), _trusted)
            variables = dict(result["variables"])
            for name in files.variables if self.get_option("user_variables") else ():
                variables.update(self._load_variables(name))
            _check_priority(variables)
        except ConfigError as error:
            raise AnsibleParserError(str(error)) from None
        except OSError as error:
            place = error.filename or self._user_config_path(path)
            raise AnsibleParserError(f"{place}: {error.strerror}: make the file readable.") from None
        except RecursionError:
            raise AnsibleParserError(f"{path}: the user config is nested too deeply: flatten it.") from None
        self._add(result, variables)

    def _user_config_path(self, path: str) -> str:
        written = os.path.expandvars(os.path.expanduser(self.get_option("user_config")))
        return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(path)), written))

    # ---- reading ----

    def _cached(self, files: Files, path: str, cache: bool) -> Any:
        if not self.get_option("cache"):
            return self._build(files)[0]
        key, fingerprint = self.get_cache_key(path), files.fingerprint()
        stored = self._cache.get(key) if cache else None
        if stored and stored.get("fingerprint") == fingerprint:
            return stored["result"]
        result, is_cacheable = self._build(files)
        if is_cacheable:
            self._cache[key] = {"fingerprint": fingerprint, "result": _map_text(result, str)}
        return result

    def _build(self, files: Files) -> tuple[dict[str, Any], bool]:
        """The inventory as plain data, and whether it may be cached."""
        env_d = [self._load(path, _osa_user_config.environment_problems, empty={}) for path in files.env_d]
        loaded = [self._load(path, _osa_user_config.document_problems, empty={}) for path in files.user_config]
        generated = [self._load(path, _osa_user_config.generated_problems)[1] for path in files.generated]

        environment = _osa_environment.environment_from(document for _source, document in env_d)
        refuse(_osa_user_config.circular_problems(environment), [source for source, _document in env_d])
        sources = [source for source, _document in loaded]
        merged = _osa_user_config.merge_documents(document for _source, document in loaded)
        refuse(_osa_user_config.spelling_problems(merged), sources)
        data = _osa_user_config.normalise(merged)
        refuse(_osa_user_config.problems(data, environment), sources)

        containers = _osa_inventory.Generated(generated[0] if generated else None, environment.containers)
        built = _osa_inventory.build(_osa_user_config.user_config_from(data), environment, containers)
        refuse(_osa_user_config.clash_problems(data, built.groups, built.hostvars), sources)
        result = {
            "groups": {name: [list(group.hosts), list(group.children)] for name, group in built.groups.items()},
            "hostvars": built.hostvars,
            "variables": built.variables,
            "warnings": [*_osa_user_config.warnings(data, environment), *built.warnings],
        }
        return result, not any(tag in source.text for source in sources for tag in ("!vault", "!unsafe"))

    def _load(self, path: str, check: Callable[[Any], Iterator[Problem]], empty: Any = None) -> tuple[Source, Any]:
        try:
            with open(path, encoding="utf-8") as file:
                source = Source(path, file.read())
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: not UTF-8 text (byte {error.start}): save the file as UTF-8.") from None
        try:
            document = self.loader.load(trust_as_template(source.text), file_name=path)
        except AnsibleError as error:
            raise ConfigError(source.syntax_error() or f"{path}: {_first_line(error)}: correct the file.") from None
        document = empty if document is None else document
        refuse(check(document), [source])
        refuse(plain_data(document, _is_secret), [source])
        _check_secrets(source)
        return source, document

    def _load_variables(self, path: str) -> dict[str, Any]:
        with open(path, "rb") as file:
            content = file.read()
        source = Source(path, content.decode("utf-8", "replace"))
        try:
            values = self.loader.load_from_file(path, cache="none", trusted_as_template=True)
        except AnsibleError as error:
            if is_encrypted(content):
                raise ConfigError(
                    f"{path}: the vault cannot be read ({_first_line(error)}):"
                    " give this file's password by --vault-password-file or --ask-vault-pass."
                ) from None
            raise ConfigError(source.syntax_error() or f"{path}: {_first_line(error)}: correct the file.") from None
        if not isinstance(values, (dict, type(None))) or not all(isinstance(name, str) for name in values or {}):
            raise ConfigError(f"{path}: the file is not a mapping of variables: write name: value.")
        refuse(plain_data(values or {}, _is_secret), [source])
        _check_secrets(source)
        return values or {}

    # ---- adding ----

    def _add(self, result: dict[str, Any], variables: dict[str, Any]) -> None:
        for text in result["warnings"]:
            self.display.warning(text)
        for host in result["hostvars"]:
            self.inventory.add_host(host)
        for name in result["groups"]:
            self.inventory.add_group(name)
        for name, (_hosts, children) in result["groups"].items():  # before any host: cheap while groups are empty
            for child in children:
                self.inventory.add_child(name, child)
        for name, (hosts, _children) in result["groups"].items():
            for host in hosts:
                self.inventory.add_child(name, host)
        for host, values in result["hostvars"].items():
            for name, value in values.items():
                self.inventory.set_variable(host, name, value)
        for name, value in variables.items():
            self.inventory.set_variable("all", name, value)
        if any(self.get_option(option) for option in ("compose", "groups", "keyed_groups")):
            for host in result["hostvars"]:
                self._construct(host)

    def _construct(self, host: str) -> None:
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), self._host_vars(host), host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), self._host_vars(host), host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), self._host_vars(host), host, strict=strict)

    def _host_vars(self, host: str) -> dict[str, Any]:
        variables: dict[str, Any] = self.inventory.get_host(host).get_vars()
        return variables


def _check_priority(variables: dict[str, Any]) -> None:
    """The one variable that Ansible reads when it is set, instead of when it is used."""
    priority = variables.get("ansible_group_priority", 1)
    if not isinstance(priority, int):
        raise ConfigError(f"ansible_group_priority: {priority!r} is no number: write one, or remove it.")


def _check_secrets(source: Source) -> None:
    """Refuse a value tagged !vault that no password could open. It is not opened here."""
    for line, text in source.secrets():
        try:
            content = text.strip().encode()
            if not is_encrypted(content):
                raise ValueError
            parse_vaulttext(parse_vaulttext_envelope(content)[0])
        except (AnsibleError, ValueError, IndexError):
            raise ConfigError(
                f"{source.path}:{line}: the value tagged !vault is damaged:"
                " encrypt it again by ansible-vault encrypt_string."
            ) from None


def _trusted(text: str) -> str:
    # Text of the files carries its own trust, or its want of it (!unsafe); only our own text is plain.
    return trust_as_template(text) if type(text) is str else text  # pylint: disable=unidiomatic-typecheck


def _map_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {str(key): _map_text(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
