# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands as they are run: real processes, named as Pacemaker's, that answer what a test writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from masakari_fence_gate import pacemaker
from masakari_fence_gate.proof import Unreadable

DATA = Path(__file__).parent / "data"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, answer in (("crm_mon", "fenced.crm_mon.xml"), ("cibadmin", "fenced.cib.xml"), ("crm_resource", None)):
        answering = f"cat {DATA / answer}" if answer else ":"
        write(tmp_path / name, f'echo "$0" "$@" TZ=$TZ >>{tmp_path}/calls\n{answering}')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    return tmp_path


def write(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_look(programs: Path) -> None:
    view = pacemaker.look()
    assert view.quorum and [fencing.host for fencing in view.fencings] == ["compute1"]
    status, cib = (programs / "calls").read_text().splitlines()
    assert status.endswith("crm_mon --one-shot --fence-history=3 --output-as=xml --include=none,nodes,fencing TZ=UTC")
    assert cib.endswith("cibadmin --query TZ=UTC")


def test_hold(programs: Path) -> None:
    pacemaker.hold("compute1")
    assert (programs / "calls").read_text().splitlines()[0].endswith(
        "crm_resource --meta --set-parameter=target-role --parameter-value=Stopped --resource=compute1 TZ=UTC"
    )


@pytest.mark.parametrize("text, reason", [
    ("echo crm_mon: Connection failed: Permission denied >&2; exit 4", "crm_mon ended with 4: .*Permission denied"),
    ("echo '<status code=\"4\"><errors><error>crm_mon: Permission denied</error></errors></status>'; exit 4",
     "crm_mon ended with 4: crm_mon: Permission denied$"),
    ("exit 102", "crm_mon ended with 102"),
    ("kill -9 $$", "crm_mon ended with -9"),
    ("exec sleep 5", "crm_mon: .*timed out after 0.2 seconds"),
    ("printf '\\377'", "crm_mon: .*utf-8"),
])
def test_no_answer(programs: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str) -> None:
    monkeypatch.setattr(pacemaker, "TIMEOUT", 0.2)
    write(programs / "crm_mon", text)
    with pytest.raises(Unreadable, match=reason):
        pacemaker.look()


def test_no_pacemaker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unreadable, match="crm_mon is not installed on this host: it is no member of the cluster"):
        pacemaker.look()
