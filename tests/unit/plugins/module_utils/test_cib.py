# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree

import pytest
from ansible_collections.openstack_ha.masakari.plugins.module_utils import _cib

OWNER = "owner"


def cib(resources: str = "", constraints: str = "", properties: str = "", more: str = "") -> str:
    return f"""
<cib epoch="7" num_updates="42" admin_epoch="0">
  <configuration>
    <crm_config>{properties}</crm_config>
    <nodes><node id="1" uname="infra1"/></nodes>
    <resources>{resources}</resources>
    <constraints>{constraints}</constraints>
    {more}
  </configuration>
  <status><node_state id="1"/></status>
</cib>"""


def after(current: str, owner: str = OWNER, **desired) -> ElementTree.Element:
    """The configuration that results, after a second run is seen to change nothing."""
    first = _cib.plan(current, desired, owner)
    second = _cib.plan(first.next_cib, desired, owner)
    assert not second.changed, "the second run changes something"
    return ElementTree.fromstring(first.next_cib).find("configuration")


def primitive(name: str, agent: str = "ocf:heartbeat:Dummy", **more) -> dict:
    return {"id": name, "agent": agent, **more}


def shape(element: ElementTree.Element) -> str:
    """Tags and ids, as in vip(vip-internal)."""
    inner = [shape(child) for child in element if child.tag in _cib.RESOURCE_TAGS]
    return element.get("id", "") + (f"({' '.join(inner)})" if inner else "")


def resources(configuration: ElementTree.Element) -> list[str]:
    return [shape(element) for element in configuration.find("resources")]


def values(configuration: ElementTree.Element, path: str) -> dict[str, str]:
    return {pair.get("name"): pair.get("value") for pair in configuration.findall(f"{path}/nvpair")}


# --- Whole documents -------------------------------------------------------------------------


def test_a_patch_is_made_from_the_version_that_was_read():
    plan = _cib.plan(cib(), {"resources": [primitive("a")]}, OWNER)
    assert ElementTree.fromstring(plan.cib).get("epoch") == "7"
    following = ElementTree.fromstring(plan.next_cib)
    assert (following.get("epoch"), following.get("num_updates")) == ("8", "0")


def test_status_and_nodes_are_left_alone_and_not_shown():
    plan = _cib.plan(cib(), {"resources": [primitive("a")]}, OWNER)
    assert "<node_state" in plan.next_cib
    assert 'uname="infra1"' in plan.next_cib
    assert "node_state" not in plan.after
    assert "infra1" not in plan.after


def test_the_layout_of_the_text_is_no_difference():
    text = cib("<primitive id='a' class='ocf' provider='heartbeat' type='Dummy'/>")
    squeezed = "".join(line.strip() for line in text.splitlines())
    assert _cib.plan(text, {}, OWNER).before == _cib.plan(squeezed, {}, OWNER).before


@pytest.mark.parametrize("text", ["", "no XML", "<cib/>", "<status/>", "Connection failed"])
def test_what_is_no_cib(text):
    with pytest.raises(_cib.CibError, match="cibadmin did not print"):
        _cib.plan(text, {}, OWNER)


def test_nothing_declared_changes_nothing():
    assert not _cib.plan(cib("<primitive id='a' class='ocf' provider='heartbeat' type='Dummy'/>"), {}, OWNER).changed


# --- Resources -------------------------------------------------------------------------------


@pytest.mark.parametrize("agent, expected", [
    ("ocf:pacemaker:remote", {"class": "ocf", "provider": "pacemaker", "type": "remote"}),
    ("systemd:haproxy", {"class": "systemd", "type": "haproxy"}),
    ("stonith:fence_maas", {"class": "stonith", "type": "fence_maas"}),
    ("stonith:external/ipmi", {"class": "stonith", "type": "external/ipmi"}),
    ("systemd:unit@name", {"class": "systemd", "type": "unit@name"}),
])
def test_agents(agent, expected):
    [element] = after(cib(), resources=[primitive("a", agent)]).find("resources")
    assert element.attrib == {"id": "a", **expected}


