"""Random bits that are a pure function of their address: Philox-4x32-10 (Salmon et al., 2011), in torch integers.

A mask depends on (row seed, name, time, unit) and on nothing else, so cutting a sequence, stepping through it or
choosing rows of a batch draws the same mask.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["TOKENS", "bernoulli_mask", "philox", "row_seeds", "uniform"]

WORD = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
TOKENS = "token"
"""The name of the random numbers that draw tokens."""


def philox(counter: tuple[Tensor, ...], key: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """Four 32-bit words, as int64, for a counter of four words and a key of two (all int64, broadcast together)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        high0, low0 = _product(MULTIPLIERS[0], c0)
        high1, low1 = _product(MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + WEYL[0]) & WORD, (k1 + WEYL[1]) & WORD
    return c0, c1, c2, c3


def _product(constant: int, value: Tensor) -> tuple[Tensor, Tensor]:
    """The high and the low 32 bits of constant · value; halves keep every product below 2^63."""
    low = constant * (value & 0xFFFF)
    high = constant * (value >> 16) + (low >> 16)
    return high >> 16, ((high & 0xFFFF) << 16) | (low & 0xFFFF)


def bernoulli_mask(name: str, p: float, seed: Tensor, time: Tensor, width: int) -> Tensor:
    """Coins (B, width) of int64 0 and 1 with probability ``p`` of 1, for row seeds and times (B,)."""
    quads = torch.arange((width + 3) // 4, device=seed.device)
    seed, time = seed[:, None], time[:, None]
    counter = (quads, time & WORD, (seed >> 32) & WORD, torch.zeros_like(quads))
    key = (seed & WORD, torch.full_like(seed, zlib.crc32(name.encode())))
    words = torch.stack(torch.broadcast_tensors(*philox(counter, key)), dim=-1)
    return (words.flatten(1)[:, :width] < int(p * (WORD + 1))).to(torch.int64)


def uniform(name: str, seed: Tensor, time: Tensor) -> Tensor:
    """Numbers in [0, 1) of 53 random bits, float64, for row seeds and times (int64, broadcast together)."""
    zero = torch.zeros_like(time)
    counter = (zero, time & WORD, (seed >> 32) & WORD, zero)
    first, second, _, _ = philox(counter, (seed & WORD, torch.full_like(seed, zlib.crc32(name.encode()))))
    return (((first >> 5) << 26) + (second >> 6)).double() * 2.0**-53


def row_seeds(seeds: Sequence[int]) -> Tensor:
    """Whole numbers from 0 to below 2^64 as int64 of the same bits (B,)."""
    return torch.tensor([seed - (1 << 64) if seed >> 63 else seed for seed in seeds], dtype=torch.int64)
