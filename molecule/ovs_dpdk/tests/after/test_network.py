# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network carries what it is for. The same tests run again after a reboot that nobody helped."""

from __future__ import annotations

from typing import Any

import pytest

NS1, PEER = ("ns1", "172.20.0.1"), ("peer", "172.20.0.2")
BOTH_WAYS = pytest.mark.parametrize(("source", "target"), [(NS1, PEER), (PEER, NS1)], ids=["out", "in"])
# Four MiB from one namespace to the other, hashed at both ends.
RECEIVE = """
import hashlib, socket
with socket.create_server(("", 5001)) as server:
    server.settimeout(60)
    connection, _ = server.accept()
    data = b"".join(iter(lambda: connection.recv(1 << 16), b""))
print(len(data), hashlib.sha256(data).hexdigest())
"""
SEND = """
import hashlib, os, socket, sys, time
data = os.urandom(4 << 20)
for attempt in range(100):
    try:
        connection = socket.create_connection((sys.argv[1], 5001), timeout=60)
        break
    except ConnectionRefusedError:
        time.sleep(0.2)
connection.sendall(data)
connection.close()
print(len(data), hashlib.sha256(data).hexdigest())
"""


@pytest.fixture(scope="module", autouse=True)
def started(vm: Any) -> None:
    vm.wait_until_started()
    vm.wait_for_members(2)


@BOTH_WAYS
def test_jumbo_frames_pass_unfragmented(vm: Any, source: tuple[str, str], target: tuple[str, str]) -> None:
    ping = f"ip netns exec {source[0]} ping -q -c 5 -i 0.3 -W 5 -M do"
    assert " 0% packet loss" in vm.output(f"{ping} -s 8972 {target[1]}")
    assert vm.run(f"{ping} -s 8973 {target[1]}").returncode != 0


def test_tcp_carries_four_mebibytes_each_way(vm: Any) -> None:
    both = " ".join(
        f"ip netns exec {target[0]} python3 -c '{RECEIVE}' >/tmp/received-{way} & "
        f"ip netns exec {source[0]} python3 -c '{SEND}' {target[1]} >/tmp/sent-{way} &"
        for way, source, target in (("out", NS1, PEER), ("in", PEER, NS1))
    )
    vm.output(f"{both} wait")
    for way in ("out", "in"):
        received, sent = vm.output(f"cat /tmp/received-{way} /tmp/sent-{way}").splitlines()
        assert received.startswith("4194304 ")
        assert received == sent


def test_the_peer_sees_the_tag(vm: Any) -> None:
    frame = vm.output(
        "ip netns exec peer timeout 60 tcpdump -l -i uplink -e -nn -c 1 icmp or vlan and icmp 2>/dev/null & "
        "sleep 2; ip netns exec ns1 ping -q -c 10 -i 0.3 -s 8972 -M do 172.20.0.2 >/dev/null; wait"
    )
    assert "vlan 2933" in frame
    assert "length 9018" in frame


def test_both_members_are_enabled(vm: Any) -> None:
    bond = vm.output("ovs-appctl bond/show dpdk-bond0")
    assert "bond_mode: balance-tcp" in bond
    assert "lacp_status: negotiated" in bond
    assert bond.count(": enabled") == 2


def test_nothing_is_in_error(vm: Any) -> None:
    assert vm.output("ovs-vsctl --columns=name --format=csv --no-headings find Interface 'error!=[]'") == ""
    assert vm.output("systemctl list-units --failed --no-legend") == ""
