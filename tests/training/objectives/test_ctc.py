from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import DataError
from seqloom.layers import Convolution, StepHead
from seqloom.training.objectives import CTC
from seqloom.training.objectives.ctc import check_frames


class Given(nn.Module):
    """The scores are the inputs."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        return x

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        return lengths


def spelt(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    return tuple(token for token, _ in itertools.groupby(path) if token != blank)


def batch_of(scores: Tensor, lengths: list[int], targets: list[list[int]]) -> Batch:
    widest = max(map(len, targets))
    padded = torch.tensor([row + [IGNORED] * (widest - len(row)) for row in targets], dtype=torch.int64)
    return Batch({"x": scores}, padded.view(len(targets), widest), {"x": torch.tensor(lengths)})


def test_the_loss_is_the_sum_over_all_paths() -> None:
    torch.manual_seed(0)
    scores = torch.randn(3, 5, 4, dtype=torch.float64)
    lengths, targets = [5, 3, 4], [[0, 0], [1, 2], []]
    wanted = 0.0
    for row, length, target in zip(scores.softmax(-1), lengths, targets, strict=True):
        paths = (path for path in itertools.product(range(4), repeat=length) if spelt(path, 3) == tuple(target))
        chances = [torch.stack([row[t, token] for t, token in enumerate(path)]).prod() for path in paths]
        wanted -= float(torch.stack(chances).sum().log())
    found, _ = CTC().loss(Given(), batch_of(scores, lengths, targets), None)
    assert float(found) == pytest.approx(wanted / 4, rel=1e-12)


def test_gradients_by_differences() -> None:
    torch.manual_seed(0)
    scores = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)

    def loss(scores: Tensor) -> Tensor:
        return CTC().loss(Given(), batch_of(scores, [4, 3], [[1, 1], [0]]), None)[0]

    assert torch.autograd.gradcheck(loss, (scores,))


def test_frames_that_a_stride_leaves_are_those_that_count() -> None:
    class Short(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = Convolution(2, 4, width=3, stride=2), StepHead(4, 3)

        def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
            scores: Tensor = self.head(self.body(x, None, lengths)[0])
            return scores

        def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
            return self.body.lengths_after(lengths)

    torch.manual_seed(0)
    module, x = Short().double(), torch.randn(2, 8, 2, dtype=torch.float64)
    together = CTC().sums(module, batch_of(x, [8, 5], [[0, 1], [1]]), None)[0]
    alone = [
        CTC().sums(module, batch_of(x[:1], [8], [[0, 1]]), None)[0],
        CTC().sums(module, batch_of(x[1:, :5], [5], [[1]]), None)[0],
    ]
    for name, value in together.items():
        assert float(value) == pytest.approx(sum(float(one[name]) for one in alone)), name


def test_the_token_error_rate_counts_edits_of_the_best_path() -> None:
    best = torch.tensor([[2, 0, 0, 2, 0, 1], [1, 1, 1, 2, 2, 2]])
    scores = torch.eye(3)[best] * 9
    sums, _ = CTC().sums(Given(), batch_of(scores, [6, 3], [[0, 1], [1, 0]]), None)
    assert float(sums["edits"]) == 2  # "0 0 1" has one too many, "1" one too few
    assert CTC().figures(sums)["token_error_rate"] == 0.5


def test_rows_of_silence_teach_beside_others_and_weigh_nothing_alone() -> None:
    scores = torch.zeros(1, 2, 3, requires_grad=True)
    silent = batch_of(scores, [2], [[]])
    assert CTC().weight(silent) == 0
    loss, _ = CTC().loss(Given(), silent, None)
    assert float(loss.detach()) == pytest.approx(2 * torch.tensor(3.0).log().item())
    sums, _ = CTC().sums(Given(), silent, None)
    assert float(sums["loss"]) == 0.0


def test_every_target_that_its_frames_cannot_say_is_named() -> None:
    targets = [torch.tensor([1, 2]), torch.tensor([1, 1]), torch.tensor([], dtype=torch.int64), torch.tensor([0])]
    check_frames(targets[:1], [2], "x", str)
    with pytest.raises(DataError) as error:
        check_frames(targets, [2, 2, 0, 0], "digits.csv", ["a.wav", "b.wav", "c.wav", "d.wav"].__getitem__)
    said = str(error.value)
    assert "2 problems in digits.csv" in said
    assert "b.wav: expected at least 3 frames for its 2 tokens, got 2" in said
    assert "d.wav: expected at least 1 frames for its 1 tokens, got 0" in said
    assert "a.wav" not in said
