"""The equations of a traced cell in mathematical notation: presentation MathML, which browsers show by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape
from typing import NamedTuple

from seqloom.cells.expressions import Applied, Columns, Expression, Map, Normed, Number, Quantity, Role
from seqloom.cells.formula import Equation, equations_of
from seqloom.cells.graph import Graph

__all__ = ["LEGEND", "mathml", "mathml_of"]

LEGEND = (
    "Subscript t − 1 is what the last step left. ⊙ multiplies unit by unit; functions act on each unit. "
    "W with a name and a number, and b with a name, are the parameters name.weight_number and name.bias."
)
_LIT = ' style="background: #ffe08a; outline: 2px solid #111"'
_AROUND = "padding: 0.35em 0.25em"
_SUM, _PRODUCT, _CLOSED = range(3)
_FUNCTIONS = {"sigmoid": "σ", "maximum": "max", "minimum": "min"}
_NORMS = {"layer": "LayerNorm", "rms": "RMSNorm"}
_APPLY, _TIMES, _MINUS = "<mo>&#x2061;</mo>", "<mo>&#x2062;</mo>", "<mo>−</mo>"


class _Written(NamedTuple):
    """MathML, and how tightly it binds: a sum, a product, or something that needs no brackets."""

    text: str
    binds: int

    def within(self, least: int) -> str:
        """As a part of what binds as tightly as ``least``."""
        return self.text if self.binds >= least else _bracketed(self.text)


def mathml(graph: Graph) -> str:
    """The step that ``formula`` prints, as one ``<math>`` element, an equation a line.

    ``LEGEND`` says what the signs stand for.

    >>> from seqloom.cells import Elman, trace
    >>> text = mathml(trace(Elman(), 3, 4).graph)
    >>> text.startswith("<math"), text.count("<mtr>"), "tanh" in text
    (True, 3, True)
    """
    return mathml_of(equations_of(graph).lines)


def mathml_of(equations: Iterable[Equation], lit: Collection[str] = ()) -> str:
    """Some equations of a step as one ``<math>`` element; those of the names ``lit`` are in a box."""
    rows = []
    for one in equations:
        right = f"<mrow>{_write(one.right).text}</mrow>"
        cells = ("right", _quantity(one.left)), ("center", "<mo>=</mo>"), ("left", right)
        written = "".join(f'<mtd style="text-align: {side}; {_AROUND}">{text}</mtd>' for side, text in cells)
        rows.append(f"<mtr{_LIT if one.left.name in lit else ''}>{written}</mtr>")
    return f'<math display="block"><mtable>{"".join(rows)}</mtable></math>'


def _write(expression: Expression) -> _Written:
    match expression:
        case Quantity():
            return _Written(_quantity(expression), _CLOSED)
        case Number():
            return _number(expression.value)
        case Columns(start, stop):
            place = f"<mrow><mi>t</mi><mo>,</mo><mn>{start}</mn><mo>:</mo><mn>{stop}</mn></mrow>"
            return _Written(f"<msub><mi>x</mi>{place}</msub>", _CLOSED)
        case Map(name, operands, bias):
            terms = [
                _parameter("W", name, k) + _TIMES + _write(operand).within(_CLOSED)
                for k, operand in enumerate(operands)
            ]
            terms += [_parameter("b", name)] if bias else []
            return _Written("<mo>+</mo>".join(terms), _SUM if len(terms) > 1 else _PRODUCT)
        case Normed(name, kind, operand):
            head = f"<msub><mi>{_NORMS[kind]}</mi><mtext>{_words(name)}</mtext></msub>"
            return _Written(head + _APPLY + _bracketed(_write(operand).text), _CLOSED)
        case Applied():
            return _applied(expression)


def _applied(expression: Applied) -> _Written:
    parts = [_write(operand) for operand in expression.operands]
    match expression.operation:
        case "add":
            return _Written(f"{parts[0].text}<mo>+</mo>{_after_a_sign(expression, parts[1])}", _SUM)
        case "subtract":
            return _Written(f"{parts[0].text}{_MINUS}{parts[1].within(_PRODUCT)}", _SUM)
        case "multiply":
            sign = "·" if any(isinstance(one, Number) for one in expression.operands) else "⊙"
            return _Written(f"{parts[0].within(_PRODUCT)}<mo>{sign}</mo>{parts[1].within(_PRODUCT)}", _PRODUCT)
        case "divide":
            return _Written(f"<mfrac><mrow>{parts[0].text}</mrow><mrow>{parts[1].text}</mrow></mfrac>", _CLOSED)
        case "negative":
            return _Written(f"{_MINUS}{parts[0].within(_PRODUCT)}", _SUM)
        case "sqrt":
            return _Written(f"<msqrt><mrow>{parts[0].text}</mrow></msqrt>", _CLOSED)
        case name:
            inside = "<mo>,</mo>".join(part.text for part in parts)
            return _Written(f"<mi>{_FUNCTIONS.get(name, name)}</mi>{_APPLY}{_bracketed(inside)}", _CLOSED)


def _after_a_sign(expression: Applied, part: _Written) -> str:
    """The second part of a sum: a sum needs no brackets there, but what begins with a minus does."""
    return _bracketed(part.text) if part.text.startswith(_MINUS) else part.text


def _number(value: float) -> _Written:
    digits, _, power = f"{abs(value):g}".partition("e")
    text = f"<mn>{digits}</mn>"
    if power:
        text += f"<mo>·</mo><msup><mn>10</mn><mn>{int(power)}</mn></msup>".replace("<mn>-", "<mn>−")
    if value < 0:
        return _Written(_MINUS + text, _SUM)
    return _Written(text, _PRODUCT if power else _CLOSED)


def _quantity(quantity: Quantity) -> str:
    match quantity.role:
        case Role.BEFORE:
            time = "<mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow>"
        case Role.VECTOR:
            return f'<mi mathvariant="normal">{_words(quantity.name)}</mi>'
        case _:
            time = "<mi>t</mi>"
    return f"<msub><mi>{_words(quantity.name)}</mi>{time}</msub>"


def _parameter(letter: str, name: str, number: int | None = None) -> str:
    place = "" if number is None else f"<mo>,</mo><mn>{number}</mn>"
    return f"<msub><mi>{letter}</mi><mrow><mtext>{_words(name)}</mtext>{place}</mrow></msub>"


def _words(name: str) -> str:
    return escape(name).replace("_", "&#xA0;")


def _bracketed(text: str) -> str:
    return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"
