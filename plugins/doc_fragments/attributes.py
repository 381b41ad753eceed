# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that the modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the change without making it.
  diff_mode:
    description: Tells in diff mode what has changed, or would change in C(check_mode).
  action_group:
    description: Use C(group/openstack_ha.masakari.masakari) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - openstack_ha.masakari.masakari
notes:
  - The common options O(wait) and O(timeout) have no effect on this module.
  - When O(cloud) is a dictionary with a password in it, set C(no_log=true) on the task, since the managed host writes
    the options of modules to its system log. A name of a cloud and O(auth) are safe.
"""

    CHANGE = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
"""

    # Whole by itself, for modules that ask no API and need nothing else from here.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the change without making it.
    support: full
    details:
      - This module does not modify state.
  diff_mode:
    description: Tells in diff mode what has changed, or would change in C(check_mode).
    support: N/A
    details:
      - This module does not modify state.
"""
