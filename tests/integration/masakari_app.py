# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masakari's own API application, and its engine in the same process: masakari_app.py OPTIONS-OF-MASAKARI…

Messaging without a broker (`fake://`) reaches no other process. Both are green threads of eventlet, so eventlet serves:
under uwsgi the engine would stand still from one request to the next.
`MASAKARI_PORT` is where it listens on loopback. `MASAKARI_MAX_MICROVERSION` makes the API as old as it says, without an
engine: the version check is Masakari's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from masakari.api import api_version_request

oldest = os.environ.get("MASAKARI_MAX_MICROVERSION")
if oldest:
    api_version_request._MAX_API_VERSION = oldest

import eventlet.wsgi  # noqa: E402
import masakari.conf  # noqa: E402
from masakari import service  # noqa: E402
from masakari.wsgi.api import application  # noqa: E402


def logged(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The application; each answer is told, with who asked, before it is given."""
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING")
    asked = [environ["REQUEST_METHOD"], f"{path}?{query}" if query else path]

    def start(status: str, *arguments: Any) -> Any:
        print("REQUEST", *asked, status.split()[0], environ.get("HTTP_USER_AGENT"), file=sys.stderr, flush=True)
        return start_response(status, *arguments)

    return application(environ, start)


if not oldest:
    engine = service.Service.create(binary="masakari-engine", topic=masakari.conf.CONF.masakari_topic)
    engine.start()
eventlet.wsgi.server(eventlet.listen(("127.0.0.1", int(os.environ["MASAKARI_PORT"]))), logged)
