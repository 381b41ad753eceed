# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openstack_ha.masakari.plugins.modules import stale_service_info

NOW = int(time.time())
BEFORE, AFTER = f"@{NOW - 60}", f"@{NOW + 60}"


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The services that are stale when they were started then: systemd 252 and 257 print it so."""

    def stale(reads: dict[str, list[str]], *starts: str) -> list[str]:
        def systemctl(self: AnsibleModule, command: list[str], check_rc: bool) -> tuple[int, str, str]:
            assert command[:2] == ["systemctl", "show"] and command[-len(reads) :] == list(reads)
            return 0, "\n".join(f"{start}\n" for start in starts), ""

        monkeypatch.setattr(AnsibleModule, "run_command", systemctl)
        with patch_module_args({"reads": reads, "_ansible_check_mode": True}), pytest.raises(SystemExit):
            stale_service_info.main()
        result = json.loads(capsys.readouterr().out)
        assert result["changed"] is False
        return result["stale"]

    return stale


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file that was written just now."""
    path = tmp_path / "masakari.conf"
    path.touch()
    return str(path)


def test_a_service_that_started_before_its_file_was_written_is_stale(look: Any, file: str) -> None:
    assert look({"api": [file], "engine": [file]}, BEFORE, AFTER) == ["api"]
    assert look({"api": [file], "engine": [file]}, AFTER, BEFORE) == ["engine"]


def test_a_service_that_never_ran_is_not(look: Any, file: str) -> None:
    assert look({"api": [file], "engine": [file], "more": [file]}, "", BEFORE, "") == ["engine"]


def test_files_are_found_by_patterns_and_may_be_missing(look: Any, tmp_path: Path) -> None:
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages/gate.py").touch()
    reads = {"engine": [f"{tmp_path}/missing.conf", f"{tmp_path}/site-*/*.py"], "api": [f"{tmp_path}/missing.conf"]}
    assert look(reads, BEFORE, BEFORE) == ["engine"]


def test_the_newest_file_counts_and_so_does_a_change_of_mode(look: Any, file: str) -> None:
    Path(file).chmod(0o600)
    assert look({"api": ["/etc/hostname", file, "/etc/passwd"]}, BEFORE) == ["api"]


def test_what_was_written_in_the_second_of_the_start_is_not_newer(look: Any, file: str) -> None:
    """systemd tells whole seconds. The files are written before the start, or there would be a restart at each run."""
    assert look({"api": [file]}, f"@{int(Path(file).stat().st_ctime)}") == []


def test_a_link_to_nothing_counts_for_nothing(look: Any, tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "missing")
    assert look({"api": [f"{tmp_path}/dang*"]}, BEFORE) == []


def test_no_service_is_no_question(look: Any) -> None:
    assert look({}) == []
