# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs for oslo.messaging and SQLAlchemy."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.database_url import database_url
from ansible_collections.openstack_ha.masakari.plugins.filter.transport_url import transport_url

AWKWARD = "p@ss:w/o%r$d?#é"


def test_transport_names_every_server() -> None:
    url = transport_url("10.0.0.1, 10.0.0.2", userid="m", password="s", vhost="masakari", port=5671)
    assert url == "rabbit://m:s@10.0.0.1:5671,m:s@10.0.0.2:5671/masakari?ssl=0"


def test_transport_takes_a_list_and_another_driver() -> None:
    url = transport_url(["mq"], transport="kafka", userid="m", password="s", vhost="v")
    assert url == "kafka://m:s@mq:5672/v?ssl=0"


def test_transport_with_tls() -> None:
    url = transport_url("mq", userid="m", password="s", vhost="v", ssl=True, ssl_ca_file="/etc/ssl/ca.pem")
    assert url.endswith("/v?ssl=1&ssl_version=TLSv1_2&ssl_ca_file=%2Fetc%2Fssl%2Fca.pem")


def test_a_virtual_host_may_begin_with_a_slash() -> None:
    assert "/%2Fmasakari?" in transport_url("mq", userid="m", password="s", vhost="/masakari")


@pytest.mark.parametrize(
    "url",
    [
        transport_url("[::1]".strip("[]"), userid="m", password=AWKWARD, vhost="v"),
        database_url("::1", user="m", password=AWKWARD, database="d"),
    ],
)
def test_any_password_and_an_ipv6_address_survive(url: str) -> None:
    parts = urlsplit(url)
    assert unquote(parts.password or "") == AWKWARD
    assert parts.hostname == "::1"
    assert "$" not in url  # oslo.config would take it for a reference


def test_database() -> None:
    url = database_url("db", user="m", password="s", database="masakari")
    assert url == "mysql+pymysql://m:s@db:3306/masakari?charset=utf8"


def test_a_number_is_as_good_as_its_digits() -> None:
    url = database_url("db", user="m", password=12345678, database="masakari")  # type: ignore[arg-type]
    assert url == "mysql+pymysql://m:12345678@db:3306/masakari?charset=utf8"


def test_database_with_tls() -> None:
    url = database_url("db", user="m", password="s", database="d", ssl=True, ssl_ca="/etc/ca.pem")
    assert url.endswith("/d?charset=utf8&ssl_verify_cert=true&ssl_ca=/etc/ca.pem")


def test_database_with_tls_and_the_systems_authorities() -> None:
    url = database_url("db", user="m", password="s", database="d", ssl=True)
    assert url.endswith("?charset=utf8&ssl_verify_cert=true")
