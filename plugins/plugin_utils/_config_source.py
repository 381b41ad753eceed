# Copyright (c) 2026, openstack_ha.masakari contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a value of a configuration was written, and what is wrong with it.

Lines are looked up only when there is something to report, so a good configuration pays nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

try:
    import yaml

    _LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class _Checker(_LOADER):  # type: ignore[misc,valid-type]
        """Constructs what YAML defines, and lets tags such as !vault pass."""

    _Checker.add_multi_constructor("!", lambda loader, suffix, node: None)
except ImportError:  # ansible-core requires PyYAML; only tools that import without dependencies come here
    yaml = None  # type: ignore[assignment]

Where = tuple[Any, ...]
MOST_REPORTED = 20


@dataclass(frozen=True)
class Problem:
    """One fault: what is wrong, how to cure it, and the keys that lead to it."""

    message: str
    cure: str
    where: Where = ()

    def __str__(self) -> str:
        return f"{self.message}: {self.cure}."


class ConfigError(Exception):
    """The configuration cannot be used. Each line of the message names one fault, its place and its cure."""


class Source:
    """The text of one file."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def syntax_error(self) -> str | None:
        """What YAML itself refuses in the text, if anything."""
        try:
            yaml.load(self.text, Loader=_Checker)  # a subclass of the safe loader
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line if mark else 0
            return f"{self.path}:{line + 1}: {self._explain(str(error.problem), line)}."
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            reason = getattr(error, "reason", None) or str(error).partition("\n")[0]
            return f"{self.path}: not readable as YAML ({reason}): correct the file."
        return None

    def _explain(self, problem: str, line: int) -> str:
        lines = self.text.splitlines()
        near = lines[max(line - 1, 0) : line + 1]
        if any("\t" in text[: len(text) - len(text.lstrip())] for text in near):
            return "a tab indents the line, which YAML forbids: indent with spaces"
        if "undefined alias" in problem:
            return f"{problem}: write the anchor (&name) above every alias (*name) of it"
        if "unhashable" in problem:
            return 'a mapping or a list stands where a name must: quote a value that begins with "{{"'
        return f"not valid YAML ({problem}): correct the line"

    @cached_property
    def _root(self) -> Any:
        try:
            return yaml.compose(self.text, Loader=_LOADER)
        except (yaml.YAMLError, ValueError, RecursionError):
            return None

    def find(self, where: Where) -> tuple[int, int]:
        """How many of the keys lead somewhere in this file, and the line of the last of them."""
        node, depth, line = self._root, 0, 0
        for key in where:
            found = _step(node, key)
            if found is None:
                break
            marker, node = found
            depth, line = depth + 1, marker.start_mark.line + 1
        return depth, line

    def secrets(self) -> Iterator[tuple[int, str]]:
        """The line and the text of each value tagged !vault."""
        pending, seen = [self._root] if "!vault" in self.text and self._root else [], set()
        while pending:
            node = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, yaml.ScalarNode):
                if node.tag == "!vault":
                    yield node.start_mark.line + 1, node.value
            elif isinstance(node, yaml.MappingNode):
                pending.extend(part for pair in node.value for part in pair)
            else:
                pending.extend(node.value)


def _step(node: Any, key: Any) -> tuple[Any, Any] | None:
    """The nodes of a key (for its line) and of its value."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    if not isinstance(node, yaml.MappingNode):
        return None
    for key_node, value_node in node.value:
        if isinstance(key_node, yaml.ScalarNode) and _same_key(key_node.value, key):
            return key_node, value_node
    for key_node, value_node in node.value:
        if key_node.value == "<<":
            merged = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
            for candidate in merged:
                found = _step(candidate, key)
                if found:
                    return found
    return None


def _same_key(written: str, key: Any) -> bool:
    return written == str(key) or (isinstance(key, str) and written.replace("-", "_") == key)


def describe(problem: Problem, sources: Sequence[Source]) -> str:
    """The problem with its file and line: the last file that leads furthest to it, since later files win."""
    if not sources:
        return str(problem)
    depth, line, path = 0, 0, sources[0].path
    for source in sources:
        reached, at = source.find(problem.where)
        if reached and reached >= depth:
            depth, line, path = reached, at, source.path
    return f"{path}:{line}: {problem}" if line else f"{path}: {problem}"


def refuse(problems: Iterable[Problem], sources: Sequence[Source]) -> None:
    """Raise one error that names every problem, if there is any."""
    remaining: Iterator[Problem] = iter(problems)
    lines = [describe(problem, sources) for problem in islice(remaining, MOST_REPORTED)]
    if lines:
        more = sum(1 for _problem in remaining)
        raise ConfigError("\n".join([*lines, f"... and {more} more."] if more else lines))


def plain_data(value: Any, is_secret: Callable[[Any], bool], where: Where = ()) -> Iterable[Problem]:
    """Refuse what cannot become a variable: a structure that contains itself, binary data, a set."""
    open_ids: set[int] = set()
    done: set[int] = set()

    def visit(item: Any, at: Where) -> Iterable[Problem]:
        if isinstance(item, (dict, list)):
            if id(item) in open_ids:
                yield Problem("an alias points to the structure it stands in", "remove the alias", at)
                return
            if id(item) in done:
                return
            open_ids.add(id(item))
            pairs = item.items() if isinstance(item, dict) else enumerate(item)
            for key, child in pairs:
                if isinstance(child, (dict, list)) or not _is_scalar(child, is_secret):
                    yield from visit(child, (*at, key))
            open_ids.discard(id(item))
            done.add(id(item))
        elif not _is_scalar(item, is_secret):
            kind = "binary" if isinstance(item, bytes) else "set" if isinstance(item, set) else type(item).__name__
            yield Problem(f"{kind} data cannot be a variable", "write text or a list instead", at)

    yield from visit(value, where)


def _is_scalar(item: Any, is_secret: Callable[[Any], bool]) -> bool:
    return item is None or isinstance(item, (str, int, float)) or hasattr(item, "isoformat") or is_secret(item)