def test_a_primitive_with_everything():
    configuration = after(cib(), resources=[primitive(
        "a", attributes={"ip": "10.0.0.1", "port": 80, "flag": True}, meta={"is-managed": False},
        operations=[{"name": "monitor", "interval": "10s", "timeout": "20s", "on_fail": "fence"}, {"name": "start"}])])
    assert values(configuration, "resources/primitive/instance_attributes") == {
        "ip": "10.0.0.1", "port": "80", "flag": "true"}
    assert values(configuration, "resources/primitive/meta_attributes") == {"is-managed": "false"}
    assert [operation.attrib for operation in configuration.iter("op")] == [
        {"id": "a-monitor-10s", "name": "monitor", "interval": "10s", "timeout": "20s", "on-fail": "fence"},
        {"id": "a-start-0s", "name": "start", "interval": "0s"}]


HAND_MADE = """
<primitive id="a" class="ocf" provider="heartbeat" type="Dummy">
  <meta_attributes id="m1"><nvpair id="x1" name="target-role" value="Stopped"/></meta_attributes>
  <instance_attributes id="i1"><nvpair id="x2" name="state" value="/old"/><nvpair id="x3" name="fake" value="1"/>
  </instance_attributes>
  <operations><op id="o1" name="monitor" interval="30s" timeout="20s"/><op id="o2" name="stop" interval="0s"/>
  </operations>
</primitive>
<primitive id="by-hand" class="ocf" provider="heartbeat" type="Dummy"/>"""


def test_what_an_operator_added_stays():
    configuration = after(cib(HAND_MADE), resources=[primitive(
        "a", meta={"migration-threshold": 3}, attributes={"state": "/new"},
        operations=[{"name": "monitor", "interval": "10s"}])])
    assert values(configuration, "resources/primitive/meta_attributes") == {
        "target-role": "Stopped", "migration-threshold": "3"}
    assert values(configuration, "resources/primitive/instance_attributes") == {"state": "/new", "fake": "1"}
    assert [operation.attrib for operation in configuration.iter("op")] == [
        {"id": "o1", "name": "monitor", "interval": "10s", "timeout": "20s"},
        {"id": "o2", "name": "stop", "interval": "0s"}]
    assert resources(configuration) == ["a", "by-hand"]


def test_null_removes_a_value():
    configuration = after(cib(HAND_MADE), resources=[primitive(
        "a", meta={"target-role": None, "never-set": None}, attributes={"fake": None})])
    assert values(configuration, "resources/primitive/meta_attributes") == {}
    assert values(configuration, "resources/primitive/instance_attributes") == {"state": "/old"}


def test_monitors_of_two_roles():
    operations = [{"name": "monitor", "interval": "10s", "role": "Promoted"},
                  {"name": "monitor", "interval": "11s", "role": "Unpromoted"}]
    configuration = after(cib(), resources=[primitive("a", operations=operations)])
    assert [operation.get("role") for operation in configuration.iter("op")] == ["Promoted", "Unpromoted"]


def test_another_agent_is_another_resource():
    configuration = after(cib(HAND_MADE), resources=[primitive("a", "systemd:haproxy")])
    assert len(configuration.find("resources/primitive[@id='a']")) == 0


VIPS = [{"id": "vips", "group": [primitive("vip1"), primitive("vip2")]}]


def test_groups_and_clones():
    declared = [*VIPS, {"id": "proxies", "clone": primitive("proxy"), "meta": {"clone-max": 3}},
                {"id": "bundles", "clone": {"id": "inner", "group": [primitive("x"), primitive("y")]}}]
    configuration = after(cib(), resources=declared)
    assert resources(configuration) == ["vips(vip1 vip2)", "proxies(proxy)", "bundles(inner(x y))"]
    assert values(configuration, "resources/clone/meta_attributes") == {"clone-max": "3"}


