# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints that would lead nobody to the API."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

DOCUMENTATION = r"""
name: endpoint_problems
short_description: What is wrong with the endpoints of Masakari
version_added: 0.1.0
description:
  - Finds endpoints without an address, as they are where no variable gives one, and endpoints that speak HTTP to a
    balancer that speaks TLS.
positional: _input
options:
  _input:
    description: URLs of the endpoints, by their interfaces C(public), C(internal) and C(admin).
    type: dict
    required: true
  tls:
    description: Where a balancer speaks TLS, as address:port.
    type: list
    elements: str
    default: []
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop before an endpoint that leads nowhere is registered
  ansible.builtin.assert:
    that: "{'public': 'http://:15868/v1'} | openstack_ha.masakari.endpoint_problems == []"
"""

RETURN = r"""
_value:
  description: Problems, in sentences; empty when there is none.
  type: list
  elements: str
"""


def endpoint_problems(endpoints: Mapping[str, str], *, tls: Collection[str] = ()) -> list[str]:
    return [problem for interface, url in endpoints.items() for problem in _problems(interface, url, tls)]


def _problems(interface: str, url: str, tls: Collection[str]) -> Iterator[str]:
    scheme, _colon, rest = url.partition("://")
    server = rest.partition("/")[0]
    variable = f"masakari_service_{interface}uri"
    if not server or server.startswith(":"):
        address = "external_lb_vip_address" if interface == "public" else "internal_lb_vip_address"
        yield (f"The {interface} endpoint, {url}, has no address, so that nobody would find the API by it. "
               f"Set {address} to the load balancer's address or name, or {variable} to the endpoint without a path.")
    elif scheme == "http" and server.replace("[", "").replace("]", "") in tls:
        yield (f"The {interface} endpoint, {url}, is plain HTTP, and HAProxy speaks TLS at {server} "
               "(masakari_haproxy_certificate, masakari_pki_directory). "
               f"Set {variable}_proto or masakari_service_proto to https.")


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"endpoint_problems": endpoint_problems}
