# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari comes from Debian's packages, with what they lack."""

from __future__ import annotations

import pytest
from lab import INFRA, connect

PACKAGES = "/usr/lib/python3/dist-packages"


@pytest.mark.parametrize("name", INFRA)
def test_packages(name: str) -> None:
    host = connect(name)
    assert host.package("python3-masakari").version.startswith("14.0.")
    assert host.package("uwsgi-plugin-python3").is_installed
    assert not host.package("masakari-api").is_installed
    assert not host.file("/openstack").exists


def test_services_run_from_them() -> None:
    processes = connect("infra1").check_output("ps -u masakari -o args=")
    assert "/usr/bin/uwsgi_python3" in processes
    assert "/usr/bin/masakari-engine --config-file /etc/masakari/masakari.conf" in processes


@pytest.mark.parametrize("name", INFRA)
def test_the_request_context_is_mended(name: str) -> None:
    source = connect(name).file(f"{PACKAGES}/masakari/context.py").content_string
    assert "        self.read_deleted = read_deleted or 'no'\n" in source
    assert "        self.read_deleted = read_deleted\n" not in source


@pytest.mark.parametrize("name", INFRA)
def test_the_client_of_etcd_takes_what_tooz_gives(name: str) -> None:
    ask = "import etcd3gw; print(etcd3gw.client(api_path='/v3/').get_url('kv'))"
    assert connect(name).check_output("/usr/bin/python3 -c %s", ask) == "http://localhost:2379/v3/kv"


def test_taskflow_has_its_migrations() -> None:
    host = connect("infra1")
    migrations = f"{PACKAGES}/taskflow/persistence/backends/sqlalchemy/alembic"
    assert host.file(f"{migrations}/env.py").mode == 0o644
    assert host.file(f"{migrations}/versions").listdir()
    assert not host.file("/var/lib/masakari/taskflow").exists


def test_options_of_later_series_are_left_out() -> None:
    assert "use_queue_manager" not in connect("infra1").file("/etc/masakari/masakari.conf").content_string
