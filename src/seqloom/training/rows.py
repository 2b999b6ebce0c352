"""The state of all processes as one, so that a checkpoint does not depend on their number, and back.

What is carried is kept by row. Random numbers are each process's own: a checkpoint has those of the first one under
their names, those of process 1 as ``cpu.1`` and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.layers.state import join, map_state, to_tensors
from seqloom.training.ranks import Ranks
from seqloom.training.snapshot import random_state, set_random_state

__all__ = ["begin_alike", "own_rows", "restore_random", "state_of_all"]

Tensors = Mapping[str, Tensor]


def begin_alike(ranks: Ranks, module: nn.Module) -> None:
    """Give every process the weights of the first."""
    if ranks.size > 1:
        module.load_state_dict(ranks.by_first(lambda: _on_cpu(module.state_dict())))


def state_of_all(
    ranks: Ranks, carried: Any, device: torch.device
) -> tuple[dict[str, Tensor] | None, dict[str, Tensor]]:
    """What all carry, tensors (B, …) in the order of the rows, None where nothing is; and their random states."""
    random = random_state(device)
    if ranks.size == 1:
        return None if carried is None else to_tensors(carried), random
    own = None if carried is None else map_state(lambda leaf: leaf.detach().cpu(), carried)
    states = ranks.gather((own, random))
    for rank, (_, drawn) in enumerate(states[1:], 1):
        random_of_others = {f"{name}.{rank}": value for name, value in drawn.items()}
        states[0][1].update(random_of_others)
    parts = [part for part, _ in states if part is not None]
    return to_tensors(join(parts)) if parts else None, states[0][1]


def own_rows(ranks: Ranks, tensors: Tensors) -> dict[str, Tensor] | None:
    """A process's rows of tensors (B, …), None where it has none.

    >>> own_rows(Ranks(1, 2), {"h": torch.arange(3)}), own_rows(Ranks(0, 2), {"h": torch.arange(1)})
    ({'h': tensor([1, 2])}, None)
    """
    begin, end = ranks.share(len(next(iter(tensors.values()))))
    return {name: value[begin:end].clone() for name, value in tensors.items()} if end > begin else None


def restore_random(ranks: Ranks, random: Tensors, device: torch.device, seed: int) -> str:
    """Continue the random numbers of this process, or begin some; return what is not as it was, in words."""
    before = 1 + sum(name.startswith("cpu.") for name in random)
    suffix = "" if ranks.first else f".{ranks.rank}"
    if f"cpu{suffix}" in random:
        set_random_state({name: random[name + suffix] for name in ("cpu", "cuda") if name + suffix in random}, device)
    else:
        torch.manual_seed(ranks.seed(seed))
    if before == ranks.size:
        return ""
    now = "there is 1 now" if ranks.size == 1 else f"there are {ranks.size} now"
    return (
        f" It was begun by {before} process{'es' * (before > 1)}, {now}: sums in another order and other random numbers"
        " (dropout) make it differ in the last digits from a run that was not stopped."
    )


def _on_cpu(tensors: Tensors) -> dict[str, Tensor]:
    return {name: value.detach().cpu() for name, value in tensors.items()}
