"""A trained model goes on with other examples: what it knows grows, what it learned stays, and it is only read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks import Classifier, Regressor, Tagger
from seqloom.tasks.estimator import NotFittedError
from seqloom.tasks.examples.fit import ExampleTask
from seqloom.tasks.examples.values import Fitted
from tests.tasks.tagging.sentences import small, tagged
from tests.tasks.toy import Ranker

TRAINING = {"epochs": 2, "device": "cpu", "learning_rate": 0.01}
FIRST = [f"{word} thing {k}" for k in range(8) for word in ("good", "bad")], ["+", "-"] * 8
THEN = [f"{word} matter {k}" for k in range(8) for word in ("good", "so so", "bad")], ["+", "*", "-"] * 8
SERIES = [[[float(k % 3), float(k % 5)]] * 4 for k in range(30)], [float(k) for k in range(30)]


def classifier(**more: Any) -> Classifier:
    return Classifier(**{"spec": "gru(4) + pool(last)", "tokens": "words", "embedding": 6, "training": TRAINING} | more)


@pytest.fixture(scope="module")
def first() -> Classifier:
    return classifier().fit(*FIRST, progress=False)


@pytest.fixture(scope="module")
def first_tagger() -> Tagger:
    return small(epochs=2).fit(*tagged(), validation=0.25, progress=False)


def begun(estimator: Any, X: Any, y: Any, start: Any) -> Fitted:
    """What is there before the first step."""
    task = ExampleTask(estimator, X, y, 0.25, start)
    return task.prepare(None, lambda done, total: None).fitted


def weights(fitted: Fitted) -> Mapping[str, Tensor]:
    return fitted.module.state_dict()


def test_rows_of_a_classifier_stay_and_those_of_new_words_and_classes_are_drawn(first: Classifier) -> None:
    fitted = begun(classifier(), *THEN, first)
    before, now = first.model_.state_dict(), weights(fitted)
    assert fitted.facts["classes"] == ["*", "+", "-"], "a new class stands before the old ones"
    assert torch.equal(now["head.weight"][1:], before["head.weight"])
    assert torch.equal(now["head.bias"][1:], before["head.bias"])
    count = len(before["embedding.table"])
    words = fitted.facts["inputs"]["vocabulary"]["tokens"]
    assert set(words[count - 4 :]) == {"so", "matter"}, "four ids have no word"
    assert torch.equal(now["embedding.table"][:count], before["embedding.table"])
    assert len(now["embedding.table"]) == count + 2
    others = now.keys() - {"embedding.table", "head.weight", "head.bias"}
    assert others
    assert all(torch.equal(now[name], before[name]) for name in others)
    with torch.no_grad():
        said, was = (
            model(one._examples(facts, FIRST[0], None).batches()[0].x, torch.full((16,), 3))
            for model, one, facts in (
                (fitted.module.eval(), classifier(), fitted.facts),
                (first.model_, first, first.facts_),
            )
        )
    torch.testing.assert_close(said[:, 1:], was)


def test_a_tagger_says_of_what_it_knew_what_it_said_before(first_tagger: Tagger) -> None:
    many = [f"Corp{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(60)]
    sentences = [["Eve", "meets", "Bob", "ät", name] for name in many]
    tags = [["B-person", "O", "B-person", "O", "B-firm"]] * len(sentences)
    fitted = begun(small(), sentences, tags, first_tagger)
    before, now = first_tagger.model_.state_dict(), weights(fitted)
    names, had = fitted.facts["tags"]["names"], list(first_tagger.tags_)
    assert set(names) - set(had) == {"B-firm", "I-firm"}
    assert names[:1] == ["B-firm"], "the old ones moved"
    places = [names.index(name) for name in had]
    assert torch.equal(now["head.linear.weight"][places], before["head.linear.weight"])
    assert torch.equal(now["field.transitions"][places][:, places], before["field.transitions"])
    assert before["field.transitions"].abs().sum() > 0
    assert len(now["front.words.weight"]) > 2 * len(before["front.words.weight"])
    with torch.no_grad():
        said, was = (
            module.eval()(one._examples(facts, tagged()[0], None).inputs["x"][0][None], torch.tensor([6]))
            for module, one, facts in (
                (fitted.module, small(), fitted.facts),
                (first_tagger.model_, first_tagger, first_tagger.facts_),
            )
        )
    torch.testing.assert_close(said[:, :, places], was)
    again = begun(small(), sentences, tags, small(epochs=1).fit(sentences, tags, start_from=first_tagger))
    assert again.facts["affix_rows"] == fitted.facts["affix_rows"], "what grew once may grow again"


def test_scales_of_series_and_numbers_stay() -> None:
    regressor = Regressor("gru(4) + pool(last)", training=TRAINING).fit(*SERIES, progress=False)
    fitted = begun(regressor.clone(), [[[9.0, 9.0]] * 3 for _ in range(8)], [100.0] * 8, regressor)
    for name in ("inputs", "mean_of_y", "deviation_of_y"):
        assert fitted.facts[name] == regressor.facts_[name]
    assert all(torch.equal(now, regressor.model_.state_dict()[name]) for name, now in weights(fitted).items())
    steps = [torch.tensor(one) for one in SERIES[0]]
    tagger = Tagger("gru(4)", crf=False, training=TRAINING)
    tagger.fit(steps, [["a", "b"] * 2] * 30, progress=False)
    again = begun(tagger.clone(), [9 * one for one in steps], [["a", "c"] * 2] * 30, tagger)
    assert (again.facts["mean"], again.facts["deviation"]) == (tagger.facts_["mean"], tagger.facts_["deviation"])
    assert again.facts["tags"]["names"] == ["a", "b", "c"]


def test_the_score_before_stands_beside_the_one_after(first: Classifier) -> None:
    with pytest.warns(SeqloomWarning, match="never seen|not seen"):
        before = first.evaluate(*THEN)
    model = classifier().fit(*THEN, validation=THEN, start_from=first, progress=False)
    assert model.validation_.baselines["the model before"] == before.model
    assert "the model before" not in model.evaluate(*THEN).baselines
    assert model.predict(THEN[0]).shape == (24,)
    with torch.no_grad():
        assert any(
            not torch.equal(a, b) for a, b in zip(model.model_.parameters(), first.model_.parameters(), strict=True)
        )


def test_what_is_not_given_of_the_model_is_as_it_was(first: Classifier) -> None:
    model = Classifier(training=TRAINING).fit(*THEN, start_from=first, progress=False)
    assert (model.facts_["picked"]["model"], model.facts_["picked"]["embedding"]) == ("gru(4) + pool(last)", 6)
    assert model.model_.reader.out_features == 4


def test_the_directory_is_only_read_and_a_run_goes_on_from_its_own_checkpoints(
    first: Classifier, tmp_path: Path
) -> None:
    first.save(tmp_path / "first")
    before = {path: path.read_bytes() for path in (tmp_path / "first").rglob("*") if path.is_file()}

    def fit(name: str, epochs: int, **more: Any) -> Classifier:
        training = {**TRAINING, "epochs": epochs, "schedule": "constant"}
        return classifier(training=training).fit(
            *THEN, start_from=tmp_path / "first", run=tmp_path / name, progress=False, **more
        )

    whole = fit("whole", 3)
    fit("cut", 1)
    again = fit("cut", 3, resume=True)
    assert all(torch.equal(a, b) for a, b in zip(whole.model_.parameters(), again.model_.parameters(), strict=True))
    assert whole.validation_ == again.validation_
    assert str(tmp_path / "first") in again.validation_.baselines
    assert Classifier.load(tmp_path / "cut").predict_proba(THEN[0]).tolist() == whole.predict_proba(THEN[0]).tolist()
    assert {path: path.read_bytes() for path in before} == before
    with pytest.raises(UsageError, match="is the model to go on from, and stays as it is"):
        classifier().fit(*THEN, start_from=tmp_path / "whole", run=tmp_path / "whole", force=True)
    assert Classifier.load(tmp_path / "whole").validation_ == whole.validation_


OTHERS: list[tuple[str, Callable[[], Any], tuple[Any, Any], type[Exception], str]] = [
    (
        "another spec",
        lambda: classifier(spec="gru(5) + pool(last)"),
        THEN,
        UsageError,
        r"spec: it has 'gru\(4\) \+ pool",
    ),
    ("another width", lambda: classifier(embedding=7), THEN, UsageError, "embedding: it has 6, now 7 is asked for"),
    (
        "other tokens",
        lambda: classifier(tokens="characters"),
        THEN,
        UsageError,
        "tokens: the model reads words, now char",
    ),
    (
        "another task",
        lambda: Regressor(),
        (THEN[0], [1.0] * 24),
        UsageError,
        "expected a trained Regressor.*got Classif",
    ),
    (
        "series",
        lambda: classifier(),
        (SERIES[0], ["+", "-"] * 15),
        DataError,
        "row 0: expected a text, as in training, got list",
    ),
    ("labels", lambda: classifier(), (THEN[0], [["+"]] * 24), DataError, "expected a class for each example, as in"),
]


@pytest.mark.parametrize(("make", "data", "error", "said"), [one[1:] for one in OTHERS], ids=[one[0] for one in OTHERS])
def test_another_model_is_refused_and_the_difference_is_named(
    first: Classifier, make: Callable[[], Any], data: tuple[Any, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make().fit(*data, start_from=first, progress=False)


def test_another_tagger_is_refused_too(first_tagger: Tagger, first: Classifier, tmp_path: Path) -> None:
    first.save(tmp_path / "first")
    sentences, tags = tagged()
    with pytest.raises(UsageError, match=r"first is of the task 'classification'; a Tagger cannot go on from it"):
        small().fit(sentences, tags, start_from=tmp_path / "first")
    with pytest.raises(UsageError, match=r"other settings of the model.\n  crf: it has True, now False is asked for"):
        small(crf=False).fit(sentences, tags, start_from=first_tagger)
    with pytest.raises(DataError, match="Expected tags of spans, as in training \\(IOB2\\), got 'NOUN'"):
        small().fit(sentences, [["NOUN"] * len(one) for one in sentences], start_from=first_tagger)
    with pytest.raises(DataError, match="Expected sentences"):
        small().fit([torch.zeros(3, 2)] * 8, [["a", "b", "a"]] * 8, start_from=first_tagger)
    with pytest.raises(NotFittedError):
        small().fit(sentences, tags, start_from=small())


def test_a_task_that_says_nothing_of_growth_keeps_what_it_knew(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("".join(f"{'a' * n} {'b' * n} 0\n" for n in range(1, 13)))
    ranker = Ranker("gru(4)", training=TRAINING).fit(pairs, progress=False)
    pairs.write_text("".join(f"{'z' * n} {'b' * n} 0\n" for n in range(1, 13)))
    fitted = begun(Ranker("gru(4)"), pairs, None, ranker)
    assert fitted.facts["letters"] == ranker.facts_["letters"]
    assert all(torch.equal(now, ranker.model_.state_dict()[name]) for name, now in weights(fitted).items())
