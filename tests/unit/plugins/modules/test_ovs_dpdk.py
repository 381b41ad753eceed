# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openstack_ha.masakari.plugins.module_utils._ovs_host import (
    BootMenu,
    Host,
    HugePages,
    Nic,
    Note,
    OvsInterface,
    Vswitchd,
)
from ansible_collections.openstack_ha.masakari.plugins.modules import ovs_dpdk_info, ovs_dpdk_plan, ovsdb

Row = dict[str, Any]
CHECKOUT = Path(__file__).parents[4]
NIC = Nic("0000:00:04.0", mac="52:54:00:00:00:04", netdev="enp0s4", driver="virtio-pci", iommu_group="3", max_mtu=9000)
HOST = Host(nics=(NIC,), hugepages=(HugePages(0, 2048, 600, 600),), kernel_options=("iommu=pt",))
BRIDGES = [{"name": "br", "ports": [{"name": "nic1", "nics": [{"name": "nic1", "mac": "52:54:00:00:00:04"}]}]}]


@pytest.fixture
def module(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Row]:
    monkeypatch.setattr(ovs_dpdk_plan, "PAUSE", 0)

    def run(module: Any, *hosts: Host, **options: Any) -> Row:
        sequence = iter(hosts)
        last = hosts[-1]
        monkeypatch.setattr(module, "read_host", lambda _run: next(sequence, last))
        with patch_module_args(options), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_plan(module: Callable[..., Row]) -> None:
    host = replace(HOST, menu=BootMenu(("hugepages=600",)))
    result = module(ovs_dpdk_plan, host, bridges=BRIDGES, kernel_options=["iommu=pt", "hugepages=600"])
    assert result["missing_menu_options"] == ["iommu=pt"]
    assert result["missing_kernel_options"] == ["hugepages=600"]
    assert result["nics"] == [
        {"name": "nic1", "pci": "0000:00:04.0", "mac": "52:54:00:00:00:04", "max_mtu": 9000, "driver": "virtio-pci",
         "bond": None}
    ]  # fmt: skip
    assert not result["are_nics_listed"]
    assert "dpdk-init" in result["startup_changes"]
    assert result["bridges"][0]["ports"][0]["interfaces"][0]["mtu_request"] == 1500


def test_the_example_is_the_network_of_2019(module: Callable[..., Row]) -> None:
    """On a host like the one of then: two NUMA nodes, 103117 hugepages, both cards on node 0."""
    variables = yaml.safe_load((CHECKOUT / "inventory/example/group_vars/ovs_dpdk.yml").read_text())
    cards = (("0000:03:00.0", "a0:36:9f:dd:31:bc"), ("0000:03:00.1", "a0:36:9f:dd:31:be"))
    host = Host(
        nics=tuple(Nic(pci, mac=mac, driver="ixgbe", iommu_group=pci, max_mtu=9710) for pci, mac in cards),
        numa_nodes=(0, 1),
        hugepages=(HugePages(0, 2048, 51559, 51559), HugePages(1, 2048, 51558, 51558)),
        kernel_options=("hugepages=103117", "iommu=pt", "intel_iommu=on"),
    )
    result = module(ovs_dpdk_plan, host, **{name.removeprefix("ovs_dpdk_"): value for name, value in variables.items()})
    assert result["missing_kernel_options"] == []
    assert result["startup_config"] | {"dpdk-lcore-mask": ...} == {
        "dpdk-init": "true", "dpdk-socket-mem": "4096,4096", "dpdk-extra": "-a 0000:03:00.0 -a 0000:03:00.1",
        "dpdk-lcore-mask": ...,
    }
    (bridge,) = result["bridges"]
    bond, tap = bridge["ports"]
    assert (bridge["name"], bridge["datapath_type"]) == ("br-test", "netdev")
    assert (bond["name"], bond["bond_mode"], bond["lacp"]) == ("dpdk-bond0", "active-backup", "off")
    assert bond["interfaces"] == [
        {"name": name, "type": "dpdk", "options": {"dpdk-devargs": pci}, "mtu_request": 9000}
        for name, (pci, _mac) in zip(("dpdk-nic1", "dpdk-nic2"), cards, strict=True)
    ]
    assert (tap["name"], tap["tag"]) == ("tap1-br", 2933)


def test_every_problem_is_told(module: Callable[..., Row]) -> None:
    host = replace(HOST, nics=(replace(NIC, iommu_group=None, uses=("carries the default route",)),))
    result = module(ovs_dpdk_plan, host, bridges=BRIDGES)
    assert result["failed"]
    assert len(result["problems"]) == 2
    assert result["msg"] == " ".join(result["problems"])


