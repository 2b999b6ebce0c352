"""The words for models: a line of text becomes layers, and layers become a line of text.

spec = term {'+' term};  term = [INT '*'] word ['(' [INT] {',' key '=' value} ')'] ['bidirectional']

INT in brackets is the width (default: the width of the input), ``n*`` stands for n such layers, ``+`` for one layer
after the other. Each layer maps from the width it is given to its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NoReturn

from seqloom.errors import UsageError, did_you_mean
from seqloom.layers.bidirectional import Bidirectional
from seqloom.layers.blocks.block import Block
from seqloom.layers.norm import NormKind
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.stack import Stack, stack
from seqloom.layers.words import WORDS, Value

__all__ = ["Spec", "Term", "parse_spec", "spec_of", "term_of", "text_of"]

MAXIMUM_LAYERS = 64
MAXIMUM_WIDTH = 65536
MAXIMUM_TEXT = 1000
LARGEST_NUMBER = 1e6
TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)|(?P<word>[A-Za-z][\w-]*)|(?P<sign>[*+(),=]))"
)


@dataclass(frozen=True)
class Term:
    """``count`` equal layers of one word; ``options`` holds every option, given or default."""

    word: str
    width: int | None
    options: tuple[tuple[str, Value], ...]
    count: int = 1
    bidirectional: bool = False

    def build(self, in_features: int) -> SequenceLayer:
        """One layer of this term."""
        layer = self._one(in_features)
        if not self.bidirectional:
            return layer
        return Bidirectional(_one_way(self, layer), _one_way(self, self._one(in_features)))

    def _one(self, in_features: int) -> SequenceLayer:
        try:
            return WORDS[self.word].build(in_features, self.width or in_features, dict(self.options))
        except UsageError as error:
            raise UsageError(f"{self}: {error}") from error

    def __str__(self) -> str:
        known = WORDS[self.word].options
        changed = [f"{key}={text_of(value)}" for key, value in self.options if value != known[key].default]
        inside = ", ".join([*([str(self.width)] if self.width else []), *changed])
        count = f"{self.count}*" if self.count > 1 else ""
        return f"{count}{self.word}{f'({inside})' if inside else ''}{' bidirectional' if self.bidirectional else ''}"


@dataclass(frozen=True)
class Spec:
    """A parsed specification; ``str`` prints it in normal form."""

    terms: tuple[Term, ...]

    def build(self, in_features: int, dropout: float = 0.0, residual: bool = False) -> Stack:
        """The layers, for inputs of ``in_features``, with dropout between them and residual connections on demand.

        A last block that normalises before its parts is followed by a norm of the same kind, which is the stack's.

        >>> parse_spec("2*lstm(8)").build(3).out_features
        8
        """
        layers: list[SequenceLayer] = []
        for term in self.terms:
            for _ in range(term.count):
                layers.append(term.build(layers[-1].out_features if layers else in_features))
        return stack(layers, dropout, residual, _last_norm(layers[-1]))

    def bounded(self, window: int) -> Spec:
        """The same, where attention without a window of its own looks back at ``window`` steps.

        >>> print(parse_spec("lstm(8) + window(3)").bounded(64))
        lstm(8) + window(3)
        """

        def bound(term: Term) -> Term:
            options = dict(term.options)
            causal = options.get("causal", True)
            if causal and "window" in options and options["window"] is None:
                options["window"] = window
            return replace(term, options=tuple(options.items()))

        return Spec(tuple(map(bound, self.terms)))

    def __str__(self) -> str:
        return " + ".join(str(term) for term in self.terms)


def parse_spec(text: str) -> Spec:
    """Read a specification; raises UsageError that points at the place.

    >>> str(parse_spec("2 * gru( 64, reset=before ) + lstm"))
    '2*gru(64, reset=before) + lstm'
    """
    return _Parser(text).spec()


def spec_of(layer: SequenceLayer) -> Spec:
    """The specification that builds ``layer``; raises UsageError for one that no specification builds.

    >>> print(spec_of(parse_spec("2*lstm(8) + gru(4)").build(3)))
    2*lstm(8) + gru(4)
    """
    parts: list[SequenceLayer] = list(layer.layers) if isinstance(layer, Stack) else [layer]  # type: ignore[arg-type]
    if isinstance(layer, Stack) and layer.last_norm is not _last_norm(parts[-1]):
        raise UsageError(
            f"A specification builds the last norm {text_of(_last_norm(parts[-1]))} after these layers; this stack has "
            f"{text_of(layer.last_norm)}."
        )
    return Spec(tuple(replace(term, count=len(list(run))) for term, run in groupby(map(term_of, parts))))


def term_of(layer: SequenceLayer) -> Term:
    """The term of one layer, its width given; raises UsageError for a layer that has no word.

    >>> from seqloom.layers import EchoState
    >>> print(term_of(EchoState(2, 50, depth=2)))
    esn(50, depth=2)
    """
    if isinstance(layer, Bidirectional):
        ahead, back = term_of(layer.forward_layer), term_of(layer.backward_layer)
        if ahead == back:
            return replace(ahead, bidirectional=True)
    for name, word in WORDS.items():
        options = word.recognise(layer)
        if options is not None:
            return Term(name, word.width(layer), tuple(options.items()))
    raise UsageError(f"No word of a specification builds this {type(layer).__name__}: {layer}")


def _last_norm(layer: SequenceLayer) -> NormKind | None:
    """The kind of norm that stands after ``layer`` where it is the last one."""
    one_way = layer.forward_layer if isinstance(layer, Bidirectional) else layer
    return one_way.last_norm if isinstance(one_way, Block) else None


def _one_way(term: Term, layer: SequenceLayer) -> CausalLayer:
    if not isinstance(layer, CausalLayer):
        raise UsageError(f"{term}: this layer sees both ways by itself. Leave 'bidirectional' out.")
    return layer


def text_of(value: Value) -> str:
    """A value as the grammar writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, int | float):
        return str(value.value) if value else "none"
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent over the tokens; every error has the text and a caret under the place."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAXIMUM_TEXT:
            raise UsageError(f"A specification has at most {MAXIMUM_TEXT} characters; this one has {len(text)}.")
        self.tokens = [*self._tokens(), _Token("end", "", len(text))]
        self.next = 0

    def _tokens(self) -> Iterator[_Token]:
        position = 0
        while self.text[position:].strip():
            match = TOKEN.match(self.text, position)
            if match is None:
                start = position + len(self.text[position:]) - len(self.text[position:].lstrip())
                self.fail(f"{self.text[start]!r} has no meaning here.", start)
            kind = str(match.lastgroup)
            yield _Token(kind, match[kind], match.start(kind))
            position = match.end()

    def fail(self, problem: str, position: int) -> NoReturn:
        raise UsageError(f"{problem}\n  {self.text}\n  {' ' * position}^")

    def peek(self) -> _Token:
        return self.tokens[self.next]

    def take(self, sign: str) -> bool:
        """Step over ``sign`` if it comes next."""
        found = self.peek().kind == "sign" and self.peek().text == sign
        self.next += found
        return found

    def expect(self, kind: str, what: str) -> _Token:
        token = self.peek()
        if token.kind != kind:
            self.fail(
                f"Expected {what}, found {token.text!r}." if token.text else f"Expected {what}.",
                token.position,
            )
        self.next += 1
        return token

    def integer(self, what: str, maximum: int) -> int:
        token = self.expect("number", what)
        if not token.text.isdecimal() or not 1 <= int(token.text) <= maximum:
            self.fail(f"Expected {what} in digits, from 1 to {maximum}, found {token.text}.", token.position)
        return int(token.text)

    def real(self) -> float:
        token = self.expect("number", "a number")
        if abs(float(token.text)) > LARGEST_NUMBER:
            self.fail(f"Expected a number up to {LARGEST_NUMBER:g}, found {token.text}.", token.position)
        return float(token.text)

    def spec(self) -> Spec:
        terms = [self.term()]
        while self.take("+"):
            terms.append(self.term())
        end = self.peek()
        if end.kind != "end":
            self.fail(f"Expected '+' or the end, found {end.text!r}.", end.position)
        layers = sum(term.count for term in terms)
        if layers > MAXIMUM_LAYERS:
            self.fail(f"A model has at most {MAXIMUM_LAYERS} layers; this one has {layers}.", 0)
        return Spec(tuple(terms))

    def term(self) -> Term:
        count = 1
        if self.peek().kind == "number":
            count = self.integer("a number of layers", MAXIMUM_LAYERS)
            if not self.take("*"):
                self.fail(f"Expected '*' after the number of layers, as in {count}*lstm.", self.peek().position)
        name = self.word()
        width, given = self.brackets(name) if self.take("(") else (None, {})
        options = {**{key: option.default for key, option in WORDS[name].options.items()}, **given}
        both_ways = self.peek().kind == "word"
        if both_ways and self.expect("word", "").text != "bidirectional":
            token = self.tokens[self.next - 1]
            hint = did_you_mean(token.text, ["bidirectional"])
            self.fail(f"Expected 'bidirectional', '+' or the end, found {token.text!r}.{hint}", token.position)
        return Term(name, width, tuple(options.items()), count, both_ways)

    def word(self) -> str:
        token = self.expect("word", f"a layer ({', '.join(WORDS)})")
        if token.text not in WORDS:
            hint = did_you_mean(token.text, WORDS)
            self.fail(f"No layer is called {token.text!r}; there are {', '.join(WORDS)}.{hint}", token.position)
        return token.text

    def brackets(self, name: str) -> tuple[int | None, Mapping[str, Value]]:
        width: int | None = None
        options: dict[str, Value] = {}
        if self.take(")"):
            return width, options
        if self.peek().kind == "number":
            width = self.integer("a width", MAXIMUM_WIDTH)
        else:
            options.update([self.option(name, options)])
        while self.take(","):
            options.update([self.option(name, options)])
        if not self.take(")"):
            self.fail("Expected ',' or ')'.", self.peek().position)
        return width, options

    def option(self, name: str, given: Mapping[str, Value]) -> tuple[str, Value]:
        known = WORDS[name].options
        key = self.expect("word", f"an option ({', '.join(known)})")
        if key.text not in known:
            hint = did_you_mean(key.text, known)
            self.fail(f"{name} has no option {key.text!r}; it has {', '.join(known)}.{hint}", key.position)
        if key.text in given:
            self.fail(f"The option {key.text!r} is given twice.", key.position)
        if not self.take("="):
            self.fail(f"Expected '=' after {key.text!r}.", self.peek().position)
        return key.text, self.value(known[key.text].kind)

    def value(self, kind: type) -> Value:
        if kind is int:
            return self.integer("a whole number", MAXIMUM_WIDTH)
        if kind is float:
            return self.real()
        choices = {"true": True, "false": False} if kind is bool else {str(one.value): one for one in kind}  # type: ignore[attr-defined]
        token = self.expect("word", f"one of {', '.join(choices)}")
        if token.text not in choices:
            hint = did_you_mean(token.text, choices)
            self.fail(f"Expected one of {', '.join(choices)}, found {token.text!r}.{hint}", token.position)
        return choices[token.text]
