"""The grammar of specifications.

spec = [front '+'] term {'+' term} ['+' pool] ['with' key '=' value {key '=' value}]
spec = front ['+' pool]
front = word ['(' [INT] {',' key '=' value} ')']
term = [INT '*'] word ['(' [INT] {',' key '=' value} ')'] ['bidirectional']
pool = 'pool' '(' kind {',' key '=' value} ')'
pair = spec '->' [INT '*'] decoder ['(' [INT] {',' key '=' value} ')']

INT in brackets is the width (default: the width of the input), ``n*`` stands for n such layers, ``+`` for one layer
after the other. Each layer maps from the width it is given to its own. A front, ``grid(64)`` or ``patches(8)``, reads
pictures; it stands first. ``pool(mean)`` and its kin end the steps: what
is left is one vector for a row. After ``with`` stands what is between the layers: ``dropout`` and ``residual``
connections. After ``->`` stands the decoder that writes what an encoder has read, ``n*`` for n layers in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from seqloom.errors import UsageError, did_you_mean
from seqloom.layers.decoder_spec import ARROW, DecoderTerm, EncoderDecoderSpec
from seqloom.layers.spec import MAXIMUM_LAYERS, FrontTerm, Pool, Spec, Term
from seqloom.layers.words import WORDS, Value
from seqloom.layers.words.decoders import DECODERS
from seqloom.layers.words.fronts import FRONTS
from seqloom.layers.words.pooling import POOL, POOLINGS
from seqloom.layers.words.word import Option

__all__ = ["parse_encoder_decoder", "parse_spec"]

WITH = "with"
BETWEEN: Mapping[str, Option] = {"dropout": Option(None, float), "residual": Option(None, bool)}
MAXIMUM_WIDTH = 65536
MAXIMUM_TEXT = 1000
LARGEST_NUMBER = 1e6
TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)|(?P<word>[A-Za-z][\w-]*)|(?P<sign>->|[*+(),=]))"
)


def parse_spec(text: str) -> Spec:
    """Read a specification; raises UsageError that points at the place.

    >>> str(parse_spec("2 * gru( 64, reset=before ) + lstm"))
    '2*gru(64, reset=before) + lstm'
    """
    return _Parser(text).spec()


def parse_encoder_decoder(text: str) -> EncoderDecoderSpec:
    """Read the specification of an encoder and a decoder; raises UsageError that points at the place.

    >>> str(parse_encoder_decoder("2*gru( 256 ) bidirectional -> luong( 256, score=additive )"))
    '2*gru(256) bidirectional -> luong(256, score=additive)'
    """
    return _Parser(text).pair()


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

    def pair(self) -> EncoderDecoderSpec:
        encoder = self.spec(ARROW)
        self.next += 1
        decoder = self.decoder()
        if self.peek().kind != "end":
            self.fail(f"Expected the end after {decoder}, found {self.peek().text!r}.", self.peek().position)
        return EncoderDecoderSpec(encoder, decoder)

    def decoder(self) -> DecoderTerm:
        count = self.count("luong")
        token = self.expect("word", f"a decoder ({', '.join(DECODERS)})")
        if token.text not in DECODERS:
            hint = did_you_mean(token.text, DECODERS)
            self.fail(f"No decoder is called {token.text!r}; there are {', '.join(DECODERS)}.{hint}", token.position)
        known = DECODERS[token.text].options
        width, given = self.brackets(token.text, known)
        return DecoderTerm(token.text, width, _all_options(known, given), count)

    def spec(self, end: str = "") -> Spec:
        """A specification up to ``end``, a sign, or that of the text."""
        front, pooling = self.front(), None
        terms = [] if front else [self.term()]
        while pooling is None and self.take("+"):
            if self.peek().text == POOL:
                pooling = self.pool()
            else:
                terms.append(self.term())
        between: dict[str, Any] = self.between() if self.peek().text == WITH else {}
        last, closing = self.peek(), f"{end!r}" if end else "the end"
        if last.text != end:
            expected = f"'{WITH}' or {closing} after {pooling}" if pooling else f"'+', '{WITH}' or {closing}"
            self.fail(f"Expected {expected}, found {last.text!r}.", last.position)
        spec = Spec(tuple(terms), **between, pooling=pooling, front=front)
        if spec.layers > MAXIMUM_LAYERS:
            self.fail(f"A model has at most {MAXIMUM_LAYERS} layers; this one has {spec.layers}.", 0)
        return spec

    def front(self) -> FrontTerm | None:
        """What reads pictures, if the next word does."""
        name = self.peek().text
        if name not in FRONTS:
            return None
        self.next += 1
        number, given = self.brackets(name, FRONTS[name].options)
        return FrontTerm(name, number or FRONTS[name].usual, _all_options(FRONTS[name].options, given))

    def between(self) -> dict[str, Value]:
        self.next += 1
        found = dict([self.option(WITH, BETWEEN, {})])
        while self.peek().kind == "word":
            found.update([self.option(WITH, BETWEEN, found)])
        return found

    def pool(self) -> Pool:
        self.next += 1
        if not self.take("("):
            self.fail(f"Expected '(' and one of {', '.join(POOLINGS)}.", self.peek().position)
        kind = self.choice(POOLINGS)
        known, options = POOLINGS[kind].options, dict[str, Value]()
        while self.take(","):
            options.update([self.option(f"{POOL}({kind})", known, options)])
        if not self.take(")"):
            self.fail("Expected ',' or ')'.", self.peek().position)
        return Pool(kind, _all_options(known, options))

    def term(self) -> Term:
        count, name = self.count("lstm"), self.word()
        width, given = self.brackets(name, WORDS[name].options)
        both_ways = self.peek().kind == "word" and self.peek().text != WITH
        if both_ways and self.expect("word", "").text != "bidirectional":
            token = self.tokens[self.next - 1]
            hint = did_you_mean(token.text, ["bidirectional", WITH])
            expected = f"'bidirectional', '+', '{WITH}' or the end"
            self.fail(f"Expected {expected}, found {token.text!r}.{hint}", token.position)
        return Term(name, width, _all_options(WORDS[name].options, given), count, both_ways)

    def count(self, example: str) -> int:
        if self.peek().kind != "number":
            return 1
        count = self.integer("a number of layers", MAXIMUM_LAYERS)
        if not self.take("*"):
            self.fail(f"Expected '*' after the number of layers, as in {count}*{example}.", self.peek().position)
        return count

    def word(self) -> str:
        token = self.expect("word", f"a layer ({', '.join(WORDS)})")
        if token.text in FRONTS:
            self.fail(
                f"{token.text} reads pictures, so it stands once and first, as in grid(64) + gru(128).", token.position
            )
        if token.text == POOL:
            self.fail(f"{POOL} stands once, after the last layer, as in lstm + pool(mean).", token.position)
        if token.text not in WORDS:
            hint = did_you_mean(token.text, [*WORDS, *FRONTS, POOL])
            self.fail(f"No layer is called {token.text!r}; there are {', '.join(WORDS)}.{hint}", token.position)
        return token.text

    def brackets(self, name: str, known: Mapping[str, Option]) -> tuple[int | None, Mapping[str, Value]]:
        width: int | None = None
        options: dict[str, Value] = {}
        if not self.take("(") or self.take(")"):
            return width, options
        if self.peek().kind == "number":
            width = self.integer("a width", MAXIMUM_WIDTH)
        else:
            options.update([self.option(name, known, options)])
        while self.take(","):
            options.update([self.option(name, known, options)])
        if not self.take(")"):
            self.fail("Expected ',' or ')'.", self.peek().position)
        return width, options

    def option(self, name: str, known: Mapping[str, Option], given: Mapping[str, Value]) -> tuple[str, Value]:
        key = self.expect("word", f"an option ({', '.join(known) or 'there are none'})")
        if key.text not in known:
            hint = did_you_mean(key.text, known)
            there = ", ".join(known) or "none"
            self.fail(f"{name} has no option {key.text!r}; it has {there}.{hint}", key.position)
        if key.text in given:
            self.fail(f"The option {key.text!r} is given twice.", key.position)
        if not self.take("="):
            self.fail(f"Expected '=' after {key.text!r}.", self.peek().position)
        place, value = self.peek().position, self.value(known[key.text].kind)
        if known is BETWEEN and isinstance(value, float) and not 0 <= value < 1:
            self.fail(f"dropout is a share from 0 to below 1, found {value:g}.", place)
        return key.text, value

    def value(self, kind: type) -> Value:
        if kind is int:
            return self.integer("a whole number", MAXIMUM_WIDTH)
        if kind is float:
            return self.real()
        choices = {"true": True, "false": False} if kind is bool else {str(one.value): one for one in kind}  # type: ignore[attr-defined]
        return choices[self.choice(choices)]

    def choice(self, words: Collection[str]) -> str:
        """One of ``words``."""
        token = self.expect("word", f"one of {', '.join(words)}")
        if token.text not in words:
            hint = did_you_mean(token.text, words)
            self.fail(f"Expected one of {', '.join(words)}, found {token.text!r}.{hint}", token.position)
        return token.text


def _all_options(known: Mapping[str, Option], given: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Every option, given or default."""
    return tuple({**{key: option.default for key, option in known.items()}, **given}.items())
