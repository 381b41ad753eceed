# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is a directory of its name: relative paths are its own. Without a directory it is unreachable."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import DOCUMENTATION as OF_LOCAL
from ansible.plugins.connection.local import Connection as Local

DOCUMENTATION = OF_LOCAL.replace("name: local", "name: directory")


class Connection(Local):
    transport = "directory"

    def exec_command(self, *arguments: Any, **options: Any) -> tuple[int, bytes, bytes]:
        self.cwd = os.path.join(os.environ["HOSTS"], self._play_context.remote_addr)
        if not os.path.isdir(self.cwd):
            raise AnsibleConnectionFailure("no route to host")
        answer: tuple[int, bytes, bytes] = super().exec_command(*arguments, **options)
        return answer
