"""``seqloom explain``: how a cell runs, from its equations to the products after the loop, and on which kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from seqloom.apps.cli.console import emit, emit_json
from seqloom.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

    from seqloom import kernels
    from seqloom.layers.blocks.slstm import HeadwiseSLSTM
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

    for index, (layer, owner) in enumerate(_recurrences(cell, inputs, hidden)):
        plan = explain_graph(layer.graph, training=training)
        kernel = _kernel(layer, training)
        name, sizes = type(layer.cell).__name__, {"inputs": layer.graph.in_features, "hidden": layer.hidden_size}
        inside = None if layer is owner else type(owner).__name__
        if as_json:
            chosen = {"name": kernel.kernel, "summary": kernel.summary, "refused": dict(kernel.refused)}
            found = {"cell": name, "inside": inside, **sizes, "training": training}
            emit_json({**found, **plan.to_data(), "kernel": chosen})
        else:
            title = (
                f"{name}, {sizes['inputs']} inputs, {sizes['hidden']} units, {'training' if training else 'inference'}"
            )
            where = f"The recurrence inside {inside}, without what is around it\n" if inside else ""
            emit("\n" * (index > 0) + f"{where}{title}\n\n{plan}")
            emit(f"Kernel for {_ROWS} rows of {_STEPS} steps in float32\n  " + str(kernel).replace("\n", "\n  "))


def _recurrences(words: str, inputs: int, hidden: int) -> list[tuple[Recurrent | HeadwiseSLSTM, nn.Module]]:
    """The recurrences that ``words`` build, each with its layer; those with the same equations and sizes once."""
    from seqloom.layers import Bidirectional, Recurrent, Spec, parse_spec
    from seqloom.layers.blocks.memory import MatrixMemory
    from seqloom.layers.blocks.mlstm import ExponentialMemory
    from seqloom.layers.blocks.slstm import HeadwiseSLSTM

    spec = Spec(tuple(replace(term, width=term.width or hidden) for term in parse_spec(words).terms))
    layers = [one.forward_layer if isinstance(one, Bidirectional) else one for one in spec.build(inputs).layers]
    parts = [(part, layer) for layer in layers for part in layer.modules()]
    found = {part.graph: (part, layer) for part, layer in parts if isinstance(part, Recurrent | HeadwiseSLSTM)}
    if not found:
        matrix = any(isinstance(part, MatrixMemory | ExponentialMemory) for part, _ in parts)
        has = "has a matrix state, run in chunks (kernels/matrix_state);" if matrix else "has no recurrence, so"
        raise UsageError(f"{spec} {has} there is no loop to explain.")
    return list(found.values())


def _kernel(layer: Recurrent | HeadwiseSLSTM, training: bool) -> kernels.Explanation:
    import torch

    with torch.set_grad_enabled(training):
        return layer.train(training).explain(torch.zeros(1).expand(_ROWS, _STEPS, layer.graph.in_features))
