"""A class for texts and for series: learned, saved, resumed, streamed, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import seqloom
from seqloom import Classifier
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.classification.known import Known
from seqloom.tasks.sequences.stream import AnswerStream
from tests.tasks.sequences.given import series, texts

QUICK = {"epochs": 20, "learning_rate": 0.03, "device": "cpu", "schedule": "constant"}
TEXTS, CLASSES = texts()
SERIES, DIRECTIONS = series()


def small(spec: str = "gru(8) + pool(last)", **more: Any) -> Classifier:
    return Classifier(spec, **{"embedding": 8, "dropout": 0.0, "training": QUICK} | more)


@pytest.fixture(scope="module")
def of_texts() -> Classifier:
    return small(tokens="words", minimum_count=2).fit(TEXTS, CLASSES)


@pytest.fixture(scope="module")
def of_series() -> Classifier:
    return small().fit(SERIES, DIRECTIONS)


def test_texts_are_learned_and_judged_beside_simple_models(of_texts: Classifier) -> None:
    assert of_texts.classes_.tolist() == ["bad", "good"]
    found = of_texts.validation_
    assert found.model["accuracy"] == 1.0 > found.baselines["majority"]["accuracy"]
    assert list(found.baselines) == ["majority", "TF-IDF + logistic regression"]
    assert {"macro_f1", "log_loss", "calibration_error", "roc_auc", "average_precision"} <= set(found.model)
    assert any("true \\ predicted" in note for note in found.notes)
    assert of_texts.score(TEXTS, CLASSES) > 0.95
    assert of_texts.predict(["so bad", "warp good"]).tolist() == ["bad", "good"]
    np.testing.assert_allclose(of_texts.predict_proba(TEXTS).sum(1), 1, atol=1e-12)


def test_series_of_any_length_are_learned(of_series: Classifier) -> None:
    assert of_series.validation_.model["accuracy"] == 1.0
    assert list(of_series.validation_.baselines)[1].startswith("logistic regression")
    assert of_series.predict([[[2.0, 2.0]], np.full((30, 2), -2.0), torch.ones(5, 2)]).tolist() == ["up", "down", "up"]
    one_channel = small().fit([row[:, 0] for row in SERIES], DIRECTIONS)
    assert one_channel.score([row[:, :1] for row in SERIES], DIRECTIONS) > 0.9


def test_what_was_learned_is_saved(of_texts: Classifier, of_series: Classifier, tmp_path: Path) -> None:
    for name, model, X, y in (("texts", of_texts, TEXTS, CLASSES), ("series", of_series, SERIES, DIRECTIONS)):
        model.save(tmp_path / name)
        again = seqloom.load(tmp_path / name)
        assert isinstance(again, Classifier)
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
        assert again.evaluate(X, y) == model.evaluate(X, y)
        assert again.validation_ == model.validation_


def test_company_changes_nothing(of_texts: Classifier, of_series: Classifier) -> None:
    for model, X in ((of_texts, TEXTS), (of_series, SERIES)):
        alone = np.concatenate([model.predict_proba([row]) for row in X])
        np.testing.assert_allclose(model.predict_proba(X), alone, atol=1e-5)


def test_a_run_that_is_resumed_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    def fit(name: str, epochs: int, **more: Any) -> Classifier:
        model = small(dropout=0.2, word_dropout=0.2, tokens="words", training=QUICK | {"epochs": epochs})
        return model.fit(TEXTS, CLASSES, run=tmp_path / name, **more)

    whole, _, resumed = fit("whole", 4), fit("cut", 2), fit("cut", 4, resume=True)
    np.testing.assert_array_equal(whole.predict_proba(TEXTS), resumed.predict_proba(TEXTS))
    assert whole.validation_ == resumed.validation_
    np.testing.assert_array_equal(whole.predict_proba(TEXTS), seqloom.load(tmp_path / "cut").predict_proba(TEXTS))


def test_any_number_of_labels(tmp_path: Path) -> None:
    y = [[c for c in "ab" if c in text] for text in TEXTS]
    model = small(tokens="characters", training=QUICK | {"epochs": 40}).fit(TEXTS, y)
    assert model.classes_.tolist() == ["a", "b"]
    assert model.evaluate(TEXTS, y).model["micro_f1"] > 0.9
    assert model.predict(["loom", "reed", "bad"])[2] == ["a", "b"]
    assert list(model.validation_.baselines) == ["majority", "TF-IDF + logistic regression"]
    model.save(tmp_path / "model")
    assert seqloom.load(tmp_path / "model").predict(TEXTS) == model.predict(TEXTS)
    with pytest.raises(DataError, match="a list of labels for each example"):
        model.score(TEXTS, CLASSES)


@pytest.mark.parametrize(
    ("weights", "wanted"), [("none", [1.0, 1.0]), ("balanced", [1.5, 0.75]), ("sqrt", [1.243, 0.879])]
)
def test_what_an_example_counts(weights: str, wanted: list[float]) -> None:
    facts = {"classes": ["bad", "good"], "counts": [20, 40], "several": False, "size": {"examples": 60}, "inputs": {}}
    objective: Any = small(class_weights=weights, label_smoothing=0.1)._objective(facts)
    assert objective.weights.tolist() == pytest.approx(wanted, abs=1e-3)
    assert objective.smoothing == 0.1


def test_temperature_and_threshold_are_chosen_on_what_is_held_out(of_texts: Classifier) -> None:
    assert of_texts.facts_["temperature"] == 1.0
    assert "thresholds" not in of_texts.facts_
    found = Known(["a", "b"]).chosen(["a"] * 80 + ["b"] * 20, np.array([[4.0, 0.0]] * 100), "max-f1")
    assert found["temperature"] == pytest.approx(4 / np.log(4), abs=1e-3)
    few = [Known(["a", "b"]).chosen(["a"] * (n - 6) + ["b"] * 6, np.array([[4.0, 0.0]] * n), None) for n in (29, 30)]
    assert few[0]["temperature"] == 1.0
    assert few[1]["temperature"] == pytest.approx(4 / np.log(4), abs=1e-3)
    careful = small(tokens="words", threshold=0.999999).fit(TEXTS, CLASSES)
    assert careful.facts_["thresholds"] == [0.999999]
    assert careful.predict(TEXTS).tolist().count("good") < CLASSES.count("good")
    best = small(tokens="words", threshold="max-f1").fit(TEXTS, CLASSES)
    assert 0 < best.facts_["thresholds"][0] < 1
    with pytest.raises(UsageError, match="threshold: it is for two classes"):
        small(threshold=0.3).fit(TEXTS, ["a", "b", "c"] * 20)


def test_a_stream_says_at_each_step_what_the_whole_would_say(of_texts: Classifier, of_series: Classifier) -> None:
    stream: AnswerStream[dict[str, float]] = of_series.stream()
    for end in range(1, len(SERIES[0]) + 1):
        said = stream.push(SERIES[0][end - 1])
        assert said == pytest.approx(by_class(of_series, SERIES[0][:end]), abs=1e-6)
    stream = of_texts.stream()
    for piece in ("warp lo", "om ", "good"):
        stream.push(piece)
    said = stream.finish()
    assert said == pytest.approx(by_class(of_texts, "warp loom good"), abs=1e-6)
    stream.reset()
    stream.push("bad")
    assert stream.finish() == pytest.approx(by_class(of_texts, "bad"), abs=1e-6)
    both_ways = small("gru(4) bidirectional + pool(last)").fit(SERIES, DIRECTIONS)
    with pytest.raises(UsageError, match="reads a sequence to its end before it answers"):
        both_ways.stream()


def test_lines_are_steps_or_more_text(of_texts: Classifier, of_series: Classifier) -> None:
    """An empty line begins another sequence."""
    stream: AnswerStream[dict[str, float]] = of_series.stream()
    for _ in range(2):
        said = [stream.line(", ".join(map(str, step))) for step in SERIES[0].tolist()]
        assert said[-1] == pytest.approx(by_class(of_series, SERIES[0]), abs=1e-5)
        assert stream.line("") is None
    stream = of_texts.stream()
    stream.line("warp good")
    assert stream.finish() == pytest.approx(by_class(of_texts, "warp good\n"), abs=1e-6)


def by_class(model: Classifier, row: Any) -> dict[str, float]:
    return dict(zip(model.classes_, model.predict_proba([row])[0].tolist(), strict=True))


def test_noise_is_for_training_alone(of_series: Classifier) -> None:
    model = small(noise=0.5, training=QUICK | {"epochs": 1}).fit(SERIES, DIRECTIONS).model_
    plain = small(noise=0.0, training=QUICK | {"epochs": 1}).fit(SERIES, DIRECTIONS).model_
    assert any(not torch.equal(a, b) for a, b in zip(model.parameters(), plain.parameters(), strict=True))
    x = torch.ones(1, 3, 2)
    assert torch.equal(model(x), model(x))
    model.train()
    assert not torch.equal(model(x), model(x))


def test_vectors_are_where_words_begin(tmp_path: Path) -> None:
    (tmp_path / "vectors.txt").write_text("good 1 0 0\nbad 0 1 0\nloom 0 0 1\n")
    untrained = {"epochs": 1, "learning_rate": 1e-9, "device": "cpu"}
    with pytest.warns(SeqloomWarning, match="vectors: of .* words, 3 have one in"):
        model = small(vectors=str(tmp_path / "vectors.txt"), embedding=None, training=untrained).fit(TEXTS, CLASSES)
    table: Any = model.model_.embedding.table  # type: ignore[union-attr]
    assert table.shape[1] == 3
    words = model.facts_["inputs"]["vocabulary"]["tokens"]
    good, bad = (table[4 + words.index(word)].tolist() for word in ("good", "bad"))
    assert good == pytest.approx([bad[1], bad[0], bad[2]], abs=1e-6)
    (tmp_path / "vectors.txt").unlink()
    model.save(tmp_path / "model")
    assert seqloom.load(tmp_path / "model").predict(TEXTS).tolist() == model.predict(TEXTS).tolist()


def test_what_is_not_given_is_picked_by_the_data() -> None:
    names = ["ada", "bob", "cid", "dan", "eve", "fay"] * 2
    model = Classifier(training={"steps": 2, "device": "cpu"}).fit([f"{a}{k}" for k, a in enumerate(names)], [0, 1] * 6)
    assert model.facts_["inputs"]["vocabulary"]["kind"] == "characters"
    assert set(model.facts_["picked"]) == {
        *("model", "embedding", "dropout", "word_dropout", "learning_rate", "batch_size", "epochs", "minutes"),
    }
    assert model.history_.steps == 2
    assert model.predict(["ada0"]).dtype.kind == "i"


def test_what_chooses_the_weights(of_texts: Classifier, of_series: Classifier) -> None:
    """Of few texts a network is soon too sure, and still learns."""
    many = {**of_texts.facts_, "size": {"examples": 2000}}
    assert of_texts._objective(of_texts.facts_).watched == "tempered_loss"
    assert of_series._objective(of_series.facts_).watched == "loss"
    assert of_texts._objective(many).watched == "macro_f1"


FAULTS: dict[str, tuple[Any, Any, str]] = {
    "one class": (TEXTS, ["a"] * 60, "expected at least two classes, got 'a' alone"),
    "texts and series": ([*TEXTS[:-1], [[1.0]]], CLASSES, "expected texts, series or sounds, got several"),
    "channels": ([*SERIES[:-1], np.ones((3, 5))], DIRECTIONS, "row 59 has 5 channels, row 0 has 2"),
    "numbers": (TEXTS, np.linspace(0, 1, 60), "For numbers there is Regressor"),
    "both kinds of targets": (TEXTS, [["a"], *CLASSES[1:]], "got both"),
    "too many axes": ([np.ones((3, 2, 2))] * 60, DIRECTIONS, r"with C = 1 or 3, got float64 \(1, 3, 2, 2\)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_learned_from(fault: str) -> None:
    X, y, said = FAULTS[fault]
    with pytest.raises(DataError, match=said):
        small().fit(X, y, validation=0.0)


def test_what_a_model_does_not_know_is_said(of_texts: Classifier, of_series: Classifier) -> None:
    with pytest.raises(DataError, match="row 0: expected series of 2 channels, as in training, got 3"):
        of_series.predict([np.ones((4, 3))])
    with pytest.raises(DataError, match="expected a text, as in training, got ndarray"):
        of_texts.predict([np.ones((4, 3))])
    with pytest.warns(SeqloomWarning, match="awful"):
        assert of_texts.score(["so bad"], ["awful"]) == 0
    assert of_texts.predict(["unheard of"]).shape == (1,)
    with pytest.warns(SeqloomWarning, match="unheard"):
        model = small(tokens="words").fit(TEXTS, CLASSES, validation=(["one"], ["unheard of"]), progress=False)
    assert model.validation_.model["accuracy"] == 0


def test_gradients_come_from_real_steps_alone() -> None:
    torch.manual_seed(0)
    model = small(tokens="words").fit(TEXTS[:12], CLASSES[:12], validation=0.0)
    objective, x = model._objective(model.facts_), [torch.tensor([4, 5, 6]), torch.tensor([5])]
    found = []
    for padding in (0, 7):
        batch = seqloom_batch(x, padding)
        model.model_.zero_grad()
        objective.loss(model.model_, batch, None)[0].backward()
        found.append([weight.grad.clone() for weight in model.model_.parameters()])  # type: ignore[union-attr]
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def seqloom_batch(rows: list[torch.Tensor], padding: int) -> Any:
    from seqloom.data.batch import Batch

    x = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=padding)
    return Batch({"x": x}, torch.tensor([0, 1]), {"x": torch.tensor([len(row) for row in rows])})


def test_a_table_is_read_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = "".join(f'{k},"{text}",{label}\n' for k, (text, label) in enumerate(zip(TEXTS, CLASSES, strict=True)))
    path.write_text("id,review,label\n" + rows + "99,,good\n")
    with pytest.warns(SeqloomWarning, match="Left out 1 with an empty text"):
        model = small(tokens="words", minimum_count=2).fit(path)
    assert model.facts_["columns"]["inputs"] == ["review"]
    assert model.score(TEXTS, CLASSES) > 0.95
    (tmp_path / "new.csv").write_text("review\nso bad\nwarp good\n")
    assert model.predict(tmp_path / "new.csv").tolist() == ["bad", "good"]
    with pytest.warns(SeqloomWarning, match="Left out"):
        assert model.evaluate(path).count == 60
    assert json.loads(json.dumps(model.evaluate(TEXTS, CLASSES).to_mapping()))["counted"] == "examples"


@pytest.mark.parametrize("validation", [0.0, 0.1, (["so bad"], ["bad"])])
def test_rows_for_testing_are_never_learned_from(tmp_path: Path, validation: Any) -> None:
    path = tmp_path / "reviews.csv"
    parts = ("train", "train", "test")
    rows = [f'"{text}",{label},{parts[k % 3]}' for k, (text, label) in enumerate(zip(TEXTS, CLASSES, strict=True))]
    path.write_text("\n".join(["review,label,split", *rows, "so bad,bad,train", "so bad or,bad,train", ""]))
    model = small(tokens="words", training=QUICK | {"epochs": 1}).fit(path, validation=validation, run=tmp_path / "run")
    assert model.facts_["size"]["examples"] == 42 - (model.validation_.count if validation == 0.1 else 0)
    again = small(tokens="words", training=QUICK | {"epochs": 2})
    assert again.fit(path, validation=validation, run=tmp_path / "run", resume=True).history_.epochs == 2


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for k, (text, label) in enumerate(zip(TEXTS, CLASSES, strict=True)):
        (tmp_path / label).mkdir(exist_ok=True)
        (tmp_path / label / f"{k}.txt").write_text(text)
    model = small(tokens="words", minimum_count=2).fit(tmp_path)
    assert model.score(TEXTS, CLASSES) > 0.9
    lines = list(model.written(tmp_path))
    assert lines[0] == "text,prediction,probability\n"
    assert [line.split(",")[0] for line in lines[1:3]] == ["bad/0.txt", "bad/3.txt"]
    assert len(lines) == len(TEXTS) + 1


@pytest.mark.parametrize(
    "row",
    [np.ones((3, 2), dtype=object), np.broadcast_to(np.float64(1.0), (3, 2)), [[1, 1]] * 3, torch.ones(3, 2).double()],
    ids=["objects", "read-only", "lists", "float64"],
)
def test_numbers_of_any_kind_are_a_series(of_series: Classifier, row: Any) -> None:
    assert np.array_equal(of_series.predict_proba([row]), of_series.predict_proba([torch.ones(3, 2)]))
    with pytest.raises(DataError, match=r"row 1: expected a series \(T,\) or \(T, D\), got list"):
        of_series.predict([row, ["1", "2"]])
