"""The diagonal scan h_t = a_t h_{t−1} + b_t, forward and backward, against the bandwidth of a copy and a torch scan.

    python benchmarks/scan.py

What has to pass through memory: forward, a and b are read and h is written; backward, a, h and the gradient that
arrives are read, the gradients of a and b are written. torch's scan is Blelloch's (1990): pairs of steps are joined,
the scan of the half gives every second state, and those give the others.
"""

from __future__ import annotations

from collections.abc import Callable

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.peaks import copy_bandwidth
from support.report import Report
from torch import Tensor

from seqloom.kernels.cpu import CPUEngine
from seqloom.kernels.recurrence.scan import diagonal_scan

BATCH, TIME, WIDTH = 8, 4096, 512
ARRAY = 4.0 * BATCH * TIME * WIDTH
FORWARD_ARRAYS, BACKWARD_ARRAYS = 3, 5
ENGINE = CPUEngine()


def blelloch(a: Tensor, b: Tensor) -> Tensor:
    """a, b (B, T, D) → h (B, T, D), from h = 0 before the first step, in log₂ T rounds; T is a power of 2."""
    if a.shape[1] == 1:
        return b
    a_even, a_odd, b_even, b_odd = a[:, ::2], a[:, 1::2], b[:, ::2], b[:, 1::2]
    odd = blelloch(a_odd * a_even, torch.addcmul(b_odd, a_odd, b_even))
    rest = torch.addcmul(b_even[:, 1:], a_even[:, 1:], odd[:, :-1])
    return torch.stack((torch.cat((b_even[:, :1], rest), 1), odd), 2).flatten(1, 2)


def cases() -> tuple[Case, Case]:
    """The forward pass without gradients, and both passes."""
    a = torch.rand(BATCH, TIME, WIDTH).requires_grad_()
    b = torch.randn(BATCH, TIME, WIDTH).requires_grad_()
    initial, arriving = torch.zeros(BATCH, WIDTH), torch.randn(BATCH, TIME, WIDTH)

    def ours() -> Tensor:
        return diagonal_scan(ENGINE, a, b, initial)

    def theirs() -> Tensor:
        return blelloch(a, b)

    def both(forward: Callable[[], Tensor]) -> Callable[[], Tensor]:
        def run() -> Tensor:
            a.grad = b.grad = None
            h = forward()
            h.backward(arriving)
            return h

        return run

    def read_all(h: Tensor) -> dict[str, Tensor | None]:
        return {"h": h, "a": a.grad, "b": b.grad}

    sizes = {"B": BATCH, "T": TIME, "D": WIDTH}
    forward = Case(
        "scan, forward",
        sizes,
        (
            Peer("seqloom", torch.no_grad()(ours), lambda h: {"h": h}),
            Peer("torch scan", torch.no_grad()(theirs), lambda h: {"h": h}),
        ),
        work=FORWARD_ARRAYS * ARRAY,
        yardstick=copy_bandwidth(),
    )
    full = Case(
        "scan, forward and backward",
        sizes,
        (Peer("seqloom", both(ours), read_all), Peer("torch scan", both(theirs), read_all, goal=15)),
        work=(FORWARD_ARRAYS + BACKWARD_ARRAYS) * ARRAY,
        yardstick=copy_bandwidth(),
        share_goal=0.75,
    )
    return forward, full


def main() -> None:
    """Measure, print and write."""
    report = Report("scan", __doc__ or "")
    report.add(*cases(), seconds=25)
    report.finish()


if __name__ == "__main__":
    main()