@pytest.mark.parametrize("declared, expected", [
    ([{"id": "vips", "group": [primitive("vip2"), primitive("vip1")]}], ["vips(vip2 vip1 mine)"]),
    ([{"id": "vips", "group": [primitive("vip0"), primitive("vip2")]}], ["vips(vip0 vip2 mine)"]),
    ([primitive("vip1")], ["vips(mine)", "vip1"]),
    ([{"id": "other", "group": [primitive("vip1")]}], ["vips(mine)", "other(vip1)"]),
    ([], ["vips(mine)"]),
], ids=["reordered", "member replaced", "member alone", "member moved", "all gone"])
def test_changes_of_a_group_keep_the_member_of_an_operator(declared, expected):
    configuration = after(cib(), resources=VIPS)
    current = cib("".join(ElementTree.tostring(element, "unicode") for element in configuration.find("resources")),
                  more=ElementTree.tostring(configuration.find("tags"), "unicode"))
    mine = "<primitive id='mine' class='ocf' provider='heartbeat' type='Dummy'/>"
    current = current.replace("</group>", mine + "</group>")
    assert resources(after(current, resources=declared)) == expected


# --- What is no longer declared --------------------------------------------------------------


def test_removed_are_those_that_were_declared_once():
    loc = {"id": "loc", "type": "location", "resources": ["a", "b"], "node_kind": "cluster", "score": "0"}
    first = _cib.plan(cib(HAND_MADE.replace('id="a"', 'id="z"')), {
        "resources": [primitive("a"), primitive("b"), *VIPS], "constraints": [loc]}, OWNER)
    assert first.removed == ()
    second = _cib.plan(first.next_cib, {"resources": [primitive("b")]}, OWNER)
    assert (second.removed, second.removed_nodes) == (("a", "vips", "vip1", "vip2", "loc"), ())
    configuration = ElementTree.fromstring(second.cib).find("configuration")
    assert resources(configuration) == ["z", "by-hand", "b"]
    assert list(configuration.find("constraints")) == []
    assert [reference.get("id") for reference in configuration.iter("obj_ref")] == ["b"]
    third = _cib.plan(second.next_cib, {}, OWNER)
    assert third.removed == ("b",)
    assert ElementTree.fromstring(third.cib).find("configuration/tags/tag") is None


def test_two_owners_do_not_meet():
    configuration = _cib.plan(cib(), {"resources": [primitive("a")]}, "one").next_cib
    both = _cib.plan(configuration, {"resources": [primitive("b")]}, "two")
    assert both.removed == ()
    assert resources(ElementTree.fromstring(both.cib).find("configuration")) == ["a", "b"]


def test_adding_a_host_and_removing_it_leaves_no_trace():
    def declared(*hosts):
        return {"resources": [primitive(host, "ocf:pacemaker:remote") for host in hosts], "constraints": [
            {"id": "loc", "type": "location", "resources": list(hosts), "node_kind": "cluster", "score": "0"}]}

    three = _cib.plan(cib(), declared("c1", "c2", "c3"), OWNER)
    four = _cib.plan(three.next_cib, declared("c1", "c2", "c3", "c4"), OWNER)
    again = _cib.plan(four.next_cib, declared("c1", "c2", "c3"), OWNER)
    assert [line for line in four.after.splitlines() if line not in three.after.splitlines()] == [
        '    <primitive id="c4" class="ocf" provider="pacemaker" type="remote" />',
        '        <resource_ref id="c4" />', '      <obj_ref id="c4" />']
    assert again.after == three.after
    assert (again.removed, again.removed_nodes) == (("c4",), ("c4",))


# --- Properties and defaults -----------------------------------------------------------------


def test_properties_are_known_by_name_wherever_they_stand():
    properties = ('<cluster_property_set id="one"><nvpair id="p1" name="stonith-enabled" value="false"/>'
                  '<nvpair id="p2" name="batch-limit" value="3"/></cluster_property_set>'
                  '<cluster_property_set id="two"><nvpair id="p3" name="stonith-action" value="reboot"/>'
                  '</cluster_property_set>')
    configuration = after(cib(properties=properties), properties={
        "stonith-enabled": True, "stonith-action": "off", "no-quorum-policy": "stop", "placement-strategy": None})
    assert values(configuration, "crm_config/cluster_property_set[@id='one']") == {
        "stonith-enabled": "true", "batch-limit": "3", "no-quorum-policy": "stop"}
    assert values(configuration, "crm_config/cluster_property_set[@id='two']") == {"stonith-action": "off"}


