"""Figures of spans are seqeval's, whose answers lie in seqeval.json (see test_schemes.py)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from seqloom.data import IGNORED, Batch, pad
from seqloom.tasks.tagging.objective import UNSEEN, UNSEEN_SPAN, SpanTags
from seqloom.tasks.tagging.schemes import Scheme
from seqloom.training.evaluation import evaluate

GOLDEN = json.loads((Path(__file__).parent / "seqeval.json").read_text())


class Said(nn.Module):
    """Scores that say x."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.tags = tags

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return nn.functional.one_hot(x, self.tags).float()


def batches(names: list[str], true: list[list[str]], said: list[list[str]], size: int) -> list[Batch]:
    def ids(rows: list[list[str]]) -> list[Tensor]:
        return [torch.tensor([names.index(tag) for tag in row]) for row in rows]

    found = []
    for begin in range(0, len(true), size):
        x, lengths = pad(ids(said[begin : begin + size]))
        targets, _ = pad(ids(true[begin : begin + size]), IGNORED)
        found.append(Batch({"x": x}, targets, {"x": lengths}))
    return found


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("size", [24, 5])
def test_figures_are_seqevals(scheme: Scheme, size: int) -> None:
    golden = GOLDEN[scheme]
    true, said = ([tags.split() for tags in golden[name]] for name in ("true", "predicted"))
    names = sorted({tag for row in true + said for tag in row})
    objective = SpanTags(names, scheme)
    figures = objective.figures(evaluate(objective, Said(len(names)), batches(names, true, said, size)))  # type: ignore[arg-type]
    assert [figures[name] for name in ("precision", "recall", "f1")] == pytest.approx(golden["all"])
    assert {kind: figures[f"f1 of {kind}"] for kind in golden["by_type"]} == pytest.approx(
        {kind: values[2] for kind, values in golden["by_type"].items()}
    )
    pairs = [pair for a, b in zip(true, said, strict=True) for pair in zip(a, b, strict=True)]
    assert figures["accuracy"] == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    assert figures[objective.watched] == figures["f1"]


def test_a_span_of_an_unseen_type_is_missed() -> None:
    objective = SpanTags(["O", "B-x", "I-x"], Scheme.IOB2)
    batch = Batch({"x": torch.tensor([[1, 2, 0]])}, torch.tensor([[1, 2, 0]]), {"x": torch.tensor([3])})
    figures = objective.figures(objective.sums(Said(3), batch, None)[0])
    assert (figures["recall"], figures["f1"]) == (1.0, 1.0)
    unseen = batch._replace(inputs={"x": torch.tensor([[1, 2, 0, 0, 0]])}, lengths={"x": torch.tensor([5])})
    unseen = unseen._replace(targets=torch.tensor([[1, 2, 0, UNSEEN_SPAN, UNSEEN]]))
    figures = objective.figures(objective.sums(Said(3), unseen, None)[0])
    assert (figures["recall"], figures["precision"], figures["accuracy"]) == (0.5, 1.0, 0.6)
    assert set(figures) == {"loss", "accuracy", "precision", "recall", "f1", "f1 of x"}
