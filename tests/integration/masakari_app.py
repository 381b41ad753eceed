# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WSGI entry: Masakari's own API application, and its engine in the same process.

Messaging without a broker (`fake://`) reaches no other process, so the engine runs in a thread here.
`MASAKARI_MAX_MICROVERSION` makes the API as old as it says: the version check is Masakari's own.
"""

from __future__ import annotations

import os

from masakari.api import api_version_request

oldest = os.environ.get("MASAKARI_MAX_MICROVERSION")
if oldest:
    api_version_request._MAX_API_VERSION = oldest

from masakari.wsgi import api  # noqa: E402

application = api.application

if not oldest:
    import masakari.conf
    from masakari import service

    engine = service.Service.create(binary="masakari-engine", topic=masakari.conf.CONF.masakari_topic)
    engine.start()
