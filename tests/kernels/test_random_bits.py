"""The counter-based generator against published vectors, and the masks made from it."""

from __future__ import annotations

import pytest
import torch

from seqloom.kernels.random_bits import bernoulli_mask, philox, row_seeds, uniform

FULL = 0xFFFFFFFF
# Known-answer tests of Random123 1.09, file kat_vectors, philox4x32 10.
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL, FULL, FULL, FULL), (FULL, FULL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), VECTORS)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]) -> None:
    made = philox(tuple(torch.tensor(c) for c in counter), (torch.tensor(key[0]), torch.tensor(key[1])))
    assert tuple(int(word) for word in made) == words


def test_coins_are_fair_and_independent() -> None:
    seeds, times = torch.arange(400), torch.zeros(400, dtype=torch.int64)
    coins = bernoulli_mask("keep", 0.3, seeds, times, 101).double()
    assert float(coins.mean()) == pytest.approx(0.3, abs=4 * (0.21 / coins.numel()) ** 0.5)
    later = bernoulli_mask("keep", 0.3, seeds, times + 1, 101).double()
    other = bernoulli_mask("drop", 0.3, seeds, times, 101).double()
    for different in (later, other, coins.roll(1, 0), coins.roll(1, 1)):
        assert float(((coins - 0.3) * (different - 0.3)).mean()) == pytest.approx(0, abs=0.006)


def test_a_coin_depends_on_its_address_alone() -> None:
    seeds, times = torch.tensor([5, 6, 7]), torch.tensor([1, 9, 1 << 33])
    coins = bernoulli_mask("keep", 0.5, seeds, times, 9)
    assert torch.equal(bernoulli_mask("keep", 0.5, seeds[1:2], times[1:2], 5), coins[1:2, :5])
    assert not bernoulli_mask("keep", 0.0, seeds, times, 9).any()
    assert bernoulli_mask("keep", 1.0, seeds, times, 9).all()


def test_uniform_numbers_are_uniform_and_depend_on_their_address_alone() -> None:
    seeds, times = torch.arange(300)[:, None], torch.arange(200)
    numbers = uniform("token", seeds, times)
    assert numbers.shape == (300, 200)
    assert numbers.dtype == torch.float64
    assert bool(((numbers >= 0) & (numbers < 1)).all())
    counts = torch.histc(numbers, 20, 0, 1)
    expected = numbers.numel() / 20
    assert float(((counts - expected) ** 2 / expected).sum()) < 43.8  # the 99.9 % point of χ² with 19 degrees
    assert torch.equal(uniform("token", torch.tensor([7]), torch.tensor([11])), numbers[7, 11:12])
    other = uniform("other", seeds, times)
    for different in (other, numbers.roll(1, 0), numbers.roll(1, 1)):
        assert float(((numbers - 0.5) * (different - 0.5)).mean()) == pytest.approx(0, abs=4 / 12 / 60_000**0.5)


def test_row_seeds_keep_all_64_bits() -> None:
    assert row_seeds([0, 5, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]).tolist() == [0, 5, (1 << 63) - 1, -(1 << 63), -1]
