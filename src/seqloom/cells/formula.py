"""The equations of a traced cell, printed back."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Norm, Part, Pointwise, State, Weight

__all__ = ["Formula", "bare", "describe", "formula", "map_text"]

SIGNS = {"add": " + ", "subtract": " - ", "multiply": " * ", "divide": " / "}


class Formula(NamedTuple):
    """The lines of a step, "name = expression", and how an expression calls each node of the graph."""

    lines: tuple[str, ...]
    texts: tuple[str, ...]


def formula(graph: Graph) -> str:
    """The step as text: one line per map, norm, named quantity and shared value, then one per new state and the output.

    Where a quantity bears the name of a map that it is made from, that map is written with ``_map`` after its name.

    >>> from seqloom.cells import Elman, trace
    >>> print(formula(trace(Elman(), 3, 4).graph))
    hidden = W_hidden_0 x + W_hidden_1 h + b_hidden
    h' = tanh(hidden)
    y = h'
    """
    return "\n".join(describe(graph).lines)


def describe(graph: Graph) -> Formula:
    """The lines of ``formula``, and the text of every node."""
    lines: list[str] = []
    texts: list[str] = []
    names = {position: name for name, position in graph.names}
    new = dict(zip(graph.new_states, (f"{state.name}'" for state in graph.states), strict=True))
    uses = Counter(operand for node in graph.nodes for operand in getattr(node, "operands", ()))
    for position, node in enumerate(graph.nodes):
        match node:
            case Affine():
                terms = [f"W_{node.name}_{k} {texts[operand]}" for k, operand in enumerate(node.operands)]
                text = map_text(graph, node.name)
                lines.append(f"{text} = {' + '.join([*terms, f'b_{node.name}'] if node.bias else terms)}")
            case Norm():
                lines.append(f"{node.name} = {node.kind}_norm({texts[node.operands[0]]})")
                text = node.name
            case Input():
                text = "x"
            case Part():
                text = node.text
            case Constant():
                text = f"{node.value:g}"
            case State() | Weight() | Mask():
                text = node.name
            case Pointwise():
                text = _expression(node, texts)
                if position not in names and (position in new or (uses[position] > 1 and len(text) > 24)):
                    name = new.get(position, f"v{position}")
                    lines.append(f"{name} = {bare(text)}")
                    text = name
        if names.get(position, text) != text:
            lines.append(f"{names[position]} = {bare(text)}")
            text = names[position]
        texts.append(text)
    unnamed = [f"{name} = {texts[k]}" for k, name in new.items() if texts[k] != name]
    return Formula((*lines, *unnamed, f"y = {bare(texts[graph.output])}"), tuple(texts))


def map_text(graph: Graph, name: str) -> str:
    """What the map ``name`` is called: so, or with an ending where what is made from it bears that name."""
    bearer = dict(graph.names).get(name)
    is_map = bearer is None or isinstance(graph.nodes[bearer], Affine)
    return name if is_map else f"{name}_map"


def _expression(node: Pointwise, texts: list[str]) -> str:
    operands = [texts[k] for k in node.operands]
    if node.operation in SIGNS:
        return f"({SIGNS[node.operation].join(operands)})"
    if node.operation == "negative":
        return f"-{operands[0]}"
    return f"{node.operation}({', '.join(bare(text) for text in operands)})"


def bare(text: str) -> str:
    """``text`` without the brackets that surround all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and position < len(text) - 1:
            return text
    return text[1:-1]
