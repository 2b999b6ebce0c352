from __future__ import annotations

from pathlib import Path

import pytest
import torch

from seqloom import LanguageModel, TrainingSettings
from seqloom.data import Characters
from seqloom.errors import DataError, UsageError
from tests.tasks.conftest import RHYME, small

TRAINING = TrainingSettings(learning_rate=0.02, epochs=150, schedule="constant", device="cpu")  # type: ignore[arg-type]


def food(texts: list[str]) -> LanguageModel:
    model = LanguageModel("lstm(16)", "words", dropout=0.0, batch_size=2, window=8, training=TRAINING)
    return model.fit(texts, validation=0.0)


def test_two_sentences_with_reset_are_continued_about_evenly() -> None:
    model = food(["I like pizza.", "I like cake."])
    following = dict(model.next_probabilities("I like"))
    assert 0.4 < following["pizza"] < 0.6
    assert 0.4 < following["cake"] < 0.6
    assert model.evaluate(["I like pizza.", "I like cake."]).nats == pytest.approx(2 * 0.6931, abs=0.1)


def test_one_stream_teaches_the_order() -> None:
    model = food(["I like pizza. I like cake."])
    assert dict(model.next_probabilities("I like"))["pizza"] > 0.9
    assert dict(model.next_probabilities("I like pizza. I like"))["cake"] > 0.9


def test_fit_returns_itself_and_learns_attributes(model: LanguageModel) -> None:
    assert model.history_.steps == 40
    assert model.validation_.tokens > 0
    assert model.validation_.baselines.keys() >= {"uniform", "unigram", "bigram"}
    assert not model.model_.training
    assert model.reset_ is False


def test_training_beats_the_untrained_model() -> None:
    early, late = small(steps=1).fit([RHYME] * 4), small(steps=60).fit([RHYME] * 4)
    assert late.score([RHYME]) > early.score([RHYME]) + 0.3


def test_the_same_seed_learns_the_same_model(model: LanguageModel) -> None:
    torch.manual_seed(123)
    again = model.clone().fit([RHYME])
    for name, value in again.model_.state_dict().items():
        assert torch.equal(value, model.model_.state_dict()[name]), name


def test_fitting_leaves_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    small().fit([RHYME])
    assert torch.equal(torch.rand(3), expected)


def test_validation_may_be_a_text_of_its_own_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "held_out.txt"
    path.write_text("six seven eight\n", encoding="utf-8")
    for held_out in (path, ["six seven eight\n"]):
        assert small().fit([RHYME], validation=held_out).validation_.tokens == 16
    assert not hasattr(small().fit([RHYME], validation=0.0), "validation_")
    with pytest.raises(UsageError, match=r"1\.5"):
        small().fit([RHYME], validation=1.5)


@pytest.mark.parametrize(("document", "reset"), [("file", False), ("line", True), ("blank-line", True)])
def test_the_state_is_reset_where_a_file_has_many_documents(tmp_path: Path, document: str, reset: bool) -> None:
    path = tmp_path / "rhyme.txt"
    path.write_text(f"{RHYME}\n{RHYME}", encoding="utf-8")
    assert small(document=document).fit(path).reset_ is reset


@pytest.mark.parametrize("tokens", ["characters", "bytes", "words", "bpe"])
@pytest.mark.parametrize("embedding", [None, 5, "one-hot"])
def test_every_kind_of_token_and_embedding_trains(tokens: str, embedding: int | str | None) -> None:
    pytest.importorskip("tokenizers") if tokens == "bpe" else None
    size = 300 if tokens == "bpe" else None
    model = small(tokens=tokens, embedding=embedding, vocabulary_size=size, window=8).fit([RHYME])
    assert model.vocabulary_.kind == tokens
    assert "".join(piece for _, piece in model.generate(length=5))


@pytest.mark.parametrize(
    "spec", ["elman(4)", "lstm(4, initial=learned)", "gru(4, reset=before) + lstm(3)", "window(4)"]
)
def test_every_body_trains_and_generates(spec: str) -> None:
    model = small(spec).fit([RHYME])
    assert len("".join(piece for _, piece in model.generate("one", length=5, stop=False))) == 5


def test_a_vocabulary_may_be_given() -> None:
    vocabulary = Characters(sorted({*RHYME, "%"}))
    assert small(tokens=vocabulary).fit([RHYME]).vocabulary_ is vocabulary


def test_short_texts_say_what_is_missing() -> None:
    with pytest.raises(DataError, match="too short"):
        small().fit(["a"])
    with pytest.raises(DataError, match="window"):
        small(window=1000).fit([RHYME])


@pytest.mark.parametrize("spec", ["lstm(4) bidirectional", "lstm(4) + pool(last)", "conv(4, stride=2)"])
def test_a_body_that_sees_what_comes_or_ends_time_is_refused(spec: str) -> None:
    with pytest.raises(UsageError, match=r"spec: .* only look back, .* Leave 'bidirectional', .* and pooling out"):
        small(spec).fit([RHYME])


def test_one_hot_inputs_of_a_large_vocabulary_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.tasks.language.network.WIDEST_ONE_HOT", 10)
    with pytest.raises(UsageError, match="too many for one-hot"):
        small(embedding="one-hot").fit([RHYME])
