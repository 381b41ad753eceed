# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures before there is a connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _module
from ansible_collections.openstack_ha.masakari.plugins.modules import segment_info
from keystoneauth1.exceptions import MissingRequiredOptions


class Option:
    name = dest = "auth_url"


def run_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def connect(self: Any) -> None:
        raise error

    monkeypatch.setattr(_module.OpenStackModule, "openstack_cloud_from_module", connect)
    with patch_module_args({}):
        segment_info.main()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            AttributeError("module 'openstack' has no attribute 'version'"),
            "This openstacksdk is too new for the installed collection openstack.cloud: "
            "install openstacksdk < 4.15, or openstack.cloud >= 2.6.0.",
        ),
        (MissingRequiredOptions([Option()]), "The cloud's configuration is incomplete: "),
    ],
)
def test_no_connection(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, words: str
) -> None:
    with pytest.raises(SystemExit):
        run_with(monkeypatch, error)
    result = json.loads(capsys.readouterr().out)
    assert result["failed"] is True and result["msg"].startswith(words)


@pytest.mark.parametrize("error", [AttributeError("a bug"), ValueError("another bug")])
def test_bugs_are_not_disguised(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(type(error), match="bug"):
        run_with(monkeypatch, error)