def test_a_card_has_one_name(module: Callable[..., Row]) -> None:
    nic = {"name": "nic1", "mac": "52:54:00:00:00:04", "pci": "0000:00:04.0"}
    result = module(ovs_dpdk_plan, HOST, bridges=[{"name": "br", "ports": [{"name": "nic1", "nics": [nic]}]}])
    assert "mac|pci" in result["msg"]


def test_absent_finds_the_cards_and_nothing_speaks_against_it(module: Callable[..., Row]) -> None:
    host = replace(HOST, nics=(replace(NIC, driver="vfio-pci"),), hugepages=(), has_vfio=False)
    result = module(ovs_dpdk_plan, host, bridges=BRIDGES, state="absent")
    assert [nic["driver"] for nic in result["nics"]] == ["vfio-pci"]
    assert result["bridges"] == [{"name": "br", "state": "absent"}]
    assert set(result["startup_config"].values()) == {None}


def test_absent_leaves_a_bridge_of_the_kernel_alone(module: Callable[..., Row]) -> None:
    host = replace(HOST, vswitchd=Vswitchd(bridges={"br": "", "br2": "netdev"}))
    result = module(ovs_dpdk_plan, host, bridges=[*BRIDGES, {"name": "br2"}], state="absent")
    assert result["bridges"] == [{"name": "br2", "state": "absent"}]


def test_absent_finds_cards_that_are_named_no_more(module: Callable[..., Row]) -> None:
    other = Nic("0000:00:05.0", driver=None)
    listed = {"0000:00:05.0": Note("nic2"), "0000:00:09.0": Note("gone")}
    host = replace(HOST, nics=(NIC, other), listed=listed)
    result = module(ovs_dpdk_plan, host, bridges=BRIDGES, state="absent")
    assert [(nic["name"], nic["driver"]) for nic in result["nics"]] == [("nic1", "virtio-pci"), ("nic2", None)]


def test_nothing_is_left_to_list_or_to_start_with(module: Callable[..., Row]) -> None:
    """A card that an older version listed has no max_mtu there: nothing is written for it."""
    first = module(ovs_dpdk_plan, HOST, bridges=BRIDGES)
    config = {key: value for key, value in first["startup_config"].items() if value is not None}
    host = replace(
        HOST,
        nics=(replace(NIC, driver="vfio-pci", netdev=None, max_mtu=None),),
        listed={"0000:00:04.0": Note("nic1", "52:54:00:00:00:04")},
        vswitchd=Vswitchd(other_config=config),
    )
    result = module(ovs_dpdk_plan, host, bridges=BRIDGES)
    assert result["are_nics_listed"]
    assert result["startup_changes"] == []


def test_settle_waits(module: Callable[..., Row]) -> None:
    daemon = Vswitchd(pid=1, executable="ovs-vswitchd-dpdk", initialized=True)
    bound = replace(HOST, nics=(replace(NIC, driver="vfio-pci"),), vswitchd=daemon)
    interface = OvsInterface("nic1", "nic1", "br", devargs="0000:00:04.0", mtu=1500)
    ready = replace(bound, vswitchd=replace(daemon, interfaces=(interface,)))
    assert "failed" not in module(ovs_dpdk_plan, HOST, bound, ready, bridges=BRIDGES, settle=5)


def test_settle_fails_with_what_is_not_so(module: Callable[..., Row], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(ovs_dpdk_plan.time, "monotonic", lambda: next(clock))
    result = module(ovs_dpdk_plan, HOST, bridges=BRIDGES, settle=3)
    assert result["msg"].startswith("ovs-vswitchd is not running")


def test_info(module: Callable[..., Row]) -> None:
    result = module(ovs_dpdk_info, HOST)
    documented = yaml.safe_load(ovs_dpdk_info.RETURN)
    assert documented.keys() == result.keys() - {"changed", "invocation"}
    assert documented["nics"]["contains"].keys() == result["nics"][0].keys()
    assert documented["hugepages"]["contains"].keys() == result["hugepages"][0].keys()
    assert documented["menu"]["contains"].keys() == result["menu"].keys()
    assert documented["vswitchd"]["contains"].keys() == result["vswitchd"].keys()


@pytest.mark.parametrize("module_under_test", [ovs_dpdk_plan, ovsdb])
def test_documentation_matches_the_specification(module_under_test: Any) -> None:
    def compare(documented: Row, specified: Row) -> None:
        assert documented.keys() == specified.keys()
        for name, option in specified.items():
            for key in ("type", "default", "choices", "elements", "required"):
                assert documented[name].get(key) == option.get(key), (name, key)
            compare(documented[name].get("suboptions", {}), option.get("options", {}))

    compare(yaml.safe_load(module_under_test.DOCUMENTATION)["options"], module_under_test.SPEC)
