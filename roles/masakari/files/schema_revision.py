# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the schema revision a database has and the newest one this Masakari ships, as JSON.

Run with the interpreter that Masakari runs with; the arguments are masakari-manage and its options.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path


def newest() -> str:
    package = Path(importlib.util.find_spec("masakari").origin).parent / "db" / "sqlalchemy"
    if (package / "migrations").is_dir():
        from alembic.script import ScriptDirectory

        return ScriptDirectory(str(package / "migrations")).get_current_head()
    numbers = (path.name.split("_")[0] for path in (package / "migrate_repo" / "versions").glob("[0-9]*_*.py"))
    return str(max(map(int, numbers)))


def current(manage: list[str]) -> str:
    answer = subprocess.run([*manage, "db", "version"], stdout=subprocess.PIPE, check=True, text=True)
    return answer.stdout.split()[-1]


print(json.dumps({"current": current(sys.argv[1:]), "newest": newest()}))
