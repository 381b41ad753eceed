# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Masakari takes reports about a host. It stops with the first one, before anybody has proven that true."""

from __future__ import annotations

from typing import Any

from masakari import objects
from masakari.compute import nova

from masakari_fence_gate import tables


def begin(context: Any, host_name: str, notification_uuid: str, servers: nova.API) -> str:
    """Have Masakari watch a host again that runs, and make it the reserve that it was. What was done, in a sentence."""
    host = objects.Host.get_by_name(context, host_name)
    was_reserve = tables.read_reserve(notification_uuid) and not host.reserved
    # Another recovery may have taken the reserve meanwhile, which enables it; one that is disabled is nobody's yet.
    still_free = was_reserve and servers.is_service_disabled(context, host_name, "nova-compute")
    host.on_maintenance = False
    if still_free:
        host.reserved = True
    host.save()
    if was_reserve and not still_free:
        return "It is up: Masakari watches it again, no more as a reserve, since nova-compute is enabled on it."
    return f"It is up: Masakari watches it again{', as a reserve' if still_free else ''}."


def end(context: Any, host_name: str) -> None:
    """The host has failed after all, when an earlier flow of the same recovery has found it up."""
    host = objects.Host.get_by_name(context, host_name)
    if not host.on_maintenance:
        host.on_maintenance, host.reserved = True, False  # as Masakari did
        host.save()
