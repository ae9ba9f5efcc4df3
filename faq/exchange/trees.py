"""An article as a YAML tree whose lines are those of the file it really came from.

So the rules of faq/reading.py, and their messages, hold for every form an article may have.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import yaml
from yaml.error import Mark

Tree: TypeAlias = "str | Sequence[Tree] | Mapping[str, Tree] | Placed"


class Placed:
    """A part that stands in a line of its own."""

    def __init__(self, line: int, tree: Tree) -> None:
        """`line` counts from 1."""
        self.line, self.tree = line, tree


def node(tree: Tree, line: int) -> yaml.Node:
    """Return `tree` as a node; what is not placed stands in `line`."""
    if isinstance(tree, Placed):
        return node(tree.tree, tree.line)
    mark = Mark("", 0, line - 1, 0, None, 0)
    if isinstance(tree, str):
        return yaml.ScalarNode("tag:yaml.org,2002:str", tree, mark, mark)
    if isinstance(tree, Mapping):
        pairs = [
            (node(key, value.line if isinstance(value, Placed) else line), node(value, line))
            for key, value in tree.items()
        ]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, mark, mark)
    items = [node(each, line) for each in tree]
    return yaml.SequenceNode("tag:yaml.org,2002:seq", items, mark, mark)
