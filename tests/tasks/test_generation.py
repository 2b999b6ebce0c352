from __future__ import annotations

from pathlib import Path

import pytest

from seqloom import LanguageModel, kernels
from seqloom.errors import UsageError
from seqloom.tasks import generation
from tests.tasks.conftest import RHYME, small


def texts_of(model: LanguageModel, prompts: list[str], **options: object) -> list[str]:
    texts = [""] * len(prompts)
    for row, piece in model.generate(prompts, **options):  # type: ignore[arg-type]
        texts[row] += piece
    return texts


def test_prompts_of_different_lengths_in_a_batch_continue_as_each_alone(model: LanguageModel) -> None:
    prompts = ["", "one two", "s", "then I let it go ag", "o"]
    together = texts_of(model, prompts, length=60, seed=11)
    alone = [texts_of(model, [prompt], length=60, seed=11 + row)[0] for row, prompt in enumerate(prompts)]
    assert together == alone
    assert len(set(together)) == len(prompts)


def test_it_streams_and_keeps_to_the_length(model: LanguageModel) -> None:
    stream = model.generate("one", length=10**9, stop=False)
    assert [next(stream)[0] for _ in range(5)] == [0] * 5
    pieces = list(model.generate("one", length=7, stop=False))
    assert [len(piece) for _, piece in pieces] == [1] * 7
    assert list(model.generate("one", length=0)) == []


def test_temperature_zero_is_the_beam_of_width_one(model: LanguageModel) -> None:
    for prompt in ("", "one", "six s"):
        (greedy,) = texts_of(model, [prompt], length=30, temperature=0.0)
        (found,) = model.beam_search(prompt, length=30, width=1)
        assert found.text == greedy


def test_beam_search_scores_are_the_models(model: LanguageModel) -> None:
    found = model.beam_search("on", length=4, width=200, stop=True)
    assert [beam.score for beam in found] == sorted((beam.score for beam in found), reverse=True)
    before = sum(nats for _, nats in model.surprisal("on")[:-1])
    finished = [beam for beam in found if beam.finished]
    assert finished
    for beam in finished[:5]:
        assert beam.log_probability == pytest.approx(model.log_probability("on" + beam.text) + before, rel=1e-4)


def test_unknown_never_comes_and_the_end_ends() -> None:
    model = small(steps=30).fit(["ab"] * 30, validation=0.0)
    texts = texts_of(model, [""] * 30, length=50, temperature=2.0)
    assert set("".join(texts)) <= {"a", "b"}
    assert {len(text) for text in texts} != {50}
    endless = texts_of(model, [""] * 3, length=50, temperature=2.0, stop=False)
    assert {len(text) for text in endless} == {50}


@pytest.mark.parametrize("validation", [0.0, 0.1])
def test_one_long_text_teaches_no_end(validation: float, tmp_path: Path) -> None:
    small(steps=1).fit([RHYME * 3], validation=validation).save(tmp_path / "model")
    model = LanguageModel.load(tmp_path / "model")
    model.model_.head.linear.bias.data[model.vocabulary_.eos] = 1e4
    assert {len(text) for text in texts_of(model, ["", "one"], length=20)} == {20}
    assert texts_of(model, ["", "one"], length=20, stop=True) == ["", ""]
    assert {(len(beam.text), beam.finished) for beam in model.beam_search("", length=4)} == {(4, False)}
    assert model.beam_search("one", length=4, width=1, stop=True)[0].finished


def test_one_stream_begins_with_a_line_and_many_documents_with_their_beginning() -> None:
    stream, many = (small(steps=20).fit(texts, validation=0.0) for texts in ([RHYME], [RHYME] * 3))
    bare = small(steps=20).fit([RHYME.replace("\n", " ")], validation=0.0)
    for model, begins_with_a_line in ((stream, True), (many, False)):
        without, line = (texts_of(model, [prompt], length=30, seed=2, stop=False) for prompt in ("", "\n"))
        assert (without == line) is begins_with_a_line
        assert (model.beam_search("", length=9) == model.beam_search("\n", length=9)) is begins_with_a_line
    assert len(texts_of(bare, [""], length=30)[0]) == 30


@pytest.mark.parametrize("tokens", ["bytes", "words"])
def test_one_stream_of_other_tokens_begins_with_a_line_too(tokens: str) -> None:
    model = small(tokens=tokens, steps=5).fit([RHYME], validation=0.0)
    assert texts_of(model, [""], length=10) == texts_of(model, ["\n"], length=10)


def test_bytes_stream_as_whole_characters() -> None:
    model = small(tokens="bytes", steps=1).fit(["äöü€" * 20], validation=0.0)
    for _, piece in model.generate(["ä", "€"], length=200):
        assert piece.encode("utf-8").decode("utf-8") == piece
    assert texts_of(model, ["äö"], length=0) == [""]


def test_words_are_joined_to_the_prompt_with_a_space() -> None:
    model = small(tokens="words", steps=60).fit(["I like pizza."] * 20, validation=0.0)
    assert texts_of(model, ["I like"], length=2, temperature=0.0) == [" pizza."]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompts": "one % two &"}, r"characters that the model has never seen: '%', '&'"),
        ({"temperature": -1.0}, "temperature"),
        ({"top_k": 0}, "top-k"),
        ({"top_p": 1.5}, "top-p"),
        ({"repetition_penalty": 0.5}, "repetition"),
        ({"length": -1}, "length"),
    ],
)
def test_bad_options_are_refused_at_the_call(model: LanguageModel, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        model.generate(**options)  # type: ignore[arg-type]


def test_every_filter_can_be_used_together(model: LanguageModel) -> None:
    options = {"temperature": 0.8, "top_k": 5, "top_p": 0.9, "repetition_penalty": 1.2}
    first = texts_of(model, ["one"], length=30, seed=3, **options)
    assert first == texts_of(model, ["one"], length=30, seed=3, **options)
    assert first != texts_of(model, ["one"], length=30, seed=4, **options)
    assert set(first[0]) <= set(RHYME)


def test_compiled_code_writes_the_text_of_the_reference(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts, options = ["one", "", "six s"], {"length": 300, "seed": 4, "stop": False}
    with kernels.use("reference"):
        expected = texts_of(model, prompts, **options)

    def unused(*_: object, **__: object) -> None:
        raise AssertionError("an ordinary step was taken")

    monkeypatch.setattr(generation, "sample", unused)
    assert texts_of(model, prompts, **options) == expected


def test_text_after_more_training_is_that_of_the_new_weights() -> None:
    model = small("lstm(8)", steps=3).fit(["abcabcabc" * 20], validation=0.0)
    before = texts_of(model, ["a"], length=60, stop=False)
    assert before == texts_of(model, ["a"], length=60, stop=False)
    model.model_.head.linear.bias.data[model.vocabulary_.encode("b")[0]] = 1e4
    assert texts_of(model, ["a"], length=60, stop=False) == ["b" * 60]
