"""What ``auto`` chooses, beside both kernels that could have been chosen: LSTM, GRU and RNN at 40 sizes, one thread and
two, with gradients and without.

    python benchmarks/policy.py

Where the rule of sizes chooses well (docs/decisions/0016-policy-by-sizes.md), it takes at most 1.1 of the faster one.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer, Timing, measure
from support.layers import TORCH, Twin, make_pair, there_and_back
from torch import Tensor

from seqloom import kernels
from seqloom.layers import Recurrent

TIMES, BATCHES, HIDDEN = (2, 8, 20, 60, 128, 256), (1, 4, 16, 32, 64), (8, 32, 64, 128, 200, 256, 512)
COUNT = 40
LARGEST = 64 * 128 * 256**2
"""T B H² at most, so that every size is timed several times."""
CANDIDATES = ("auto", "torch", "cpu")
SLACK = 1.10


def sizes() -> list[tuple[int, int, int]]:
    """(T, B, H), drawn from the grid."""
    grid = [s for s in itertools.product(TIMES, BATCHES, HIDDEN) if s[0] * s[1] * s[2] ** 2 <= LARGEST]
    return sorted(random.Random(0).sample(grid, COUNT))


def forward(layer: Recurrent, x: Tensor) -> Callable[[], Tensor]:
    @torch.no_grad()
    def run() -> Tensor:
        return layer(x)[0]

    return run


def on(backend: str, run: Callable[[], Tensor]) -> Callable[[], Tensor]:
    def chosen() -> Tensor:
        with kernels.use(backend):
            return run()

    return chosen


def cases(twin: Twin, threads: int) -> Iterator[Case]:
    """Every size, without and with gradients."""
    for time, batch, hidden in sizes():
        layer, _ = make_pair(twin, hidden, hidden)
        x = torch.randn(batch, time, hidden)
        for gradients in (False, True):
            run = forward(layer, x)
            if gradients:
                own = x.clone().requires_grad_()
                run = there_and_back(
                    layer, lambda own=own, layer=layer: layer(own)[0], own, torch.randn(batch, time, hidden)
                )
            peers = tuple(Peer(name, on(name, run), lambda y: {"y": y}) for name in CANDIDATES)
            what = f"{twin.name}, {'training' if gradients else 'inference'}, {threads} thread{'s' * (threads > 1)}"
            yield Case(what, {"T": time, "B": batch, "H": hidden}, peers)


def beside_the_fastest(timing: Timing) -> float:
    """The time of what ``auto`` chose over the least of the kernels'."""
    return timing.own / min(timing.median(name) for name in CANDIDATES[1:])


def main() -> None:
    """Measure and print, line by line, where the choice was beyond the slack."""
    torch.manual_seed(0)
    shares = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for twin in TORCH:
            for case in cases(twin, threads):
                (timing,) = measure([case], seconds=0.4)
                shares.append(beside_the_fastest(timing))
                if shares[-1] > SLACK:
                    print(f"{case}: {shares[-1]:.2f} of the fastest", flush=True)
    within = sum(share <= SLACK for share in shares)
    print(f"{within} of {len(shares)} within {SLACK:g} of the fastest; at worst {max(shares):.2f}")


if __name__ == "__main__":
    main()
