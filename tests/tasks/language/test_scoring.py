from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch

from seqloom import LanguageModel
from seqloom.data import Corpus, Lanes
from seqloom.errors import DataError, UsageError
from seqloom.tasks.language.measuring import measure
from seqloom.tasks.language.scoring import read_prompts, surprisals
from seqloom.training.evaluation import evaluate
from seqloom.training.objectives import NextToken
from tests.tasks.conftest import RHYME, small


@pytest.mark.parametrize("start", ["eos", "zero"])
@pytest.mark.parametrize("tokens", ["characters", "symbols"])
def test_the_probabilities_of_all_sentences_and_of_what_is_unfinished_sum_to_one(tokens: str, start: str) -> None:
    texts = ["ab", "ba", "aab"] if tokens == "characters" else ["a b", "b a", "a a b"]
    model = small(tokens=tokens, start=start, steps=20).fit(texts, validation=0.0)
    glue = "" if tokens == "characters" else " "
    alphabet = ["a", "b", "?"]
    longest = 4
    finished = [
        glue.join(letters) for length in range(longest + 1) for letters in itertools.product(alphabet, repeat=length)
    ]
    mass = sum(map(math.exp, model.log_probabilities(finished)))
    longer = [glue.join(letters) for letters in itertools.product(alphabet, repeat=longest + 1)]
    unfinished = sum(map(math.exp, model.log_probabilities(longer, end=False)))
    assert mass + unfinished == pytest.approx(1, abs=1e-5)
    assert 0.001 < unfinished < 0.999


def test_surprisal_next_probabilities_and_log_probability_agree(model: LanguageModel) -> None:
    pieces = model.surprisal("six", end=True)
    assert [piece for piece, _ in pieces] == ["s", "i", "x", "<eos>"]
    assert model.log_probability("six", end=True) == pytest.approx(-sum(nats for _, nats in pieces))
    for length, (piece, nats) in enumerate(pieces):
        following = dict(model.next_probabilities("six"[:length]))
        assert following[piece] == pytest.approx(math.exp(-nats), rel=1e-4)
        assert sum(following.values()) == pytest.approx(1)
    values = [p for _, p in model.next_probabilities("si")]
    assert values == sorted(values, reverse=True)


def test_many_texts_in_a_batch_score_as_each_alone(model: LanguageModel) -> None:
    texts = [RHYME[:k] for k in (40, 0, 3, 17, 1)] * 8
    together = model.log_probabilities(texts)
    assert together == pytest.approx([model.log_probability(text) for text in texts], rel=1e-4)
    ranked = model.rank(texts)
    assert [value for _, value in ranked] == sorted(together, reverse=True)


@pytest.mark.parametrize("validation", [0.0, 0.1])
@pytest.mark.parametrize(("texts", "learned_the_end"), [([RHYME * 3], False), ([RHYME] * 30, True)])
def test_the_end_is_scored_where_the_model_learned_of_ends(
    texts: list[str], learned_the_end: bool, validation: float
) -> None:
    model = small(steps=20).fit(texts, validation=validation)
    scores = {end: model.score_texts(["one two"], end=end)[0] for end in (None, False, True)}
    assert [scores[end].end for end in (None, False, True)] == [learned_the_end, False, True]
    assert torch.equal(scores[None].nats, scores[learned_the_end].nats)
    torch.testing.assert_close(scores[True].nats[:-1], scores[False].nats)
    for call in (
        lambda end: model.log_probability("one two", end=end),
        lambda end: model.log_probabilities(["one two"], end=end)[0],
        lambda end: model.rank(["one two"], end=end)[0][1],
        lambda end: -sum(nats for _, nats in model.surprisal("one two", end=end)),
        lambda end: -sum(nats for _, nats in model.surprisal("one two", end=end, by_word=True)),
    ):
        assert [call(end) for end in scores] == pytest.approx([one.log_probability for one in scores.values()])
    for score in scores.values():
        assert score.nats_per_token == pytest.approx(-score.log_probability / (7 + score.end))
        assert score.nats_per_character == pytest.approx(-score.log_probability / 7)


@pytest.mark.parametrize("spec", ["gru(8)", "attention(8)", "2*mamba2(8)"])
@pytest.mark.parametrize("texts", [[RHYME], [RHYME] * 3], ids=["stream", "documents"])
def test_the_chain_rule_holds_wherever_a_text_is_cut(spec: str, texts: list[str]) -> None:
    model = small(spec, steps=20).fit(texts, validation=0.0)
    text = RHYME[:40]
    whole = model.log_probability(text)
    for cut in (0, 1, 7, 39, 40):
        before, after = text[:cut], text[cut:]
        parts = model.log_probability(before, end=False), model.log_probability(after, context=before)
        assert sum(parts) == pytest.approx(whole, rel=1e-4)


def test_a_text_without_tokens_has_no_mean(model: LanguageModel) -> None:
    (score,) = model.score_texts([""])
    assert (score.log_probability, score.nats_per_token, score.nats_per_character) == (0.0, None, None)
    assert (score.by_token(), score.by_word(), score.unknown_share) == ([], [], 0.0)
    assert model.score_texts([]) == []


