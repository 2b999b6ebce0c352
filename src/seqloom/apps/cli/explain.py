"""``seqloom explain``: how a cell runs, from its equations to the products after the loop, and on which kernels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit, emit_json, say
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

    from seqloom import kernels
    from seqloom.layers import SequenceLayer, Spec
    from seqloom.layers.blocks.slstm import HeadwiseSLSTM
    from seqloom.layers.recurrent import Recurrent

__all__ = ["explain"]

_LARGEST = 65536
_ROWS, _STEPS = 32, 128


def explain(
    context: typer.Context,
    cell: Annotated[
        str, typer.Option("--cell", "-c", help="Layers in words: gru, gru(reset=before), lstm(64) + elman.")
    ],
    inputs: Annotated[int, typer.Option(min=1, max=_LARGEST, help="Width of the input.")] = 64,
    hidden: Annotated[
        int, typer.Option(min=1, max=_LARGEST, help="Units of a layer whose words give no number.")
    ] = 128,
    training: Annotated[bool, typer.Option("--training/--inference", help="With the way back, or without.")] = True,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the layers into FILE.svg instead.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each choice.")] = False,
) -> None:
    """Explain how layers run: a cell's equations, what leaves the loop, the way back, and which kernels."""
    refuse_without_effect(context, [(picture is not None, "with --picture", ("training",))])
    if picture is not None:
        _draw(cell, inputs, hidden, picture, as_json)
        return
    layers = _layers(cell, inputs, hidden)
    recurrences = _recurrences(layers)
    choices = _choices(layers, training)
    if not recurrences and not choices:
        raise UsageError(f"{cell} has no recurrence and nothing else that can run in more than one way.")
    if as_json:
        for data in (*(_plan_data(*one, training) for one in recurrences), *_choices_data(choices, training)):
            emit_json(data)
    else:
        emit("\n\n".join([*(_plan_page(*one, training) for one in recurrences), *_choices_pages(choices)]))


def _draw(words: str, inputs: int, hidden: int, picture: Path, as_json: bool) -> None:
    """The layers with their pooling as a picture."""
    from seqloom.inspection.diagrams.model import draw_model

    spec = _spec(words, hidden)
    drawing = draw_model(spec.build_pooled(inputs) if spec.pooling else spec.build(inputs))
    drawing.save(picture)
    say(f"Written: {picture}")
    if as_json:
        emit_json({"cell": words, "inputs": inputs, "picture": str(picture), "says": drawing.says})


def _spec(words: str, hidden: int) -> Spec:
    """What the words say, with a width for each layer that has none."""
    from seqloom.layers import parse_spec

    read = parse_spec(words)
    return replace(read, terms=tuple(replace(term, width=term.width or hidden) for term in read.terms))


def _layers(words: str, inputs: int, hidden: int) -> list[SequenceLayer]:
    """The layers that ``words`` build, of those that see both ways the one that goes forward; without a pooling."""
    from seqloom.layers import Bidirectional

    layers: Iterable[Any] = replace(_spec(words, hidden), pooling=None).build(inputs).layers
    return [one.forward_layer if isinstance(one, Bidirectional) else one for one in layers]


def _recurrences(layers: Sequence[SequenceLayer]) -> list[tuple[Recurrent | HeadwiseSLSTM, nn.Module]]:
    """The recurrences of ``layers``, each with its layer; those with the same equations and sizes once."""
    from seqloom.layers import Recurrent
    from seqloom.layers.blocks.slstm import HeadwiseSLSTM

    parts = [(part, layer) for layer in layers for part in layer.modules()]
    found = {part.graph: (part, layer) for part, layer in parts if isinstance(part, Recurrent | HeadwiseSLSTM)}
    return list(found.values())


def _choices(layers: Sequence[SequenceLayer], training: bool) -> dict[str, list[kernels.Explanation]]:
    """What else is chosen when one row runs through each kind of layer, at once and, in inference, step by step."""
    import torch

    from seqloom import kernels
    from seqloom.kernels import RECURRENCE
    from seqloom.layers import CausalLayer

    found: dict[str, list[kernels.Explanation]] = {}
    for layer in layers:
        x = torch.zeros(1, _STEPS, layer.in_features)
        with torch.set_grad_enabled(training), kernels.watch() as seen:
            layer.train(training)(x)
        whole = [one for one in seen if one.work != RECURRENCE.name]
        runs = {f"one row of {_STEPS} steps": whole}
        if isinstance(layer, CausalLayer) and not training:
            with torch.no_grad(), kernels.watch() as seen:
                layer.step(x[:, 0], layer.initial_state(1))
            runs["one step of one row"] = seen
        for run, seen in runs.items():
            if seen:
                found[f"{type(layer).__name__}, {run}"] = list(dict.fromkeys(seen))
    return found


def _plan_page(layer: Recurrent | HeadwiseSLSTM, owner: nn.Module, training: bool) -> str:
    from seqloom.kernels import explain_graph

    name, sizes = type(layer.cell).__name__, f"{layer.graph.in_features} inputs, {layer.hidden_size} units"
    where = "" if layer is owner else f"The recurrence inside {type(owner).__name__}, without what is around it\n"
    title = f"{name}, {sizes}, {'training' if training else 'inference'}"
    plan, kernel = explain_graph(layer.graph, training=training), _kernel(layer, training)
    return f"{where}{title}\n\n{plan}\nKernel for {_ROWS} rows of {_STEPS} steps in float32\n{_indented(kernel)}"


def _plan_data(layer: Recurrent | HeadwiseSLSTM, owner: nn.Module, training: bool) -> dict[str, Any]:
    from seqloom.kernels import explain_graph

    inside = None if layer is owner else type(owner).__name__
    sizes = {"inputs": layer.graph.in_features, "hidden": layer.hidden_size, "training": training}
    plan, kernel = explain_graph(layer.graph, training=training), _kernel(layer, training)
    return {"cell": type(layer.cell).__name__, "inside": inside, **sizes, **plan.to_data(), "kernel": _data(kernel)}


def _choices_pages(choices: dict[str, list[kernels.Explanation]]) -> list[str]:
    return [
        f"{where} in float32\n" + "\n".join(f"  {one.work}\n{_indented(one, 4)}" for one in seen)
        for where, seen in choices.items()
    ]


def _choices_data(choices: dict[str, list[kernels.Explanation]], training: bool) -> list[dict[str, Any]]:
    return [
        {"of": where, "work": one.work, "training": training, "kernel": _data(one)}
        for where, seen in choices.items()
        for one in seen
    ]


def _indented(explanation: kernels.Explanation, by: int = 2) -> str:
    return textwrap.indent(str(explanation), " " * by)


def _data(explanation: kernels.Explanation) -> dict[str, Any]:
    return {
        "name": explanation.kernel,
        "summary": explanation.summary,
        "refused": dict(explanation.refused),
    }


def _kernel(layer: Recurrent | HeadwiseSLSTM, training: bool) -> kernels.Explanation:
    import torch

    with torch.set_grad_enabled(training):
        return layer.train(training).explain(torch.zeros(1).expand(_ROWS, _STEPS, layer.graph.in_features))
