#!/usr/bin/env python3
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the heartbeat of a lab guest from its disk: did the guest live, and did it ever run twice?

The guest (images/guest/init) writes a record once a second, O_DIRECT and fsynced. Before each one it
reads the last; if another boot's id stands there, two guests write this disk, and it leaves a
conflict mark that nothing ever clears. That mark is the witness: the ring is not, since both
writers use the same slots.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
CONFLICT_SECTOR = 2047
HEAD_SECTOR = 2048
RING_SECTOR = 4096
RING_LENGTH = 65536


@dataclass(frozen=True)
class Beat:
    """One record: the boot that wrote it, its count within that boot and over all boots."""

    boot: str
    count: int
    total: int
    uptime: float

    @classmethod
    def parse(cls, text: str) -> Beat | None:
        """The beat in a record's text, None where no beat was ever written (or only in part)."""
        if not text.startswith("HB "):
            return None
        try:
            fields = dict(word.split("=", 1) for word in text.split()[1:])
            return cls(fields["boot"], int(fields["n"]), int(fields["t"]), float(fields["up"]))
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class Run:
    """What one boot of the guest wrote: its first and its last beat."""

    boot: str
    first: int
    last: int


def text_of(sector: bytes) -> str:
    """The line in a sector that is padded with zeros."""
    return sector.split(b"\0", 1)[0].decode(errors="replace").strip()


def runs(beats: Iterable[Beat]) -> list[Run]:
    """The boots in the order of their beats; a boot that comes back after another appears again."""
    found: list[Run] = []
    for beat in sorted(beats, key=lambda beat: beat.total):
        if found and found[-1].boot == beat.boot:
            found[-1] = Run(beat.boot, found[-1].first, beat.total)
        else:
            found.append(Run(beat.boot, beat.total, beat.total))
    return found


@dataclass(frozen=True)
class Disk:
    """A guest's raw disk."""

    path: Path

    def sectors(self, number: int, count: int = 1) -> bytes:
        """The content of `count` sectors from `number` on."""
        with self.path.open("rb") as file:
            file.seek(number * SECTOR)
            return file.read(count * SECTOR)

    def head(self) -> Beat | None:
        """The last beat, None before the first."""
        return Beat.parse(text_of(self.sectors(HEAD_SECTOR)))

    def beat(self, total: int) -> Beat | None:
        """Beat number `total`, None once a later one has taken its place."""
        found = Beat.parse(text_of(self.sectors(RING_SECTOR + total % RING_LENGTH)))
        return found if found and found.total == total else None

    def conflict(self) -> str | None:
        """The mark that two writers left, None if the guest never ran twice."""
        return text_of(self.sectors(CONFLICT_SECTOR)) or None

    def beats(self) -> Iterator[Beat]:
        """Every beat that is still in the ring, in the order of the sectors."""
        ring = self.sectors(RING_SECTOR, RING_LENGTH)
        for offset in range(0, len(ring), SECTOR):
            beat = Beat.parse(text_of(ring[offset : offset + SECTOR]))
            if beat:
                yield beat


def print_log(disk: Disk) -> None:
    """One line a boot, then the conflict mark."""
    for run in runs(disk.beats()):
        print(f"boot {run.boot}: beats {run.first} to {run.last}")
    print(f"conflict: {disk.conflict() or 'none'}")


def signs(disk: Disk, seconds: float = 3) -> dict[str, object]:
    """What a drill asks for: the boot that writes, when its first beat was, and the mark of two writers.

    Beats carry the guest's uptime alone. A beat that is seen to arrive ties it to this machine's clock; without one the
    guest does not live, and the time of its first beat is None.
    """
    deadline = time.time() + seconds
    last = head = disk.head()
    while head == last and time.time() < deadline:
        time.sleep(0.02)
        head = disk.head()
    now = time.time()
    first = disk.beat(head.total - head.count + 1) if head and head != last else None
    lives = head and first and first.boot == head.boot
    return {
        "boot": head.boot if head else "",
        "first": now - (head.uptime - first.uptime) if lives else None,
        "conflict": disk.conflict(),
    }


def watch(disk: Disk, seconds: float) -> None:
    """Print every new beat with the time it was seen."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        beat = disk.head()
        if beat != last:
            print(f"{time.strftime('%H:%M:%S')} {beat}", flush=True)
            last = beat
        time.sleep(0.1)


def main() -> int:
    """Exit 0 if the guest beats and never ran twice, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Read a guest's heartbeat from its disk.")
    parser.add_argument("disk", type=Path, help="raw disk, .cache/instances/<server id>/disk, or with --json the id")
    parser.add_argument("--json", type=Path, metavar="INSTANCES", help="one JSON object, for the role failover_drill")
    parser.add_argument("--watch", type=float, metavar="SECONDS", help="print every beat for so long")
    arguments = parser.parse_args()
    if arguments.json:
        print(json.dumps(signs(Disk(arguments.json / arguments.disk / "disk"))))
        return 0
    disk = Disk(arguments.disk)
    if arguments.watch:
        watch(disk, arguments.watch)
    print_log(disk)
    return int(disk.head() is None or disk.conflict() is not None)


if __name__ == "__main__":
    sys.exit(main())
