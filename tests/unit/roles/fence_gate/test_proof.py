# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which answers of Pacemaker prove a host off: some recorded from Pacemaker 3.0.0, and all that can go wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from masakari_fence_gate.proof import (
    Decision,
    Evacuation,
    Fencing,
    LiveMigration,
    Node,
    Rules,
    Unreadable,
    Verdict,
    View,
    after_moves,
    decide,
    failed_hosts,
    fenced_after,
    is_up,
    parse,
    parse_time,
)

DATA = Path(__file__).parent / "data"
STRICT = Rules(max_failed_hosts=2, accept_confirmation=False)
LENIENT = replace(STRICT, accept_confirmation=True)


def recorded(name: str) -> View:
    return parse((DATA / f"{name}.crm_mon.xml").read_text(), (DATA / f"{name}.cib.xml").read_text())


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-21T{clock}+00:00")


def judge(view: View, since: str, rules: Rules = STRICT, segment: tuple[str, ...] = ("compute1",)) -> Decision:
    return decide(view, "compute1", segment, at(since), rules)


# --- recorded answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name, since, verdict, reason", [
    ("fenced", "11:08:30", "proven", "compute1 is off, fenced at 11:08:34Z, verified by infra1"),
    ("fenced", "11:08:34.900", "proven", "fenced at 11:08:34Z"),  # node_fenced, and Pacemaker 2.1, know whole seconds
    ("fenced", "11:08:35", "wait", "Pacemaker has not fenced compute1 since 11:08:35Z"),
    ("held", "11:08:30", "proven", "fenced at 11:08:34Z"),
    ("fenced_reads_online", "11:14:23", "proven", "fenced at 11:15:25Z"),
    ("fenced_by_hand_through_device", "11:12:00", "proven", "fenced at 11:12:18Z, verified by infra1"),
    ("pending", "11:08:00", "wait", "compute1 is being fenced"),
    ("failed", "11:14:23", "wait", "the fencing of compute1 at 11:14:33Z ended with failed"),
    ("failed", "11:08:00", "wait", "the fencing of compute1 at 11:14:33Z ended with failed"),
    ("joined_again", "11:08:00", "wait", "compute1 was fenced at 11:12:18Z and has joined the cluster again"),
    ("confirmed_while_running", "11:12:50", "wait", "a person, not a device, said at 11:12:55Z that compute1 is off"),
    # A device did fence it within the time; it joined again, and only then somebody said that it is off.
    ("confirmed_while_running", "11:08:00", "wait", "a person, not a device, said at 11:12:55Z that compute1 is off"),
    ("joined_after_confirmation", "11:08:00", "wait", "a person, not a device"),
])
def test_recorded(name: str, since: str, verdict: str, reason: str) -> None:
    decision = judge(recorded(name), since)
    assert decision.verdict is Verdict(verdict)
    assert reason in decision.reason


def test_confirmation_is_accepted_only_when_allowed() -> None:
    decision = judge(recorded("confirmed_while_running"), "11:12:50", LENIENT)
    assert decision == Decision(Verdict.PROVEN, "compute1 is off, fenced at 11:12:55Z, confirmed by a person")
    assert judge(recorded("joined_after_confirmation"), "11:12:50", LENIENT).verdict is Verdict.WAIT


def test_held_connection_is_seen() -> None:
    assert recorded("held").nodes["compute1"].stopped
    assert not recorded("fenced").nodes["compute1"].stopped


# --- each part of the predicate ---------------------------------------------------------------------

T = at("12:00:00")
OFF = Fencing("compute1", "off", "success", "infra1", T + timedelta(seconds=30))


def node(name: str = "compute1", fenced: int | None = 0, **values: bool) -> Node:
    given = {"remote": True, "online": fenced == 0, "unclean": False, "maintenance": False, "stopped": False, **values}
    return Node(name=name, fenced=fenced, **given)


def view(*fencings: Fencing, fenced: int | None = int(OFF.completed.timestamp()), quorum: bool = True) -> View:
    return View(quorum, {"compute1": node(fenced=fenced)}, fencings)


