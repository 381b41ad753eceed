# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which failover segments may be enabled: every host of them can be fenced, and they share the guests' disks."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DOCUMENTATION = r"""
name: proven_segments
short_description: Failover segments, enabled only where every host can be fenced and storage is shared
version_added: 0.1.0
description:
  - A host that nothing can fence is never proven off, and a guest that is recovered without its disk comes back empty.
  - A host that cannot be asked proves nothing. It leaves a segment as it is; one that is not enabled yet stays so, and
    into one that is enabled the host is not taken, and stays in the segment that it is in.
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
  enabled:
    description: Names of the segments that are enabled now.
    type: list
    elements: str
    default: []
  fenced:
    description: Names of the hosts that a fencing device covers. Left out, when the cluster cannot be asked.
    type: list
    elements: str
  stalled:
    description: Names of the hosts that are covered only by devices that do not run now. They prove nothing, either.
    type: list
    elements: str
    default: []
  wrote:
    description: >-
      For each host the result of a task that left a file of a name of its own in the instances directory, and printed
      its path.
    type: dict
    default: {}
  seen:
    description: For each host the result of a task that listed which of all these files it finds there.
    type: dict
    default: {}
  directory:
    description: The instances directory, for the sentences.
    type: str
    default: /var/lib/nova/instances
  shared:
    description: Why storage is shared though the directory is not, or is not asked about. Empty, it is.
    type: str
    default: ""
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Say why a segment stays disabled
  ansible.builtin.debug:
    msg: "{{ (segments | openstack_ha.masakari.proven_segments(fenced=['compute1'], shared='Ceph')).warnings }}"
"""

RETURN = r"""
_value:
  description:
    - C(segments), with C(is_enabled); C(warnings), sentences on what is not proven; C(kept_out), the hosts that are
      not taken into a segment yet, each with C(name) and C(segment).
  type: dict
"""


KILLED = (124, 137, -9)  # by `timeout`


@dataclass(frozen=True)
class Storage:
    """Which file each host left in its instances directory, which of all of them it sees, and why it left none."""

    markers: Mapping[str, str]
    seen: Mapping[str, Collection[str]]
    errors: Mapping[str, str]


def proven_segments(
    declared: Sequence[Mapping[str, Any]], *, hosts: Iterable[Mapping[str, Any]] = (), enabled: Collection[str] = (),
    fenced: Collection[str] | None = None, stalled: Collection[str] = (),
    wrote: Mapping[str, Mapping[str, Any]] | None = None, seen: Mapping[str, Mapping[str, Any]] | None = None,
    directory: str = "/var/lib/nova/instances", shared: str = "",
) -> dict[str, Any]:
    known, storage = list(hosts), _storage(wrote or {}, seen or {})
    answer: dict[str, Any] = {"segments": [], "warnings": [], "kept_out": []}
    for segment in declared:
        if segment.get("is_enabled") is False or segment.get("state") == "absent":
            answer["segments"].append(dict(segment))
            continue
        names = _compute_hosts(segment, known)
        faults = [] if fenced is None else [
            f"no fencing device of the cluster covers {name}: add it to the group masakari_monitor, or to the nodes of "
            "a device in pacemaker_cluster_devices, and run the playbook cluster"
            for name in names if name not in fenced and name not in stalled]
        silent: list[str] = []
        if not shared:
            faults += _apart(names, storage, directory)
            silent = [name for name in names if name not in storage.markers and name not in storage.errors]
        unknown = [] if fenced is not None else ["the cluster could not be asked about fencing"]
        unknown += [f"{name} could not be asked about {directory}" for name in silent]
        unknown += [f"the fencing device of {name} does not run (crm_mon)" for name in names if name in stalled]
        is_enabled = not faults and (not unknown or segment["name"] in enabled)
        new = set(silent) - {host["name"] for host in known if host["segment"] == segment["name"]}
        kept_out = new if is_enabled else set()
        taken = [host for host in segment.get("hosts") or [] if host["name"] not in kept_out]
        answer["segments"].append({**segment, "is_enabled": is_enabled} | ({"hosts": taken} if kept_out else {}))
        answer["warnings"] += _warnings(segment["name"], is_enabled, faults, unknown, kept_out)
        answer["kept_out"] += [{"name": name, "segment": segment["name"]} for name in sorted(kept_out)]
    kept = {entry["name"] for entry in answer["kept_out"]}
    answer["segments"] = [_keeping(segment, kept, known) for segment in answer["segments"]]
    return answer


def _keeping(
    segment: Mapping[str, Any], kept_out: Collection[str], known: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """A host that is not taken into another segment is not purged from this one, or nobody would recover it."""
    staying = [{"name": host["name"]} for host in known
               if host["segment"] == segment["name"] and host["name"] in kept_out]
    if not staying or not segment.get("purge_hosts"):
        return dict(segment)
    return {**segment, "hosts": [*(segment.get("hosts") or []), *staying]}


def _compute_hosts(segment: Mapping[str, Any], known: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those that are declared, and those that are there and stay."""
    wanted = {host["name"]: host.get("type") for host in segment.get("hosts") or []}
    if not segment.get("purge_hosts"):
        wanted = {host["name"]: host["type"] for host in known if host["segment"] == segment["name"]} | wanted
    return sorted(name for name, kind in wanted.items() if kind in (None, "COMPUTE"))


def _storage(wrote: Mapping[str, Mapping[str, Any]], seen: Mapping[str, Mapping[str, Any]]) -> Storage:
    """From the results of tasks. Without a command nothing was run: the host is down, or left out of the play. Killed,
    it waited for a server of files that does not answer."""
    ran = {name: result for name, result in wrote.items()
           if {"cmd", "rc", "stderr"} <= result.keys() and result["rc"] not in KILLED}
    return Storage(
        markers={name: posixpath.basename(result["stdout"]) for name, result in ran.items() if result["rc"] == 0},
        seen={name: result.get("stdout", "").split() for name, result in seen.items()},
        errors={name: result["stderr"] for name, result in ran.items() if result["rc"] != 0},
    )


def _apart(names: Iterable[str], storage: Storage, directory: str) -> Iterator[str]:
    for name in names:
        if name in storage.errors:
            yield f"{name} cannot use {directory} (masakari_instances_directory): {storage.errors[name]}"
    asked = [name for name in names if name in storage.markers]
    groups: dict[frozenset[str], list[str]] = {}
    for name in asked:
        sees = frozenset(other for other in asked if storage.markers[other] in storage.seen.get(name, ()))
        groups.setdefault(sees, []).append(name)
    if set(groups) - {frozenset(asked)}:
        parts = " / ".join(" and ".join(group) for group in groups.values())
        yield (f"{directory} is not one file system on its hosts ({parts}): mount the shared one on all, name another "
               "masakari_instances_directory, or say in masakari_shared_storage_reason why guests need none")


def _warnings(
    name: str, is_enabled: bool, faults: Sequence[str], unknown: Sequence[str], kept_out: Collection[str],
) -> list[str]:
    if not faults and not unknown:
        return []
    state = "stays enabled, unproven" if is_enabled else "is disabled, nothing in it is recovered"
    rest = f" Not taken into it until then: {', '.join(sorted(kept_out))}." if kept_out else ""
    return [f"WARNING: segment {name} {state}: {'; '.join([*faults, *unknown])}.{rest}"]


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"proven_segments": proven_segments}
