"""Texts into texts: what is learned, searched, drawn, scored, looked at, refused and said."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom import Seq2Seq
from seqloom.decoding import BeamSearch, Sampling
from seqloom.errors import DataError, SeqloomWarning, UsageError
from seqloom.tasks.guess import guess
from seqloom.tasks.translation.picks import pick_tokens

WORDS = {"red": "rouge", "blue": "bleu", "cat": "chat", "dog": "chien", "a": "un", "big": "grand"}
SOURCES = [f"{x} {y} {z}" for x in WORDS for y in WORDS for z in WORDS]
TARGETS = [" ".join(WORDS[word] for word in source.split()) for source in SOURCES]
BRIEF = {"epochs": 25, "learning_rate": 0.02, "device": "cpu"}


def made(spec: str = "gru(16) bidirectional -> luong(16)", **more: Any) -> Seq2Seq:
    settings = {"embedding": 16, "dropout": 0.0, "source_tokens": "words", "target_tokens": "words", "training": BRIEF}
    return Seq2Seq(spec, **settings | more)


@cache
def fitted() -> Seq2Seq:
    return made().fit(SOURCES, TARGETS, validation=0.2, progress=False)


def test_a_translation_word_by_word_is_learned_and_beats_what_is_simple() -> None:
    figures = fitted().validation_
    assert figures.model["exact"] > 0.8
    assert {"the most frequent target", "a copy of the source", "a table of words"} == set(figures.baselines)
    assert figures.watched == "chrf"
    assert figures.higher_is_better
    assert fitted().score(SOURCES, TARGETS) > 80


@pytest.mark.parametrize(
    "spec",
    [
        "gru(8) -> bahdanau(8, readout=8)",
        "gru(8) -> luong(8, feed=false)",
        "positions + transformer(8, causal=false) -> transformer(8)",
        "gru(8) -> bottleneck(8, context=8)",
    ],
)
def test_any_encoder_goes_with_any_decoder(spec: str) -> None:
    model = made(spec, training={"steps": 2, "epochs": None, "device": "cpu"}, sampling=0.5)
    model.fit(SOURCES, TARGETS, progress=False)
    assert int(model.model_.updates) == 2
    assert len(model.predict(SOURCES[:2])) == 2


@pytest.mark.parametrize(("source", "target"), [("bpe", "words"), ("characters", "bpe"), ("bpe", "bpe")])
def test_byte_pairs_stand_on_either_side(source: str, target: str, tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    targets = [f"cet été, {text}" for text in TARGETS]
    training = {"steps": 2, "epochs": None, "device": "cpu"}
    model = made(source_tokens=source, target_tokens=target, vocabulary_size=300, training=training)
    model.fit(SOURCES, targets, progress=False)
    assert model.predict(SOURCES[:3], outputs=targets[:1]) == targets[:1] * 3
    looked = model.alignments(SOURCES[:1], targets[:1])[0]
    assert "".join(looked.source).replace(" ", "") == SOURCES[0].replace(" ", "")
    assert looked.weights.shape == (len(looked.target), len(looked.source))
    assert model.validation_.watched == "bleu"
    model.save(tmp_path / "model")
    assert Seq2Seq.load(tmp_path / "model").predict(SOURCES[:3]) == model.predict(SOURCES[:3])


def test_tied_tables_are_one() -> None:
    model = made(tied=True, training={"steps": 2, "epochs": None, "device": "cpu"}).fit(
        SOURCES, TARGETS, progress=False
    )
    assert model.model_.head.linear.weight is model.model_.target_embedding.table


def test_series_are_sources_too() -> None:
    series = [torch.randn(4 + k % 3, 2) for k in range(20)]
    model = made("gru(8) -> luong(8)", source_tokens=None, training={"steps": 2, "epochs": None, "device": "cpu"})
    model.fit(series, ["up down", "down"] * 10, progress=False)
    assert len(model.predict(series)) == 20
    assert model.alignments(series[:1])[0].weights.shape[1] == 4


def test_candidates_are_ranked_different_and_scored() -> None:
    model = fitted()
    (found,) = model.candidates(SOURCES[:1], 4, BeamSearch(8, 0.0))
    assert len({one.text for one in found}) == len(found) == 4
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found[0].text == model.predict(SOURCES[:1], BeamSearch(8, 0.0))[0]
    scores = model.scores([SOURCES[0]] * 4, [one.text for one in found])
    assert scores == pytest.approx([one.score for one in found], abs=1e-4)


def test_greedy_sampling_and_a_set_of_outputs() -> None:
    model = fitted()
    greedy = model.predict(SOURCES, BeamSearch(1))
    assert np.mean([a == b for a, b in zip(greedy, TARGETS, strict=True)]) > 0.8
    drawn = [model.predict(SOURCES, Sampling(temperature=3.0, seed=seed)) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    outputs = ["chat", "chien rouge", *TARGETS[:3]]
    assert set(model.predict(SOURCES, outputs=outputs)) <= set(outputs)
    assert model.predict(SOURCES[:3], outputs=outputs) == TARGETS[:3]
    long = " ".join(["chat"] * 30)
    assert model.predict(SOURCES[:1], outputs=[long]) == [long]
    with pytest.raises(UsageError, match="outputs: one of a set is searched for, not drawn"):
        model.predict(SOURCES, Sampling(), outputs=outputs)


def test_alignments_have_the_tokens_of_both_sides() -> None:
    found = fitted().alignments(SOURCES[:2], TARGETS[:2])[0]
    assert found.source == SOURCES[0].split()
    assert found.target == [*TARGETS[0].split(), "<eos>"]
    np.testing.assert_allclose(found.weights.sum(1), 1, rtol=1e-4)
    blind = made("gru(4) -> bottleneck(4)", training={"steps": 1, "epochs": None, "device": "cpu"})
    blind.fit(SOURCES, TARGETS, progress=False)
    with pytest.raises(UsageError, match="knows its source by one vector"):
        blind.alignments(SOURCES[:1])


def test_an_unknown_word_is_copied_from_where_attention_points() -> None:
    names = [f"n{k}x" for k in range(60)]
    sources, targets = [f"hello dear {name}" for name in names], [f"bonjour cher {name}" for name in names]
    model = made(minimum_count=2, copy=True).fit(sources, targets, progress=False)
    module: Any = model.model_

    def alignments(source: torch.Tensor, lengths: Any, given: torch.Tensor) -> torch.Tensor:
        return torch.tensor([[[0.5, 0.3, 0.2], [0.4, 0.6, 0.0], [0.1, 0.0, 0.9], [0.2, 0.2, 0.6]]])

    module.alignments = alignments
    assert model.predict(["hello dear n7y"]) == ["bonjour cher n7y"]
    del module.alignments
    assert model.set_params(copy=False).predict(["hello dear n7y"]) == ["bonjour cher <unk>"]


def test_several_references_teach_and_count() -> None:
    both = [[target, f"{target} oui"] for target in TARGETS]
    model = made(training={"steps": 3, "epochs": None, "device": "cpu"}).fit(SOURCES, both, progress=False)
    assert model.facts_["size"]["examples"] > len(SOURCES)
    found = fitted().evaluate(SOURCES, [["nothing", target] for target in TARGETS])
    assert found.count == len(SOURCES)
    assert found.model["exact"] > 0.8


def test_equal_sources_are_on_one_side_and_few_of_many_are_held_out() -> None:
    model = made(training={"steps": 1, "epochs": None, "device": "cpu"})
    given = model._read(SOURCES * 3, TARGETS * 3, {})
    learned, aside, _ = model._divide(given, 0.3, seed=0)
    assert not {given.X[k] for k in learned} & {given.X[k] for k in aside}
    many = model._read([str(k) for k in range(50_000)], ["a"] * 50_000, {})
    assert len(model._divide(many, 0.1, seed=0).held_out) == 2000


def test_what_is_too_long_is_cut_or_refused() -> None:
    brief = {"steps": 1, "epochs": None, "device": "cpu"}
    with pytest.warns(SeqloomWarning, match=r"Sources: .* are longer than 2 tokens, the first is row 0; they are cut"):
        made(longest=2, training=brief).fit(SOURCES, ["un"] * len(SOURCES), progress=False)
    with pytest.raises(DataError, match="are longer than 2 tokens, the first is row 0 with 3"):
        made(longest=2, too_long="refuse", training=brief).fit(SOURCES, TARGETS, progress=False)


@pytest.mark.parametrize("target", ["", "  ", 3])
def test_a_target_that_is_no_text_is_refused(target: Any) -> None:
    with pytest.raises(DataError, match="y: row 1: expected a text that is not empty"):
        made().fit(["a", "b"], ["c", target], progress=False)


def test_tokens_suit_the_data() -> None:
    assert pick_tokens(TARGETS) == "words"
    assert pick_tokens(["May 3, 1981", "4 June 2002"]) == "characters"
    assert pick_tokens(["535+61", "1+1"]) == "characters"


def test_batches_have_so_many_tokens_where_asked() -> None:
    model = made(most_steps=20, batch_size=32, training={"steps": 1, "epochs": None, "device": "cpu"})
    model.fit(SOURCES, TARGETS, progress=False)
    examples = model._examples(model.facts_, SOURCES, TARGETS)
    assert max(batch.x.numel() for batch in examples.batches(32, seed=0)) <= 20


CLAIMED = {
    "pairs.tsv": "source\ttarget\n1+1\t2\n2+2\t4\n",
    "q.jsonl": '{"question": "what is it", "answer": "a cat"}\n',
    "fra.txt": "".join(f"the cat number {k} sat\tle chat {k} est la\tCC-BY {k}\n" for k in range(20)),
    "en_fr.tsv": "".join(f"the cat number {k} sat\tle chat {k} est la\n" for k in range(20)),
}


@pytest.mark.parametrize("name", CLAIMED)
def test_a_file_of_pairs_is_told_by_itself(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(CLAIMED[name], encoding="utf-8")
    found = guess(tmp_path / name, {})
    assert found is not None
    assert found.task == "translation"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reviews.tsv", "text\tlabel\nso good it was\tpositive\nnot so good\tnegative\n" * 20),
        ("labels.tsv", "".join(f"a good film {k} it is\tpositive\n" for k in range(40))),
        ("numbers.csv", "text,price\na good one,3\na bad one,4\n" * 10),
    ],
)
def test_labels_are_no_pairs(tmp_path: Path, name: str, text: str) -> None:
    from seqloom.tasks.translation.claims import claims_pairs

    (tmp_path / name).write_text(text, encoding="utf-8")
    assert claims_pairs(tmp_path / name, {}) is None


def test_a_file_is_answered_in_its_own_form(tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("source,note\na red cat,x\n", encoding="utf-8")
    lines = list(fitted().written(file))
    assert lines[0].strip() == "source,note,prediction"
    assert lines[1].startswith("a red cat,x,")
    ranked = list(fitted().written(file, top=2))
    assert ranked[0].strip() == "source,note,prediction,score,prediction_2,score_2"
    (record,) = fitted().answered(file, top=2)
    assert set(json.loads(json.dumps(record))) >= {"line", "source", "prediction", "score", "prediction_2"}


def test_pictures_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = [path.name for path in fitted().draw(tmp_path / "plots", SOURCES, TARGETS)]
    assert names == ["by_length.png", "attention.png"]
    assert all((tmp_path / "plots" / name).stat().st_size > 1000 for name in names)


def test_the_length_of_sources_is_in_the_notes() -> None:
    found = fitted().evaluate([f"{source} x{k}" for k in range(2) for source in SOURCES], TARGETS * 2)
    assert re.search(r"By the length of the source, chrf: .* tokens\)", " ".join(found.notes))


def test_the_table_ends_in_a_verdict() -> None:
    """A table of words is all that it takes here."""
    assert fitted().validation_.notes[-1].startswith("No better than the baseline a table of words, whose chrf is 100")
    nothing = fitted().evaluate(["a", "a cat"], ["zzz", "yyy"])
    assert nothing.notes == ("Neither the model nor a baseline got one right: chrf 0.000.",)
