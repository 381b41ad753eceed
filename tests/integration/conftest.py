# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cloud for the whole run; every test starts with no segment and all of Nova enabled."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

sys.path.insert(0, str(Path(__file__).parent))
from cloud import PASSWORD, Cloud

COMPUTE_HOSTS = [f"compute{n}" for n in range(1, 6)] + [f"virt-node-{n}.maas" for n in ("01", "02", "10")]
MANY_HOSTS = [f"c{n:03}" for n in range(200)]
Result = dict[str, Any]


@pytest.fixture(scope="session")
def running_cloud() -> Iterator[Cloud]:
    cloud = Cloud(COMPUTE_HOSTS + MANY_HOSTS)
    yield cloud
    cloud.close()


@pytest.fixture
def cloud(running_cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in running_cloud.environment.items():
        monkeypatch.setenv(name, value)
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def run(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a module's main() and return its result, with `requests`: what Masakari's API was asked meanwhile."""

    def run_module(module: Any, check: bool = False, **options: Any) -> Result:
        before = len(cloud.requests())
        with patch_module_args({"cloud": "default", **options, "_ansible_check_mode": check}):
            with pytest.raises(SystemExit):
                module.main()
            output = capsys.readouterr()
        assert PASSWORD not in output.out + output.err
        return {**json.loads(output.out), "requests": cloud.requests()[before:]}

    return run_module
