import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import Augmentation, Noise, TokenDropout

TOKENS = torch.arange(1000).reshape(10, 100)
VALUES = torch.zeros(10, 100, 3)


@pytest.mark.parametrize(
    ("augmentation", "x"), [(Augmentation(), TOKENS), (TokenDropout(0.5, 1000), TOKENS), (Noise(0.5), VALUES)]
)
def test_nothing_is_changed_but_in_training(augmentation: Augmentation, x: torch.Tensor) -> None:
    assert torch.equal(augmentation.eval()(x), x)


def test_a_share_of_tokens_is_unseen() -> None:
    torch.manual_seed(0)
    found = TokenDropout(0.3, unseen=-1)(TOKENS)
    changed = found != TOKENS
    assert 0.25 < changed.float().mean() < 0.35
    assert (found[changed] == -1).all()


def test_noise_has_its_deviation() -> None:
    torch.manual_seed(0)
    assert Noise(0.4)(VALUES).std().item() == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize("augmentation", [lambda: TokenDropout(0.0, 3), lambda: Noise(0.0)])
def test_nothing_asked_draws_nothing(augmentation: object) -> None:
    before = torch.random.get_rng_state()
    x = augmentation()(TOKENS)  # type: ignore[operator]
    assert x is TOKENS
    assert torch.equal(torch.random.get_rng_state(), before)


def test_all_tokens_cannot_be_dropped() -> None:
    with pytest.raises(UsageError, match="share from 0 to below 1"):
        TokenDropout(1.0, 0)
