# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renew data/*/generated.json: what OpenStack-Ansible's generator says of each configuration there.

refresh_generated.py CHECKOUT, a checkout of openstack-ansible, with a Python that has netaddr and PyYAML.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(__file__).parent / "data"


def generate(checkout: Path, config: Path) -> dict:
    """Run the generator on a copy, twice: it settles in its second run."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = shutil.copytree(config, Path(scratch) / "config", ignore=shutil.ignore_patterns("*.json"))
        program = "from osa_toolkit import generate; generate.main()"
        command = [sys.executable, "-c", program, "--config", str(copy), "--environment", str(checkout / "inventory")]
        for _run in range(2):
            output = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout
    found = json.loads(output)
    return {name: content for name, content in found.items() if name in ("_meta", "all") or any(content.values())}


def main() -> None:
    """Write each generated.json anew."""
    checkout = Path(sys.argv[1]).resolve()
    for config in sorted(path for path in DATA.iterdir() if path.is_dir()):
        text = json.dumps(generate(checkout, config), indent=1, sort_keys=True)
        (config / "generated.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
