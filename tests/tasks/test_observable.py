"""Every estimator can be looked into: its rows are read as for a prediction, and what it says is not changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from seqloom import Captioner, Classifier, Forecaster, LanguageModel, Recognizer, Regressor, Seq2Seq, Tagger
from seqloom.errors import UsageError
from seqloom.inspection import Trace, trace
from seqloom.tasks.estimator import NotFittedError
from seqloom.training.settings import TrainingSettings

BRIEF = {"steps": 1, "epochs": None, "device": "cpu"}
TEXTS = [f"{a} {b}" for a in ("a good", "so bad") for b in ("film", "bad film", "end", "one", "day", "man", "cat")]
PIECES = [text.split() for text in TEXTS[:3]]
SERIES = [torch.randn(3 + k % 4, 2, generator=torch.Generator().manual_seed(k)) for k in range(20)]
SENTENCES = [["the", "dog", "barks"], ["a", "cat"], ["dogs", "sleep"], ["the", "cat", "sleeps", "well"]] * 5
PICTURES = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 1), dtype=np.uint8)


class Case(NamedTuple):
    """An estimator that learned from X and y; what to look at, the name of a quantity, and the steps of each row."""

    model: Callable[[], Any]
    X: Any
    y: Any
    data: Any
    name: str
    lengths: list[int]
    steps: list[list[str]] = []
    same: Callable[[Any, Any], Any] | None = None


def same_scores(model: Any, found: Trace) -> None:
    given = model._scores_of(TEXTS[:3]) if isinstance(model, Classifier) else model._scores_of(SERIES[:3])
    np.testing.assert_allclose(found.outputs.double().numpy().squeeze(), np.squeeze(given), rtol=1e-5, atol=1e-6)


CASES = {
    "classifier of texts": Case(
        lambda: Classifier("lstm(8) bidirectional + pool(max)", tokens="words", training=BRIEF),
        TEXTS,
        ["+"] * 7 + ["-"] * 7,
        TEXTS[:3],
        "layers.0.backward_layer.forget_gate",
        [3, 4, 3],
        PIECES,
        same_scores,
    ),
    "regressor of series": Case(
        lambda: Regressor("gru(8) + pool(last)", training=BRIEF),
        SERIES,
        [float(one.mean()) for one in SERIES],
        SERIES[:3],
        "layers.0.update_gate",
        [3, 4, 5],
        same=same_scores,
    ),
    "tagger of words": Case(
        lambda: Tagger("lstm(8)", embedding=8, training=BRIEF),
        SENTENCES,
        [["O"] * len(one) for one in SENTENCES[:-1]] + [["B-x", "O", "O", "O"]],
        SENTENCES[:3],
        "layers.0.cell_state",
        [3, 2, 2],
        SENTENCES[:3],
    ),
    "recognizer": Case(
        lambda: Recognizer("gru(8)", tokens="characters", training=BRIEF),
        SERIES,
        ["a", "b"] * 10,
        SERIES[:3],
        "layers.0.candidate",
        [3, 4, 5],
    ),
    "translator": Case(
        lambda: Seq2Seq("gru(8) -> luong(8)", source_tokens="words", target_tokens="words", training=BRIEF),
        TEXTS,
        TEXTS,
        (TEXTS[:3], TEXTS[:3]),
        "decoder.attention.attention",
        [4, 5, 4],
        PIECES,
    ),
    "captioner": Case(
        lambda: Captioner("grid(8, cell=4) -> luong(8)", embedding=8, batch_size=4, width=1, training=BRIEF),
        PICTURES,
        ["a dark one", "a light one"] * 10,
        (PICTURES[:2], ["a dark one", "a light one"]),
        "decoder.attention.attention",
        [4, 4],
    ),
    "forecaster": Case(
        lambda: Forecaster("gru(4)", horizon=3, training=BRIEF),
        [np.sin(np.arange(60.0))[:, None]] * 2,
        None,
        [np.sin(np.arange(60.0))[:, None]],
        "layers.0.update_gate",
        [60],
    ),
    "language model": Case(
        lambda: LanguageModel(
            "2*lstm(8)", dropout=0.0, batch_size=2, window=8, training=TrainingSettings.from_mapping(BRIEF)
        ),
        ["one two three\nfour\n" * 5],
        None,
        ["one", "two to"],
        "layers.1.forget_gate",
        [5, 8],
        [["<eos>", *"\none"], ["<eos>", *"\ntwo to"]],
    ),
}


SLOW = "regressor of series", "recognizer", "captioner", "forecaster"


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in SLOW else ()) for n in CASES])
def test_an_estimator_is_traced_through_its_reading_of_x(name: str) -> None:
    case = CASES[name]
    model = case.model().fit(case.X, case.y, progress=False)
    found = trace(model, case.data, of=("gates", "states", "attention"))
    (key,) = (key for key in found.quantities if key.endswith(case.name))
    value, lengths = found[key], found.lengths[key]
    assert ([] if lengths is None else lengths.tolist()) == case.lengths
    assert list(found.steps) == case.steps
    for row, length in enumerate(case.lengths):
        assert value[row, :length].any()
        assert not value[row, length:].any()
    if case.same is not None:
        case.same(model, found)


def test_what_is_not_to_be_looked_into_is_refused() -> None:
    with pytest.raises(NotFittedError):
        trace(Classifier(), TEXTS)
    with pytest.raises(UsageError, match="a module of torch or an estimator"):
        trace(SERIES, TEXTS)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="lengths"):
        trace(Classifier(), TEXTS, torch.tensor([1]))