def test_properties_of_a_new_cluster():
    configuration = after(cib(), properties={"stonith-enabled": True}, resource_defaults={"resource-stickiness": 100})
    assert values(configuration, "crm_config/cluster_property_set[@id='cib-bootstrap-options']") == {
        "stonith-enabled": "true"}
    assert values(configuration, "rsc_defaults/meta_attributes[@id='rsc-options']") == {"resource-stickiness": "100"}


def test_a_set_with_a_rule_is_for_its_time_only():
    night = ('<cluster_property_set id="night"><rule id="r" score="1"/><nvpair id="p1" name="batch-limit" value="9"/>'
             '</cluster_property_set>')
    configuration = after(cib(properties=night), properties={"batch-limit": 3})
    assert values(configuration, "crm_config/cluster_property_set[@id='night']") == {"batch-limit": "9"}
    assert values(configuration, "crm_config/cluster_property_set[@id='cib-bootstrap-options']") == {"batch-limit": "3"}


# --- Constraints and levels ------------------------------------------------------------------


@pytest.mark.parametrize("declared, expected", [
    ({"type": "location", "resources": ["a"], "node_kind": "cluster", "score": "0"},
     '<rsc_location id="c" rsc="a"><rule id="c-rule" score="0"><expression id="c-rule-kind" attribute="#kind" '
     'operation="eq" value="cluster" /></rule></rsc_location>'),
    ({"type": "location", "resources": ["a", "b"], "node_kind": "cluster", "score": 0, "discovery": "exclusive"},
     '<rsc_location id="c" resource-discovery="exclusive"><resource_set id="c-set"><resource_ref id="a" />'
     '<resource_ref id="b" /></resource_set><rule id="c-rule" score="0"><expression id="c-rule-kind" '
     'attribute="#kind" operation="eq" value="cluster" /></rule></rsc_location>'),
    ({"type": "location", "resources": ["a"], "node": "infra1"},
     '<rsc_location id="c" rsc="a" node="infra1" score="INFINITY" />'),
    ({"type": "colocation", "resource": "a", "with_resource": "b"},
     '<rsc_colocation id="c" rsc="a" with-rsc="b" score="INFINITY" />'),
    ({"type": "colocation", "resource": "a", "with_resource": "b", "score": "0"},
     '<rsc_colocation id="c" rsc="a" with-rsc="b" score="0" />'),
    ({"type": "order", "first": "a", "then": "b"}, '<rsc_order id="c" first="a" then="b" kind="Mandatory" />'),
    ({"type": "order", "first": "a", "then": "b", "kind": "Optional"},
     '<rsc_order id="c" first="a" then="b" kind="Optional" />'),
])
def test_constraints(declared, expected):
    old = '<rsc_ticket id="mine" rsc="a" ticket="t"/><rsc_location id="c" rsc="z" node="n" score="5"/>'
    mine, element = after(cib(constraints=old), constraints=[{"id": "c", **declared}]).find("constraints")
    assert mine.get("id") == "mine"
    assert ElementTree.tostring(element, "unicode").strip() == expected


def test_levels():
    topology = ('<fencing-topology><fencing-level id="mine" target="x" index="1" devices="d"/>'
                '<fencing-level id="owner-level-gone-1" target="gone" index="1" devices="d"/></fencing-topology>')
    configuration = after(cib(more=topology), fencing_levels=[
        {"node": "c1", "index": 1, "devices": ["ipmi"]}, {"node": "c1", "index": 2, "devices": ["maas", "pdu"]}])
    assert [level.attrib for level in configuration.find("fencing-topology")] == [
        {"id": "mine", "target": "x", "index": "1", "devices": "d"},
        {"id": "owner-level-c1-1", "target": "c1", "index": "1", "devices": "ipmi"},
        {"id": "owner-level-c1-2", "target": "c1", "index": "2", "devices": "maas,pdu"}]


# --- Declarations that cannot be -------------------------------------------------------------


