"""Every specification that a page, a docstring or a help text shows can be built, and runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from seqloom.layers import CausalLayer, parse_encoder_decoder, parse_spec
from seqloom.layers.words import WORDS
from seqloom.layers.words.decoders import DECODERS

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")])
QUOTED = re.compile(r"`([^`\n]+)`|\"([^\"\n]+)\"")
WORD = "|".join(sorted(WORDS, key=len, reverse=True))
SPECIFICATION = re.compile(rf"(\d+\*)?({WORD})(?![\w-])(\([^(){{}}…]*\))?( bidirectional)?( \+ [^>]+)?( with [^>]+)?")
PAIR = re.compile(rf"{SPECIFICATION.pattern} -> (\d+\*)?({'|'.join(DECODERS)})(\([^(){{}}…]*\))?")
INPUTS = re.compile(r"inputs of (\d+)|\.build\((?:in_features=)?(\d+)|in_features=(\d+)")
ANY_WIDTH = (64, 67)
"""The embedding of a text without a width of its own is as wide as its vocabulary, whatever that is."""
LARGE = 10_000_000


def documented() -> Iterator[tuple[str, int]]:
    """Specifications of more than one bare word, with the widths of input that their line tells, or any."""
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            told = [int(next(filter(None, found.groups()))) for found in INPUTS.finditer(line)]
            for match in QUOTED.finditer(line):
                text = match[1] or match[2]
                if text not in WORDS and SPECIFICATION.fullmatch(text):
                    yield from ((text, width) for width in told or ANY_WIDTH)


FOUND = sorted(set(documented()))


def test_the_pages_show_some() -> None:
    shown = {text for text, _ in FOUND}
    assert "positions(kind=learned, length=512) + 4*transformer(positions=none)" in shown
    assert any(text.startswith("32*transformer(4096") for text in shown)
    assert len(shown) > 30


def documented_pairs() -> list[str]:
    lines = (line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines())
    texts = {match[1] or match[2] for line in lines for match in QUOTED.finditer(line)}
    return sorted(filter(PAIR.fullmatch, texts))


@pytest.mark.parametrize("text", documented_pairs())
def test_an_encoder_and_a_decoder_that_the_pages_show_run(text: str) -> None:
    with torch.device("meta"):
        encoder, decoder = parse_encoder_decoder(text).build(512, 512)
        memory, _ = encoder(torch.zeros(2, 3, 512))
        y, _ = decoder(torch.zeros(2, 2, 512), decoder.initial_state(2, memory=memory))
    assert y.shape == (2, 2, decoder.out_features)


@pytest.mark.parametrize(("text", "width"), FOUND)
def test_what_the_pages_show_runs(text: str, width: int) -> None:
    read = parse_spec(text).bounded(128)
    spec = replace(read, pooling=None)
    dropout = 0.1 if spec.layers > 1 and spec.dropout is None else None
    if read.pooling:
        assert read.build_pooled(width, dropout)(torch.zeros(2, 3, width)).shape[0] == 2
    with torch.device("meta"):
        model = spec.build(width, dropout=dropout)
    large = sum(p.numel() for p in model.parameters()) > LARGE
    if not large:
        model = spec.build(width, dropout=dropout)
    x = torch.zeros(2, 3, width, device="meta" if large else "cpu")
    y, state = model(x)
    steps = model.lengths_after(torch.tensor([3]))
    assert steps is not None
    assert y.shape == (2, int(steps), model.out_features)
    if isinstance(model, CausalLayer) and not large:
        assert model.step(x[:, 0], state)[0].shape == (2, model.out_features)
