# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which guests are in error only because their evacuation failed."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from masakari_fence_gate.guests import put_in_error

SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)


def guest(vm_state: str = "error", power_state: int = 1) -> SimpleNamespace:
    return SimpleNamespace(id="vm1", **{"OS-EXT-STS:vm_state": vm_state, "OS-EXT-STS:power_state": power_state})


def evacuation(status: str, clock: str = "12:00:01", of: str = "vm1") -> SimpleNamespace:
    return SimpleNamespace(instance_uuid=of, status=status, created_at=f"2026-11-21T{clock}.000000")


@pytest.mark.parametrize("server, evacuations, put", [
    (guest(), [evacuation("error")], True),
    (guest(), [evacuation("failed")], True),
    (guest(), [evacuation("error", "12:00:09"), evacuation("done")], True),
    (guest(), [evacuation("error"), evacuation("accepted", "12:00:09")], False),
    (guest(), [evacuation("accepted", "12:00:09"), evacuation("error")], False),
    (guest(), [], False),
    (guest(), [evacuation("error", "11:59:59")], False),
    (guest(), [evacuation("error", of="vm2")], False),
    (guest(power_state=4), [evacuation("error")], False),
    (guest("active"), [evacuation("error")], False),
    (guest("stopped", 4), [evacuation("error")], False),
], ids=["no host found", "the host found failed", "the newest decides", "on its way", "on its way, listed first",
        "in error before", "failed before", "another's", "was off", "active", "stopped"])
def test_put_in_error(server: SimpleNamespace, evacuations: list[SimpleNamespace], put: bool) -> None:
    assert put_in_error([server], evacuations, SINCE) == ([server] if put else [])
