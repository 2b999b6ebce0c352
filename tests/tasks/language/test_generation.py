from __future__ import annotations

import math
from pathlib import Path

import pytest

from seqloom import LanguageModel, kernels
from seqloom.decoding import BeamSearch, Sampling, StopStrings, seed_of_row
from seqloom.errors import UsageError
from seqloom.tasks import Ending
from seqloom.tasks.language import generation
from seqloom.tasks.language.scoring import read_prompts
from tests.tasks.conftest import RHYME, small


def texts_of(model: LanguageModel, prompts: list[str], **options: object) -> list[str]:
    texts = [""] * len(prompts)
    for row, piece in model.generate(prompts, **as_asked(options)):  # type: ignore[arg-type]
        texts[row] += piece
    return texts


def as_asked(options: dict[str, object]) -> dict[str, object]:
    """The arguments of ``generate``, the settings of drawing among ``options`` in their record."""
    drawing = {name: options[name] for name in options if name in Sampling.__dataclass_fields__}
    rest = {name: value for name, value in options.items() if name not in drawing}
    return rest | {"sampling": Sampling(**drawing)}  # type: ignore[arg-type]


def test_prompts_of_different_lengths_in_a_batch_continue_as_each_alone(model: LanguageModel) -> None:
    prompts = ["", "one two", "s", "then I let it go ag", "o"]
    together = texts_of(model, prompts, length=60, seed=11)
    seeds = [seed_of_row(11, row) for row in range(len(prompts))]
    alone = [texts_of(model, [prompt], length=60, seed=seed)[0] for prompt, seed in zip(prompts, seeds, strict=True)]
    assert together == alone
    assert model.generate(prompts, sampling=Sampling(seed=11)).seeds == tuple(seeds)
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
        (found,) = model.beam_search(prompt, length=30, search=BeamSearch(width=1))
        assert found.text == greedy


def test_beam_search_scores_are_the_models(model: LanguageModel) -> None:
    found = model.beam_search("on", length=4, search=BeamSearch(width=200), stop=True)
    assert [beam.score for beam in found] == sorted((beam.score for beam in found), reverse=True)
    finished = [beam for beam in found if beam.finished]
    assert finished
    for beam in finished[:5]:
        assert beam.log_probability == pytest.approx(model.log_probability(beam.text, context="on", end=True), rel=1e-4)


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
    assert model.beam_search("one", length=4, search=BeamSearch(width=1), stop=True)[0].finished


@pytest.mark.parametrize("tokens", ["characters", "bytes", "words", "bpe"])
@pytest.mark.parametrize(
    ("texts", "begins_a_line"),
    [([RHYME], True), ([RHYME.replace("\n", " ")], False), ([RHYME] * 3, False)],
    ids=["stream", "without-lines", "documents"],
)
def test_texts_of_one_stream_begin_a_line_whether_written_or_scored(
    tokens: str, texts: list[str], begins_a_line: bool
) -> None:
    model = small(tokens=tokens, steps=5).fit(texts, validation=0.0)
    encode = model.vocabulary_.encode
    opening = [model.vocabulary_.eos, *encode("\n")] if begins_a_line else [model.vocabulary_.eos]
    for prompt in ("", "one two"):
        logits, _ = read_prompts(model.model_, [[*opening, *encode(prompt)]])
        expected = logits[0].double().softmax(-1)
        best = model.vocabulary_.piece(int(expected.argmax()))
        assert model.next_probabilities(prompt)[0] == (best, pytest.approx(float(expected.max()), rel=1e-5))
        (_, nats), *_ = model.surprisal("six", context=prompt)
        assert nats == pytest.approx(-math.log(float(expected[encode("six")[0]])), rel=1e-4)
        (beam,) = model.beam_search(prompt, length=1, search=BeamSearch(width=1), stop=True)
        assert beam.log_probability == pytest.approx(math.log(float(expected.max())), rel=1e-4)
        (greedy,) = texts_of(model, [prompt], length=1, temperature=0.0, stop=True)
        assert greedy == beam.text


