# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ping every 100 ms loses when a cable is pulled, in each mode of the bond. The figures are printed."""

from __future__ import annotations

import copy
import re
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from conftest import SSH, STATE

INTERVAL = 0.1  # seconds between two pings
SETTLE = 8  # seconds with a cable pulled, and as many with it back


class Ping:
    """From the peer into the namespace while the block lasts; `gaps` are then the replies missing in a row."""

    def __enter__(self) -> Ping:
        ping = f"timeout -s INT 300 ip netns exec peer ping -i {INTERVAL} 172.20.0.1"
        port = (STATE / "port").read_text()
        command = [*SSH, "-tt", "-i", str(STATE / "key"), "-p", port, "root@127.0.0.1", ping]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(3)
        return self

    def __exit__(self, *_exception: object) -> None:
        output, _ = self._process.communicate("\x03")  # the terminal turns it into an interrupt
        seen = sorted({int(number) for number in re.findall(r"bytes from .* icmp_seq=(\d+)", output)})
        assert len(seen) > 4 * SETTLE / INTERVAL / 3, f"hardly any reply: {output[-500:]}"
        self.gaps = [later - earlier - 1 for earlier, later in pairwise(seen) if later - earlier > 1]


@pytest.mark.parametrize(
    ("mode", "lacp", "peer", "limit"),
    [
        ("active-backup", "off", "bridge", 5),
        ("balance-slb", "off", "bridge", 5),
        ("balance-tcp", "active", "bond", 30),
    ],
)
def test_failover(
    mode: str, lacp: str, peer: str, limit: int, vm: Any, play: Callable[..., Any], inventory: dict[str, Any],
    cable: Callable[[str, str], None], capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    vm.output(f"peer {peer}")
    bridges = copy.deepcopy(inventory["ovs_dpdk_bridges"])
    bridges[0]["ports"][0] |= {"bond_mode": mode, "lacp": lacp, "lacp_time": "fast"}
    run = play(ovs_dpdk_bridges=bridges)
    assert not run.failed, run.messages
    lost: dict[str, list[int]] = {}
    for card in ("nicA", "nicB"):
        with Ping() as ping:
            cable(card, "off")
            time.sleep(SETTLE)
            cable(card, "on")
            time.sleep(SETTLE)
        lost[card] = ping.gaps
    with capsys.disabled():
        print(f"\n{mode}: pings lost in a row when a cable was pulled and put back: {lost}")
    assert all(sum(gaps) <= limit for gaps in lost.values()), lost
