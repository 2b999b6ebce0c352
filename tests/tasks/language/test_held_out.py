"""What is held out is like the rest, is whole documents, and is said; minutes bound all of a fit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom import LanguageModel, TrainingSettings
from seqloom.data import Boundaries, Characters, Corpus, Lanes, TokenStream, shuffled, split
from seqloom.errors import DataError, DivergedError, Interrupted, SeqloomWarning, UsageError
from seqloom.tasks.language.evaluation import Evaluation
from seqloom.tasks.language.held_out import Parts, divide
from seqloom.tasks.language.measuring import score_in_time
from seqloom.tasks.language.texts import encode
from seqloom.training.progress import Silent
from seqloom.training.settings import OptimiserName, ScheduleName
from tests.tasks.conftest import RHYME, small

LETTERS = Characters("abcdefghijklmnopqrstuvwxyz\n")
SORTED = [first * 3 + second for first in "abcdefghijklmnopqrst" for second in "abcdefghij"]


class Heard(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def parts_of(data: object, validation: object = 0.1, *, reset: bool = True, seed: int = 0) -> Parts:
    settings = small(window=4, document="line", training=TrainingSettings(seed=seed))._settings()
    whole, own = (
        one if isinstance(one, float | int) else encode(one, LETTERS, settings.document, None)  # type: ignore[arg-type]
        for one in (data, validation)
    )
    assert isinstance(whole, TokenStream)
    return divide(settings, whole, own, Boundaries(reset, ends=whole.documents > 1), None)


def texts_of(stream: TokenStream | None) -> list[str]:
    """The documents of a part."""
    assert stream is not None
    names = {stream.eos: "|"} | {i: LETTERS.piece(i) for i in range(1, LETTERS.size)}
    return "".join([names[i] for i in stream.targets.tolist()]).strip("|").split("|")


def test_documents_are_held_out_by_seed_and_whole() -> None:
    parts = parts_of(SORTED)
    learned, held_out = texts_of(parts.learned), texts_of(parts.held_out)
    assert sorted(learned + held_out) == SORTED
    assert len(held_out) == pytest.approx(20, abs=1)
    assert len({text[0] for text in held_out}) > 6, "not the last letters of the list"
    assert texts_of(parts_of(SORTED).held_out) == held_out
    assert texts_of(parts_of(SORTED, seed=1).held_out) != held_out
    assert parts.fingerprint != parts_of(SORTED, seed=1).fingerprint
    assert parts.remark == f"Held out: {len(held_out)} of 200 documents, drawn by seed 0."


def test_one_stream_is_cut_by_position_whatever_the_seed() -> None:
    text = "".join(SORTED)
    for seed in (0, 1):
        parts = parts_of([text], reset=False, seed=seed)
        assert "".join(texts_of(parts.learned) + texts_of(parts.held_out)) == text
        assert parts.remark == "Held out: the last 79 tokens, 9.9% of the text."


def test_documents_whose_state_is_carried_stay_in_their_order() -> None:
    parts = parts_of(SORTED, reset=False)
    assert texts_of(parts.learned) + texts_of(parts.held_out) == SORTED


@pytest.mark.parametrize("reset", [True, False])
def test_no_more_is_held_out_than_is_scored(monkeypatch: pytest.MonkeyPatch, reset: bool) -> None:
    monkeypatch.setattr("seqloom.tasks.language.held_out.MOST_HELD_OUT", 50)
    data = SORTED if reset else ["".join(SORTED)]
    parts = parts_of(data, 0.5, reset=reset)
    assert parts.held_out is not None
    assert len(parts.held_out) == pytest.approx(50, abs=6)
    assert len(parts.learned) > 700
    own = parts_of(data, SORTED, reset=reset)
    assert own.held_out is not None
    assert len(own.held_out) == 50
    assert own.remark.startswith("Held out: the first 50 of 1,000 tokens of the text given")


def test_a_validation_text_is_part_of_what_a_run_was_begun_with() -> None:
    one, other = (parts_of(SORTED, [text]).fingerprint for text in ("abc", "abd"))
    assert one != other


@pytest.mark.parametrize("share", [1.0, -0.1, 2])
def test_shares_that_are_none(share: float) -> None:
    with pytest.raises(UsageError, match="share from 0 to below 1"):
        parts_of(SORTED, share)


def test_sorted_documents_score_as_shuffled_ones(tmp_path: Path) -> None:
    """Held out by position, a sorted list of names scored 2.82 nats where a shuffled one scored 2.18."""
    training = TrainingSettings(learning_rate=0.02, epochs=6, device="cpu", log_every=1000)
    scores = []
    for texts in (SORTED, [SORTED[(k * 77) % 200] for k in range(200)]):
        model = small("gru(16)", training=training, batch_size=8).fit(texts)
        scores.append(model.validation_.nats_per_character)
    assert scores[0] == pytest.approx(scores[1], rel=0.15)


def test_runs_resume_with_the_seed_that_they_began_with(tmp_path: Path) -> None:
    def fit(seed: int, steps: int, resume: bool = False, run: str = "run") -> object:
        constant = ScheduleName.CONSTANT
        training = TrainingSettings(schedule=constant, steps=steps, epochs=None, seed=seed, device="cpu")
        return small(training=training).fit(SORTED, run=tmp_path / run, resume=resume)

    whole = fit(3, 30, run="whole")
    fit(3, 14)
    with pytest.warns(SeqloomWarning, match="seed: no effect on a run that goes on; it stays 3"):
        resumed = fit(4, 30, resume=True)
    states = [one.model_.state_dict() for one in (whole, resumed)]  # type: ignore[attr-defined]
    assert all(bool((states[0][name] == states[1][name]).all()) for name in states[0])
    assert whole.validation_.nats == resumed.validation_.nats  # type: ignore[attr-defined]


def test_what_chose_the_weights_is_said() -> None:
    training = TrainingSettings(learning_rate=0.01, steps=12, epochs=None, evaluate_every=3, device="cpu")
    model = small(training=training).fit([RHYME])
    assert model.validation_.chosen_among == 4
    assert small().fit([RHYME]).validation_.chosen_among == 1


def test_minutes_bound_reading_training_and_scoring() -> None:
    training = TrainingSettings(minutes=0.02, epochs=None, device="cpu", patience=3)
    model = small("gru(64)", training=training, batch_size=4).fit([RHYME * 4000])
    assert model.history_.stopped == "minutes"
    assert ". Scored: the first " in model.validation_.remark
    assert 4096 <= model.validation_.tokens < 200_000


def test_what_can_be_scored_in_time_is_a_beginning() -> None:
    stream = parts_of(["ab" * 50_000], 0.0, reset=False).learned
    read: list[int] = []

    def score(part: TokenStream) -> Evaluation:
        read.append(len(part))
        return Evaluation(tokens=len(part), characters=len(part), nats=0.0)

    assert score_in_time(stream, 1e9, score)[1] == len(stream)
    found, tokens = score_in_time(stream, 0.0, score)
    assert (found.tokens, tokens) == (4096, 4096)
    assert score_in_time(stream.first(10), 1e9, score)[1] == 10
    assert read == [4096, len(stream), 4096, 10], "a short text is read once"


def test_a_preview_is_shown_at_each_evaluation_and_changes_nothing() -> None:
    training = TrainingSettings(learning_rate=0.01, steps=9, epochs=None, evaluate_every=3, device="cpu")
    plain, shown = Heard(), Heard()
    a = small(training=training, dropout=0.5).fit([RHYME], progress=plain)
    b = small(training=training, dropout=0.5).fit([RHYME], preview=20, progress=shown)
    assert len(shown.messages) == len(plain.messages) + 3
    assert {len(message) for message in shown.messages[1:]} == {20}
    assert all(bool((x == y).all()) for x, y in zip(a.model_.parameters(), b.model_.parameters(), strict=True))


def test_a_loss_that_is_absurd_diverges() -> None:
    training = TrainingSettings(
        learning_rate=1e4,
        steps=200,
        epochs=None,
        schedule=ScheduleName.CONSTANT,
        optimiser=OptimiserName.SGD,
        clip_norm=None,
        device="cpu",
    )
    with pytest.raises(DivergedError, match="far above guessing"):
        small("elman(8)", training=training).fit([RHYME])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"tokens": "bytes", "minimum_count": 2}, "minimum_count: no effect with the tokens 'bytes'"),
        ({"tokens": "bpe", "minimum_count": 2, "vocabulary_size": 300}, "minimum_count: no effect"),
        ({"tokens": "bytes", "vocabulary_size": 300}, "vocabulary_size: no effect"),
        ({"tokens": Characters(sorted(set(RHYME))), "minimum_count": 2}, "minimum_count: no effect"),
        ({"document": "line"}, "document: no effect on a list of texts"),
        ({"training": TrainingSettings(momentum=0.5, steps=1, device="cpu")}, "momentum: no effect"),
    ],
)
def test_what_has_no_effect_is_said(changes: dict[str, object], what: str) -> None:
    with pytest.warns(SeqloomWarning, match=what):
        small(**changes).fit([RHYME])


def test_what_has_no_effect_where_nothing_is_held_out() -> None:
    training = TrainingSettings(steps=1, evaluate_every=1, device="cpu")
    with pytest.warns(SeqloomWarning) as caught:
        small(training=training).fit([RHYME], validation=0.0, preview=5)
    assert {str(one.message).partition(":")[0] for one in caught} == {"evaluate_every", "preview"}


def test_minutes_that_are_over_before_training_are_refused(tmp_path: Path) -> None:
    training = TrainingSettings(minutes=1e-6, epochs=None, device="cpu")
    with pytest.raises(UsageError, match="minutes: 1e-06 were over when the data were read"):
        small(training=training).fit([RHYME], run=tmp_path / "run")
    assert not list((tmp_path / "run").glob("step-*"))


def test_ctrl_c_while_scoring_says_what_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seqloom.tasks.language.fit.measure", stop)
    with pytest.raises(Interrupted, match=r"The model is whole in .*run; --resume"):
        small(steps=3).fit([RHYME], run=tmp_path / "run")
    monkeypatch.undo()
    resumed = small(steps=3).fit([RHYME], run=tmp_path / "run", resume=True)
    assert (resumed.history_.steps, resumed.validation_.tokens > 0) == (3, True)


def test_the_order_of_documents_is_part_of_what_a_run_was_begun_with() -> None:
    for validation in (0.0, ["abc"], 0.1):
        one, other = (parts_of(SORTED, validation, seed=seed).fingerprint for seed in (0, 1))
        assert one != other
        assert parts_of(SORTED, validation, reset=False).fingerprint not in (one, other)


def test_few_long_documents_are_cut_and_that_is_said() -> None:
    parts = parts_of(["abc" * 100, "def" * 100])
    assert parts.remark == "Held out: 60 of 602 tokens, the last of documents drawn by seed 0."


@given(
    st.lists(st.text("abc", min_size=1, max_size=30), min_size=2, max_size=12).filter(lambda t: sum(map(len, t)) > 20),
    st.sampled_from([0.05, 0.1, 0.3]),
)
def test_both_parts_hold_text_however_few_the_documents(texts: list[str], share: float) -> None:
    parts = parts_of(texts, share)
    assert parts.held_out is not None
    assert parts.learned.stop == parts.held_out.start
    assert min(parts.learned.characters, parts.held_out.characters) > 0
    total = len(parts.held_out.corpus) - 1
    assert len(parts.held_out) <= max(2, share * total + 1, total / 3, 1.25 * share * total + 1)


def test_a_second_fit_keeps_no_figure_of_the_first() -> None:
    model = small().fit([RHYME])
    assert not hasattr(model.fit([RHYME], validation=0.0), "validation_")


def test_parts_of_a_text_are_learned_from_and_judged_by_alone() -> None:
    """A corpus that was cut by hand into three: what is given is what is used."""
    corpus = Corpus.from_texts(SORTED, LETTERS)
    first, second, third = split(corpus, (0.6, 0.2, 0.2))
    for reset in (True, False):
        parts = parts_of(first, second, reset=reset)
        assert sorted(texts_of(parts.learned)) == texts_of(first)
        assert texts_of(parts.held_out) == texts_of(second)
        within = parts_of(first, 0.25, reset=reset)
        assert sorted(texts_of(within.learned) + texts_of(within.held_out)) == texts_of(first)
        fingerprints = {parts_of(first, one, reset=reset).fingerprint for one in (second, third, 0.25)}
        assert len(fingerprints | {parts_of(corpus, 0.25, reset=reset).fingerprint}) == 4
    model = small(tokens=LETTERS).fit(third, validation=second)
    assert model.validation_.characters == second.characters
    assert model.baselines_.count(LETTERS.encode("a")[0]) == int((third.ids == LETTERS.encode("a")[0]).sum())


def test_a_document_that_is_cut_off_stays_last() -> None:
    corpus = Corpus.from_texts(["abc", "de", "fgh", "ijkl"], LETTERS)
    for stop in range(2, len(corpus) + 1):
        for start in range(1, stop):
            part = TokenStream(corpus, start, stop)
            found = shuffled(part, 3)
            assert sorted(found.ids[1:].tolist()) == sorted(part.targets.tolist())
            *whole, rest = "".join("|" if i == 0 else LETTERS.piece(i) for i in part.targets.tolist()).split("|")
            *drawn, last = "".join("|" if i == 0 else LETTERS.piece(i) for i in found.ids[1:].tolist()).split("|")
            assert (sorted(drawn), last) == (sorted(whole), rest)
            assert (found.documents, found.characters) == (part.documents, part.characters)


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["abcdefghi"], {"reset": True}),
        (["abcdefghi"], {"reset": False}),
        (["abcdefgh", "i"], {}),
        (["abcdefgh", "i"], {"reset": False}),
        (["i", "abcdefgh"], {}),
        (["ab", "cd"], {}),
    ],
)
def test_however_little_is_held_out_something_is_predicted(texts: list[str], options: dict[str, bool]) -> None:
    """One document whose end was all that was held out had a loss of 0, the best there can be."""
    model = small("gru(8)", window=4, training=TrainingSettings(epochs=2, device="cpu"), **options).fit(texts)
    assert model.validation_.nats > 0
    assert model.history_.best is not None
    assert model.history_.best > 0


def test_one_document_is_cut_by_position_with_a_state_of_its_own_too() -> None:
    assert parts_of(["".join(SORTED)], reset=True).remark == "Held out: the last 79 tokens, 9.9% of the text."


def test_two_documents_are_two() -> None:
    """A model of two documents has seen the end of one, and one begin after another."""
    model = small(training=TrainingSettings(epochs=1, device="cpu")).fit([RHYME, RHYME])
    assert [score.end for score in model.score_texts(["ring"])] == [True]
    alone = small(training=TrainingSettings(epochs=1, device="cpu")).fit([RHYME])
    assert [score.end for score in alone.score_texts(["ring"])] == [False]


def test_what_is_held_out_tells_nothing_of_the_order_of_an_epoch() -> None:
    """Numbers that are drawn for two purposes from one seed were the same."""
    corpus = Corpus.from_texts([chr(97 + k) for k in range(26)], LETTERS)
    for seed in range(20):
        drawn = shuffled(corpus.stream(), seed)
        lanes = Lanes(corpus.stream(), 1, 2, Boundaries(reset=True), seed=seed)
        orders = [[int(window.targets[0, 0]) for window in lanes.epoch(number)] for number in range(3)]
        orders.append(drawn.ids[1::2].tolist())
        assert len({tuple(order) for order in orders}) == 4


@pytest.mark.parametrize("share", [np.float32(0.25), np.float64(0.25), Fraction(1, 4)])
def test_shares_of_every_type(share: object) -> None:
    model = small(training=TrainingSettings(epochs=1, device="cpu")).fit([RHYME], validation=share)  # type: ignore[arg-type]
    assert model.validation_.remark.startswith("Held out: the last ")


def test_a_share_of_less_than_a_token() -> None:
    with pytest.raises(DataError, match=r"of its 1,000 tokens the share to hold out, 1e-09, is less than one"):
        parts_of(SORTED, 1e-9)


@pytest.mark.parametrize("preview", [-1, 2.5, True, "10"])
def test_previews_that_are_none(preview: object) -> None:
    with pytest.raises(UsageError, match="preview: expected a whole number of at least 0"):
        small().fit([RHYME], preview=preview)  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [-1, 2.5, True])
def test_lengths_that_are_none(length: object) -> None:
    model = small().fit([RHYME])
    for write in (model.generate, model.beam_search):
        with pytest.raises(UsageError, match="length: expected a whole number of at least 0"):
            write("ring", length)  # type: ignore[operator]


def test_what_was_read_in_another_order_is_not_called_another_text(tmp_path: Path) -> None:
    small(steps=2).fit(SORTED, run=tmp_path / "run")
    with pytest.raises(UsageError, match="held out another part of this text, or is of an older seqloom"):
        small(steps=2).fit(SORTED, validation=0.2, run=tmp_path / "run", resume=True)
    with pytest.raises(UsageError, match="was trained on another text"):
        small(steps=2).fit([*SORTED, "aaab"], run=tmp_path / "run", resume=True)


class Watching(Heard):
    """Everything that is shown, in order, by the names of the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def watch(self, what: str, done: int, total: int) -> None:
        if done == total:
            self.calls.append(what)


def test_one_bar_shows_reading_training_and_scoring(tmp_path: Path) -> None:
    shown = Watching()
    (tmp_path / "text").write_text(RHYME, encoding="utf-8")
    small(steps=3).fit(tmp_path / "text", progress=shown)
    assert shown.calls == ["start", "reading", "reading", "scoring", "scoring", "stop"]
    with pytest.raises(DataError):
        small(window=1000).fit([RHYME], progress=shown)
    assert shown.calls[-2:] == ["start", "stop"]


def test_the_part_that_was_held_out_is_told_with_its_figures(tmp_path: Path) -> None:
    model = small(steps=3).fit(SORTED)
    assert model.validation_.remark == "Held out: 20 of 200 documents, drawn by seed 0."
    assert model.validation_.to_mapping()["remark"] == model.validation_.remark
    model.save(tmp_path / "model")
    assert LanguageModel.load(tmp_path / "model").validation_.remark == model.validation_.remark
