# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The heartbeat reader tells one writer from two."""

from __future__ import annotations

import json
import os

import pytest

SECTOR = 512


class Guest:
    """Writes what a guest would write to its disk."""

    def __init__(self, heartbeat, path):
        self.heartbeat = heartbeat
        self.path = path
        path.touch()
        os.truncate(path, (heartbeat.RING_SECTOR + heartbeat.RING_LENGTH) * SECTOR)

    def write(self, sector, text):
        with self.path.open("r+b") as file:
            file.seek(sector * SECTOR)
            file.write(text.encode().ljust(SECTOR, b"\0"))

    def beat(self, boot, count, total):
        record = f"HB boot={boot} n={count} t={total} up={count}.25"
        self.write(self.heartbeat.RING_SECTOR + total % self.heartbeat.RING_LENGTH, record)
        self.write(self.heartbeat.HEAD_SECTOR, record)


@pytest.fixture
def guest(heartbeat, tmp_path):
    return Guest(heartbeat, tmp_path / "disk")


@pytest.fixture
def disk(heartbeat, guest):
    return heartbeat.Disk(guest.path)


def test_an_empty_disk_has_no_beat(disk):
    assert disk.head() is None
    assert disk.conflict() is None
    assert list(disk.beats()) == []


@pytest.mark.parametrize("text", ["", "noise", "HB", "HB boot=a n=1", "HB boot=a n=x t=1 up=1", "HB boot"])
def test_a_torn_record_is_no_beat(heartbeat, text):
    assert heartbeat.Beat.parse(text) is None


def test_a_beat_is_read(heartbeat, guest, disk):
    guest.beat("a", 7, 107)
    assert disk.head() == heartbeat.Beat(boot="a", count=7, total=107, uptime=7.25)


def test_the_total_goes_on_under_a_new_boot(heartbeat, guest, disk):
    for count in (1, 2, 3):
        guest.beat("a", count, count)
    for count in (1, 2):
        guest.beat("b", count, 3 + count)
    assert heartbeat.runs(disk.beats()) == [heartbeat.Run("a", 1, 3), heartbeat.Run("b", 4, 5)]


def test_the_order_survives_the_ring(heartbeat, guest, disk):
    length = heartbeat.RING_LENGTH
    for total in (length - 1, length, length + 1):
        guest.beat("a", total, total)
    assert heartbeat.runs(disk.beats()) == [heartbeat.Run("a", length - 1, length + 1)]


def test_a_boot_that_returns_is_seen_twice(heartbeat):
    beats = [heartbeat.Beat(boot, 1, total, 1.0) for total, boot in enumerate("aba", start=1)]
    assert [run.boot for run in heartbeat.runs(beats)] == ["a", "b", "a"]


def test_the_mark_of_two_writers_is_read(heartbeat, guest, disk):
    guest.write(heartbeat.CONFLICT_SECTOR, "CONFLICT boot=b t=4 found: HB boot=a n=4 t=4 up=4")
    assert disk.conflict().startswith("CONFLICT boot=b")


@pytest.mark.parametrize(("beats", "conflict", "code"), [(True, False, 0), (False, False, 1), (True, True, 1)])
def test_the_exit_code_says_whether_all_is_well(heartbeat, guest, monkeypatch, capsys, beats, conflict, code):
    if beats:
        guest.beat("a", 1, 1)
    if conflict:
        guest.write(heartbeat.CONFLICT_SECTOR, "CONFLICT boot=a t=1 found: noise")
    monkeypatch.setattr("sys.argv", ["heartbeat.py", str(guest.path)])
    assert heartbeat.main() == code
    assert ("conflict: CONFLICT" in capsys.readouterr().out) is conflict


def test_a_beat_is_found_by_its_number_until_another_took_its_place(heartbeat, guest, disk):
    guest.beat("a", 5, 5)
    assert disk.beat(5) == heartbeat.Beat(boot="a", count=5, total=5, uptime=5.25)
    guest.beat("a", heartbeat.RING_LENGTH + 5, heartbeat.RING_LENGTH + 5)
    assert disk.beat(5) is None


class Clock:
    """Stands in for time: sleeping lets a guest beat."""

    def __init__(self, now, beat=None):
        self.now, self.beat = now, beat

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        if self.beat:
            self.beat()
            self.beat = None


def test_signs_of_a_guest_that_lives(heartbeat, guest, disk, monkeypatch):
    guest.beat("a", 9, 9)
    for count in (1, 2, 3):
        guest.beat("b", count, 9 + count)
    monkeypatch.setattr(heartbeat, "time", Clock(1000.0, lambda: guest.beat("b", 4, 13)))
    signs = heartbeat.signs(disk)
    assert (signs["boot"], signs["conflict"]) == ("b", None)
    assert signs["first"] == pytest.approx(1000.02 - 3)  # the fourth beat was seen at 1000.02, the first was 3 s before


def test_signs_of_a_guest_that_does_not_live(heartbeat, guest, disk, monkeypatch):
    guest.beat("a", 1, 1)
    guest.write(heartbeat.CONFLICT_SECTOR, "CONFLICT boot=a t=1 found: noise")
    monkeypatch.setattr(heartbeat, "time", Clock(1000.0))
    assert heartbeat.signs(disk) == {"boot": "a", "first": None, "conflict": "CONFLICT boot=a t=1 found: noise"}


def test_signs_of_an_empty_disk(heartbeat, disk, monkeypatch):
    monkeypatch.setattr(heartbeat, "time", Clock(1000.0))
    assert heartbeat.signs(disk) == {"boot": "", "first": None, "conflict": None}


def test_signs_are_printed_as_json(heartbeat, guest, monkeypatch, capsys):
    guest.beat("a", 1, 1)
    monkeypatch.setattr(heartbeat, "time", Clock(1000.0))
    monkeypatch.setattr("sys.argv", ["heartbeat.py", f"--json={guest.path.parents[1]}", guest.path.parent.name])
    assert heartbeat.main() == 0
    assert json.loads(capsys.readouterr().out) == {"boot": "a", "first": None, "conflict": None}
