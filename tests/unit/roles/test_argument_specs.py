# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role says in argument_specs.yml what it takes, and says it as its defaults do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
# OpenStack-Ansible's own, for every service or for the monitors, and one that more than one role reads
FOREIGN = {
    "debug", "masakari_hostmonitor_group", "masakari_monitor_etc_dir", "masakari_monitor_libvirt_group",
    "masakari_monitor_pip_packages",
}
ROLE_NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def defaults(role: str) -> dict[str, Any]:
    return load(ROLES / role / "defaults/main.yml") or {}


def options(role: str) -> dict[str, Any]:
    return load(ROLES / role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]


def is_computed(value: Any) -> bool:
    """Whether Ansible works the value out, so that a specification can only describe it."""
    return "{{" in str(value)


def described(specification: dict[str, Any], name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for option, details in specification.items():
        yield f"{name}{option}", details
        yield from described(details.get("options", {}), f"{name}{option}.")


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_role_has_a_specification(role: str) -> None:
    specs = load(ROLES / role / "meta/argument_specs.yml")["argument_specs"]
    assert specs["main"]["short_description"]


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_default_has_an_option(role: str) -> None:
    assert set(defaults(role)) - set(options(role)) == set()


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_defaults_are_equal(role: str) -> None:
    in_role = defaults(role)
    for name, details in options(role).items():
        if name in in_role and not is_computed(in_role[name]):
            assert details.get("default", "<none>") == in_role[name], name
        else:
            assert "default" not in details, f"{name}: the role has no such default"


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_computed_defaults_are_told_in_words(role: str) -> None:
    in_role = defaults(role)
    for name, details in options(role).items():
        if is_computed(in_role.get(name)):
            assert "Default is" in str(details["description"]), name


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_option_is_described_and_typed(role: str) -> None:
    for name, details in described(options(role)):
        assert str(details.get("description", "")).strip(), name
        assert details.get("type"), name
        assert details["type"] != "list" or details.get("elements"), name


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_passwords_are_secret(role: str) -> None:
    for name, details in options(role).items():
        if name.endswith("_password"):
            assert details.get("no_log") is True, name


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_entry_point_has_its_tasks(role: str) -> None:
    for entry_point in load(ROLES / role / "meta/argument_specs.yml")["argument_specs"]:
        assert (ROLES / role / f"tasks/{entry_point}.yml").exists(), entry_point


@pytest.mark.parametrize("role", ROLE_NAMES)
def test_variables_carry_the_name_of_their_role(role: str) -> None:
    names = set(options(role)) | set(defaults(role))
    assert {name for name in names if not name.startswith(f"{role}_")} <= FOREIGN
    for path in (ROLES / role).glob("vars/**/*.yml"):
        assert all(name.startswith(f"__{role}_") for name in load(path)), path
