# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs as the OpenStack libraries write them: oslo.messaging's transport, SQLAlchemy's database."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

DOCUMENTATION = r"""
name: transport_url
short_description: The transport_url of oslo.messaging for a list of message queue servers
version_added: 0.1.0
description:
  - Builds C(rabbit://user:password@host:port,…/vhost?ssl=…) with every part quoted,
    so that a password may contain any character.
positional: _input
options:
  _input:
    description: Servers, names or addresses; a list, or one string separated by commas.
    type: raw
    required: true
  transport:
    description: Driver of oslo.messaging.
    type: str
    default: rabbit
  port:
    description: Port of every server.
    type: int
    default: 5672
  userid:
    description: User of the message queue.
    type: str
    required: true
  password:
    description: Password of O(userid).
    type: str
    required: true
  vhost:
    description: Virtual host.
    type: str
    required: true
  ssl:
    description: Whether to speak TLS.
    type: bool
    default: false
  ssl_version:
    description: TLS version; used with O(ssl).
    type: str
    default: TLSv1_2
  ssl_ca_file:
    description: File of the certificate authority on the host that connects; used with O(ssl).
    type: str
    default: ""
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Two servers, one transport
  ansible.builtin.debug:
    msg: "{{ 'mq1,mq2' | openstack_ha.masakari.transport_url(userid='m', password='p@ss', vhost='masakari') }}"
  # rabbit://m:p%40ss@mq1:5672,m:p%40ss@mq2:5672/masakari?ssl=0
"""

RETURN = r"""
_value:
  description: The URL.
  type: str
"""


def _quote(text: Any) -> str:
    return quote(str(text), safe="")


def _host(name: str) -> str:
    """An IPv6 address stands in brackets inside a URL."""
    return f"[{name}]" if ":" in name else name


def _as_list(servers: str | list[str]) -> list[str]:
    names = servers.split(",") if isinstance(servers, str) else servers
    return [name.strip() for name in names if name.strip()]


def transport_url(
    servers: str | list[str],
    *,
    userid: str,
    password: str,
    vhost: str,
    transport: str = "rabbit",
    port: int | str = 5672,
    ssl: bool = False,
    ssl_version: str = "TLSv1_2",
    ssl_ca_file: str = "",
) -> str:
    """rabbit://user:password@host:port,…/vhost?ssl=…"""
    login = f"{_quote(userid)}:{_quote(password)}"
    netloc = ",".join(f"{login}@{_host(name)}:{port}" for name in _as_list(servers))
    query = {"ssl": 1, "ssl_version": ssl_version, "ssl_ca_file": ssl_ca_file} if ssl else {"ssl": 0}
    return f"{transport}://{netloc}/{_quote(vhost)}?{urlencode(query)}"


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"transport_url": transport_url}
