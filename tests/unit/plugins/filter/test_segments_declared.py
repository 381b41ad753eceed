# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is declared to the segments that are made: aggregates, reserves in use, proofs of fencing and storage."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.openstack_ha.masakari.plugins.filter.aggregate_segments import aggregate_segments
from ansible_collections.openstack_ha.masakari.plugins.filter.proven_segments import proven_segments
from ansible_collections.openstack_ha.masakari.plugins.filter.segment_problems import segment_problems
from ansible_collections.openstack_ha.masakari.plugins.filter.standing_segments import standing_segments

# --- aggregates ------------------------------------------------------------------------------------

AZ1 = {"name": "az1", "hosts": ["c2", "c1"]}
AZ2 = {"name": "az2", "hosts": ["c3"]}
SSD = {"name": "ssd", "hosts": ["c1", "c3"]}
AUTO = {"recovery_method": "auto", "purge_hosts": True}


def names(segments: Any) -> dict[str, list[str]]:
    return {segment["name"]: [host["name"] for host in segment["hosts"]] for segment in segments}


@pytest.mark.parametrize(("patterns", "made"), [
    ([], {}),
    (["az1"], {"az1": ["c1", "c2"]}),
    (["az*"], {"az1": ["c1", "c2"], "az2": ["c3"]}),
    (["*"], {"az1": ["c1", "c2"], "az2": ["c3"], "ssd": ["c1", "c3"]}),
    (["az2", "az2", "a*2"], {"az2": ["c3"]}),
])
def test_a_segment_for_each_aggregate_that_is_named(patterns: list[str], made: dict[str, list[str]]) -> None:
    segments = aggregate_segments([], aggregates=[AZ2, AZ1, SSD], patterns=patterns, options=AUTO)
    assert names(segments) == made
    assert all(AUTO.items() <= segment.items() for segment in segments)


def test_what_is_declared_wins() -> None:
    own = {"name": "az1", "recovery_method": "reserved_host",
           "hosts": [{"name": "c2", "reserved": True}, {"name": "c9"}]}
    other = {"name": "S1", "recovery_method": "auto"}
    az1, s1 = aggregate_segments([own, other], aggregates=[AZ1], patterns=["az1"], options=AUTO)
    assert (az1["recovery_method"], az1["purge_hosts"]) == ("reserved_host", True)
    assert az1["hosts"] == [{"name": "c1"}, {"name": "c2", "reserved": True}, {"name": "c9"}]
    assert s1 == other


@pytest.mark.parametrize("declared", ["text", {"name": "az1", "hosts": "c1"}, {"name": "az1", "hosts": ["c1"]}])
def test_what_is_wrong_is_left_for_the_one_who_tells(declared: Any) -> None:
    segments = aggregate_segments([declared], aggregates=[AZ1], patterns=["az1"], options=AUTO)
    assert segments[0] == declared
    assert segment_problems(segments, ["c1", "c2"])


def test_a_host_in_two_aggregates_is_an_error_that_names_both() -> None:
    aggregates, patterns = [AZ1, AZ2, SSD], ["az1", "ssd"]
    segments = aggregate_segments([], aggregates=aggregates, patterns=patterns, options=AUTO)
    (problem,) = segment_problems(segments, ["c1", "c2", "c3"], None, [a["name"] for a in aggregates], patterns)
    assert problem == (
        "masakari_segments: host 'c1' is declared in az1 (an aggregate of Nova) and ssd (an aggregate of Nova). A host "
        "belongs to one segment: take it out of one, or name only one of them in masakari_segments_from_aggregates.")


def test_a_host_of_a_declared_segment_and_an_aggregate() -> None:
    declared = {"name": "S1", "recovery_method": "auto", "hosts": [{"name": "c2"}]}
    segments = aggregate_segments([declared], aggregates=[AZ1], patterns=["az1"], options=AUTO)
    (problem,) = segment_problems(segments, ["c1", "c2"], None, ["az1"], ["az1"])
    assert "host 'c2' is declared in S1 and az1 (an aggregate of Nova)." in problem


@pytest.mark.parametrize(("patterns", "words"), [
    (["az9"], "no host aggregate of Nova is named 'az9'. Use a name of `openstack aggregate list`: az1, az2."),
    ("az1", "'az1' is not a list of names. Write [az1, az2], or ['*'] for all."),
    ([1], "[1] is not a list of names"),
])
def test_patterns_that_name_nothing(patterns: Any, words: str) -> None:
    (problem,) = segment_problems([], [], None, ["az2", "az1"], patterns)
    assert problem.startswith("masakari_segments_from_aggregates: ") and words in problem


