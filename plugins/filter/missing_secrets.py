# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of the secrets that nobody has filled in."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: missing_secrets
short_description: Names of secrets that are undefined, empty or still the example's placeholder
version_added: 0.1.0
description:
  - Returns names alone, never a value.
positional: _input
options:
  _input:
    description: Secrets by name of variable.
    type: dict
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop while a secret is missing
  ansible.builtin.assert:
    that: secrets | openstack_ha.masakari.missing_secrets == []
  vars:
    secrets:
      masakari_service_password: "{{ masakari_service_password | default('') }}"
"""

RETURN = r"""
_value:
  description: Names of the variables to fill in, in the order given.
  type: list
  elements: str
"""


PLACEHOLDERS = frozenset({"", "changeme", "change_me", "change-me", "none", "null"})


def _is_missing(value: Any) -> bool:
    return value is None or str(value).strip().lower() in PLACEHOLDERS


def missing_secrets(secrets: dict[str, Any]) -> list[str]:
    return [name for name, value in secrets.items() if _is_missing(value)]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"missing_secrets": missing_secrets}
