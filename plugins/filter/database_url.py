# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database URL as SQLAlchemy reads it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

DOCUMENTATION = r"""
name: database_url
short_description: The URL of a MySQL or MariaDB database for SQLAlchemy
version_added: 0.1.0
description:
  - Builds C(mysql+pymysql://user:password@host:port/database?…) with every part quoted,
    so that a password may contain any character.
positional: _input
options:
  _input:
    description: Address of the database server.
    type: str
    required: true
  port:
    description: Its port.
    type: int
    default: 3306
  user:
    description: User of the database.
    type: str
    required: true
  password:
    description: Password of O(user).
    type: str
    required: true
  database:
    description: Name of the database.
    type: str
    required: true
  ssl:
    description: Whether to speak TLS and verify the server's certificate.
    type: bool
    default: false
  ssl_ca:
    description: File of the certificate authority on the host that connects; used with O(ssl).
    type: str
    default: ""
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: A database URL
  ansible.builtin.debug:
    msg: "{{ '10.0.0.1' | openstack_ha.masakari.database_url(user='m', password='p@ss', database='masakari') }}"
  # mysql+pymysql://m:p%40ss@10.0.0.1:3306/masakari?charset=utf8
"""

RETURN = r"""
_value:
  description: The URL.
  type: str
"""


def _quote(text: Any) -> str:
    return quote(str(text), safe="")


def database_url(
    address: str,
    *,
    user: str,
    password: str,
    database: str,
    port: int | str = 3306,
    ssl: bool = False,
    ssl_ca: str = "",
) -> str:
    """mysql+pymysql://user:password@address:port/database?charset=utf8"""
    host = f"[{address}]" if ":" in address else address
    query = {"charset": "utf8"}
    if ssl:
        query["ssl_verify_cert"] = "true"
    if ssl and ssl_ca:
        query["ssl_ca"] = ssl_ca
    login = f"{_quote(user)}:{_quote(password)}"
    return f"mysql+pymysql://{login}@{host}:{port}/{_quote(database)}?{urlencode(query, safe='/')}"


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"database_url": database_url}