def test_hosts_are_remote_nodes_of_the_cluster() -> None:
    segment = {"name": "S1", "recovery_method": "auto", "hosts": [{"name": "c1"}, {"name": "c2"}]}
    (problem,) = segment_problems([segment], ["c1", "c2"], ["c1"])
    assert problem == (
        "masakari_segments[S1].hosts[c2]: host 'c2' is no remote node of the cluster, so that nothing could prove it "
        "off. Add it to the group masakari_monitor, which has c1.")
    assert segment_problems([segment], ["c1", "c2"], None) == []


def test_a_segment_that_is_to_go() -> None:
    assert segment_problems([{"name": "S1", "state": "absent"}], []) == []
    (problem,) = segment_problems([{"name": "S1", "state": "gone", "recovery_method": "auto"}], [])
    assert "masakari_segments[S1]: state 'gone' is not known. Use present, or absent" in problem


# --- reserves in use -------------------------------------------------------------------------------

THREE = ["c1", "c2", "c3"]
DECLARED = {"name": "S1", "recovery_method": "reserved_host",
            "hosts": [{"name": "c1"}, {"name": "c2"}, {"name": "c3", "reserved": True}]}


def row(name: str, flags: str = "", segment: str = "S1") -> dict[str, Any]:
    return {"name": name, "segment": segment, "type": "COMPUTE", "reserved": "reserved" in flags,
            "on_maintenance": "out" in flags}


def rows(**flags: str) -> list[dict[str, Any]]:
    return [row(name, flags.get(name, "")) for name in THREE]


def guests(**counts: int) -> list[dict[str, Any]]:
    return [{"name": name, "servers": [{}] * count} for name, count in counts.items()]


def reserved(answer: Any) -> dict[str, Any]:
    return {host["name"]: host.get("reserved") for host in answer["segments"][0]["hosts"]}


@pytest.mark.parametrize(("found", "taken", "wanted", "reserves", "released", "why"), [
    # As declared; before anything is there; and a reserve that is newly declared.
    (rows(c3="reserved"), [], {"c1": None, "c2": None, "c3": True}, ["c3"], [], ""),
    ([], [], {"c1": None, "c2": None, "c3": True}, ["c3"], [], ""),
    (rows(), guests(c3=0), {"c1": None, "c2": None, "c3": True}, ["c3"], [], ""),
    # c1 failed, and c3 took over its guests, or is about to.
    (rows(c1="out"), guests(c3=2), {"c1": None, "c2": None, "c3": None}, [], [], "since it has 2 guests."),
    (rows(c1="out"), guests(c3=0), {"c1": None, "c2": None, "c3": None}, [], [], "since c1 is on maintenance."),
    # c1 is back, in the place of c3; then c3 is free again.
    (rows(c1="reserved"), guests(c3=1), {"c1": None, "c2": None, "c3": None}, ["c1"], [],
     "since it has 1 guest, c1 is the reserve in its place."),
    (rows(c1="reserved"), guests(c3=0), {"c1": False, "c2": None, "c3": True}, ["c3"], ["c1"], ""),
    # c1 is back as it was, and c3 still in use.
    (rows(), guests(c3=1), {"c1": None, "c2": None, "c3": None}, [], [], "since it has 1 guest."),
    # The reserve itself failed.
    (rows(c3="out"), guests(c3=0), {"c1": None, "c2": None, "c3": None}, [], [], "since c3 is on maintenance."),
    # One more reserve than declared, made by hand: it is left as it is.
    (rows(c1="reserved", c3="reserved"), [], {"c1": None, "c2": None, "c3": True}, ["c3"], [], ""),
])
def test_who_is_the_reserve(found: Any, taken: Any, wanted: Any, reserves: list[str], released: list[str],
                            why: str) -> None:
    answer = standing_segments([DECLARED], hosts=found, taken=taken)
    assert reserved(answer) == wanted
    assert (answer["reserves"], answer["released"]) == (reserves, released)
    assert why in " ".join(answer["notes"]) and bool(why) is bool(answer["notes"])


def test_a_stand_in_that_is_declared_not_reserved_stays() -> None:
    declared = {**DECLARED, "hosts": [{"name": "c1", "reserved": False}, {"name": "c3", "reserved": True}]}
    answer = standing_segments([declared], hosts=rows(c1="reserved"), taken=guests(c3=1))
    assert reserved(answer) == {"c1": None, "c3": None}


def test_maintenance_that_is_declared_is_no_failure() -> None:
    declared = {**DECLARED, "hosts": [{"name": "c2", "on_maintenance": True}, {"name": "c3", "reserved": True}]}
    answer = standing_segments([declared], hosts=rows(c2="out"), taken=guests(c3=0))
    assert answer["reserves"] == ["c3"]


def test_other_segments_do_not_matter() -> None:
    other = {"name": "S2", "recovery_method": "auto"}
    answer = standing_segments([DECLARED, other], hosts=[*rows(c3="reserved"), row("c8", "out", "S2")])
    assert answer["reserves"] == ["c3"] and answer["notes"] == []
    assert answer["segments"][1] == other


