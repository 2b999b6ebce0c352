"""Models in words: a specification builds layers, and layers have a specification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from seqloom.errors import UsageError
from seqloom.layers.bidirectional import Bidirectional
from seqloom.layers.blocks.block import Block
from seqloom.layers.front import Front
from seqloom.layers.fronts.picture import PictureFront
from seqloom.layers.norm import NormKind
from seqloom.layers.pooling import Pooled, Pooling
from seqloom.layers.protocol import CausalLayer, SequenceLayer
from seqloom.layers.stack import Stack, stack
from seqloom.layers.unchanged import Unchanged
from seqloom.layers.words import WORDS, Option, Value
from seqloom.layers.words.fronts import FRONTS
from seqloom.layers.words.pooling import POOL, POOLINGS

__all__ = [
    "MAXIMUM_LAYERS",
    "FrontTerm",
    "Pool",
    "Spec",
    "Term",
    "changed",
    "front_of",
    "pool_of",
    "spec_of",
    "term_of",
    "text_of",
]

MAXIMUM_LAYERS = 64


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
        width = [str(self.width)] if self.width else []
        inside = ", ".join([*width, *changed(self.options, WORDS[self.word].options)])
        count = f"{self.count}*" if self.count > 1 else ""
        return f"{count}{self.word}{f'({inside})' if inside else ''}{' bidirectional' if self.bidirectional else ''}"


@dataclass(frozen=True)
class FrontTerm:
    """The beginning of a specification that reads pictures; ``options`` holds every option, given or default."""

    word: str
    number: int
    options: tuple[tuple[str, Value], ...]

    def build(self, size: tuple[int, int, int]) -> PictureFront:
        """The front, for pictures of ``size`` (H, W, C)."""
        try:
            return FRONTS[self.word].build(size, self.number, dict(self.options))
        except UsageError as error:
            raise UsageError(f"{self}: {error}") from error

    def __str__(self) -> str:
        return f"{self.word}({', '.join([str(self.number), *changed(self.options, FRONTS[self.word].options)])})"


@dataclass(frozen=True)
class Pool:
    """The end of a specification, ``pool(kind)``; ``options`` holds every option, given or default."""

    kind: str
    options: tuple[tuple[str, Value], ...]

    def build(self, body: SequenceLayer) -> Pooling:
        """The pooling of what ``body`` gives."""
        try:
            return POOLINGS[self.kind].build(body, dict(self.options))
        except UsageError as error:
            raise UsageError(f"{self}: {error}") from error

    def __str__(self) -> str:
        return f"{POOL}({', '.join([self.kind, *changed(self.options, POOLINGS[self.kind].options)])})"


@dataclass(frozen=True)
class Spec:
    """A parsed specification; ``str`` prints it in normal form.

    ``dropout`` and ``residual`` are those of the stack, None where the words leave them open. ``pooling`` is what ends
    the steps, None where each of them has an output: the former is for ``build_pooled``, the latter for ``build``.
    ``front`` reads pictures before the first layer; it is built by itself, and ``rest`` then reads what it gives.
    """

    terms: tuple[Term, ...]
    dropout: float | None = None
    residual: bool | None = None
    pooling: Pool | None = None
    front: FrontTerm | None = None

    @property
    def rest(self) -> Spec:
        """The same without its front.

        >>> from seqloom.layers import parse_spec
        >>> spec = parse_spec("patches(4, features=8) + gru(16) + pool(last)")
        >>> front = spec.front.build((8, 8, 1))
        >>> front.cells, spec.rest.build_pooled(front.out_features).out_features
        (4, 16)
        """
        return replace(self, front=None)

    @property
    def layers(self) -> int:
        """How many layers it builds."""
        return sum(term.count for term in self.terms)

    def build(self, in_features: int, dropout: float | None = None, residual: bool | None = None) -> Stack:
        """The layers, for inputs of ``in_features``, with dropout between them and residual connections on demand.

        A last block that normalises before its parts is followed by a norm of the same kind, which is the stack's.
        Raises UsageError for a ``dropout`` or ``residual`` that contradicts the specification's own, and for a
        specification that pools; warns of a dropout without effect, as ``stack`` does.

        >>> from seqloom.layers import parse_spec
        >>> parse_spec("2*lstm(8)").build(3).out_features
        8
        """
        if self.pooling:
            raise UsageError(
                f"{self}: {self.pooling} gives one vector for a whole row, but here each step needs an output of its "
                f"own. Leave '+ {self.pooling}' out."
            )
        if self.front:
            raise UsageError(f"{self}: {self.front} reads pictures, and here are none. Leave '{self.front} +' out.")
        layers: list[SequenceLayer] = [] if self.terms else [Unchanged(in_features)]
        for term in self.terms:
            for _ in range(term.count):
                layers.append(term.build(layers[-1].out_features if layers else in_features))
        share = _agreed("dropout", self.dropout, dropout) or 0.0
        return stack(layers, share, bool(_agreed("residual", self.residual, residual)), _last_norm(layers[-1]))

    def build_pooled(self, in_features: int, dropout: float | None = None, residual: bool | None = None) -> Pooled:
        """The layers as ``build`` makes them, and the pooling after them; UsageError where the words have none.

        >>> from seqloom.layers import parse_spec
        >>> parse_spec("2*gru(8) bidirectional + pool(attention)").build_pooled(3).out_features
        16
        """
        if self.pooling is None:
            raise UsageError(
                f"{self}: this gives an output at every step, but here a row needs one. End it as in "
                f"'{self.pooled('last')}'."
            )
        body = replace(self, pooling=None).build(in_features, dropout, residual)
        return Pooled(body, self.pooling.build(body))

    def pooled(self, kind: str) -> Spec:
        """The same, where it has no pooling of its own with ``pool(kind)`` at its end.

        >>> from seqloom.layers import parse_spec
        >>> print(parse_spec("2*gru(8) with dropout=0.1").pooled("last"))
        2*gru(8) + pool(last) with dropout=0.1
        >>> print(parse_spec("gru(8) + pool(mean)").pooled("last"))
        gru(8) + pool(mean)
        """
        options = {name: option.default for name, option in POOLINGS[kind].options.items()}
        return replace(self, pooling=self.pooling or Pool(kind, tuple(options.items())))

    def bounded(self, window: int) -> Spec:
        """The same, where attention without a window of its own looks back at ``window`` steps.

        >>> from seqloom.layers import parse_spec
        >>> print(parse_spec("lstm(8) + window(3)").bounded(64))
        lstm(8) + window(3)
        """

        def bound(term: Term) -> Term:
            options = dict(term.options)
            causal = options.get("causal", True)
            if causal and "window" in options and options["window"] is None:
                options["window"] = window
            return replace(term, options=tuple(options.items()))

        return replace(self, terms=tuple(map(bound, self.terms)))

    def __repr__(self) -> str:
        return f"parse_spec({str(self)!r})"

    def __str__(self) -> str:
        given = {"dropout": self.dropout, "residual": self.residual}
        words = " ".join(f"{key}={text_of(value)}" for key, value in given.items() if value is not None)
        parts = [part for part in (self.front, *self.terms, self.pooling) if part]
        return " + ".join(map(str, parts)) + (f" with {words}" if words else "")


def spec_of(layer: SequenceLayer | Pooled, front: Front | None = None) -> Spec:
    """The specification that builds ``layer``, or a body and its pooling; raises UsageError where there is none.

    A ``front`` of pictures before it has a word, too.

    >>> from seqloom.layers import parse_spec
    >>> print(spec_of(parse_spec("2*lstm(8) + gru(4)").build(3)))
    2*lstm(8) + gru(4)
    >>> print(spec_of(parse_spec("2*lstm(8)").build(3, dropout=0.5)))
    2*lstm(8) with dropout=0.5
    """
    if isinstance(front, PictureFront):
        return replace(spec_of(layer), front=front_of(front))
    if isinstance(layer, Pooled):
        return replace(spec_of(layer.body), pooling=pool_of(layer.pooling))
    parts: list[SequenceLayer] = list(layer.layers) if isinstance(layer, Stack) else [layer]  # type: ignore[arg-type]
    if isinstance(layer, Stack) and layer.last_norm is not _last_norm(parts[-1]):
        raise UsageError(
            f"A specification builds the last norm {text_of(_last_norm(parts[-1]))} after these layers; this stack has "
            f"{text_of(layer.last_norm)}."
        )
    known = (term_of(part) for part in parts if not isinstance(part, Unchanged))
    terms = tuple(replace(term, count=len(list(run))) for term, run in groupby(known))
    return Spec(terms, layer.dropout.p or None, layer.residual or None) if isinstance(layer, Stack) else Spec(terms)


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
    raise UsageError(f"No word of a specification builds this {type(layer).__name__}.")


def front_of(front: PictureFront) -> FrontTerm:
    """The words of a front of pictures; raises UsageError for one that has none.

    >>> from seqloom.layers.fronts.patches import Patches
    >>> print(front_of(Patches(16, 16, 3, size=4, features=64)))
    patches(4)
    """
    for name, word in FRONTS.items():
        options = word.recognise(front)
        if options is not None:
            return FrontTerm(name, getattr(front, word.kept), tuple(options.items()))
    raise UsageError(f"No word of a specification builds this {type(front).__name__}: {front}")


def pool_of(pooling: Pooling) -> Pool:
    """The words of a pooling; raises UsageError for one that has none.

    >>> from seqloom.layers import AttentionPooling, parse_spec
    >>> print(pool_of(AttentionPooling(parse_spec("gru(4)").build(2), hidden=3)))
    pool(attention, hidden=3)
    """
    for kind, word in POOLINGS.items():
        options = word.recognise(pooling)
        if options is not None:
            return Pool(kind, tuple(options.items()))
    raise UsageError(f"No word of a specification builds this {type(pooling).__name__}: {pooling}")


def _last_norm(layer: SequenceLayer) -> NormKind | None:
    """The kind of norm that stands after ``layer`` where it is the last one."""
    one_way = layer.forward_layer if isinstance(layer, Bidirectional) else layer
    return one_way.last_norm if isinstance(one_way, Block) else None


def _agreed(name: str, written: float | None, given: float | None) -> float | None:
    """What the specification has ``written`` or its builder has ``given``."""
    if written is not None and given is not None and written != given:
        raise UsageError(
            f"The specification has {name}={text_of(written)}, but {text_of(given)} is asked for. Give one of them."
        )
    return given if written is None else written


def _one_way(term: Term, layer: SequenceLayer) -> CausalLayer:
    if not isinstance(layer, CausalLayer):
        raise UsageError(
            f"{term}: this layer does not go step by step in one direction, for it sees both ways by itself or has a "
            "stride. Leave 'bidirectional' out."
        )
    return layer


def changed(options: Iterable[tuple[str, Value]], known: Mapping[str, Option]) -> list[str]:
    """Those that are not the default, as the grammar writes them."""
    return [f"{key}={text_of(value)}" for key, value in options if value != known[key].default]


def text_of(value: Value) -> str:
    """A value as the grammar writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, int | float):
        return str(value.value) if value else "none"
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)
