# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which secrets nobody has filled in, and which would not arrive as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DOCUMENTATION = r"""
name: missing_secrets
short_description: Names of secrets that are undefined, empty or still the example's placeholder
version_added: 0.1.0
description:
  - Never returns a value, nor a part of one.
positional: _input
options:
  _input:
    description: Secrets by name of variable.
    type: dict
    required: true
  sentences:
    description:
      - Return sentences instead of names, on what is missing and also on what is filled in but would not arrive as it
        is written. A number is not text; of blanks, a line end or quotes around a password a configuration file of
        OpenStack keeps nothing, while Keystone does; a line end within one breaks the file. A backslash
        before a dollar sign is lost there too.
    type: bool
    default: false
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop while a secret is missing
  ansible.builtin.assert:
    that: secrets | openstack_ha.masakari.missing_secrets == []
  vars:
    secrets:
      masakari_service_password: "{{ masakari_service_password | default('') }}"

- name: Stop also while one could not be used as it is
  ansible.builtin.assert:
    that: problems == []
    fail_msg: "{{ problems | join('\n') }}"
  vars:
    problems: >-
      {{ {'masakari_service_password': masakari_service_password | default('')}
         | openstack_ha.masakari.missing_secrets(sentences=true) }}
"""

RETURN = r"""
_value:
  description: Names of the variables to fill in, in the order given; or sentences, with O(sentences).
  type: list
  elements: str
"""


PLACEHOLDERS = frozenset({"", "changeme", "change_me", "change-me", "none", "null"})


def _is_missing(value: Any) -> bool:
    return value is None or str(value).strip().lower() in PLACEHOLDERS


def _flaws(value: Any) -> Iterator[str]:
    """What would make the value another one on its way, and the cure. The value is a secret: no word of it."""
    if not isinstance(value, str):
        yield "is not text: YAML takes it for a number, a date, true or false, or a list. Quote it."
        return
    text = value.strip()
    if text != value:
        yield "begins or ends with a blank or a line end, which configuration files do not keep. Take it away."
    if "\n" in text or "\r" in text:
        yield "has a line end within, which breaks configuration files. Take the line end away."
    if text[0] == text[-1] and text[0] in "\"'":  # as oslo.config asks
        yield "has quotes around it as part of the value, which configuration files do not keep. Take the quotes away."
    if "\\$" in text:  # oslo.config takes it for an escaped dollar sign, and has no way to write the two
        yield "has a backslash before a dollar sign, which configuration files do not keep. Take the backslash away."


def _sentences(secrets: dict[str, Any], missing: list[str]) -> Iterator[str]:
    if missing:
        yield (
            f"{', '.join(missing)} not set, empty or still a placeholder. "
            "Set it in user_secrets.yml (or a vaulted group_vars file) to a password of your own."
        )
    for name, value in secrets.items():
        if name not in missing:
            yield from (f"{name} {flaw}" for flaw in _flaws(value))


def missing_secrets(secrets: dict[str, Any], *, sentences: bool = False) -> list[str]:
    missing = [name for name, value in secrets.items() if _is_missing(value)]
    return list(_sentences(secrets, missing)) if sentences else missing


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"missing_secrets": missing_secrets}
