# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declared failover segments, without undoing what a failover has made of their reserves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DOCUMENTATION = r"""
name: standing_segments
short_description: Declared failover segments as they are to be while guests are recovered or not yet moved back
version_added: 0.1.0
description:
  - A reserve that took over the guests of a failed host is a reserve no more, and Nova may use it. Declared as it was
    before, it would be made a reserve again with guests on it. It stays in use while it has guests, or while a host of
    its segment is on maintenance. So does the host that took its place.
  - Once it is free, the roles are as declared again.
  - A host that is declared C(reserved=false) and is a reserve may be used again, unless it is in the place of a
    reserve. While it is on maintenance it stays the reserve that it is. Where C(reserved) is not declared, a host is
    left as it is.
  - A segment that is to go gets no hosts, and none of its hosts is kept free.
positional: _input
options:
  _input:
    description: Declared segments, as C(masakari_segments) has them.
    type: list
    elements: dict
    required: true
  hosts:
    description: All hosts that Masakari has, as M(openstack_ha.masakari.segment_host_info) returns them.
    type: list
    elements: dict
    default: []
  taken:
    description: >-
      Hosts that are declared reserved and are not, each as M(openstack_ha.masakari.compute_host_info) returns it.
    type: list
    elements: dict
    default: []
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Leave reserves in use where they are
  ansible.builtin.debug:
    msg: >-
      {{ (segments | openstack_ha.masakari.standing_segments(hosts=masakari.hosts, taken=[compute3.host])).notes }}
"""

RETURN = r"""
_value:
  description:
    - C(segments), what to declare; C(moves), hosts that are in another segment, each with C(name) and C(segment);
      C(reserves), names of the hosts that Nova is to keep free; C(released), names of hosts that were a reserve, or in
      the place of one, and may be used again; C(notes), sentences on what differs from the declaration.
  type: dict
"""


@dataclass
class Roles:
    """Who of one segment differs from the declaration."""

    kept: dict[str, str] = field(default_factory=dict)  # reserves in use, each with the reason
    stand_ins: list[str] = field(default_factory=list)  # hosts in their place
    released: list[str] = field(default_factory=list)  # hosts that need not stand in, or be a reserve, any longer
    waiting: list[str] = field(default_factory=list)  # hosts that are to be released once their maintenance ends


def standing_segments(declared: Sequence[Mapping[str, Any]], *, hosts: Iterable[Mapping[str, Any]] = (),
                      taken: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    guests = {host["name"]: len(host["servers"]) for host in taken}
    known = {host["name"]: host for host in hosts}  # Masakari has a host in one segment alone
    answer: dict[str, Any] = {"segments": [], "moves": [], "reserves": [], "released": [], "notes": []}
    for segment in declared:
        if segment.get("state") == "absent":
            answer["segments"].append(dict(segment))
            continue
        wanted = {host["name"]: host for host in segment.get("hosts") or []}
        roles = _roles(segment["name"], wanted, known, guests)
        entry = {**segment, "hosts": [_host(host, roles) for host in wanted.values()]} if wanted else dict(segment)
        answer["segments"].append(entry)
        answer["moves"] += [{"name": name, "segment": segment["name"]} for name in wanted
                            if name in known and known[name]["segment"] != segment["name"]]
        answer["reserves"] += [name for name, host in wanted.items()
                               if name in roles.stand_ins or (host.get("reserved") and name not in roles.kept)]
        answer["released"] += roles.released
        answer["notes"] += _notes(segment["name"], roles)
    return answer


def _roles(segment: str, wanted: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]],
           guests: Mapping[str, int]) -> Roles:
    found = {name: host for name, host in known.items() if host["segment"] == segment}
    missing = [name for name, host in wanted.items() if host.get("reserved") and name in found
               and not found[name]["reserved"]]
    out = [name for name, host in found.items() if host["on_maintenance"]
           and not wanted.get(name, {}).get("on_maintenance")]
    kept = {name: reason for name in missing if (reason := _reason(guests.get(name, 0), out))}
    others = [name for name, host in found.items() if host["reserved"] and name in wanted
              and not wanted[name].get("reserved")]
    no_more = _no_more(wanted, known)
    others.sort(key=lambda name: name in no_more)  # these are the last to stand in
    stand_ins, rest = others[:len(kept)], others[len(kept):]
    leaving = [name for name in no_more if name not in stand_ins]
    waiting = [name for name in leaving if known[name]["on_maintenance"] or wanted[name].get("on_maintenance")]
    unsaid = [name for name in rest if name not in leaving]
    back = len(missing) - len(kept) - (len(rest) - len(unsaid))
    released = [name for name in leaving if name not in waiting] + unsaid[:max(back, 0)]
    return Roles(kept, stand_ins, released, waiting)


def _no_more(wanted: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Reserves that are declared to be none, also those that come from another segment."""
    return [name for name, host in wanted.items()
            if host.get("reserved") is False and name in known and known[name]["reserved"]]


def _reason(guests: int, out: Sequence[str]) -> str:
    if guests:
        return f"it has {guests} guest{'s' if guests > 1 else ''}"
    return f"{' and '.join(out)} is on maintenance" if out else ""


def _host(host: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """What is not given is left as it is."""
    if any(host["name"] in names for names in (roles.kept, roles.stand_ins, roles.waiting)):
        return {key: value for key, value in host.items() if key != "reserved"}
    return {**host, "reserved": False} if host["name"] in roles.released else dict(host)


def _notes(segment: str, roles: Roles) -> list[str]:
    stand_in = f", {' and '.join(roles.stand_ins)} is the reserve in its place" if roles.stand_ins else ""
    kept = [f"masakari_segments[{segment}]: {name} is declared reserved and stays in use, since {reason}{stand_in}. "
            f"The playbook recover_host brings a failed host back; once {name} has no guests, the playbook segments "
            "makes it the reserve again." for name, reason in roles.kept.items()]
    return kept + [
        f"masakari_segments[{segment}]: {name} is declared not reserved and stays the reserve that it is, since it is "
        "on maintenance. Once that has ended, the playbook segments lets Nova use it." for name in roles.waiting]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"standing_segments": standing_segments}