def declared(**reserves: bool) -> dict[str, Any]:
    """What is declared of `reserved`, for three hosts; what is not given is not declared."""
    hosts = [{"name": name} | ({"reserved": reserves[name]} if name in reserves else {}) for name in THREE]
    return {**DECLARED, "hosts": hosts}


@pytest.mark.parametrize(("segment", "found", "taken", "released"), [
    (declared(c3=False), rows(c3="reserved"), [], ["c3"]),
    (declared(), rows(c3="reserved"), [], []),  # nothing is declared of it: it is left as it is
    (declared(c3=False), rows(), [], []),
    (declared(c3=False), [], [], []),
    (declared(c2=True, c3=False), rows(c3="reserved"), guests(c2=0), ["c3"]),
    # Another is the reserve from now on, but still has guests: so long c3 stands in for it.
    (declared(c2=True, c3=False), rows(c3="reserved"), guests(c2=1), []),
    # The one of which nothing is declared stands in, and the one declared as none does not.
    (declared(c1=False, c3=True), rows(c1="reserved", c2="reserved"), guests(c3=1), ["c1"]),
    (declared(c1=False, c3=True), rows(c1="reserved", c2="reserved"), guests(c3=0), ["c1"]),
    # It comes from another segment, with its flag.
    (declared(c3=False), [row("c3", "reserved", "S2")], [], ["c3"]),
])
def test_a_reserve_that_is_declared_none_may_be_used(segment: Any, found: Any, taken: Any, released: list[str]) -> None:
    answer = standing_segments([segment], hosts=found, taken=taken)
    assert answer["released"] == released
    assert all(reserved(answer)[name] is False and name not in answer["reserves"] for name in released)


@pytest.mark.parametrize(("host", "found"), [
    ({"name": "c3", "reserved": False}, row("c3", "reserved out")),
    ({"name": "c3", "reserved": False, "on_maintenance": True}, row("c3", "reserved")),
])
def test_on_maintenance_a_reserve_that_is_declared_none_waits(host: Any, found: Any) -> None:
    answer = standing_segments([{**DECLARED, "hosts": [host]}], hosts=[found])
    assert (reserved(answer), answer["released"], answer["reserves"]) == ({"c3": None}, [], [])
    assert answer["notes"] == [
        "masakari_segments[S1]: c3 is declared not reserved and stays the reserve that it is, since it is on "
        "maintenance. Once that has ended, the playbook segments lets Nova use it."]


def test_a_segment_that_is_to_go_gets_no_hosts_and_keeps_none_free() -> None:
    gone = {**DECLARED, "state": "absent"}
    for found in ([], rows(c3="reserved"), rows(c1="out"), [row("c1", segment="S2"), row("c3", "reserved", "S2")]):
        answer = standing_segments([gone], hosts=found, taken=guests(c3=1))
        assert answer == {"segments": [gone], "moves": [], "reserves": [], "released": [], "notes": []}


def test_hosts_move_out_of_a_segment_that_is_to_go() -> None:
    new = {**DECLARED, "name": "S2"}
    answer = standing_segments([{**DECLARED, "state": "absent"}, new], hosts=rows(c3="reserved"))
    assert answer["moves"] == [{"name": name, "segment": "S2"} for name in THREE]
    assert answer["reserves"] == ["c3"]


def test_hosts_that_move() -> None:
    found = [row("c1", segment="S2"), row("c2"), row("c3", "reserved")]
    assert standing_segments([DECLARED], hosts=found)["moves"] == [{"name": "c1", "segment": "S1"}]


# --- proofs ----------------------------------------------------------------------------------------

RAN = {"cmd": "mktemp", "rc": 0, "stdout": "", "stderr": ""}
WROTE = {name: {**RAN, "stdout": f"/var/lib/nova/instances/.m-{name}"} for name in THREE}
DOWN = {"unreachable": True, "msg": "no route"}


def saw(c1: str, c2: str, c3: str) -> dict[str, Any]:
    files = {"c1": c1, "c2": c2, "c3": c3}
    return {host: {"rc": 0, "stdout": "\n".join(f".m-{name}" for name in names.split())}
            for host, names in files.items()}


ALL = saw("c1 c2 c3", "c1 c2 c3", "c1 c2 c3")
ALONE = saw("c1", "c2", "c3")


def proven(declared: Any = DECLARED, **values: Any) -> tuple[bool | None, str]:
    answer = proven_segments([declared], **{"fenced": THREE, "wrote": WROTE, "seen": ALL, **values})
    return answer["segments"][0].get("is_enabled"), " ".join(answer["warnings"])


def test_a_segment_that_is_proven_is_enabled() -> None:
    assert proven() == (True, "")
    assert proven(enabled=["S1"]) == (True, "")
    assert proven(wrote={}, seen={}, shared="guests boot from Ceph") == (True, "")


