#!/usr/bin/python
# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: show
short_description: Print lines as they are
version_added: 0.1.0
description:
  - Prints lines of text without the quotes, escapes and line breaks that callbacks give the results of other modules.
author:
  - openstack_ha.masakari contributors (@openstack-ha)
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the change without making it.
    support: full
    details:
      - It changes nothing.
  diff_mode:
    description: Tells in diff mode what has changed, or would change in C(check_mode).
    support: N/A
    details:
      - It changes nothing.
options:
  lines:
    description:
      - The lines.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show a table
  openstack_ha.masakari.show:
    lines:
      - host      guests
      - compute1  12
"""

RETURN = r"""# """