@pytest.mark.parametrize("seen, verdict, reason", [
    (view(OFF), "proven", "fenced at 12:00:30Z"),
    (view(OFF, quorum=False), "wait", "no quorum"),
    (view(), "wait", "has not fenced compute1 since"),
    (view(replace(OFF, host="compute2")), "wait", "has not fenced compute1 since"),
    (view(replace(OFF, status="failed")), "wait", "ended with failed"),
    (view(replace(OFF, status="unheard-of")), "wait", "ended with unheard-of"),
    (view(replace(OFF, action="reboot")), "wait", "with reboot, after which it may run again"),
    (view(OFF, replace(OFF, action="on", completed=T + timedelta(seconds=31))), "wait", "with on,"),
    (view(OFF, replace(OFF, status="failed", completed=T + timedelta(seconds=31))), "wait", "ended with failed"),
    (view(OFF, replace(OFF, status="failed", completed=T + timedelta(seconds=29))), "proven", "12:00:30Z"),
    (view(OFF, replace(OFF, status="pending", completed=None)), "wait", "is being fenced"),
    (view(OFF, fenced=0), "wait", "has joined the cluster again"),
    (view(OFF, fenced=None), "wait", "has joined the cluster again"),
    (view(OFF, fenced=int(T.timestamp()) - 1), "wait", "has not yet noted"),
    (view(OFF, fenced=int(T.timestamp())), "proven", "12:00:30Z"),
    (View(True, {"infra1": node("infra1", remote=False)}, (OFF,)), "refuse", "no remote node compute1"),
    (View(True, {"compute1": node(remote=False)}, (OFF,)), "refuse", "(remote nodes: none)"),
])
@pytest.mark.parametrize("reverse", [False, True], ids=["newest last", "newest first"])
def test_predicate(seen: View, verdict: str, reason: str, reverse: bool) -> None:
    ordered = replace(seen, fencings=tuple(reversed(seen.fencings)) if reverse else seen.fencings)
    decision = decide(ordered, "compute1", ["compute1"], T, STRICT)
    assert decision.verdict is Verdict(verdict), decision.reason
    assert reason in decision.reason


# --- many hosts at once -----------------------------------------------------------------------------

SINCE = int(T.timestamp())


@pytest.mark.parametrize("other, failed", [
    (node("compute2"), False),
    (node("compute2", online=False), True),
    (node("compute2", unclean=True), True),
    (node("compute2", fenced=SINCE), True),
    (node("compute2", fenced=SINCE, online=True), True),  # Pacemaker is trying to connect to it
    (node("compute2", fenced=SINCE, stopped=True), True),  # the gate held it a moment ago
    (node("compute2", fenced=SINCE - 1), False),  # off since an earlier failure
    (node("compute2", online=False, stopped=True), False),
    (node("compute2", online=False, unclean=True, maintenance=True), False),
    (node("compute2", fenced=None), False),  # declared, and never seen yet
])
def test_failed_hosts(other: Node, failed: bool) -> None:
    seen = View(True, {"compute1": node(fenced=SINCE + 30), "compute2": other}, ())
    expected = ["compute1", "compute2"] if failed else ["compute1"]
    assert failed_hosts(seen, ["compute2", "compute1", "of-another-cluster"], T) == expected


@pytest.mark.parametrize("down, verdict", [(1, "proven"), (2, "proven"), (3, "refuse"), (4, "refuse")])
def test_guard_against_a_failed_network(down: int, verdict: str) -> None:
    segment = [f"compute{number}" for number in range(1, 6)]
    fenced = int(OFF.completed.timestamp())
    nodes = {name: node(name, fenced=fenced if index < down else 0) for index, name in enumerate(segment)}
    strangers = {"compute9": node("compute9", online=False)}  # down as well, of another segment
    decision = decide(View(True, nodes | strangers, (OFF,)), "compute1", segment, T, STRICT)
    assert decision.verdict is Verdict(verdict)
    if verdict == "refuse":
        names = ", ".join(segment[:down])
        assert f"{down} hosts of the segment are down at once ({names}), more than 2" in decision.reason