@pytest.mark.parametrize("desired, words", [
    ({"resources": [primitive("1compute")]}, "id '1compute' cannot be used in a CIB: begin it with a letter"),
    ({"resources": [primitive("a b")]}, "id 'a b' cannot be used"),
    ({"resources": [primitive("a"), primitive("a")]}, "id 'a' is declared more than once"),
    ({"resources": [{"id": "g", "group": [primitive("g")]}]}, "id 'g' is declared more than once"),
    ({"resources": [primitive("a")], "constraints": [{"id": "a", "type": "order", "first": "x", "then": "y"}]},
     "id 'a' is declared more than once"),
    ({"resources": [primitive(OWNER)]}, "id 'owner' is declared more than once"),
    ({"resources": [{"id": "a"}]}, "resource 'a' needs exactly one of agent, group and clone"),
    ({"resources": [{"id": "g", "group": [{"id": "a"}]}]}, "resource 'a' needs exactly one"),
    ({"resources": [{"id": "a", "agent": "x:y", "clone": primitive("b")}]}, "resource 'a' needs exactly one"),
    ({"resources": [primitive("a", "haproxy")]}, "agent 'haproxy' of resource 'a' is not of the form class:type"),
    ({"resources": [primitive("a", "ocf:heartbeat")]}, "agent 'ocf:heartbeat' of resource 'a' is not of the form"),
])
def test_declarations_that_cannot_be(desired, words):
    with pytest.raises(_cib.CibError) as error:
        _cib.plan(cib(), desired, OWNER)
    assert words in str(error.value)


# --- What the cluster would do ---------------------------------------------------------------


SIMULATION = """<pacemaker-result api-version="2.38"><actions>
<node_action task="Fence (off)" node="compute2" reason="node is unclean"/>
<node_action task="Fence (reboot)" node="compute1"/>
<rsc_action action="Start" resource="vip" node="infra1"/></actions></pacemaker-result>"""


def test_planned_fencing():
    planned = _cib.planned_fencing(SIMULATION)
    assert planned == {"compute2": "node is unclean", "compute1": "no reason given"}
    assert _cib.unexpected(planned, {"compute1": "it is dead"}) == {"compute2": "node is unclean"}
    assert _cib.planned_fencing("<pacemaker-result/>") == {}
    with pytest.raises(_cib.CibError, match="crm_simulate did not print XML"):
        _cib.planned_fencing("killed")


@pytest.mark.parametrize("now, then, expected", [
    ("", "error: a\n\nerror: b\n", ["error: a", "error: b"]),
    ("error: a\n", "error: a\nerror: b\n", ["error: b"]),
    ("/tmp/x/cib-1.xml:10: element op: bad\n", "/tmp/x/cib-2.xml:14: element op: bad\n", []),
    ("error: a\n", "", []),
    ("", "warning: bad\ncrm_verify: Warnings found during check: config may not be valid\n", ["warning: bad"]),
    ("", "crm_verify: Warnings found during check\n", ["crm_verify: Warnings found during check"]),
    ("", "(x) \twarning: Detected active orphan c4 running on infra1\n"
         "(y) \twarning: Ignoring recorded node state for 'c4' because it is no longer in the configuration\n", []),
    ("", "(x) \twarning: Detected active orphan c44 running on infra1\n",
     ["(x) \twarning: Detected active orphan c44 running on infra1"]),
    ("", "IDREF attribute rsc references an unknown ID 'c4'\n", ["IDREF attribute rsc references an unknown ID 'c4'"]),
])
def test_new_complaints(now, then, expected):
    assert _cib.new_complaints(now, then, ["c4"]) == expected


# --- Size ------------------------------------------------------------------------------------


def test_five_hundred_hosts_are_planned_within_a_second():
    hosts = [f"compute{number}" for number in range(500)]
    operations = [{"name": "monitor", "interval": "10s", "timeout": "15s"}, {"name": "start", "timeout": "15s"}]
    desired = {
        "resources": [primitive(host, "ocf:pacemaker:remote", attributes={"server": host, "reconnect_interval": "60s"},
                                operations=operations) for host in hosts],
        "constraints": [{"id": "loc", "type": "location", "resources": hosts, "node_kind": "cluster", "score": "0"}]}
    start = time.process_time()
    plan = _cib.plan(cib(), desired, OWNER)
    assert plan.changed
    assert not _cib.plan(plan.next_cib, desired, OWNER).changed
    assert time.process_time() - start < 2  # two plans
