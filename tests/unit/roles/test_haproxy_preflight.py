# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate that HAProxy would not load is refused before anything is changed, by the names of the variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
REFUSED = "do not belong together, or one of them is no PEM file, or the key wants a passphrase."


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two certificates with their keys, the second of a directory with a blank in its name; a key with a passphrase."""
    directory = tmp_path_factory.mktemp("tls of a test")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=test"]
    for name, passphrase in (("one", ["-nodes"]), ("other", ["-nodes"]), ("locked", ["-passout", "pass:unit-only"])):
        subprocess.run([*new, *passphrase, "-keyout", f"{directory}/{name}.key", "-out", f"{directory}/{name}.pem"],
                       check=True, capture_output=True, timeout=60)
    (directory / "empty.key").touch()
    (directory / "chain.pem").write_text((directory / "one.pem").read_text() + (directory / "other.pem").read_text())
    return directory


@pytest.mark.parametrize(("certificate", "key", "fine"), [
    ("one.pem", "one.key", True),
    ("chain.pem", "one.key", True),
    ("one.pem", "other.key", False),
    ("one.pem", "empty.key", False),
    ("one.key", "one.key", False),
    ("locked.pem", "locked.key", False),
])
def test_certificate_and_key(tmp_path: Path, files: Path, certificate: str, key: str, fine: bool) -> None:
    for name in ("systemctl", "ss"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    role = {"name": "openstack_ha.masakari.masakari_haproxy", "tasks_from": "preflight"}
    (tmp_path / "play.yml").write_text(json.dumps([
        {"hosts": "infra1", "connection": "local", "gather_facts": False, "tasks": [
            {"ansible.builtin.import_role": role}]}]))
    given = {"ansible_python_interpreter": sys.executable, "masakari_haproxy_addresses": ["203.0.113.9"],
             "masakari_haproxy_certificate": f"{files}/{certificate}", "masakari_haproxy_private_key": f"{files}/{key}"}
    done = subprocess.run(
        ["ansible-playbook", "-i", "infra1,", "-e", json.dumps(given), str(tmp_path / "play.yml")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections"),
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
        },
    )
    said = " ".join(done.stdout.split())
    assert (done.returncode == 0) is fine, said
    pair = f"masakari_haproxy_certificate {files}/{certificate} and masakari_haproxy_private_key {files}/{key}"
    assert (f"{pair} {REFUSED}" in said) is not fine
