"""Runs a model's prediction graph in one go; Rasa's scheduler costs more than most nodes do."""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner


class StraightRunner:
    """Takes the place of a loaded model's own runner, with the same nodes."""

    def __init__(self, runner: DaskGraphRunner) -> None:
        self._runner = runner
        self._plans: dict[tuple[str, ...], list[tuple[str, GraphNode, list[str]]]] = {}

    def run(self, inputs: dict[str, Any], targets: Sequence[str]) -> dict[str, Any]:
        """Return the output of each target node."""
        plan = self._plans.setdefault(tuple(targets), [])
        if not plan:
            plan += self._plan(list(targets))
        results = {name: (name, value) for name, value in inputs.items()}
        for name, node, needs in plan:
            results[name] = node(*(results[need] for need in needs))
        return {target: results[target][1] for target in targets}

    def _plan(self, targets: list[str]) -> list[tuple[str, GraphNode, list[str]]]:
        """Return the nodes that `targets` need, each after those it needs itself."""
        schema = self._runner._graph_schema.minimal_graph_schema(targets)  # noqa: SLF001
        needs = {name: list(node.needs.values()) for name, node in schema.nodes.items()}
        nodes = self._runner._instantiated_nodes  # noqa: SLF001
        order = TopologicalSorter(needs).static_order()
        # What is needed but no node is an input of the run.
        return [(name, nodes[name], needs[name]) for name in order if name in needs]
