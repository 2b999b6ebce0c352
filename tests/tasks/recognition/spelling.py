"""Series that spell words, a few noisy steps for each letter, and a recogniser that has learned to read them."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import torch
from torch import Tensor

from seqloom.tasks.recognition.recognizer import Recognizer

WORDS = ("abba", "cab", "bad")
LETTERS = " abcd"


def series(text: str, seed: int = 0, noise: float = 0.3) -> Tensor:
    """(T, 5): two or three steps for each character, and a silent one after it."""
    draw = random.Random(f"{text}{seed}")
    rows = []
    for character in text:
        rows += [torch.eye(5)[LETTERS.index(character)]] * draw.randint(2, 3) + [torch.zeros(5)]
    generator = torch.Generator().manual_seed(seed)
    return torch.stack(rows) + noise * torch.randn(len(rows), 5, generator=generator)


def spelt(count: int, seed: int = 0) -> tuple[list[Tensor], list[str]]:
    """Series of one to three words, and their texts."""
    draw = random.Random(seed)
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(1, 3))) for _ in range(count)]
    return [series(text, seed + place) for place, text in enumerate(texts)], texts


def recognizer(spec: str = "conv(16, width=3)", **more: Any) -> Recognizer:
    training = {"steps": 150, "epochs": None, "device": "cpu", "learning_rate": 0.03, **more.pop("training", {})}
    return Recognizer(
        spec, **{"tokens": "characters", "batch_size": 8, "dropout": 0.0, "noise": 0.0, **more}, training=training
    )


@cache
def reader() -> Recognizer:
    """One that reads well; whoever changes it takes a copy."""
    return recognizer(language_model="ngram", beam=8).fit(*spelt(60), progress=False)
