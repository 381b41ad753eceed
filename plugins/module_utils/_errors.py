# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as sentences for the operator."""

from __future__ import annotations

from collections.abc import Sequence


class MasakariError(Exception):
    """What went wrong, where, and what to do about it; `actions` tells what had been changed by then."""

    actions: Sequence[str] = ()


class Refused(MasakariError):
    """The API does not accept what it was given; asking again does not help."""


class Busy(MasakariError):
    """A recovery is running; the same request succeeds once it has finished."""
