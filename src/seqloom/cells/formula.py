"""The equations of a traced cell, printed back."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from seqloom.cells.graph import Affine, Constant, Graph, Input, Mask, Norm, Part, Pointwise, State, Weight

__all__ = ["Formula", "bare", "describe", "formula"]

SIGNS = {"add": " + ", "subtract": " - ", "multiply": " * ", "divide": " / "}


class Formula(NamedTuple):
    """The lines of a step, "name = expression", and how an expression calls each node of the graph."""

    lines: tuple[str, ...]
    texts: tuple[str, ...]


def formula(graph: Graph) -> str:
    """The step as text: one line per map, norm and shared value, then one per new state, then the output.

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
    new = dict(zip(graph.new_states, (f"{state.name}'" for state in graph.states), strict=True))
    uses = Counter(operand for node in graph.nodes for operand in getattr(node, "operands", ()))
    for position, node in enumerate(graph.nodes):
        match node:
            case Affine():
                terms = [f"W_{node.name}_{k} {texts[operand]}" for k, operand in enumerate(node.operands)]
                lines.append(f"{node.name} = {' + '.join([*terms, f'b_{node.name}'] if node.bias else terms)}")
                text = node.name
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
                if position in new or (uses[position] > 1 and len(text) > 24):
                    name = new.get(position, f"v{position}")
                    lines.append(f"{name} = {bare(text)}")
                    text = name
        texts.append(text)
    unnamed = [f"{name} = {texts[k]}" for k, name in new.items() if texts[k] != name]
    return Formula((*lines, *unnamed, f"y = {bare(texts[graph.output])}"), tuple(texts))


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
