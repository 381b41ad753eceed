# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Section [fence_gate] of masakari.conf."""

from __future__ import annotations

from oslo_config import cfg

GROUP = "fence_gate"

OPTIONS = [
    cfg.IntOpt("timeout", default=300, min=1, help="Seconds to wait for the proof that a host is off."),
    cfg.FloatOpt("interval", default=1, min=0.1, help="Seconds between two looks at the cluster."),
    cfg.IntOpt("window", default=300, min=0, help="Seconds before the notification in which the fencing may lie."),
    cfg.IntOpt("max_failed_hosts", default=2, min=1, help="With more hosts of a segment down none is recovered."),
    cfg.BoolOpt("accept_confirmation", default=False, help="Whether `stonith_admin --confirm` of a person is a proof."),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    return [(GROUP, OPTIONS)]


def register(conf: cfg.ConfigOpts) -> None:
    conf.register_opts(OPTIONS, group=GROUP)
