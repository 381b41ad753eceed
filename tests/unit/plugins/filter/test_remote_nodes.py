# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.openstack_ha.masakari.plugins.filter.remote_nodes import remote_nodes


def primitive(name: str, content: str = "") -> str:
    return f'<primitive id="{name}" class="ocf" provider="pacemaker" type="remote">{content}</primitive>'


def history(name: str, *operations: tuple[str, str, str], container: str = "") -> str:
    """What a member keeps of a connection: suffix of the operation's id, the operation and its result."""
    lines = "".join(f'<lrm_rsc_op id="{name}_{suffix}" operation="{operation}" rc-code="{code}"/>'
                    for suffix, operation, code in operations)
    inside = f' container="{container}"' if container else ""
    return f'<lrm_resource id="{name}" class="ocf" provider="pacemaker" type="remote"{inside}>{lines}</lrm_resource>'


def state(name: str) -> str:
    return f'<node_state remote_node="true" id="{name}" uname="{name}" in_ccm="true"/>'


def cib(resources: str = "", *, nodes: str = "", states: str = "", histories: str = "") -> str:
    return (f'<cib><configuration><nodes><node id="1" uname="infra1"/>{nodes}</nodes><resources>{resources}</resources>'
            f'</configuration><status><node_state id="1" uname="infra1"><lrm id="1"><lrm_resources>{histories}'
            f'</lrm_resources></lrm></node_state>{states}</status></cib>')


STARTED = (("last_0", "start", "0"), ("monitor_10000", "monitor", "0"))
STOPPED = (("last_0", "stop", "0"), ("last_failure_0", "monitor", "1"))
NEVER = (("last_0", "monitor", "7"),)


@pytest.mark.parametrize("trace", [
    {"nodes": '<node id="compute4" uname="compute4" type="remote"/>'},
    {"states": state("compute4")},
    {"histories": history("compute4", *NEVER)},
], ids=["node", "state", "history"])
def test_each_trace_of_a_removed_node_is_one(trace):
    found = remote_nodes(cib(primitive("compute1"), **trace))
    assert (found["declared"], found["left_over"]) == (["compute1"], ["compute4"])


def test_what_is_declared_is_not_left_over():
    everything = {"nodes": '<node id="compute1" uname="compute1" type="remote"/>', "states": state("compute1"),
                  "histories": history("compute1", *STARTED)}
    assert remote_nodes(cib(primitive("compute1"), **everything)) == {
        "declared": ["compute1"], "left_over": [], "connected": ["compute1"]}
    # A primitive made from a template does not say what it is.
    assert remote_nodes(cib('<primitive id="compute1" template="remote"/>', **everything))["left_over"] == []


def test_guests_are_those_of_their_containers():
    machine = ('<primitive id="vm1" class="ocf" provider="heartbeat" type="VirtualDomain"><meta_attributes id="m">'
               '<nvpair id="n" name="remote-node" value="guest1"/></meta_attributes></primitive>')
    bundle = '<bundle id="web"><podman image="x"/></bundle>'
    assert remote_nodes(cib(
        machine + bundle,
        nodes='<node id="guest1" uname="guest1" type="remote"/>',
        states=state("guest1") + state("web-0") + state("former"),
        histories=history("guest1", *STARTED, container="vm1") + history("former", *STARTED, container="vm2"),
    )) == {"declared": [], "left_over": [], "connected": []}
    assert remote_nodes(cib(bundle, states=state("web-server")))["left_over"] == ["web-server"]


@pytest.mark.parametrize("operations, connected", [
    (STARTED, True),
    (STOPPED, False),
    (NEVER, False),
    ((), False),
    ((("last_0", "start", "1"), ("last_failure_0", "start", "1")), True),  # a failed start is stopped first
    ((("last_0", "stop", "193"),), True),  # it is being stopped
    ((("last_0", "stop", "1"),), True),
    ((("last_0", "monitor", "0"),), True),  # it was found running
], ids=str)
def test_connected(operations, connected):
    assert remote_nodes(cib(histories=history("compute4", *operations)))["connected"] == ["compute4"] * connected


def test_one_member_that_is_connected_is_enough():
    """Both shapes that a query by XPath prints: one element, and several."""
    assert remote_nodes(history("compute4", *STARTED))["connected"] == ["compute4"]
    several = "<xpath-query>" + history("compute4", *NEVER) + history("compute4", *STARTED) + "</xpath-query>"
    assert remote_nodes(several)["connected"] == ["compute4"]


def test_no_cib():
    assert remote_nodes("\n") == {"declared": [], "left_over": [], "connected": []}
    with pytest.raises(AnsibleFilterError, match="did not print XML"):
        remote_nodes("Could not connect")
