"""How much memory training takes, beside torch.nn's: each case in a process of its own, its peak and its growth in MB.

``memory.py`` prints a table; ``memory.py CASE PEER KIND`` measures one case and prints its figure.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import seqloom.nn
from seqloom import kernels

CASES = {
    "long": ("LSTM", "GRU", "RNN"),
    "checkpoint": ("GRU",),
    "held": ("LSTM", "GRU"),
    "varied": ("LSTM",),
}
"""``long``: the peak of a step over T = 2,000, B = 16, H = 128. ``checkpoint``: that of ten layers of 256 under
checkpoints, T = 200. ``held``: the growth over 40 steps whose losses are held. ``varied``: what the process holds after
40 steps of T = 50 to 800."""
STATUS = Path("/proc/self/status")


def megabytes(name: str) -> float:
    """A line of the process's status: VmRSS is what it holds, VmHWM the most it held."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def step(layers: list[nn.Module], batch: int, time: int, checkpointed: bool = False) -> Tensor:
    """One forward and backward pass, and its loss."""
    h = torch.randn(batch, time, layers[0].input_size, requires_grad=checkpointed)  # type: ignore[arg-type]
    for layer in layers:
        if checkpointed:
            h = checkpoint(lambda x, layer=layer: layer(x)[0], h, use_reentrant=False)
        else:
            h = layer(h)[0]
    loss = h.square().mean()
    loss.backward()
    return loss


def measure(case: str, peer: str, kind: str) -> float:
    """The figure of one case, in MB."""
    make = getattr(nn if peer == "torch" else seqloom.nn, kind)
    if case == "checkpoint":
        layers = [make(256, 256, batch_first=True) for _ in range(10)]
        for _ in range(2):
            step(layers, 16, 200, checkpointed=True)
        return megabytes("VmHWM")
    layers = [make(128, 128, batch_first=True)]
    losses = [step(layers, 16, 100)]
    if case == "long":
        step(layers, 16, 2000)
        return megabytes("VmHWM")
    if case == "held":
        before = megabytes("VmRSS")
        losses += [step(layers, 16, 100) for _ in range(40)]
        return megabytes("VmRSS") - before
    for k in range(40):
        step(layers, 16, 50 + 311 * k % 750)
    return megabytes("VmRSS")


def in_a_process(case: str, peer: str, kind: str) -> float:
    """The same, measured in a fresh process."""
    command = [sys.executable, __file__, case, peer, kind]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print one figure, or the table of all."""
    if len(sys.argv) == 4:
        torch.set_num_threads(2)
        with kernels.use("cpu"):
            print(measure(*sys.argv[1:]))
        return
    print(f"{'case':12} {'kind':6} {'torch':>8} {'ours':>8} {'ratio':>6}")
    for case, kinds in CASES.items():
        for kind in kinds:
            theirs, ours = (in_a_process(case, peer, kind) for peer in ("torch", "seqloom"))
            print(f"{case:12} {kind:6} {theirs:8.0f} {ours:8.0f} {ours / theirs:6.2f}")


if __name__ == "__main__":
    main()
