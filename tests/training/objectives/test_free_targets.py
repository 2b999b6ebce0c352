"""The loss of sequences that have a length of their own, and what is measured of them."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from seqloom.data.batch import IGNORED, Batch
from seqloom.errors import UsageError
from seqloom.layers import LearnedEmbedding, parse_encoder_decoder
from seqloom.models.encoder_decoder import EncoderDecoder, shifted
from seqloom.training.objectives import FreeTargets, added

SOURCE, TARGET = 5, 6


def model() -> EncoderDecoder:
    torch.manual_seed(0)
    spec = parse_encoder_decoder("gru(4) -> luong(4)")
    return EncoderDecoder.of(spec, LearnedEmbedding(SOURCE, 3), LearnedEmbedding(TARGET, 3)).double()


def batch() -> Batch:
    targets = torch.tensor([[2, 3, 1, 0], [4, 0, IGNORED, IGNORED], [0, IGNORED, IGNORED, IGNORED]])
    return Batch({"x": torch.randint(SOURCE, (3, 7))}, targets, {"x": torch.tensor([7, 3, 1])})


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_is_torchs_over_the_real_targets(smoothing: float) -> None:
    module, data = model(), batch()
    given = shifted(data.targets)
    logits = module(data.x, data.length, given)
    wanted = functional.cross_entropy(
        logits.flatten(0, 1), data.targets.flatten(), ignore_index=IGNORED, label_smoothing=smoothing
    )
    loss, carried = FreeTargets(smoothing).loss(module, data, None)
    torch.testing.assert_close(loss, wanted)
    assert carried is None
    measured, _ = FreeTargets(smoothing).sums(module, data, None)
    plain = FreeTargets().loss(module, data, None)[0]
    torch.testing.assert_close(measured["loss"] / measured["weight"], plain.detach())


def test_sums_of_parts_are_those_of_the_whole() -> None:
    module, data, objective = model(), batch(), FreeTargets()
    whole, _ = objective.sums(module, data, None)
    parts = [objective.sums(module, data.rows(row, row + 1), None)[0] for row in range(3)]
    together = added(added(parts[0], parts[1]), parts[2])
    for name, value in whole.items():
        torch.testing.assert_close(together[name], value)
    assert objective.weight(data) == 7


def test_exact_rows_are_those_that_greedy_decoding_writes() -> None:
    module, data = model(), batch()
    with torch.no_grad():
        module.head.linear.weight.mul_(9)
    found = [row[0] for row in module.decode(data.x, data.length, width=1, limit=3)]
    ends = [torch.tensor(one.tokens + (0,) * one.finished) for one in found]
    targets = torch.nn.utils.rnn.pad_sequence(ends, batch_first=True, padding_value=IGNORED)

    def exact(wanted: torch.Tensor) -> float:
        return FreeTargets().figures(FreeTargets().sums(module, data._replace(targets=wanted), None)[0])["exact"]

    assert exact(targets) == 1
    targets[1, 0] = 5 if targets[1, 0] != 5 else 4
    assert exact(targets) == pytest.approx(2 / 3)


def test_a_share_of_what_is_given_is_the_model_s_own_and_grows() -> None:
    module, data, seen = model().train(), batch(), []
    module.register_buffer("updates", torch.zeros((), dtype=torch.int64))
    with torch.no_grad():
        module.head.linear.bias[5] = 1e6
    plain = module.logits

    def logits(x: torch.Tensor, lengths: torch.Tensor, targets: torch.Tensor, given: torch.Tensor | None = None):
        seen.append(given)
        return plain(x, lengths, targets, given)

    module.logits = logits  # type: ignore[method-assign]
    objective = FreeTargets(sampling=0.9, over=2)
    for _ in range(40):
        objective.loss(module, data, None)
    given = [one for one in seen if one is not None]
    assert torch.equal(given[0], shifted(data.targets)), "at first all that is given is true"
    own = torch.stack(given[2:])[:, 0, 1:] == 5
    assert 0.75 < own.double().mean() < 0.99
    assert int(module.updates) == 40
    objective.sums(module.eval(), data, None)
    assert int(module.updates) == 40


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_a_smoothing_that_is_no_share_is_refused(smoothing: float) -> None:
    with pytest.raises(UsageError, match="smoothing: expected a share"):
        FreeTargets(smoothing)
