import torch
from torch import Tensor, nn

from seqloom.data.batch import IGNORED, Batch
from seqloom.models.distributions import Gaussian
from seqloom.training.objectives import Likelihood


class Said(nn.Module):
    """These parameters, whatever is asked."""

    def __init__(self, parameters: Tensor) -> None:
        super().__init__()
        self.parameters_ = nn.Parameter(parameters)

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        return self.parameters_


def test_missing_and_padded_values_neither_teach_nor_count() -> None:
    torch.manual_seed(0)
    said, targets = torch.randn(2, 3, 4, 2, dtype=torch.float64), torch.randn(2, 3, 4, dtype=torch.float64)
    targets[0, 1, 2] = torch.nan
    targets[1, 2] = IGNORED
    batch = Batch({"x": torch.zeros(2, 3)}, targets, {"x": torch.tensor([3, 2])})
    objective, module = Likelihood(Gaussian()), Said(said)
    assert objective.weight(batch) == 24 - 1 - 4
    loss, _ = objective.loss(module, batch, None)
    each = Gaussian().loss(said, targets)
    counted = torch.cat([each[0].flatten(), each[1, :2].flatten()])
    torch.testing.assert_close(loss, counted[counted.isfinite()].mean())
    loss.backward()
    gradient = module.parameters_.grad
    assert gradient is not None
    assert torch.isfinite(gradient).all()
    assert not gradient[1, 2].any()
    assert not gradient[0, 1, 2].any()


def test_a_batch_without_a_value_has_no_loss() -> None:
    batch = Batch({"x": torch.zeros(1, 2)}, torch.full((1, 2), torch.nan), {"x": torch.tensor([2])})
    loss, _ = Likelihood(Gaussian()).loss(Said(torch.zeros(1, 2, 2)), batch, None)
    assert loss.item() == 0
    assert Likelihood(Gaussian()).weight(batch) == 0
