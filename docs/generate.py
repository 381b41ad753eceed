#!/usr/bin/env python3
"""Write the reference parts of the documentation from their specs, between markers.

usage: docs/generate.py [--check]

Roles: the table in roles/<role>/README.md, from meta/argument_specs.yml.
Plugins: docs/reference.md, from the plugins' own DOCUMENTATION and RETURN.
With --check nothing is written; a page that is out of date is named and the exit status is 1.
"""
from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- generated from {source}: do not edit below -->"
END = "<!-- end of the generated part -->"


def markup(text: object) -> str:
    """Turn Ansible's markup (C(), O(), V(), B(), L()…) and line ends into one line of Markdown."""
    line = " ".join(text) if isinstance(text, list) else str(text)
    line = re.sub(r"L\(([^,]+),\s*([^)]+)\)", r"[\1](\2)", line)
    line = re.sub(r"\b[CVOEM]\(([^)]*)\)", r"`\1`", line)
    line = re.sub(r"\bRV\(([^)]*)\)", r"`\1`", line)
    line = re.sub(r"\b[BI]\(([^)]*)\)", r"*\1*", line)
    return re.sub(r"\s+", " ", line).replace("|", "\\|").strip()


def value(default: object) -> str:
    """A default as it is typed in YAML, short enough for a table."""
    if default is None:
        return ""
    text = json.dumps(default, ensure_ascii=False) if isinstance(default, (dict, list, bool)) else str(default)
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def kind(option: dict) -> str:
    """The type of an option, with the type of its elements or its choices."""
    name = option.get("type", "str")
    if "elements" in option:
        name += f" of {option['elements']}"
    if "choices" in option:
        name += ": " + ", ".join(f"`{choice}`" for choice in option["choices"])
    return name + (" **(required)**" if option.get("required") else "")


def rows(options: dict, prefix: str = "") -> Iterator[str]:
    """Table rows of options; a suboption stands below its parent, indented by its parent's name."""
    for name, option in options.items():
        cells = (f"`{prefix}{name}`", kind(option), value(option.get("default")), markup(option.get("description", "")))
        yield f"| {' | '.join(cells)} |"
        yield from rows(option.get("options") or option.get("suboptions") or {}, f"{prefix}{name}.")


def table(options: dict) -> list[str]:
    return ["| Name | Type | Default | Meaning |", "|---|---|---|---|", *rows(options)]


def role_part(spec_file: Path) -> list[str]:
    """The reference of one role: a table for each of its entry points, once where they take the same."""
    lines: list[str] = []
    entries = yaml.safe_load(spec_file.read_text())["argument_specs"]
    for entry, spec in entries.items():
        title = "## Variables" if entry == "main" else f"## Variables of `{entry}`"
        options = spec.get("options") or {}
        is_repeated = entry != "main" and options == entries.get("main", {}).get("options")
        part = ["The same variables as above."] if is_repeated else table(options)
        lines += [title, "", markup(spec["short_description"]), "", *part, ""]
    return lines


def constants(source: Path) -> dict:
    """The YAML constants of a plugin (DOCUMENTATION, RETURN, EXAMPLES), read without importing it."""
    found = {
        getattr(node.targets[0], "id", ""): node.value.value
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    parsed = {name: yaml.safe_load(found[name]) for name in ("DOCUMENTATION", "RETURN") if found.get(name)}
    return parsed | {"EXAMPLES": found.get("EXAMPLES", "")}


def fragments(documentation: dict) -> dict:
    """Options that come from this collection's own documentation fragments."""
    options: dict = {}
    names = documentation.get("extends_documentation_fragment") or []
    for name in [names] if isinstance(names, str) else names:
        source = ROOT / "plugins/doc_fragments" / (name.removeprefix("openstack_ha.masakari.").split(".")[0] + ".py")
        if name.startswith("openstack_ha.masakari.") and source.exists():
            options |= (constants(source).get("DOCUMENTATION") or {}).get("options") or {}
    return options


def plugin_part(sources: list[Path]) -> list[str]:
    """The reference of all plugins, one section each."""
    lines: list[str] = []
    for source in sources:
        texts = constants(source)
        documentation = texts["DOCUMENTATION"]
        description = documentation["description"]
        lines += [f"## {source.stem} ({source.parent.name.rstrip('s')})", ""]
        lines += [markup(documentation["short_description"]) + ".", ""]
        lines += [f"- {markup(line)}" for line in ([description] if isinstance(description, str) else description)]
        lines += ["", *table((documentation.get("options") or {}) | fragments(documentation)), ""]
        if texts.get("RETURN"):
            lines += ["Returns:", ""]
            lines += [f"- `{k}` ({spec['type']}): {markup(spec['description'])}" for k, spec in texts["RETURN"].items()]
            lines += [""]
        if texts["EXAMPLES"]:
            lines += ["```yaml", texts["EXAMPLES"].strip(), "```", ""]
    return lines


def merged(page: Path, heading: str, source: str, part: list[str]) -> str:
    """The page with its generated part replaced; what stands before the marker is kept."""
    begin = BEGIN.format(source=source)
    kept = page.read_text().split(begin)[0].rstrip() if page.exists() else heading
    return "\n".join([kept, "", begin, "", *part, END, ""])


def pages() -> Iterator[tuple[Path, str]]:
    for spec in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        page = spec.parent.parent / "README.md"
        heading = f"# Role `{page.parent.name}`"
        yield page, merged(page, heading, "meta/argument_specs.yml", role_part(spec))
    rooms = (ROOT / "plugins/inventory", ROOT / "plugins/modules")
    sources = [path for room in rooms for path in sorted(room.glob("[a-z]*.py"))]
    reference = ROOT / "docs/reference.md"
    yield reference, merged(reference, "# Reference of the plugins", "the plugins", plugin_part(sources))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    check = parser.parse_args().check
    stale = [(page, text) for page, text in pages() if not page.exists() or page.read_text() != text]
    for page, text in stale:
        print(f"{'out of date' if check else 'written'}: {page.relative_to(ROOT)}")
        if not check:
            page.write_text(text)
    if check and stale:
        print("cure: docs/generate.py")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