def test_seeds_beside_each_other_share_no_text(model: LanguageModel) -> None:
    texts = [text for seed in range(6) for text in texts_of(model, [""] * 10, length=40, seed=seed)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("tokens", ["characters", "bytes", "words", "bpe"])
@pytest.mark.parametrize("options", [{}, {"top_p": 0.99}], ids=["compiled", "stepwise"])
def test_a_text_ends_right_before_a_stop_string(tokens: str, options: dict[str, float]) -> None:
    text = "Der Bär saß im Tal.\nDer Wolf saß am See.\n"
    model = small(tokens=tokens, steps=40).fit([text * 4], validation=0.0)
    prompts = ["Der Bär ", "Der ", "", "Der Wolf"] * 3
    options = options | {"length": 60, "seed": 1}
    whole = texts_of(model, prompts, **options)
    strings = [whole[0][7:11], whole[1][20:24], "is never there"]
    writing = model.generate(prompts, stop_at=strings, **as_asked(options))  # type: ignore[arg-type]
    texts = [""] * len(prompts)
    for row, piece in writing:
        texts[row] += piece
    for got, full, ending in zip(texts, whole, writing.endings, strict=True):
        stop = StopStrings(strings)
        assert got == stop.feed(full) + stop.finish()
        assert ending == ("stop" if stop.found else "length")
    assert len(texts[0]) <= 7
    assert len(texts[1]) <= 20


def test_a_stop_string_in_the_prompt_or_across_its_end_stops_nothing(model: LanguageModel) -> None:
    (whole,) = texts_of(model, ["one"], length=30, seed=1)
    across = "e" + whole[0]
    assert across not in whole
    assert texts_of(model, ["one"], length=30, seed=1, stop_at=["one", across]) == [whole.partition("one")[0]]


def test_writing_says_why_each_text_ended() -> None:
    model = small(steps=30).fit(["ab"] * 30, validation=0.0)
    writing = model.generate([""] * 40, length=3, sampling=Sampling(temperature=2.0), stop_at="ba")
    texts = [""] * 40
    for row, piece in writing:
        texts[row] += piece
    assert set(writing.endings) == {Ending.LENGTH, Ending.END_OF_TEXT, Ending.STOP}
    for text, ending in zip(texts, writing.endings, strict=True):
        assert (len(text) == 3) is (ending is Ending.LENGTH)
    nothing = model.generate(["a"], length=0)
    assert (list(nothing), nothing.endings) == ([], [Ending.LENGTH])


@pytest.mark.parametrize("tokens", ["characters", "words"])
def test_what_is_unknown_in_a_prompt_can_be_left_out(tokens: str) -> None:
    model = small(tokens=tokens, steps=20).fit([RHYME], validation=0.0)
    with pytest.raises(UsageError, match="ignore_unknown=True"):
        model.generate("one ¿ two")
    odd, plain = "one two€", "one two"
    for call in (
        lambda prompt: texts_of(model, [prompt], length=20, ignore_unknown=True),
        lambda prompt: model.beam_search(prompt, length=5, search=BeamSearch(width=2), ignore_unknown=True),
        lambda prompt: model.next_probabilities(prompt, ignore_unknown=True),
    ):
        assert call(odd) == call(plain)


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
        ({"top_k": 0}, "top_k"),
        ({"top_p": 1.5}, "top_p"),
        ({"repetition_penalty": 0.5}, "repetition"),
        ({"length": -1}, "length"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"stop_at": ["a", ""]}, "stop"),
    ],
)
def test_bad_options_are_refused_at_the_call(model: LanguageModel, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        model.generate(**as_asked(options))  # type: ignore[arg-type]


def test_plain_values_do_for_a_record_and_others_are_refused(model: LanguageModel) -> None:
    told = model.generate("one", 20, sampling={"temperature": 0.5, "seed": 3})  # type: ignore[arg-type]
    assert list(told) == list(model.generate("one", 20, sampling=Sampling(temperature=0.5, seed=3)))
    with pytest.raises(UsageError, match=r"sampling: expected Sampling or None, got 0\.5"):
        model.generate("one", sampling=0.5)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"temprature: no such setting\. Did you mean 'temperature'"):
        model.generate("one", sampling={"temprature": 1})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="width: expected a whole number of at least 1"):
        model.beam_search("one", search={"width": 0})  # type: ignore[arg-type]


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
