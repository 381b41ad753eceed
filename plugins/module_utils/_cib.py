# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pacemaker's configuration as data: merge what is declared into a CIB, and leave everything else as it is.

Pure: text in, text out. What an earlier declaration put into the CIB is remembered in the CIB itself, as a tag, so
that what is no longer declared can be told from what an operator added by hand.
"""
from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

Spec = Mapping[str, Any]
RESOURCE_TAGS = ("primitive", "group", "clone")


class CibError(Exception):
    """Why a declaration cannot become a configuration, or may not be applied."""


@dataclass(frozen=True)
class Plan:
    before: str  # the configuration, one element a line
    after: str
    cib: str  # the whole CIB to be verified
    next_cib: str  # the same with the version the cluster will give it
    removed: tuple[str, ...]  # ids of resources and constraints that were declared once
    removed_nodes: tuple[str, ...]  # those among them that were remote nodes

    @property
    def changed(self) -> bool:
        return self.before != self.after


def plan(current: str, desired: Spec, owner: str) -> Plan:
    cib = parse(current)
    check(desired, owner)
    before = show(cib)
    remotes = remote_nodes(cib)
    removed = merge(cib, desired, owner)
    after = show(cib)
    merged = to_text(cib)
    # A patch applies only to the version it was made from: that is what detects a change made meanwhile.
    cib.set("epoch", str(int(cib.get("epoch", "0")) + 1))
    cib.set("num_updates", "0")
    return Plan(before, after, merged, to_text(cib), removed, tuple(name for name in removed if name in remotes))


def parse(text: str) -> Element:
    try:
        cib = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise CibError(f"cibadmin did not print XML: {error}") from None
    if cib.tag != "cib" or cib.find("configuration") is None:
        raise CibError("cibadmin did not print a CIB with a configuration")
    return cib


def remote_nodes(cib: Element) -> set[str]:
    return {primitive.get("id", "") for primitive in cib.iter("primitive")
            if (primitive.get("provider"), primitive.get("type")) == ("pacemaker", "remote")}


def to_text(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode")


def show(cib: Element) -> str:
    """The configuration as people compare it: indented, without what the cluster itself keeps."""
    configuration = copy.deepcopy(section(cib, "configuration"))
    for element in configuration.iter():
        element.text = element.tail = None
    for nodes in configuration.findall("nodes"):
        configuration.remove(nodes)
    ElementTree.indent(configuration)
    return to_text(configuration) + "\n"


# --- Declaration -----------------------------------------------------------------------------


def check(desired: Spec, owner: str) -> None:
    """What the schema would refuse with the number of a line, said with its name."""
    ids = [owner, *declared_ids(desired)]
    for name in ids:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
            raise CibError(f"id {name!r} cannot be used in a CIB: begin it with a letter and use letters, digits, "
                           "points, dashes and underscores only")
    if repeated := duplicates(ids):
        raise CibError(f"id {min(repeated)!r} is declared more than once")
    for spec in all_resources(desired):
        kinds = [kind for kind in ("agent", "group", "clone") if spec.get(kind)]
        if len(kinds) != 1:
            raise CibError(f"resource {spec['id']!r} needs exactly one of agent, group and clone")
        if "agent" in kinds and not re.fullmatch(r"ocf:[\w.-]+:[\w.-]+|(?!ocf:)[a-z]+:[\w.@:/-]+", spec["agent"]):
            raise CibError(f"agent {spec['agent']!r} of resource {spec['id']!r} is not of the form class:type or "
                           "ocf:provider:type")


def duplicates(names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def members_of(spec: Spec) -> Sequence[Spec]:
    return spec.get("group") or ([spec["clone"]] if spec.get("clone") else [])


def all_resources(desired: Spec) -> list[Spec]:
    flat: list[Spec] = []
    pending = list(desired.get("resources") or [])
    while pending:
        spec = pending.pop(0)
        flat.append(spec)
        pending += members_of(spec)
    return flat


def declared_ids(desired: Spec) -> list[str]:
    return [spec["id"] for spec in (*all_resources(desired), *(desired.get("constraints") or []))]


def to_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- Merge -----------------------------------------------------------------------------------


def merge(cib: Element, desired: Spec, owner: str) -> tuple[str, ...]:
    """Change the CIB to what is desired; returns what was declared once and is no longer."""
    configuration = section(cib, "configuration")
    declared = declared_ids(desired)
    kept = set(declared)
    stale = [name for name in owned_ids(configuration, owner) if name not in kept]

    set_properties(configuration, desired.get("properties") or {})
    set_defaults(configuration, desired.get("resource_defaults") or {})
    resources = section(configuration, "resources")
    Resources(resources).put(desired.get("resources") or [])
    put_elements(section(configuration, "constraints"), map(constraint, desired.get("constraints") or []))
    remove_elements(resources, stale)
    remove_elements(section(configuration, "constraints"), stale)
    set_levels(configuration, desired.get("fencing_levels") or [], owner)
    set_owned_ids(configuration, owner, declared)
    return tuple(stale)


def section(parent: Element, tag: str) -> Element:
    found = parent.find(tag)
    return SubElement(parent, tag) if found is None else found


def owned_ids(configuration: Element, owner: str) -> list[str]:
    return [reference.get("id", "") for reference in configuration.findall(f"tags/tag[@id='{owner}']/obj_ref")]


def set_owned_ids(configuration: Element, owner: str, ids: Sequence[str]) -> None:
    if ids == owned_ids(configuration, owner):
        return
    tags = section(configuration, "tags")
    tag = tags.find(f"tag[@id='{owner}']")
    if not ids:  # the schema knows no empty tag
        if tag is not None:
            tags.remove(tag)
        return
    if tag is None:
        tag = SubElement(tags, "tag", id=owner)
    tag[:] = [Element("obj_ref", id=name) for name in ids]


def set_properties(configuration: Element, properties: Spec) -> None:
    set_values(section(configuration, "crm_config"), "cluster_property_set", "cib-bootstrap-options", properties)


def set_defaults(configuration: Element, defaults: Spec) -> None:
    if configuration.find("rsc_defaults") is not None or any(value is not None for value in defaults.values()):
        set_values(section(configuration, "rsc_defaults"), "meta_attributes", "rsc-options", defaults)


def set_values(parent: Element, tag: str, set_id: str, values: Spec) -> None:
    """Set values by name in whichever set without a rule has them; None removes; other names stay."""
    sets = [element for element in parent.findall(tag) if element.find("rule") is None and not element.get("id-ref")]
    pairs = {pair.get("name"): (holder, pair) for holder in reversed(sets) for pair in holder.findall("nvpair")}
    for name, value in values.items():
        holder, pair = pairs.get(name, (None, None))
        if value is None:
            if holder is not None and pair is not None:
                holder.remove(pair)
        elif pair is not None:
            pair.set("value", to_value(value))
        else:
            if not sets:
                sets.append(SubElement(parent, tag, id=set_id))
            SubElement(sets[0], "nvpair", id=f"{sets[0].get('id')}-{name}", name=name, value=to_value(value))


class Resources:
    """The resources of a CIB, found by id wherever they stand."""

    def __init__(self, top: Element) -> None:
        self.top = top
        self.parents: dict[str, Element] = {}
        self.elements: dict[str, Element] = {}
        for parent in top.iter():
            for element in parent:
                if element.tag in RESOURCE_TAGS:
                    self.parents[element.get("id", "")] = parent
                    self.elements[element.get("id", "")] = element

    def put(self, specs: Iterable[Spec]) -> None:
        for spec in specs:
            self.place(self.merged(spec), self.top)

    def place(self, element: Element, parent: Element) -> None:
        """A resource that is where it belongs keeps its place among its neighbours."""
        name = element.get("id", "")
        former = self.parents.get(name)
        if former is not None and (former is not parent or self.elements[name] is not element):
            former.remove(self.elements[name])
        if former is not parent or self.elements[name] is not element:
            parent.append(element)
        self.parents[name], self.elements[name] = parent, element

    def merged(self, spec: Spec) -> Element:
        """The resource with what is declared of it; what else it carries stays."""
        element = self.reuse(spec)
        for tag, values in (("meta_attributes", spec.get("meta")), ("instance_attributes", spec.get("attributes"))):
            if values:
                set_values(element, tag, f"{spec['id']}-{tag}", values)
        set_operations(element, spec.get("operations") or [])
        for member in members_of(spec):
            self.place(self.merged(member), element)
        if spec.get("group"):
            order_members(element, [member["id"] for member in spec["group"]])
        return element

    def reuse(self, spec: Spec) -> Element:
        """The resource of this id if it is of this kind, else a new one: nothing of another agent would fit it."""
        tag, attributes = kind_of(spec)
        found = self.elements.get(spec["id"])
        if found is not None and found.tag == tag and all(found.get(name) == attributes.get(name)
                                                          for name in ("class", "provider", "type", "template")):
            return found
        return Element(tag, {"id": spec["id"], **attributes})


def kind_of(spec: Spec) -> tuple[str, dict[str, str]]:
    if spec.get("group"):
        return "group", {}
    if spec.get("clone"):
        return "clone", {}
    if spec["agent"].startswith("ocf:"):
        provider, name = spec["agent"].split(":")[1:]
        return "primitive", {"class": "ocf", "provider": provider, "type": name}
    standard, name = spec["agent"].split(":", 1)
    return "primitive", {"class": standard, "type": name}


def order_members(group: Element, names: Sequence[str]) -> None:
    """Declared members in their order, then those an operator added."""
    members = {element.get("id", ""): element for element in group if element.tag == "primitive"}
    rest = [element for element in group if element.tag != "primitive"]
    others = [element for name, element in members.items() if name not in names]
    group[:] = [*rest, *(members[name] for name in names), *others]


def set_operations(resource: Element, operations: Sequence[Spec]) -> None:
    """An operation is known by its name and role; its interval is a value like its timeout."""
    if not operations:
        return
    holder = section(resource, "operations")
    unused = list(holder.findall("op"))
    for operation in operations:
        values = {"name": operation["name"], "interval": operation.get("interval") or "0s",
                  **{name.replace("_", "-"): to_value(operation[name])
                     for name in ("timeout", "role", "on_fail") if operation.get(name) is not None}}
        found = next((element for element in unused if element.get("name") == values["name"]
                      and element.get("role") == values.get("role")), None)
        if found is None:
            SubElement(holder, "op", id=f"{resource.get('id')}-{values['name']}-{values['interval']}", **values)
        else:
            unused.remove(found)
            for name, value in values.items():
                found.set(name, value)


def constraint(spec: Spec) -> Element:
    return {"location": location, "colocation": colocation, "order": order}[spec["type"]](spec)


def location(spec: Spec) -> Element:
    name, score = spec["id"], score_of(spec)
    element = Element("rsc_location", id=name)
    if len(spec["resources"]) == 1:
        element.set("rsc", spec["resources"][0])
    if spec.get("discovery"):
        element.set("resource-discovery", spec["discovery"])
    if len(spec["resources"]) > 1:
        holder = SubElement(element, "resource_set", id=f"{name}-set")
        holder.extend(Element("resource_ref", id=resource) for resource in spec["resources"])
    if spec.get("node"):
        element.attrib.update(node=spec["node"], score=score)
    else:
        rule = SubElement(element, "rule", id=f"{name}-rule", score=score)
        SubElement(rule, "expression", id=f"{name}-rule-kind", attribute="#kind", operation="eq",
                   value=spec["node_kind"])
    return element


def colocation(spec: Spec) -> Element:
    return Element("rsc_colocation", {"id": spec["id"], "rsc": spec["resource"], "with-rsc": spec["with_resource"],
                                      "score": score_of(spec)})


def score_of(spec: Spec) -> str:
    return "INFINITY" if spec.get("score") is None else to_value(spec["score"])


def order(spec: Spec) -> Element:
    return Element("rsc_order", {"id": spec["id"], "first": spec["first"], "then": spec["then"],
                                 "kind": spec.get("kind") or "Mandatory"})


def put_elements(parent: Element, elements: Iterable[Element]) -> None:
    """Replace the elements of the same ids where they stand; append the others."""
    positions = {element.get("id"): position for position, element in enumerate(parent)}
    for element in elements:
        if element.get("id") in positions:
            parent[positions[element.get("id")]] = element
        else:
            parent.append(element)


def remove_elements(parent: Element, names: Iterable[str]) -> None:
    """Remove by id, at any depth. A group or clone goes with its last member: it may hold an operator's, too."""
    unwanted = set(names)
    for child in list(parent):
        if child.tag in ("group", "clone"):
            remove_elements(child, unwanted)
            if not any(element.tag in RESOURCE_TAGS for element in child):
                parent.remove(child)
        elif child.get("id") in unwanted:
            parent.remove(child)


