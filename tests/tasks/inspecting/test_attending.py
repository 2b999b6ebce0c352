"""Maps of attention of every kind of layer: causal, both ways, across, implied; none where nothing looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqloom import Captioner, Classifier, LanguageModel, Recognizer, Seq2Seq
from seqloom.inspection.head_maps import HeadMaps
from seqloom.inspection.report import page
from seqloom.tasks.inspecting import attending
from seqloom.tasks.inspecting.attending import attending_of, section

BRIEF = {"steps": 1, "epochs": None, "device": "cpu"}
TEXTS = ["a red cat", "the blue dog sat", "one cat", "a dog"] * 2
LABELS = ["x", "y"] * 4
SERIES = [np.ones((12, 2), np.float32) * place for place in range(8)]
WORDS = {"tokens": "words", "embedding": 8, "training": BRIEF}
PAIRS = {"source_tokens": "words", "target_tokens": "words", "embedding": 8, "training": BRIEF}
PICTURES = np.zeros((8, 8, 8, 1), np.uint8)
LANGUAGE = {"embedding": 8, "window": 8, "training": BRIEF}
CASES: dict[str, tuple[Any, Any, Any, list[tuple[int, ...]]]] = {
    "causal": (LanguageModel("2*transformer(8)", **LANGUAGE), TEXTS, None, [(4, 81, 81)] * 2),
    "both ways": (Classifier("transformer(8, causal=false, heads=2)", **WORDS), TEXTS, LABELS, [(2, 4, 4)]),
    "implied, signed": (Classifier("retnet(8, heads=2)", **WORDS), TEXTS, LABELS, [(2, 4, 4)]),
    "implied, of units": (Classifier("mingru(8)", **WORDS), TEXTS, LABELS, [(1, 4, 4)]),
    "none": (Classifier("lstm(8)", **WORDS), TEXTS, LABELS, []),
    "across": (Seq2Seq("gru(8) -> luong(8)", **PAIRS), TEXTS, TEXTS, [(1, 5, 4)]),
    "across, heads": (
        Seq2Seq("transformer(8, causal=false, heads=2) -> transformer(8, heads=2)", **PAIRS),
        TEXTS,
        TEXTS,
        [(2, 4, 4), (2, 5, 5), (2, 5, 4)],
    ),
    "one vector": (Seq2Seq("gru(8) -> bottleneck(8)", **PAIRS), TEXTS, TEXTS, []),
    "of speech": (Recognizer("gru(8) -> luong(8)", training=BRIEF), SERIES, ["ab", "b"] * 4, [(1, 2, 12)]),
    "of pictures": (Captioner("grid(4, cell=4) -> luong(8)", training=BRIEF), PICTURES, ["ab", "b"] * 4, [(1, 2, 4)]),
}
FAST = ("both ways", "implied, signed", "none", "of pictures")


def _maps(name: str) -> list[HeadMaps]:
    model, X, y, _ = CASES[name]
    model = model.clone().fit(X, y, validation=0.0, progress=False)
    subject = None if name == "of pictures" else model.subject(X, y)
    return attending_of(model, X, y, subject, 0 if name == "causal" else 1)


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one not in FAST)) for one in CASES])
def test_each_layer_that_looks_has_maps(name: str) -> None:
    found = _maps(name)
    assert [one.weights.shape for one in found] == CASES[name][-1]
    for one in found:
        assert len(one.rows) == one.weights.shape[1]
        assert len(one.columns) == one.weights.shape[2]
        if "implied" not in name:
            np.testing.assert_allclose(one.weights.sum(-1), 1, rtol=1e-5)
        if name in ("causal", "implied, signed", "implied, of units"):
            assert not np.triu(one.weights, 1).any()


def test_a_report_shows_heads_and_the_part_around_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(attending, "_SHOWN", 1)
    weights = np.tri(300) / np.arange(1, 301)[:, None]
    maps = HeadMaps("layer 1", np.stack([weights] * 2), [*map(str, range(300))], [*map(str, range(300))])
    shown = section([maps, maps], 7, "seqloom inspect")
    assert len(page("a", [shown])) < 500_000
    assert "first 1 of 2 layers" in shown.says[0]
    assert "Step 7 ('7') has 100% of its weight" in shown.says[1]
    assert [type(one).__name__ for one in shown.shown] == ["Figure", "Figure", "Table"]
    assert "A cell is 3 × 3 steps." in shown.shown[0].says
    assert len(shown.shown[2].rows) == 8


def test_names_are_those_of_what_is_read_and_written() -> None:
    encoder, written, across = _maps("across, heads")
    assert encoder.rows == encoder.columns == across.columns == ["the", "blue", "dog", "sat"]
    assert written.rows == written.columns == across.rows == ["the", "blue", "dog", "sat", "<eos>"]
