# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failover drill has shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill import report
from ansible_collections.openstack_ha.masakari.plugins.plugin_utils._drill_page import page, table

DOCUMENTATION = r"""
name: drill_report
short_description: The timeline and the verdict of a failover drill, from the records of all who took part
version_added: 0.1.0
description:
  - Puts the records of Pacemaker, the monitors, Masakari, Nova and the guests into one order of time, and says whether
    every guest came back, none of them ran twice, and no evacuation began before the host was proven off.
positional: _input
options:
  _input:
    description:
      - The records, as the role failover_drill gathers them.
    type: dict
    required: true
author: openstack_ha.masakari contributors (@openstack-ha)
"""

EXAMPLES = r"""
- name: Stop unless all went as it must
  ansible.builtin.assert:
    that: (records | openstack_ha.masakari.drill_report).report.passed
"""

RETURN = r"""
_value:
  description:
    - C(report) with C(passed), C(problems), C(durations), C(guests) and C(timeline); C(table), the same as lines of
      text; C(page), the same as an HTML page.
  type: dict
"""


def drill_report(facts: Mapping[str, Any]) -> dict[str, Any]:
    found = report(facts)
    return {"report": found, "table": table(found), "page": page(found)}


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {"drill_report": drill_report}
