"""Single steps of one layer, put together to a sequence again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor

from seqloom.inspection.traced.recorder import Note, Recurrence, Seen
from seqloom.kernels.matrix_state import Sequences

__all__ = ["joined"]


def joined(seen: Sequence[Seen]) -> Iterator[Seen]:
    """All that was seen, where what one layer shows of single steps, one after the other, is one thing."""
    kinds: dict[tuple[str, object], list[Seen]] = {}
    for each in seen:
        kinds.setdefault((each.path, _kind(each)), []).append(each)
    for all_of_one in kinds.values():
        for single, run in groupby(all_of_one, key=_is_step):
            alike = list(run)
            yield from [_together(alike)] if single else alike


def _kind(seen: Seen) -> object:
    shown = seen.shown
    match shown:
        case Note(name, _):
            return name
        case Recurrence(call, _):
            return call.graph
        case Sequences():
            return shown.forms.name
        case _:
            return type(shown)


def _is_step(seen: Seen) -> bool:
    match shown := seen.shown:
        case Note(_, value):
            return value.shape[1] == 1
        case Recurrence(call, _):
            return call.x.shape[1] == 1
        case Sequences():
            return shown.single
        case _:
            return False


def _together(steps: list[Seen]) -> Seen:
    first, everything = steps[0], [step.shown for step in steps]
    match first.shown:
        case Note(name, _):
            values = [each.value for each in everything if isinstance(each, Note)]
            return first._replace(shown=Note(name, torch.cat(_equally_wide(values), 1)))
        case Recurrence(call, _):
            ran = [each for each in everything if isinstance(each, Recurrence)]
            x = torch.cat([each.call.x for each in ran], 1)
            found = {k: torch.cat([each.found[k] for each in ran], 1) for k in ran[0].found}
            return first._replace(shown=Recurrence(call._replace(x=x), found))
        case Sequences() as whole:
            inputs = zip(*(each.inputs for each in everything if isinstance(each, Sequences)), strict=True)
            return first._replace(shown=whole._replace(inputs=[torch.stack(i, 1) for i in inputs], single=False))
        case _:
            return first


def _equally_wide(values: list[Tensor]) -> list[Tensor]:
    most = max(value.shape[-1] for value in values)
    return [F.pad(value, (0, most - value.shape[-1])) for value in values]
