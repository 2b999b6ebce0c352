"""Made news with the names of persons, places and organisations tagged; most names come once, so context must tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np

from seqloom.data.draws import Purpose, generator
from seqloom.data.made.words import made_name, some, words

__all__ = ["made_tagged"]

_SENTENCES: Final = (
    "{PER} flew from {LOC} to {LOC} on {day} .",
    "{ORG} said on {day} that it would hire {number} people in {LOC} .",
    "Shares of {ORG} {rose} {number} percent after {PER} left .",
    "The {role} of {ORG} , {PER} , was born in {LOC} .",
    "{PER} beat {PER} in the final at {LOC} .",
    "It rained in {LOC} for {number} days , said {PER} .",
    "Last {day} , {ORG} and {ORG} {agreed} to build a bridge near {LOC} .",
    "{PER} , a {role} from {LOC} , joined {ORG} .",
    '" We {rose} faster than {ORG} , " {PER} told reporters .',
    "The road to {LOC} is closed until {day} .",
    "Nobody from {ORG} could be reached on {day} .",
    "Prices {rose} by {number} percent in {month} .",
    "The {role} did not answer questions on {day} .",
)
_FIRST_NAMES: Final = words("Anna Bela Carl Dora Emil Fatima Georg Hana Ivan Jana Karim Lena Mara Nils Olga Pavel")
_WORDS: Final = {
    "day": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "month": words("January March April June August November"),
    "rose": words("rose fell grew climbed dropped"),
    "agreed": words("agreed refused planned decided"),
    "role": words("director minister captain lawyer engineer spokesman nurse judge"),
}
_SLOT: Final = re.compile(r"\{(\w+)\}")


def made_tagged(rows: int, seed: int) -> list[list[tuple[str, str]]]:
    """``rows`` sentences of pairs of token and tag (IOB2: PER, LOC, ORG); a function of both arguments.

    >>> " ".join(f"{token}/{tag}" for token, tag in made_tagged(1, seed=8)[0])
    'Isirorlin/B-PER flew/O from/O Oselsk/B-LOC to/O Morelan/B-LOC on/O Saturday/O ./O'
    """
    draw = generator(seed, Purpose.MADE)
    return [_sentence(draw) for _ in range(rows)]


def _sentence(draw: np.random.Generator) -> list[tuple[str, str]]:
    tagged: list[tuple[str, str]] = []
    for word in some(draw, _SENTENCES).split():
        slot = _SLOT.fullmatch(word)
        if slot is None:
            tagged.append((word, "O"))
        elif slot[1] in _NAMES:
            tokens = _NAMES[slot[1]](draw).split()
            tagged += [(token, f"{'I' if place else 'B'}-{slot[1]}") for place, token in enumerate(tokens)]
        elif slot[1] == "number":
            tagged.append((str(draw.integers(2, 90)), "O"))
        else:
            tagged.append((some(draw, _WORDS[slot[1]]), "O"))
    return tagged


def _person(draw: np.random.Generator) -> str:
    title = (
        some(draw, ("Mr ", "Ms ")) if draw.random() < 0.15 else f"{some(draw, _FIRST_NAMES)} " * (draw.random() < 0.8)
    )
    return f"{title}{made_name(draw)}"


def _place(draw: np.random.Generator) -> str:
    return some(draw, ("{}", "{}", "{}", "Port {}", "New {}", "{} Bay")).format(made_name(draw))


def _organisation(draw: np.random.Generator) -> str:
    forms = ("{}", "{} Group", "{} Bank", "{} United", "University of {}", "{} and Sons")
    return some(draw, forms).format(made_name(draw))


_NAMES: Final[dict[str, Callable[[np.random.Generator], str]]] = {"PER": _person, "LOC": _place, "ORG": _organisation}
