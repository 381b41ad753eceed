# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Pacemaker says about a host, and whether that proves it off. Nothing here runs a command or reads a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from xml.etree import ElementTree

CONFIRMED_BY_HAND = "a human"  # Pacemaker's own words for `stonith_admin --confirm`


class Unreadable(Exception):
    """Pacemaker did not answer, or not in a form that can be trusted."""


@dataclass(frozen=True)
class Fencing:
    """One attempt to fence a host. Without `completed` it is still under way."""

    host: str
    action: str
    status: str
    delegate: str
    completed: datetime | None

    @property
    def by_hand(self) -> bool:
        return self.delegate == CONFIRMED_BY_HAND


@dataclass(frozen=True)
class Node:
    """`fenced`: when it was fenced, in seconds since 1970; 0 once it has joined again, None when it never joined.

    `online` alone means little: a fenced remote node reads online whenever Pacemaker tries to connect to it.
    """

    name: str
    remote: bool
    online: bool
    unclean: bool
    maintenance: bool
    stopped: bool  # its connection is stopped on purpose
    fenced: int | None


@dataclass(frozen=True)
class View:
    """One look at the cluster from one member."""

    quorum: bool
    nodes: Mapping[str, Node]
    fencings: tuple[Fencing, ...]


@dataclass(frozen=True)
class Evacuation:
    """One that Nova has begun and not ended. The destination is None until it has chosen one."""

    guest: str
    destination: str | None
    began: datetime

    def __str__(self) -> str:
        return f"{self.guest} is being evacuated to {_place(self.destination)} since {_clock(self.began)}"


@dataclass(frozen=True)
class LiveMigration(Evacuation):
    """One that its source did not live to end: the guest may run on the destination, and is the source's in Nova."""

    def __str__(self) -> str:
        where = _place(self.destination)
        return (
            f"{self.guest} was being migrated live to {where} since {_clock(self.began)} and may run there; look: "
            f"virsh list --all on {where}. If it is there: virsh destroy. Then openstack server set --state active"
        )


@dataclass(frozen=True)
class Rules:
    max_failed_hosts: int
    accept_confirmation: bool


class Verdict(Enum):
    PROVEN = "proven"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    reason: str


# --- reading ---------------------------------------------------------------------------------------


def parse(status: str, cib: str) -> View:
    """A view from the XML of `crm_mon --include=none,nodes,fencing` and of `cibadmin --query`."""
    mon = _checked_status(status)
    configuration = _root(cib, "cib", "cibadmin")
    fenced = {
        state.get("uname") or state.get("id"): _seconds(state.get("node_fenced"))
        for state in configuration.iterfind("./status/node_state")
    }
    stopped = _stopped_connections(configuration)
    nodes = {
        name: Node(
            name=name,
            remote=node.get("type") == "remote",
            online=node.get("online") == "true",
            unclean=node.get("unclean") == "true",
            maintenance=node.get("maintenance") == "true",
            stopped=name in stopped,
            fenced=fenced.get(name),
        )
        for node in mon.iterfind("./nodes/node") if (name := node.get("name"))
    }
    return View(
        quorum=configuration.get("have-quorum") == "1",
        nodes=nodes,
        fencings=tuple(map(_fencing, mon.iterfind("./fence_history/fence_event"))),
    )


def _root(text: str, tag: str, program: str) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Unreadable(f"{program} did not answer with XML: {error}") from error
    if root.tag != tag:
        raise Unreadable(f"{program} answered with <{root.tag}> instead of <{tag}>")
    return root


def _checked_status(text: str) -> ElementTree.Element:
    """crm_mon's answer. Without privileges it can end with 0 and hold nothing but an error."""
    root = _root(text, "pacemaker-result", "crm_mon")
    status = root.find("status")
    errors = [error.text or "" for error in root.iter("error")]
    if status is None or status.get("code") != "0" or errors:
        said = "; ".join(errors) or (status.get("message", "") if status is not None else "no status")
        raise Unreadable(f"crm_mon failed: {said}")
    if root.find("nodes") is None:
        raise Unreadable("crm_mon did not list the nodes")
    history = root.find("fence_history")  # left out while it is empty
    if history is not None and history.get("status", "0") != "0":
        raise Unreadable(f"crm_mon could not read the fence history: status {history.get('status')}")
    return root


def _stopped_connections(cib: ElementTree.Element) -> set[str]:
    return {
        resource.get("id", "")
        for resource in cib.iterfind("./configuration/resources//primitive[@provider='pacemaker'][@type='remote']")
        for value in resource.iterfind("./meta_attributes/nvpair[@name='target-role']")
        if value.get("value", "").lower() == "stopped"
    }


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise Unreadable(f"node_fenced is {text!r} instead of a number") from error


def _fencing(event: ElementTree.Element) -> Fencing:
    completed = event.get("completed")
    return Fencing(
        host=event.get("target", ""), action=event.get("action", ""), status=event.get("status", ""),
        delegate=event.get("delegate", ""), completed=parse_time(completed) if completed else None,
    )


def parse_time(text: str) -> datetime:
    """`2026-11-21 11:08:34.137085Z`; Pacemaker 2.1 has whole seconds, another time zone a blank before its offset."""
    day, _blank, clock = text.partition(" ")
    try:
        time = datetime.fromisoformat(f"{day}T{clock.replace(' ', '')}")
    except ValueError as error:
        raise Unreadable(f"{text!r} in the fence history is not a time") from error
    if time.tzinfo is None:
        raise Unreadable(f"{text!r} in the fence history lacks its time zone")
    return time


