"""How readily spans are said is chosen by what is held out, and is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from seqloom.tasks import Tagger
from seqloom.tasks.examples.values import Examples
from seqloom.tasks.tagging import tagger as room
from seqloom.tasks.tagging.network import TagNetwork
from seqloom.tasks.tagging.objective import SpanTags
from seqloom.tasks.tagging.outside import OFFSETS, chosen_offset
from seqloom.tasks.tagging.tag_set import TagSet
from seqloom.training.evaluation import evaluate
from tests.tasks.tagging.sentences import small, tagged

TAGS = TagSet.learned([["B-x", "I-x", "O"]])


class Given(nn.Module):
    """Scores that are the numbers of the series themselves."""

    out_features = 3

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return x


class Nothing(nn.Module):
    """A body that changes nothing."""

    out_features = 3

    def forward(self, x: Tensor, state: None, lengths: Tensor) -> tuple[Tensor, tuple[()]]:
        return x, ()


def network() -> TagNetwork:
    """Says what it reads."""
    found = TagNetwork(Given(), Nothing(), 3, None, 0.0)  # type: ignore[arg-type]
    nn.init.eye_(found.head.linear.weight)
    nn.init.zeros_(found.head.linear.bias)
    return found.eval()


def noisy(sentences: int, shift: float) -> Examples:
    """Tags drawn by scores whose O was made better by a ``shift`` afterwards."""
    random = torch.Generator().manual_seed(0)
    outside = torch.tensor([0.0, -40.0, 1.0])
    scores = [torch.randn(9, 3, generator=random) * 2 + outside for _ in range(sentences)]
    targets = [one.argmax(-1) for one in scores]
    return Examples({"x": [one + shift * torch.tensor([0.0, 0.0, 1.0]) for one in scores]}, targets)


@pytest.mark.parametrize("shift", [-0.75, 0.0, 1.5])
def test_a_score_that_was_shifted_is_shifted_back(shift: float) -> None:
    objective = TAGS.objective
    assert isinstance(objective, SpanTags)
    assert chosen_offset(objective, network(), noisy(60, shift)) == shift


def test_few_spans_choose_nothing() -> None:
    objective = TAGS.objective
    assert isinstance(objective, SpanTags)
    assert chosen_offset(objective, network(), noisy(6, 1.5)) == 0.0


def test_the_choice_is_the_best_of_all_and_is_in_use_only_once_all_is_learned() -> None:
    objective, examples, one = TAGS.objective, noisy(60, 1.0), network()
    assert isinstance(objective, SpanTags)
    found = {}
    for offset in OFFSETS:
        one.offsets.copy_(TAGS.offsets(offset))
        found[offset] = objective.figures(evaluate(objective, one, examples.batches()))["f1"]
    one.offsets.zero_()
    assert found[chosen_offset(objective, one, examples)] == max(found.values()) > found[0.0]
    one.offsets.copy_(TAGS.offsets(1.0))
    x, lengths = torch.zeros(1, 2, 3), torch.tensor([2])
    assert one(x, lengths)[0, 0].tolist() == [0.0, 0.0, -1.0]
    assert one.train()(x, lengths)[0, 0].tolist() == [0.0, 0.0, 0.0]


def test_it_is_kept_with_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, tags = tagged()
    monkeypatch.setattr(room, "chosen_offset", lambda objective, network, examples: 2.0)
    tagger = small(epochs=1).fit(tokens, tags, validation=0.25, progress=False)
    assert tagger.facts_["outside"] == 2.0
    tagger.save(tmp_path / "model")
    again = Tagger.load(tmp_path / "model")
    assert isinstance(again.model_, TagNetwork)
    assert again.model_.offsets.tolist() == [2.0 * (name == "O") for name in again.tags_]
    assert again.predict(tokens) == tagger.predict(tokens)
    assert again.evaluate(tokens, tags).model == tagger.evaluate(tokens, tags).model
    assert TagSet(("NOUN", "O"), None).offsets(2.0).tolist() == [0.0, 0.0]
