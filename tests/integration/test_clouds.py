# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules say when the cloud cannot do what they need: a sentence, and never a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.modules import (
    compute_service,
    notification_info,
    segment,
    segment_host,
    segment_host_info,
    segment_info,
    vmove_info,
)
from cloud import PASSWORD, Cloud

Run = Callable[..., dict[str, Any]]
UUID = "6b9d1c1e-3f0e-4a35-9e0f-2c1d2d9b7a01"

MODULES = [
    (segment, {"name": "S1", "recovery_method": "auto"}),
    (segment_host, {"segment": "S1", "name": "compute1"}),
    (segment_info, {}),
    (segment_host_info, {}),
    (notification_info, {}),
    (vmove_info, {"notification": UUID}),
    (compute_service, {"host": "compute1"}),
]
PROBLEMS = {
    "wrong_password": r"^Keystone refuses the credentials \(401\): correct the user, password, project or domains",
    "unreachable": r"^Unable to establish connection to http://127.0.0.1:\d+/v3\S*: see that the service is running",
    "dead_endpoint": r"^Unable to establish connection to http://127.0.0.1:\d+/v1\S*: see that the service is running",
    "no_masakari": r"catalog lacks a service this module needs: .*instance-ha.*Empty region.* Register the service",
    "no_privileges": r"^The user is not allowed to do this \(403\): Policy doesn't allow .* Use an admin's",
    "no_such_cloud": r"^Cloud no_such_cloud was not found.$",
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_unusable_clouds(run: Run, cloud: Cloud, problem: str, check: bool) -> None:
    result = run(segment, check=check, cloud=problem, name="S1", recovery_method="auto")
    assert result["failed"] is True and result.get("changed", False) is False
    assert re.search(PROBLEMS[problem], result["msg"])
    assert cloud.segments() == {}


@pytest.mark.parametrize(("module", "options"), MODULES)
def test_every_module_says_it(run: Run, module: Any, options: dict[str, Any]) -> None:
    assert re.search(PROBLEMS["wrong_password"], run(module, cloud="wrong_password", **options)["msg"])
    if module is not compute_service:
        assert re.search(PROBLEMS["no_masakari"], run(module, cloud="no_masakari", **options)["msg"])


def test_credentials_given_as_options(run: Run, cloud: Cloud) -> None:
    auth = cloud.auth
    assert run(segment_info, cloud=None, auth=auth, region_name="RegionOne")["segments"] == []
    wrong = run(segment_info, cloud=None, auth={**auth, "password": "a-wrong-one"}, region_name="RegionOne")
    assert re.search(PROBLEMS["wrong_password"], wrong["msg"])
    assert "a-wrong-one" not in str(wrong) and PASSWORD not in str(wrong)


def test_no_credentials_at_all(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("OS_CLOUD")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "missing.yaml"))
    result = run(segment_info, cloud=None)
    assert "auth_url" in result["msg"] and "Set cloud, or auth." in result["msg"]


def test_old_cloud(run: Run, cloud: Cloud) -> None:
    cloud.start_old_masakari()
    result = run(segment, cloud="old_masakari", name="S1", recovery_method="auto", is_enabled=False)
    assert result["msg"].startswith("is_enabled needs API microversion 1.2")
    assert cloud.segments() == {}
    options = {"cloud": "old_masakari", "name": "S1", "recovery_method": "auto", "hosts": [{"name": "compute1"}]}
    assert run(segment, **options)["changed"] is True
    assert run(segment, **options)["changed"] is False
    result = run(vmove_info, cloud="old_masakari", notification=UUID)
    assert "too old to list moved guests: they need API microversion 1.3" in result["msg"]
