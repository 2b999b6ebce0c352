"""A trained model that writes texts goes on with new words: of its targets and, where these are texts, its sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from seqloom import Captioner, Recognizer, Seq2Seq
from seqloom.errors import UsageError
from seqloom.tasks.examples.fit import ExampleTask

FAST = {"epochs": 1, "device": "cpu"}
HEAD = ("head.linear.weight", "head.linear.bias")
PICTURES = np.random.default_rng(0).integers(0, 255, (12, 8, 8, 1), dtype=np.uint8)
SERIES = [torch.randn(12, 3, generator=torch.Generator().manual_seed(seed)) for seed in range(12)]


class Case(NamedTuple):
    """What is learned first, what then, the weights that have rows of tokens, and how many these get."""

    model: Any
    first: tuple[Any, Any]
    then: tuple[Any, Any]
    grown: Mapping[str, int]
    other: Mapping[str, Any]
    """Settings of another model."""


def translator(**more: Any) -> Seq2Seq:
    given = {"embedding": 4, "source_tokens": "words", "target_tokens": "words", "training": FAST, "width": 1}
    return Seq2Seq("gru(4) -> luong(4)", **given | more)


CASES = {
    "words into words": Case(
        translator,
        (["a cat", "a dog"] * 6, ["un chat", "un chien"] * 6),
        (["a cow", "a cat"] * 6, ["une belle vache", "un chat"] * 6),
        {"front.table": 1, "target_embedding.table": 3, **dict.fromkeys(HEAD, 3)},
        {"source_tokens": "characters"},
    ),
    "characters into characters, in one table": Case(
        lambda **more: translator(
            **{"source_tokens": "characters", "target_tokens": "characters", "tied": True} | more
        ),
        (["ab", "ba"] * 6, ["xy", "yx"] * 6),
        (["abc", "bad"] * 6, ["xyz", "yx"] * 6),
        {"front.table": 2, "target_embedding.table": 1, **dict.fromkeys(HEAD, 1)},
        {"target_tokens": "words"},
    ),
    "series into words": Case(
        lambda **more: translator(**{"source_tokens": None} | more),
        (SERIES, ["up", "down"] * 6),
        (SERIES, ["up", "away"] * 6),
        {"target_embedding.table": 1, **dict.fromkeys(HEAD, 1)},
        {"target_tokens": "bytes"},
    ),
    "pictures into words": Case(
        lambda **more: Captioner(**{"spec": "grid(4, cell=4) -> luong(4)", "embedding": 4, "training": FAST} | more),
        (PICTURES, ["a cat", "a dog"] * 6),
        (PICTURES, ["a cow", ["a cat", "the cat"]] * 6),
        {"target_embedding.table": 2, **dict.fromkeys(HEAD, 2)},
        {"tokens": "characters"},
    ),
    "series into characters": Case(
        lambda **more: Recognizer(**{"spec": "gru(4)", "tokens": "characters", "training": FAST} | more),
        (SERIES, ["ab", "ba"] * 6),
        (SERIES, ["ab", "cd"] * 6),
        dict.fromkeys(HEAD, 2),
        {"tokens": "words"},
    ),
    "series into characters, by a decoder": Case(
        lambda **more: Recognizer(**{"spec": "gru(4) -> luong(4)", "tokens": "characters", "training": FAST} | more),
        (SERIES, ["ab", "ba"] * 6),
        (SERIES, ["ab", "cd"] * 6),
        {"target_embedding.table": 2, **dict.fromkeys(HEAD, 2)},
        {"tokens": "words"},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_was_learned_stays_and_new_tokens_are_drawn(case: Case, tmp_path: Path) -> None:
    first = case.model().fit(*case.first, case.first, progress=False)
    first.save(tmp_path / "first")
    task = ExampleTask(case.model(), *case.then, case.then, tmp_path / "first")
    fitted = task.prepare(None, lambda done, total: None).fitted
    before, now = first.model_.state_dict(), fitted.module.state_dict()
    assert {name: len(now[name]) - len(before[name]) for name in before if len(now[name]) != len(before[name])} == dict(
        case.grown
    )
    blanks = "blank" in case.model()._rows(first.facts_)[0].names  # the last row is the blank's
    for name, weight in before.items():
        count = len(weight) - (blanks and name in HEAD)
        assert torch.equal(now[name][:count], weight[:count]), name
        assert torch.equal(now[name][-1], weight[-1]) or (name in case.grown and not blanks)
    grown = case.model().fit(*case.then, case.then, start_from=tmp_path / "first", progress=False)
    assert str(tmp_path / "first") in grown.validation_.baselines
    assert len(grown.predict(case.then[0][:2])) == 2
    grown.save(tmp_path / "grown")
    assert type(grown).load(tmp_path / "grown").predict(case.then[0]) == grown.predict(case.then[0])


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_tokens_of_another_kind_are_refused(case: Case) -> None:
    first = case.model().fit(*case.first, case.first, progress=False)
    (name,) = case.other
    with pytest.raises(UsageError, match=rf"{name}: .* asked for"):
        case.model(**case.other).fit(*case.then, start_from=first, progress=False)


def test_long_targets_are_still_written_after_short_ones() -> None:
    first = translator().fit(["a cat", "a dog"] * 6, ["un chat " * 9, "un chien"] * 6, progress=False)
    grown = translator().fit(["a cat", "a dog"] * 6, ["un", "chat"] * 6, start_from=first, progress=False)
    assert grown.facts_["size"]["longest"] == first.facts_["size"]["longest"]
