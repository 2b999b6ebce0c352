"""What a report has for each task, and that it is one page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from seqloom import Classifier, Forecaster, LanguageModel, Recognizer, Regressor, Seq2Seq, Tagger
from seqloom.errors import DataError, UsageError
from seqloom.inspection.report import page
from seqloom.tasks.inspecting import explained
from seqloom.tasks.inspecting.explained import explain
from seqloom.tasks.inspecting.gates import gates_of
from seqloom.tasks.inspecting.looking_back import memory_of
from seqloom.tasks.inspecting.report import sections

BRIEF = {"epochs": 2, "device": "cpu"}
TEXTS = ["a red cat", "the blue dog", "one cat", "a big blue cat and a dog"] * 6
SERIES = [np.random.default_rng(seed).normal(size=(9 + seed % 4, 2)).astype(np.float32) for seed in range(24)]
CASES: dict[str, tuple[Any, Any, Any]] = {
    "classes of texts": (Classifier("gru(6) bidirectional", tokens="words", training=BRIEF), TEXTS, ["x", "y"] * 12),
    "classes of series": (Classifier("conv(4) + lstm(6)", training=BRIEF), SERIES, ["x", "y"] * 12),
    "numbers of steps": (
        Regressor("lstm(6)", training=BRIEF),
        SERIES,
        [[float(v) for v in row[:, 0]] for row in SERIES],
    ),
    "numbers": (Regressor("lstm(6)", training=BRIEF), SERIES, [float(len(row)) for row in SERIES]),
    "tags": (
        Tagger("lstm(6) bidirectional", training=BRIEF),
        [t.split() for t in TEXTS],
        [["T", "U", *"T" * len(t.split())][: len(t.split())] for t in TEXTS],
    ),
    "pairs": (Seq2Seq("gru(6) -> luong(6)", embedding=6, training=BRIEF), TEXTS, [text[::-1] for text in TEXTS]),
    "speech": (Recognizer("gru(6)", tokens="characters", training=BRIEF), SERIES, ["a", "b a"] * 12),
    "forecasts": (Forecaster("gru(6)", horizon=3, training=BRIEF), [np.sin(np.arange(120.0))], None),
}
MORE = {
    "What do the tokens' vectors say?": ("classes of texts", "tags", "pairs"),
    "Where does it look?": ("pairs",),
    "Where does it err?": ("classes of texts", "classes of series", "numbers", "tags", "pairs", "speech"),
}


@pytest.mark.parametrize("name", CASES)
def test_every_task_can_be_looked_into(name: str) -> None:
    pytest.importorskip("matplotlib")
    model, X, y = CASES[name]
    model = model.clone().fit(X, y, validation=0.0, progress=False)
    said: list[str] = []
    found = {
        section.title: section for section in sections(model, X, y, records=model.history_.records, say=said.append)
    }
    assert {"What is it, and how good?", "How did it learn?", "How far back does it look?", "Why this answer?"} <= {
        *found
    }
    assert {*found} & {*MORE} == {title for title, names in MORE.items() if name in names}
    assert not [line for line in said if "not shown" in line]
    text = page("a model", list(found.values()))
    assert text.count("<section") == len(found)
    assert "nan" not in found["How far back does it look?"].says[0]


def test_a_language_model_says_what_it_used_and_why() -> None:
    model = LanguageModel("lstm(16)", window=16, training={"epochs": 3, "learning_rate": 0.02, "device": "cpu"})
    subject = model.fit(["abcdefgh" * 60], progress=False).subject(["abcdefgh" * 100])
    memory = memory_of(subject)
    assert memory.contexts["cut"].losses[-1] <= memory.contexts["cut"].losses[0] + 0.1
    assert [*memory.inputs] == ["layer 1 (Recurrent)", "the model"]
    found = explain(subject, 0)
    assert "".join(found.pieces).startswith("abc")
    assert found.output in "abcdefgh"
    assert abs(found.integrated.gap) < 0.05 * max(1, abs(found.integrated.score - found.integrated.baseline))
    gates = {gate.name.rpartition(".")[2]: gate for gate in gates_of(subject)}
    assert {"input_gate", "forget_gate", "output_gate"} <= {*gates}
    assert all(0 < gate.mean < 1 for gate in gates.values())


def test_rows_and_steps_that_there_are_not_are_refused() -> None:
    model, X, y = CASES["tags"]
    subject = model.clone().fit(X, y, validation=0.0, progress=False).subject(X, y)
    assert explain(subject, 0, step=1).pieces == X[0]
    with pytest.raises(UsageError, match="one of 0 … 23, for 24 examples; got 24"):
        explain(subject, 24)
    with pytest.raises(UsageError, match="one of 0 … 2, or -1 for the last; got 3"):
        explain(subject, 0, step=3)


def test_several_labels_of_a_row_are_no_steps() -> None:
    labels = [["x", "y", "z"][: 1 + k % 3] for k in range(24)]
    model = Classifier("gru(6)", tokens="words", training=BRIEF).fit(TEXTS, labels, validation=0.0, progress=False)
    memory = memory_of(model.subject(TEXTS, labels))
    assert "the model" in memory.inputs
    assert not memory.contexts


def test_what_is_too_long_or_too_short_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    model, X, y = CASES["classes of texts"]
    model = model.clone().fit(X, y, validation=0.0, progress=False)
    monkeypatch.setattr(explained, "_MOST_STEPS", 2)
    said: list[str] = []
    titles = {section.title for section in sections(model, X, y, say=said.append)}
    assert "Why this answer?" not in titles
    assert "Why it answers is not shown: row 0 has 3 steps" in "".join(said)
    assert not memory_of(model.subject(X[:15], y[:15])).contexts
    forecaster, series, _ = CASES["forecasts"]
    with pytest.raises(DataError, match="at least 3 steps"):
        forecaster.clone().fit(series, progress=False).subject([np.zeros(1)])


def test_a_memory_is_that_of_each_layer() -> None:
    torch.manual_seed(0)
    model, X, y = CASES["classes of series"]
    memory = memory_of(model.clone().fit(X, y, validation=0.0, progress=False).subject(X, y))
    assert [*memory.inputs] == ["layer 1 (CausalConvolution)", "layer 2 (Recurrent)", "the model"]
    reached = memory.inputs["layer 1 (CausalConvolution)"]
    assert (reached.values[reached.lags >= 5] == 0).all()
    assert "layer 2 (Recurrent)" in memory.states
