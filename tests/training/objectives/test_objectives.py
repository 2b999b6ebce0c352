"""Laws of objectives: sums of parts are those of the whole, and figures are scikit-learn's."""

from __future__ import annotations

import copy
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, mean_squared_error, r2_score
from torch import Tensor, nn
from torch.nn import functional

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import UsageError
from seqloom.layers import ConditionalRandomField
from seqloom.training.evaluation import evaluate
from seqloom.training.objectives import CTC, Classes, Labels, NextToken, Numbers, Objective, Tags, added
from tests.training.example import TinyModel, windows

ROWS, CLASSES = 40, 4


class Read(nn.Module):
    """Scores of the mean over real steps, so that padding which is read shows."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.outputs = outputs
        self.linear = nn.Linear(3, outputs)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        assert lengths is not None
        real = torch.arange(x.shape[1]) < lengths[:, None]
        found: Tensor = self.linear((x * real[..., None]).sum(1) / lengths[:, None])
        return found


class ReadSteps(nn.Module):
    """Scores of every step, with or without a random field."""

    def __init__(self, field: ConditionalRandomField | None = None) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.linear, self.field = nn.Linear(3, CLASSES), field

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        found: Tensor = self.linear(x)
        return found

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        return lengths


def batch(targets: Tensor) -> Batch:
    random = torch.Generator().manual_seed(0)
    x = torch.randn(ROWS, 5, 3, generator=random)
    return Batch({"x": x}, targets, {"x": torch.randint(1, 6, (ROWS,), generator=random)})


def random_classes(count: int = CLASSES) -> Tensor:
    return torch.randint(count, (ROWS,), generator=torch.Generator().manual_seed(2))


def random_tags() -> Batch:
    """A tag for each real step."""
    found = batch(torch.randint(CLASSES, (ROWS, 5), generator=torch.Generator().manual_seed(2)))
    assert found.length is not None
    beyond = torch.arange(5) >= found.length[:, None]
    return found._replace(targets=found.targets.masked_fill(beyond, IGNORED))


def random_tokens() -> Batch:
    """At least one token for each row, which its frames can say."""
    found = random_tags()
    assert found.length is not None
    few = torch.arange(5) < (found.length[:, None] + 1) // 2
    return found._replace(targets=(found.targets % (CLASSES - 1)).masked_fill(~few, IGNORED))


CASES: dict[str, tuple[Objective[Any], nn.Module, Batch]] = {
    "classes": (Classes(CLASSES), Read(CLASSES), batch(random_classes())),
    "weighted": (Classes(CLASSES, [1.0, 2.0, 0.5, 3.0], smoothing=0.1), Read(CLASSES), batch(random_classes())),
    "labels": (Labels(), Read(3), batch(functional.one_hot(random_classes(3), 3))),
    "numbers": (
        Numbers(centre=5.0),
        Read(2),
        batch(torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(3)) + 5),
    ),
    "tokens somewhere": (CTC(), ReadSteps(), random_tokens()),
    "tags": (Tags(), ReadSteps(), random_tags()),
    "tags of a random field": (Tags(), ReadSteps(ConditionalRandomField(CLASSES)), random_tags()),
}
each = pytest.mark.parametrize("name", CASES)


@each
@pytest.mark.parametrize("borders", [[0, 40], [0, 1, 40], [0, 7, 20, 33, 40]])
def test_parts_add_up_to_the_whole(name: str, borders: list[int]) -> None:
    objective, module, whole = CASES[name]
    parts = [whole.rows(a, b) for a, b in pairwise(borders)]
    found = objective.figures(evaluate(objective, module, parts))
    wanted = objective.figures(evaluate(objective, module, [whole]))
    assert found == pytest.approx(wanted, rel=1e-6)
    assert sum(objective.weight(part) for part in parts) == pytest.approx(objective.weight(whole))


@each
def test_the_loss_that_is_measured_is_the_loss_that_is_minimised(name: str) -> None:
    objective, module, whole = CASES[name]
    loss, carried = objective.loss(module, whole, None)
    assert carried is None
    assert objective.figures(objective.sums(module, whole, None)[0])["loss"] == pytest.approx(
        float(loss.detach()), rel=1e-6
    )
    loss.backward()
    assert all(bool(p.grad is not None and p.grad.isfinite().all()) for p in module.parameters())


@each
def test_gradients_of_parts_add_up_to_that_of_the_whole_in_float64(name: str) -> None:
    objective, module, whole = CASES[name]
    module = copy.deepcopy(module).double()
    whole = whole._replace(inputs={"x": whole.x.double()})

    def gradients(part: Batch) -> list[Tensor]:
        loss, _ = objective.loss(module, part, None)
        return [g * objective.weight(part) for g in torch.autograd.grad(loss, list(module.parameters()))]

    parts = [gradients(whole.rows(begin, end)) for begin, end in ((0, 1), (1, 17), (17, ROWS))]
    for *own, wanted in zip(*parts, gradients(whole), strict=True):
        torch.testing.assert_close(sum(own), wanted, rtol=1e-12, atol=1e-12)


@each
def test_the_watched_figure_is_one_of_the_figures(name: str) -> None:
    objective, module, whole = CASES[name]
    assert objective.watched in objective.figures(objective.sums(module, whole, None)[0])


def test_classes_against_scikit_learn() -> None:
    objective, module, whole = CASES["classes"]
    predicted = module(whole.x, whole.length).argmax(1)
    figures = objective.figures(evaluate(objective, module, [whole]))
    assert figures["accuracy"] == pytest.approx(accuracy_score(whole.targets, predicted))
    assert figures["macro_f1"] == pytest.approx(f1_score(whole.targets, predicted, average="macro"))


def test_who_is_too_sure_tells_classes_apart_all_the_same() -> None:
    """The tempered loss is that at the temperature that suits best."""

    class Said(nn.Module):
        def __init__(self, scores: Tensor) -> None:
            super().__init__()
            self.scores = scores

        def forward(self, *_: Any) -> Tensor:
            return self.scores

    objective, _, whole = CASES["weighted"]
    scores = 4 * (functional.one_hot(whole.targets, CLASSES) + torch.randn(ROWS, CLASSES))
    found, surer = (objective.figures(evaluate(objective, Said(k * scores), [whole])) for k in (1, 4))
    assert surer["loss"] > 1.5 * found["loss"]
    assert surer["tempered_loss"] == pytest.approx(found["tempered_loss"])
    by_temperature = [functional.cross_entropy(scores / 2.0**k, whole.targets, objective.weights) for k in range(-2, 7)]
    assert found["tempered_loss"] == pytest.approx(float(min(by_temperature)), rel=1e-6)


def test_weights_and_smoothing_against_torch() -> None:
    objective, module, whole = CASES["weighted"]
    scores = module(whole.x, whole.length)
    weights = torch.tensor([1.0, 2.0, 0.5, 3.0])
    plain = Classes(CLASSES, weights.tolist()).loss(module, whole, None)[0]
    torch.testing.assert_close(plain, functional.cross_entropy(scores, whole.targets, weights))
    smooth = Classes(CLASSES, smoothing=0.2).loss(module, whole, None)[0]
    torch.testing.assert_close(smooth, functional.cross_entropy(scores, whole.targets, label_smoothing=0.2))
    assert objective.weight(whole) == pytest.approx(float(weights[whole.targets].sum()))


def test_labels_against_scikit_learn() -> None:
    objective, module, whole = CASES["labels"]
    predicted = module(whole.x, whole.length) > 0
    figures = objective.figures(evaluate(objective, module, [whole]))
    assert figures["micro_f1"] == pytest.approx(f1_score(whole.targets, predicted, average="micro"))
    assert figures["exact"] == pytest.approx(accuracy_score(whole.targets, predicted))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_numbers_against_scikit_learn(offset: float) -> None:
    _, module, whole = CASES["numbers"]
    moved = whole._replace(targets=whole.targets.double() + offset)

    class Moved(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.read = module

        def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
            return self.read(x, lengths).double() + offset + 5

    objective = Numbers(centre=offset)
    figures = objective.figures(evaluate(objective, Moved(), [moved]))
    true, predicted = np.ravel(moved.targets), Moved()(moved.x, moved.length).detach().numpy().ravel()
    assert figures["loss"] == pytest.approx(mean_squared_error(true, predicted), rel=1e-6)
    assert figures["mean_absolute_error"] == pytest.approx(mean_absolute_error(true, predicted), rel=1e-6)
    assert figures["r2"] == pytest.approx(r2_score(true, predicted), rel=1e-6)


@pytest.mark.parametrize("name", ["tags", "tags of a random field"])
def test_tags_count_real_steps_only(name: str) -> None:
    objective, module, whole = CASES[name]
    assert whole.length is not None
    assert objective.weight(whole) == int(whole.length.sum())
    figures = objective.figures(objective.sums(module, whole, None)[0])
    noisy = whole.x.masked_fill((torch.arange(5) >= whole.length[:, None])[..., None], 1e6)
    assert objective.figures(objective.sums(module, whole._replace(inputs={"x": noisy}), None)[0]) == figures


def test_tags_against_scikit_learn_and_torch() -> None:
    """A random field that knows nothing scores each tag alone."""
    objective, module, whole = CASES["tags"]
    real = whole.targets != IGNORED
    scores = module(whole.x)[real]
    figures = objective.figures(objective.sums(module, whole, None)[0])
    assert figures["accuracy"] == pytest.approx(accuracy_score(whole.targets[real], scores.argmax(-1)))
    assert figures["loss"] == pytest.approx(float(functional.cross_entropy(scores, whole.targets[real]).detach()))
    together = CASES["tags of a random field"][1]
    assert objective.figures(objective.sums(together, whole, None)[0]) == pytest.approx(figures, rel=1e-6)


@pytest.mark.parametrize("name", ["tags", "tags of a random field"])
def test_a_tag_that_cannot_be_known_is_wrong_and_costs_nothing(name: str) -> None:
    objective, module, whole = CASES[name]
    row = whole.rows(0, 1)
    assert row.length is not None
    count = int(row.length)
    unknown = row._replace(targets=torch.where(row.targets == IGNORED, IGNORED, -1))
    assert objective.weight(unknown) == count
    figures = objective.figures(objective.sums(module, unknown, None)[0])
    assert figures == {"loss": pytest.approx(0.0, abs=1e-6), "accuracy": 0.0}


def test_next_token_counts_real_targets_only() -> None:
    objective, model = NextToken(), TinyModel(dropout=0.0)
    whole = windows(lengths=True)
    assert objective.weight(whole[0]) == 5 + 5 + 2
    sums = evaluate(objective, model, whole)
    assert sums["weight"] == 7 * 12
    empty = whole[0]._replace(targets=torch.full_like(whole[0].targets, -100))
    found, _ = objective.sums(model, empty, None)
    assert (float(found["weight"]), float(found["loss"])) == (0.0, 0.0)
    assert math.isnan(objective.figures(found)["loss"])
    assert float(added(found, sums)["loss"]) == float(sums["loss"])


@pytest.mark.parametrize(
    "wrong", [{"smoothing": 1.0}, {"smoothing": -0.1}, {"weights": [1.0]}, {"weights": [1, 0, 1, 1]}]
)
def test_weights_and_smoothing_that_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Classes(CLASSES, **wrong)
