"""One answer explained: what is asked for, and what an example looks like, are those of the task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom import Classifier, Forecaster, Recognizer, Regressor, Seq2Seq, Tagger
from seqloom.inspection.report import Coloured, Figure
from seqloom.tasks.inspecting.explained import Explained, explain, section
from seqloom.tasks.inspecting.looking_back import memory_of
from seqloom.tasks.inspecting.subject import Pixels

BRIEF: dict[str, Any] = {"steps": 2, "epochs": None, "device": "cpu"}
TEXTS = ["a red cat", "the blue dog", "one cat", "a big blue cat and a dog"] * 6
SERIES = [np.random.default_rng(seed).normal(size=(9 + seed % 4, 2)).astype(np.float32) for seed in range(24)]
PICTURES = [np.random.default_rng(seed).integers(0, 255, (8, 12, 3), dtype=np.uint8) for seed in range(24)]
VIDEOS = [np.stack([one] * 3) for one in PICTURES]
SALES = np.sin(np.arange(120.0))

Case = tuple[Any, Any, Any, str, list[str] | None, Callable[[Any], bool]]
CASES: dict[str, Case] = {
    "a text": (
        Classifier("gru(4)", tokens="words", training=BRIEF),
        *(TEXTS, ["x", "y"] * 12, "The answer is '", ["a", "red", "cat"], lambda looks: looks is None),
    ),
    "a series": (
        Classifier("gru(4)", training=BRIEF),
        *(SERIES, ["x", "y"] * 12, "The answer is '", None, lambda looks: np.array_equal(looks, SERIES[0])),
    ),
    "a picture": (
        Classifier("patches(4) + gru(4)", training=BRIEF),
        *(PICTURES, ["x", "y"] * 12, "The answer is '", ["row 1, column 1", "row 1, column 2", "row 1, column 3"]),
        lambda looks: isinstance(looks, Pixels) and (looks.rows, looks.columns) == (2, 3),
    ),
    "a video": (
        Classifier("patches(4) + gru(4)", training=BRIEF),
        *(VIDEOS, ["x", "y"] * 12, "The answer is '", ["frame 1, row 1, column 1"]),
        lambda looks: isinstance(looks, Pixels) and np.array_equal(looks.frames, VIDEOS[0]),
    ),
    "rows of a picture": (
        Classifier("rows + gru(4)", training=BRIEF),
        *(PICTURES, ["x", "y"] * 12, "The answer is '", ["step 0"], lambda looks: looks.shape == (8, 36)),
    ),
    "a number": (
        Regressor("gru(4)", training=BRIEF),
        *(SERIES, [float(len(row)) for row in SERIES], "The model says the number, in deviations from the mean:"),
        *(None, lambda looks: looks.shape == (9, 2)),
    ),
    "a tag": (
        Tagger("gru(4)", training=BRIEF),
        *([text.split() for text in TEXTS], [["T"] * (len(text.split()) - 1) + ["U"] for text in TEXTS]),
        *("The likeliest tag of the step is '", ["a", "red", "cat"], lambda looks: looks is None),
    ),
    "a translation": (
        Seq2Seq("gru(4) -> luong(4)", embedding=4, source_tokens="characters", training=BRIEF),
        *(TEXTS, [text[::-1] for text in TEXTS], "The first token that it writes is '", list("a red cat")),
        lambda looks: looks is None,
    ),
    "a forecast": (
        Forecaster("gru(4)", horizon=3, training=BRIEF),
        *([SALES], None, "The model says the move of column 0 1 step ahead, in usual moves:", None),
        lambda looks: np.array_equal(looks[-1], SALES[118:119]),
    ),
}


def explained(name: str) -> Explained:
    model, X, y, *_ = CASES[name]
    return explain(model.clone().fit(X, y, validation=0.0, progress=False).subject(X, y), 0)


@pytest.mark.parametrize("name", CASES)
def test_what_is_asked_for_and_what_it_looks_like(name: str) -> None:
    pytest.importorskip("matplotlib")
    said, pieces, right = CASES[name][3:]
    found = explained(name)
    assert found.said.startswith(said)
    assert len(found.pieces) == len(found.integrated.steps)
    assert pieces is None or list(found.pieces[: len(pieces)]) == pieces
    assert right(found.looks)
    shown = section(found, "").shown[0]
    assert isinstance(shown, Coloured if found.looks is None else Figure)
    assert f"for {found.output}" in str(shown) or shown._repr_html_().startswith("<figure>")


def test_of_frames_the_surest_token_is_explained() -> None:
    model = Recognizer("gru(4)", tokens="characters", training=BRIEF)
    found = explain(model.fit(SERIES, ["a", "b a"] * 12, validation=0.0, progress=False).subject(SERIES), 0)
    assert found.said.startswith("The likeliest token of the frame is '")
    scores = torch.tensor([[0.0, 0.0, 9.0], [3.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert model._explained(model.facts_).step(scores) == 1


def test_a_forecaster_is_judged_by_how_much_of_the_past_is_left() -> None:
    season = np.tile([0.0, 1.0, 5.0, 2.0, 9.0, 4.0], 30) + np.random.default_rng(0).normal(size=180) / 50
    model = Forecaster("gru(8)", horizon=2, past=24, season=6, training={"epochs": 40, "device": "cpu"})
    contexts = memory_of(model.fit([season], progress=False).subject([season])).contexts
    assert contexts["cut"].losses[-1] < contexts["cut"].losses[0]
    assert 2 <= contexts["cut"].used() <= 16


def test_frames_of_sounds_are_looked_at_as_they_are_read(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from seqloom.inspection.attributed import draw_over_series

    values, steps = np.random.default_rng(0).normal(size=(30, 40)), np.linspace(-1, 1, 30)
    draw_over_series(values, steps, "$x$", tmp_path / "frames.svg")
    assert "<image" in (tmp_path / "frames.svg").read_text()
