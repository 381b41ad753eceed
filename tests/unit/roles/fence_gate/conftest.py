# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate's package as the role ships it, and what Pacemaker 3.0.0 answered in each state of a remote node (data/)."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parents[3] / "roles/masakari/files/fence_gate"

sys.path.insert(0, str(PACKAGE))