# --- what an earlier attempt has begun --------------------------------------------------------------

PROVEN = Decision(Verdict.PROVEN, "compute1 is off")
EARLIER = Evacuation("vm1", "compute2", T + timedelta(seconds=40))
LATER = Evacuation("vm2", None, T + timedelta(seconds=50))
DESTINATION_OFF = Fencing("compute2", "off", "success", "infra1", T + timedelta(seconds=60))


@pytest.mark.parametrize("begun, reason", [
    ([], None),
    ([LATER, EARLIER], "vm1 is being evacuated to compute2 since 12:00:40Z"),
    ([LATER], "vm2 is being evacuated to a host not yet chosen since 12:00:50Z"),
])
def test_evacuations_are_waited_for(begun: list[Evacuation], reason: str | None) -> None:
    decision = after_moves(View(True, {"compute2": node("compute2")}, ()), PROVEN, begun, STRICT)
    assert decision == (Decision(Verdict.WAIT, reason) if reason else PROVEN)


@pytest.mark.parametrize("fencing, waits", [
    (DESTINATION_OFF, False),
    (replace(DESTINATION_OFF, completed=T + timedelta(seconds=39)), True),  # it was off, and is up since
    (replace(DESTINATION_OFF, status="failed"), True),
    (replace(DESTINATION_OFF, delegate="a human"), True),
])
def test_destination_that_died_meanwhile_is_not_waited_for(fencing: Fencing, waits: bool) -> None:
    seen = View(True, {"compute2": node("compute2", fenced=int(fencing.completed.timestamp()))}, (fencing,))
    assert (after_moves(seen, PROVEN, [EARLIER], STRICT) != PROVEN) is waits


@pytest.mark.parametrize("verdict", [Verdict.WAIT, Verdict.REFUSE])
def test_without_proof_evacuations_change_nothing(verdict: Verdict) -> None:
    decision = Decision(verdict, "it has joined again")
    assert after_moves(View(True, {}, ()), decision, [EARLIER], STRICT) == decision


def test_live_migration_is_waited_for() -> None:
    """Its words are all that whoever is on duty gets: the guest, where it may run, and what to do."""
    begun = LiveMigration("vm1", "compute2", T + timedelta(seconds=40))
    decision = after_moves(View(True, {"compute2": node("compute2")}, ()), PROVEN, [begun], STRICT)
    assert decision == Decision(Verdict.WAIT, (
        "vm1 was being migrated live to compute2 since 12:00:40Z and may run there; look: virsh list --all on "
        "compute2. If it is there: virsh destroy. Then openstack server set --state active"
    ))
    seen = View(True, {"compute2": node("compute2", fenced=int(DESTINATION_OFF.completed.timestamp()))},
                (DESTINATION_OFF,))
    assert after_moves(seen, PROVEN, [begun], STRICT) == PROVEN  # neither of the two hosts runs it


# --- whether the report was false -------------------------------------------------------------------


@pytest.mark.parametrize("seen, up", [
    (view(fenced=0), True),
    (view(replace(OFF, completed=T - timedelta(seconds=1)), fenced=0), True),  # of an earlier failure
    (view(replace(OFF, host="compute2"), fenced=0), True),
    (view(fenced=0, quorum=False), False),
    (view(OFF, fenced=0), False),  # it has joined again: something did happen
    (view(replace(OFF, status="failed"), fenced=0), False),
    (view(replace(OFF, status="pending", completed=None), fenced=0), False),
    (view(OFF), False),
    (view(fenced=None), False),  # it never joined
    (View(True, {"compute1": node(online=False)}, ()), False),
    (View(True, {"compute1": node(unclean=True)}, ()), False),
    (View(True, {"compute1": node(maintenance=True)}, ()), False),
    (View(True, {"compute1": node(stopped=True)}, ()), False),  # the gate holds it
    (View(True, {"compute1": node(remote=False)}, ()), False),
    (View(True, {}, ()), False),
])
def test_is_up(seen: View, up: bool) -> None:
    assert is_up(seen, "compute1", T) is up