def set_levels(configuration: Element, levels: Sequence[Spec], owner: str) -> None:
    """Fencing levels are known by their ids: a tag cannot name them without confusing crmsh."""
    prefix = f"{owner}-level-"
    elements = [Element("fencing-level", id=f"{prefix}{level['node']}-{level['index']}", target=level["node"],
                        index=str(level["index"]), devices=",".join(level["devices"])) for level in levels]
    topology = configuration.find("fencing-topology")
    if topology is None:
        if not elements:
            return
        topology = SubElement(configuration, "fencing-topology")
    wanted = {element.get("id") for element in elements}
    for level in list(topology):
        if level.get("id", "").startswith(prefix) and level.get("id") not in wanted:
            topology.remove(level)
    put_elements(topology, elements)


# --- What the cluster would do ---------------------------------------------------------------


def planned_fencing(simulation: str) -> dict[str, str]:
    """Hosts that the scheduler would fence, with its reasons, from the XML of crm_simulate."""
    try:
        root = ElementTree.fromstring(simulation)
    except ElementTree.ParseError as error:
        raise CibError(f"crm_simulate did not print XML: {error}") from None
    return {action.get("node", ""): action.get("reason") or "no reason given"
            for action in root.iter("node_action") if action.get("task", "").startswith("Fence")}


def unexpected(planned: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    return {node: reason for node, reason in sorted(planned.items()) if node not in before}


def new_complaints(now: str, then: str, removed: Iterable[str] = ()) -> list[str]:
    """What crm_verify says of the new configuration that it did not say of the old one.

    Pacemaker 2.1 warns of each removed resource that still runs; to stop it is what the removal is for.
    """
    known = set(complaints(now))
    farewells = {f"'{name}'" for name in removed} | {f" {name} " for name in removed}
    return [line for line in complaints(then) if line not in known
            and not ("warning:" in line and any(farewell in f"{line} " for farewell in farewells))]


def complaints(text: str) -> list[str]:
    """Without the place in a file, which differs between two files that have the same fault."""
    lines = [re.sub(r"^\S+\.xml:\d+: ", "", line).strip() for line in text.splitlines() if line.strip()]
    # The last line but says that there were others.
    return [line for line in lines if not re.match(r"crm_verify: (Warnings|Errors) found|Configuration invalid", line)
            ] or lines