def test_a_string_is_not_a_list_of_texts(model: LanguageModel) -> None:
    for call in (model.score_texts, model.log_probabilities, model.rank):
        with pytest.raises(UsageError, match=r"texts: expected several texts, got one string\. Give a list: \['one'\]"):
            call("one")


def test_long_rows_run_in_pieces(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [model.vocabulary_.encode(RHYME[:k]) for k in (30, 4, 11)]
    whole = surprisals(model.model_, [0], rows)
    logits, state = read_prompts(model.model_, rows)
    monkeypatch.setattr("seqloom.tasks.language.scoring._TIME", 5)
    for got, expected in zip(surprisals(model.model_, [0], rows), whole, strict=True):
        torch.testing.assert_close(got, expected)
    torch.testing.assert_close(read_prompts(model.model_, rows), (logits, state))


def test_scores_are_without_dropout_whatever_the_mode() -> None:
    model = small(dropout=0.5).fit([RHYME])
    model.model_.eval()
    expected = model.log_probability(RHYME), model.score([RHYME])
    model.model_.train()
    assert model.log_probability(RHYME) == expected[0]
    model.model_.train()
    assert model.score([RHYME]) == expected[1]


def test_large_vocabularies_are_scored_in_shorter_pieces(model: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [RHYME, RHYME[:20]]
    scores, record = model.log_probabilities(texts), model.evaluate([RHYME])
    monkeypatch.setattr("seqloom.tasks.memory._SCORES", 5 * len(texts) * model.vocabulary_.size)
    seen = []
    handle = model.model_.register_forward_hook(lambda module, given, taken: seen.append(taken[0].shape))
    assert model.log_probabilities(texts) == pytest.approx(scores, rel=1e-5)
    assert max(shape[1] for shape in seen) == 5
    seen.clear()
    assert model.evaluate([RHYME]).nats == pytest.approx(record.nats, rel=1e-5)
    assert max(shape[1] for shape in seen) == 10
    handle.remove()


def test_evaluate_is_the_chain_rule_over_the_stream(model: LanguageModel) -> None:
    evaluation = model.evaluate([RHYME])
    end = model.vocabulary_.eos
    (nats,) = surprisals(model.model_, [end], [model.vocabulary_.encode(RHYME)])
    assert evaluation.nats == pytest.approx(float(nats.sum()), rel=1e-5)
    assert evaluation.tokens == len(RHYME)
    assert evaluation.characters == len(RHYME)
    assert evaluation.lanes == 1
    assert model.score([RHYME]) == pytest.approx(-evaluation.nats_per_token)
    assert list(evaluation.baselines)[:3] == ["uniform", "unigram", "bigram"]


def test_documents_are_scored_each_from_a_fresh_state() -> None:
    lines = RHYME.splitlines()
    model = small().fit(lines)
    assert model.reset_
    evaluation = model.evaluate(lines)
    assert evaluation.nats == pytest.approx(-sum(model.log_probabilities(lines)), rel=1e-5)


def test_a_carried_state_is_carried_across_documents_and_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = RHYME.splitlines()
    model = small(reset=False).fit(lines)
    stream = Corpus.from_texts(lines, model.vocabulary_).stream()
    whole = evaluate(NextToken(), model.model_, Lanes(stream, 1, len(stream)))
    monkeypatch.setattr("seqloom.tasks.language.measuring._WINDOW", 7)
    assert model.evaluate(lines).nats == pytest.approx(float(whole["loss"]), rel=1e-5)
    assert model.evaluate(lines).nats != pytest.approx(-sum(model.log_probabilities(lines)), rel=1e-5)


def test_the_record_says_when_a_long_stream_was_cut_into_lanes(model: LanguageModel) -> None:
    stream = Corpus.from_texts([RHYME], model.vocabulary_).stream()
    cut = measure(model._fitted(), stream, longest_lane=20)
    whole = measure(model._fitted(), stream)
    assert (cut.lanes, whole.lanes) == (16, 1)
    assert cut.tokens == whole.tokens
    assert cut.nats != whole.nats


def test_a_file_is_scored_as_its_text(model: LanguageModel, tmp_path: Path) -> None:
    path = tmp_path / "rhyme.txt"
    path.write_text(RHYME, encoding="utf-8")
    assert model.evaluate(path) == model.evaluate([RHYME])
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_characters_are_counted(model: LanguageModel) -> None:
    assert model.evaluate(["one %% two"]).unknown_share == pytest.approx(2 / 11)


def test_units_agree(model: LanguageModel) -> None:
    record = model.evaluate([RHYME]).to_mapping()
    assert record["bits_per_token"] == pytest.approx(record["nats_per_token"] / math.log(2))
    assert record["nats_per_character"] * record["characters"] == pytest.approx(record["nats"])
    assert record["perplexity"] == pytest.approx(math.exp(record["nats_per_token"]))


def test_data_that_cannot_be_scored_says_why(model: LanguageModel, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        model.evaluate(tmp_path / "absent.txt")
    with pytest.raises(DataError, match="empty"):
        model.evaluate([""])
    with pytest.raises(UsageError, match="another vocabulary"):
        model.evaluate(Corpus.from_texts(["ab"], small().fit(["ab" * 20], validation=0.0).vocabulary_))
    with pytest.raises(UsageError, match="item 0 of the list is int"):
        model.evaluate([3])  # type: ignore[list-item]