# --- whether an engine on another host has died -----------------------------------------------------

MEMBER_OFF = Fencing("infra2", "off", "success", "infra1", T + timedelta(seconds=5))


@pytest.mark.parametrize("fencings, dead", [
    ([], False),
    ([MEMBER_OFF], True),
    ([replace(MEMBER_OFF, action="reboot")], True),
    ([MEMBER_OFF, replace(MEMBER_OFF, action="on", completed=T + timedelta(seconds=9))], True),  # it runs again
    ([replace(MEMBER_OFF, action="on")], False),
    ([replace(MEMBER_OFF, completed=T)], False),  # within the second in which it took the recovery
    ([replace(MEMBER_OFF, status="failed")], False),
    ([replace(MEMBER_OFF, status="pending", completed=None)], False),
    ([replace(MEMBER_OFF, host="infra3")], False),
    ([replace(MEMBER_OFF, delegate="a human")], False),
])
def test_engine_on_another_host(fencings: list[Fencing], dead: bool) -> None:
    # That it reads offline is no proof: cut off from the cluster it may still reach Nova.
    nodes = {"infra2": node("infra2", remote=False, online=False, unclean=True, fenced=None)}
    assert (fenced_after(View(True, nodes, tuple(fencings)), "infra2", T, False) is not None) is dead
    assert fenced_after(View(False, nodes, tuple(fencings)), "infra2", T, False) is None


def test_confirmation_of_a_member_counts_only_when_allowed() -> None:
    seen = View(True, {}, (replace(MEMBER_OFF, delegate="a human"),))
    assert fenced_after(seen, "infra2", T, True) == "was fenced at 12:00:05Z"


# --- answers that must not be trusted ---------------------------------------------------------------

CIB = '<cib have-quorum="1"><configuration/><status/></cib>'
MON = '<pacemaker-result><nodes/>{}<status code="0"/></pacemaker-result>'


@pytest.mark.parametrize("status, cib, reason", [
    ("", CIB, "crm_mon did not answer with XML"),
    ("<html/>", CIB, "<html> instead of <pacemaker-result>"),
    ("<pacemaker-result><nodes/></pacemaker-result>", CIB, "no status"),
    ('<pacemaker-result><nodes/><status code="4" message="Insufficient privileges"/></pacemaker-result>', CIB,
     "Insufficient privileges"),
    # Without rights on a remote node: exit status 0, and nothing but this.
    ('<pacemaker-result><status code="0"><errors><error>Permission denied</error></errors></status></pacemaker-result>',
     CIB, "Permission denied"),
    ('<pacemaker-result><status code="0"/></pacemaker-result>', CIB, "did not list the nodes"),
    (MON.format('<fence_history status="5"/>'), CIB, "could not read the fence history"),
    (MON.format('<fence_history><fence_event target="a" completed="soon"/></fence_history>'), CIB, "is not a time"),
    (MON.format('<fence_history><fence_event target="a" completed="2026-11-21 11:08:34"/></fence_history>'), CIB,
     "lacks its time zone"),
    (MON.format(""), "", "cibadmin did not answer with XML"),
    (MON.format(""), '<cib><status><node_state id="a" node_fenced="yes"/></status></cib>', "node_fenced is 'yes'"),
])
def test_unreadable(status: str, cib: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse(status, cib)


def test_empty_history_is_left_out() -> None:
    assert parse(MON.format(""), CIB) == View(True, {}, ())


def test_quorum_must_be_said() -> None:
    assert parse(MON.format(""), '<cib have-quorum="0"/>').quorum is False
    assert parse(MON.format(""), "<cib/>").quorum is False


@pytest.mark.parametrize("text", [
    "2026-11-21 11:08:34Z", "2026-11-21 11:08:34.000000Z", "2026-11-21 12:08:34 +01:00", "2026-11-21 12:08:34+01:00",
    "2026-11-21 12:08:34.000000 +01:00",
])
def test_times(text: str) -> None:
    assert parse_time(text).astimezone(UTC) == at("11:08:34")
