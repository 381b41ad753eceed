# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that the engine would run the gate: Masakari skips a task that it cannot load, and evacuates without it.

usage: python -m masakari_fence_gate [--ask-pacemaker] OPTIONS_OF_THE_ENGINE

Loads the manager, and every task of both flows, as the engine does. With --ask-pacemaker Pacemaker is asked as well,
with the rights of the user who runs this. Exit status 1 and one line for each problem.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

GATE, AGAIN = "confirm_host_fenced", "confirm_host_still_fenced"
ASK = "--ask-pacemaker"
FLOWS = ("host_auto_failure_recovery_tasks", "host_rh_failure_recovery_tasks")


def flow_problems(flow: str, tasks: Mapping[str, Sequence[str]], loaded: set[str]) -> Iterator[str]:
    """What is wrong with one flow, whose tasks stand under pre, main and post."""
    named = [task for part in ("pre", "main", "post") for task in tasks.get(part, [])]
    if named[:1] != [GATE]:
        yield f"{flow} begins with {named[0] if named else 'nothing'}, not with {GATE}: set pre:[{GATE},...]"
    main = tasks.get("main", [])
    if main[:1] != [AGAIN]:  # what is tried again with the next reserve
        yield f"main of {flow} begins with {main[0] if main else 'nothing'}, not with {AGAIN}: set main:[{AGAIN},...]"
    for task in named:
        if task not in loaded:
            yield f"{flow} names {task}, which cannot be loaded: it would be skipped. Install the package that has it."


def loaded_tasks(names: Sequence[str]) -> set[str]:
    """Which of these tasks the engine can make; those that fail are skipped, as the engine does it."""
    from stevedore import named

    manager = named.NamedExtensionManager(
        "masakari.task_flow.tasks", names=list(names), invoke_on_load=True,
        invoke_kwds={"context": None, "novaclient": None, "update_host_method": None},
    )
    return set(manager.names())


def problems(options_of_the_engine: Sequence[str], ask_pacemaker: bool) -> Iterator[str]:
    import masakari.conf
    from oslo_log import log
    from oslo_utils import importutils

    from masakari_fence_gate import options, pacemaker
    from masakari_fence_gate.proof import Unreadable

    conf = masakari.conf.CONF
    log.register_options(conf)
    options.register(conf)
    conf(list(options_of_the_engine), project="masakari")
    flows = {flow: getattr(conf.taskflow_driver_recovery_flows, flow) for flow in FLOWS}
    named = {task for tasks in flows.values() for part in tasks.values() for task in part}
    loaded = loaded_tasks(sorted(named | {GATE, AGAIN}))
    for task in (GATE, AGAIN):
        if task not in loaded:
            yield f"{task} cannot be loaded: {sys.executable} has no working package masakari_fence_gate."
    for flow, tasks in flows.items():
        yield from flow_problems(flow, tasks, loaded)
    try:
        importutils.import_class(conf.engine_manager)
    except ImportError as error:
        yield f"engine_manager {conf.engine_manager} cannot be loaded: {error}"
    if ask_pacemaker:
        try:
            pacemaker.look()
        except Unreadable as error:
            yield f"Pacemaker cannot be read: {error}. The user of the engine must be in group haclient, on a member."


def main() -> int:
    found = list(problems([argument for argument in sys.argv[1:] if argument != ASK], ASK in sys.argv))
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