@pytest.mark.parametrize("enabled", [[], ["S1"]])
@pytest.mark.parametrize(("values", "words"), [
    ({"fenced": ["c1", "c3"]}, "no fencing device of the cluster covers c2: add it to the group masakari_monitor"),
    ({"seen": ALONE}, "is not one file system on its hosts (c1 / c2 / c3): mount the shared one on all"),
    ({"seen": saw("c1 c2", "c1 c2", "c3")}, "(c1 and c2 / c3)"),
    ({"seen": {}}, "is not one file system on its hosts (c1 and c2 and c3)"),
    ({"wrote": {**WROTE, "c3": {**RAN, "rc": 1, "stderr": "no such directory"}}},
     "c3 cannot use /var/lib/nova/instances (masakari_instances_directory): no such directory"),
])
def test_what_is_not_proven_is_disabled_with_a_warning(values: Any, words: str, enabled: list[str]) -> None:
    is_enabled, warning = proven(**values, enabled=enabled)
    assert is_enabled is False
    assert warning.startswith("WARNING: segment S1 is disabled, nothing in it is recovered: ") and words in warning


@pytest.mark.parametrize("values", [
    {"fenced": None},
    {"wrote": {**WROTE, "c3": DOWN}, "seen": {**ALL, "c3": DOWN}},  # it is down, which is what all this is for
    {"wrote": {**WROTE, "c3": {"rc": 1, "msg": "no Python"}}},
    {"wrote": {**WROTE, "c3": {**RAN, "rc": 137}}},  # its server of files does not answer
    {"wrote": {}, "seen": {}},
])
def test_silence_leaves_a_segment_as_it_is(values: Any) -> None:
    assert proven(**values)[0] is False
    is_enabled, warning = proven(**values, enabled=["S1"])
    assert is_enabled is True
    assert warning.startswith("WARNING: segment S1 stays enabled, unproven: ") and "could not be asked" in warning


def test_a_new_host_that_proves_nothing_is_not_taken_into_an_enabled_segment() -> None:
    """Were its disk its own, its first failure would have its guests rebuilt empty."""
    there = [row(name) for name in ("c1", "c2")]
    values = {"hosts": there, "fenced": THREE, "wrote": {**WROTE, "c3": DOWN}, "seen": {**ALL, "c3": DOWN}}
    answer = proven_segments([DECLARED], **values, enabled=["S1"])
    assert names(answer["segments"]) == {"S1": ["c1", "c2"]} and answer["segments"][0]["is_enabled"] is True
    assert answer["warnings"][0].endswith("instances. Not taken into it until then: c3.")
    assert answer["kept_out"] == [{"name": "c3", "segment": "S1"}]
    assert names(proven_segments([DECLARED], **values)["segments"]) == {"S1": ["c1", "c2", "c3"]}  # disabled


def test_a_host_that_proves_nothing_stays_in_the_segment_that_it_is_in() -> None:
    old = {"name": "S2", "recovery_method": "auto", "hosts": [{"name": "c4"}], "purge_hosts": True}
    there = [row("c1"), row("c2"), row("c3", segment="S2"), row("c4", segment="S2")]
    four = {**WROTE, "c3": DOWN, "c4": {**RAN, "stdout": "/x/.m-c4"}}
    values = {"hosts": there, "fenced": [*THREE, "c4"], "wrote": four, "seen": {**ALL, "c4": {"stdout": ".m-c4"}}}
    answer = proven_segments([DECLARED, old], **values, enabled=["S1"], shared="")
    assert names(answer["segments"]) == {"S1": ["c1", "c2"], "S2": ["c4", "c3"]}
    assert answer["kept_out"] == [{"name": "c3", "segment": "S1"}]


def test_a_device_that_does_not_run_proves_nothing_and_takes_nothing_away() -> None:
    assert proven(fenced=["c1", "c2"], stalled=["c3"])[0] is False
    is_enabled, warning = proven(fenced=["c1", "c2"], stalled=["c3"], enabled=["S1"])
    assert is_enabled is True
    assert "S1 stays enabled, unproven: the fencing device of c3 does not run" in warning


def test_hosts_that_are_there_and_not_declared_count_too() -> None:
    there = [*rows(), row("c4")]
    assert proven(hosts=there)[0] is False
    assert proven({**DECLARED, "purge_hosts": True}, hosts=there)[0] is True
    assert proven(hosts=[*rows(), {**row("c4"), "type": "CONTROLLER"}])[0] is True


def test_the_operators_word_is_enough_to_disable() -> None:
    assert proven({**DECLARED, "is_enabled": False}) == (False, "")
    assert proven({**DECLARED, "is_enabled": True}, seen=ALONE)[0] is False
    assert proven({"name": "S1", "state": "absent"}) == (None, "")
