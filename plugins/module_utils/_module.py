# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules share at their edge: authentication, errors turned into results, plans carried out."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from ansible_collections.openstack.cloud.plugins.module_utils.openstack import OpenStackModule
from ansible_collections.openstack_ha.masakari.plugins.module_utils._errors import MasakariError, Refused
from ansible_collections.openstack_ha.masakari.plugins.module_utils._explain import objections
from ansible_collections.openstack_ha.masakari.plugins.module_utils._gateway import Gateway, Row
from ansible_collections.openstack_ha.masakari.plugins.module_utils._input import raise_all
from ansible_collections.openstack_ha.masakari.plugins.module_utils._perform import Performer
from ansible_collections.openstack_ha.masakari.plugins.module_utils._plan import Action, Plan


class MasakariModule(OpenStackModule):
    """A module is its specification and `work`, which returns the result or raises a `MasakariError`."""

    module_kwargs: dict[str, Any] = {"supports_check_mode": True}

    def work(self, gateway: Gateway) -> dict[str, Any]:
        raise NotImplementedError

    def run(self) -> None:
        try:
            result = self.work(Gateway(self.conn))
        except MasakariError as error:
            self.fail_json(msg=str(error), changed=bool(error.actions), actions=list(error.actions))
        self.exit_json(**result)

    def openstack_cloud_from_module(self) -> tuple[Any, Any]:
        """openstack.cloud turns only some of the failures to come here into a sentence."""
        try:
            return super().openstack_cloud_from_module()
        except AttributeError as error:
            if "'openstack' has no attribute 'version'" not in str(error):
                raise
            return self.fail_json(
                msg="This openstacksdk is too new for the installed collection openstack.cloud: "
                "install openstacksdk < 4.15, or openstack.cloud >= 2.6.0."
            )
        except Exception as error:
            if type(error).__module__.split(".", maxsplit=1)[0] not in ("keystoneauth1", "openstack"):
                raise
            return self.fail_json(msg=f"The cloud's configuration is incomplete: {error}. Set cloud, or auth.")

    def carry_out(
        self, gateway: Gateway, plan: Plan, other_segments: Sequence[Row] = (), ask_first: bool = False
    ) -> dict[Action, Row]:
        """Perform the plan, or in check mode only foresee what would be refused.

        A real run lets the API judge, which saves a request for each other segment, and asks for reasons afterwards;
        `ask_first` is for plans that are awkward to take back.
        """
        new_hosts = [action.name for action in plan.actions if action.kind == "host" and action.verb == "create"]
        if self.check_mode or ask_first:
            raise_all(objections(gateway, new_hosts, other_segments))
        if self.check_mode:
            return {}
        performer = Performer(gateway, self.params["wait_timeout"])
        try:
            performer.perform(plan)
        except MasakariError as error:
            explained = MasakariError(_reason(gateway, error, new_hosts, other_segments))
            explained.actions = [str(action) for action in performer.done]
            raise explained from error
        return performer.answers

    @staticmethod
    def change_result(plan: Plan) -> dict[str, Any]:
        return {
            "changed": bool(plan.actions),
            "actions": [str(action) for action in plan.actions],
            "diff": {"before": plan.before, "after": plan.after},
        }


def _reason(gateway: Gateway, error: MasakariError, new_hosts: Sequence[str], other_segments: Sequence[Row]) -> str:
    """The most specific words there are; the API's own ones when nothing better can be found out."""
    reasons: list[str] = []
    if isinstance(error, Refused):
        with contextlib.suppress(MasakariError):
            reasons = objections(gateway, new_hosts, other_segments)
    return " ".join(reasons) or str(error)
