"""Bits per character on texts of known entropy: the table, --json and Python agree, and all are near the truth."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from seqloom import LanguageModel, TrainingSettings
from tests.apps.running import Command

HEADS = 0.9


def fair_coins(seed: int) -> str:
    """A coin a line."""
    return "".join([f"{'HT'[k]}\n" for k in np.random.default_rng(seed).integers(2, size=30_000)])


def biased_coins(seed: int) -> str:
    """One stream of coins, a space after each."""
    return "".join([f"{'TH'[int(k < HEADS)]} " for k in np.random.default_rng(seed).random(30_000)])


def chinese(seed: int) -> str:
    """30,000 characters without spaces: one of sixteen, each as likely."""
    letters = [chr(0x4E00 + 37 * k) for k in range(16)]
    return "".join([letters[k] for k in np.random.default_rng(seed).integers(16, size=30_000)])


def odds(text: str) -> float:
    """Bits of the biased coins of a text by their true odds."""
    return -text.count("H") * math.log2(HEADS) - text.count("T") * math.log2(1 - HEADS)


SOURCES = {
    "fair coins": (fair_coins, lambda text: text.count("\n")),
    "biased coins": (biased_coins, odds),
    "chinese": (chinese, lambda text: 4.0 * len(text)),
}
FAST = [("words", "chinese", "file")]
CASES = [
    pytest.param(*case, marks=() if case in FAST else pytest.mark.slow)
    for case in [(t, s, d) for t in ("characters", "bytes", "words", "bpe") for s in SOURCES for d in ("file", "line")]
]


@pytest.mark.parametrize(("tokens", "source", "document"), CASES)
def test_figures_are_true_and_agree(command: Command, tmp_path: Path, tokens: str, source: str, document: str) -> None:
    text_of, bits_of = SOURCES[source]
    (tmp_path / "learned.txt").write_text(text_of(0), encoding="utf-8")
    (tmp_path / "other.txt").write_text(text_of(1), encoding="utf-8")
    training = TrainingSettings(learning_rate=0.01, steps=2000 if tokens == "bytes" else 700, epochs=None, device="cpu")
    size = 259 if tokens == "bpe" else None
    model = LanguageModel(
        "gru(16)", tokens, document, vocabulary_size=size, dropout=0.0, batch_size=32, window=16, training=training
    ).fit(tmp_path / "learned.txt")
    model.save(tmp_path / "model")

    record = json.loads(command("evaluate", tmp_path / "model", tmp_path / "other.txt", "--json").out)
    table = command("evaluate", tmp_path / "model", tmp_path / "other.txt").out
    python = model.evaluate(tmp_path / "other.txt").to_mapping()
    header, *rows = [line.split() for line in table.splitlines()]
    shown = dict(zip(header[1:], next(row for row in rows if row[0] == str(tmp_path / "model"))[1:], strict=True))
    for column in ("nats/character", "bits/character", "nats/token"):
        name = column.replace("/", "_per_")
        assert float(shown[column]) == pytest.approx(record[name], abs=6e-4)
        assert record[name] == pytest.approx(python[name], rel=1e-6)
    assert float(shown["perplexity"].replace(",", "")) == pytest.approx(record["perplexity"], abs=6e-3)

    text = text_of(1)
    characters = len(text.replace("\n", "") if document == "line" else text)
    assert record["characters"] == characters
    assert record["bits_per_character"] == pytest.approx(bits_of(text) / characters, rel=0.02)
