"""``seqloom explain``: how a cell runs, from its equations to the products after the loop, and on which kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.apps.cli.console import emit, emit_json
from seqloom.errors import UsageError

if TYPE_CHECKING:
    from seqloom import kernels
    from seqloom.layers.recurrent import Recurrent

__all__ = ["explain"]

_LARGEST = 65536
_ROWS, _STEPS = 32, 128


def explain(
    cell: Annotated[
        str, typer.Option("--cell", "-c", help="Layers in words: gru, gru(reset=before), lstm(64) + elman.")
    ],
    inputs: Annotated[int, typer.Option(min=1, max=_LARGEST, help="Width of the input.")] = 64,
    hidden: Annotated[
        int, typer.Option(min=1, max=_LARGEST, help="Units of a layer whose words give no number.")
    ] = 128,
    training: Annotated[bool, typer.Option("--training/--inference", help="With the way back, or without.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each layer.")] = False,
) -> None:
    """Explain how a cell runs: its equations, what leaves the loop, what stays, the way back, and which kernel."""
    from seqloom.kernels import explain_graph

    for index, layer in enumerate(_recurrent_layers(cell, inputs, hidden)):
        plan = explain_graph(layer.graph, training=training)
        kernel = _kernel(layer, training)
        title = f"{layer.cell.__class__.__name__}, {layer.in_features} inputs, {layer.hidden_size} units"
        if as_json:
            sizes = {"inputs": layer.in_features, "hidden": layer.hidden_size, "training": training}
            chosen = {"name": kernel.kernel, "summary": kernel.summary, "refused": dict(kernel.refused)}
            emit_json({"cell": layer.cell.__class__.__name__, **sizes, **plan.to_data(), "kernel": chosen})
        else:
            emit("\n" * (index > 0) + f"{title}, {'training' if training else 'inference'}\n\n{plan}")
            emit(f"Kernel for {_ROWS} rows of {_STEPS} steps in float32\n  " + str(kernel).replace("\n", "\n  "))


def _recurrent_layers(words: str, inputs: int, hidden: int) -> list[Recurrent]:
    """The recurrences that ``words`` build; those with the same equations and sizes once."""
    from seqloom.layers import Spec, parse_spec
    from seqloom.layers.recurrent import Recurrent

    spec = Spec(tuple(replace(term, width=term.width or hidden) for term in parse_spec(words).terms))
    found = {module.graph: module for module in spec.build(inputs).modules() if isinstance(module, Recurrent)}
    if not found:
        raise UsageError(f"{spec} has no recurrence, so there is no loop to explain.")
    return list(found.values())


def _kernel(layer: Recurrent, training: bool) -> kernels.Explanation:
    import torch

    with torch.set_grad_enabled(training):
        return layer.train(training).explain(torch.zeros(1).expand(_ROWS, _STEPS, layer.in_features))