# --- deciding --------------------------------------------------------------------------------------


def decide(view: View, host: str, segment: Iterable[str], since: datetime, rules: Rules) -> Decision:
    """Whether `host`, which failed at `since` or later, is proven off."""
    if not view.quorum:
        return _wait("this member of the cluster has no quorum, what it says may be old")
    node = view.nodes.get(host)
    if node is None or not node.remote:
        remotes = ", ".join(sorted(name for name, node in view.nodes.items() if node.remote)) or "none"
        return _refuse(f"Pacemaker has no remote node {host}, so nothing can prove it off (remote nodes: {remotes})")
    failed = failed_hosts(view, {*segment, host}, since)
    if len(failed) > rules.max_failed_hosts:
        return _refuse(
            f"{len(failed)} hosts of the segment are down at once ({', '.join(failed)}), more than "
            f"{rules.max_failed_hosts} allowed: rather the network has failed than they"
        )
    return _proof(view, node, since, rules)


def failed_hosts(view: View, segment: Iterable[str], since: datetime) -> list[str]:
    """Which of these hosts are down since then, in order; not those taken out on purpose or never seen."""
    return [name for name in sorted(segment) if name in view.nodes and _has_failed(view.nodes[name], since)]


def _has_failed(node: Node, since: datetime) -> bool:
    if node.maintenance or node.fenced is None:
        return False
    if node.fenced:
        return node.fenced >= int(since.timestamp())  # fenced before: it waits for its recovery since then
    return not node.stopped and (node.unclean or not node.online)


def _proof(view: View, node: Node, since: datetime, rules: Rules) -> Decision:
    """The newest fencing decides. An older success says nothing: the host may have joined again in between."""
    fencings = [fencing for fencing in view.fencings if fencing.host == node.name]
    if any(fencing.completed is None or fencing.status == "pending" for fencing in fencings):
        return _wait(f"{node.name} is being fenced")
    newest = max(fencings, key=lambda fencing: fencing.completed, default=None)
    if newest is None or int(newest.completed.timestamp()) < int(since.timestamp()):
        return _wait(f"Pacemaker has not fenced {node.name} since {_clock(since)}")
    at = _clock(newest.completed)
    if newest.status != "success":
        return _wait(f"the fencing of {node.name} at {at} ended with {newest.status}")
    if newest.action != "off":
        return _wait(f"{node.name} was fenced at {at} with {newest.action}, after which it may run again: no proof")
    if newest.by_hand and not rules.accept_confirmation:
        cure = f"fence it: stonith_admin --fence {node.name}"
        return _wait(f"a person, not a device, said at {at} that {node.name} is off; {cure}")
    if not node.fenced:
        return _wait(f"{node.name} was fenced at {at} and has joined the cluster again")
    if node.fenced < int(since.timestamp()):
        return _wait(f"Pacemaker has not yet noted that {node.name} was fenced at {at}")
    who = "confirmed by a person" if newest.by_hand else f"verified by {newest.delegate}"
    return Decision(Verdict.PROVEN, f"{node.name} is off, fenced at {at}, {who}")


def after_moves(view: View, decision: Decision, begun: Iterable[Evacuation], rules: Rules) -> Decision:
    """The decision, unless a guest is on its way already; not to a host that has died meanwhile."""
    moving = [
        move for move in begun
        if decide(view, move.destination or "", (), move.began, rules).verdict is not Verdict.PROVEN
    ]
    if decision.verdict is not Verdict.PROVEN or not moving:
        return decision
    return _wait(str(min(moving, key=lambda move: move.began)))  # one alone: the words are few however many there are


def is_up(view: View, host: str, since: datetime) -> bool:
    """Whether the cluster has seen nothing but a host that runs, as when a report of its failure was false.

    A fencing that failed, or after which it has joined again, says that something did happen: a person is to look.
    """
    node = view.nodes.get(host)
    fenced = (fencing for fencing in view.fencings if fencing.host == host)
    return (
        view.quorum and node is not None and node.remote and node.online and node.fenced == 0
        and not (node.unclean or node.maintenance or node.stopped)
        and not any(fencing.completed is None or fencing.completed >= since for fencing in fenced)
    )


def fenced_after(view: View, member: str, time: datetime, accept_confirmation: bool) -> str | None:
    """What proves that no process of a member has outlived `time`; None when nothing does.

    Any power-off since then, whatever came after it: it is not asked whether the member runs, or runs again.
    """
    if not view.quorum:
        return None
    fencings = [
        fencing for fencing in view.fencings
        if fencing.host == member and fencing.status == "success" and fencing.action in ("off", "reboot")
        and fencing.completed is not None and int(fencing.completed.timestamp()) > int(time.timestamp())
        and (accept_confirmation or not fencing.by_hand)
    ]
    return f"was fenced at {_clock(fencings[0].completed)}" if fencings else None


def _place(host: str | None) -> str:
    return host or "a host not yet chosen"


def _clock(time: datetime) -> str:
    return f"{time.astimezone(UTC):%H:%M:%S}Z"


def _wait(reason: str) -> Decision:
    return Decision(Verdict.WAIT, reason)


def _refuse(reason: str) -> Decision:
    return Decision(Verdict.REFUSE, reason)
