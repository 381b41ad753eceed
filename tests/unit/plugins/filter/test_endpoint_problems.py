# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.endpoint_problems import endpoint_problems

PATH = "/v1/%(tenant_id)s"
NOWHERE = ("has no address, so that nobody would find the API by it. "
           "Set {} to the load balancer's address or name, or {}")
TLS = ["203.0.113.9:15868", "fd00::9:15868"]
PLAIN = "is plain HTTP, and HAProxy speaks TLS at {} "


@pytest.mark.parametrize(("interface", "server", "words"), [
    ("public", "http://:15868", NOWHERE.format("external_lb_vip_address", "masakari_service_publicuri to")),
    ("internal", "https://:15868", NOWHERE.format("internal_lb_vip_address", "masakari_service_internaluri to")),
    ("admin", "http://", NOWHERE.format("internal_lb_vip_address", "masakari_service_adminuri to")),
    ("public", "http://127.0.0.1:15868", ""),
    ("public", "https://cloud.example.com", ""),
    ("internal", "http://fd00:29:236::9:15868", ""),
    ("public", "https://203.0.113.9:15868", ""),
    ("public", "http://203.0.113.10:15868", ""),
    ("public", "http://203.0.113.9:80", ""),
    ("public", "http://203.0.113.9", ""),
    ("public", "http://203.0.113.9:15868", PLAIN.format("203.0.113.9:15868")),
    ("internal", "http://[fd00::9]:15868", PLAIN.format("[fd00::9]:15868")),
])
@pytest.mark.parametrize("path", ["", PATH])
def test_endpoint_problems(interface: str, server: str, words: str, path: str) -> None:
    problems = endpoint_problems({"other": "http://192.0.2.1:15868", interface: server + path}, tls=TLS)
    assert len(problems) == bool(words)
    for problem in problems:
        assert problem.startswith(f"The {interface} endpoint, {server + path}, ")
        assert words in problem


def test_http_is_cured_by_its_own_variable() -> None:
    assert "Set masakari_service_adminuri_proto or masakari_service_proto to https." in endpoint_problems(
        {"admin": "http://203.0.113.9:15868"}, tls=TLS)[0]


def test_each_endpoint_has_its_sentence() -> None:
    assert len(endpoint_problems(dict.fromkeys(["public", "internal", "admin"], "http://:15868"))) == 3
