"""``trace``: a model's gates, states, memories and attention over a batch, by name and layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError, did_you_mean
from seqloom.inspection.traced.joined import joined
from seqloom.inspection.traced.matrix_states import offers_of_matrix_state
from seqloom.inspection.traced.observable import Observable, Reading
from seqloom.inspection.traced.offers import ATTENTION, Group, Offer
from seqloom.inspection.traced.record import Trace
from seqloom.inspection.traced.recorder import Note, Recorder, Recurrence, Seen
from seqloom.inspection.traced.recurrences import offers_of_recurrence
from seqloom.kernels.matrix_state import Sequences
from seqloom.kernels.reversing import reverse_rows
from seqloom.layers.attention.banded import Banded
from seqloom.layers.attention.dot_product import Attention, attention_weights
from seqloom.layers.padding import real_steps, real_steps_only

__all__ = ["trace"]


def trace(
    model: nn.Module | Observable,
    data: Any,
    lengths: Tensor | None = None,
    *,
    of: str | Iterable[str] = ("gates", "states"),
    unit: int | None = None,
    most_bytes: int = 1 << 30,
) -> Trace:
    """Run ``model`` on ``data`` as it runs untraced, and show what it computes inside.

    ``model`` is a layer, a model or one of the drop-ins of ``seqloom.nn``; ``data`` is its input, or a tuple of its
    arguments, with ``lengths`` (B,) for whatever takes them. Or it is an estimator that has learned, and ``data`` is
    its X, or (X, y) where it writes y: it is read as for a prediction, all rows as one batch. It runs in evaluation
    and without gradients. States and gates are those of the kernels that run anyway.

    ``of`` has names of quantities ("forget_gate"), or of groups: "gates" (and candidates), "states" (of matrix
    memories norm and effective rank), "attention", "implicit_attention" (the exact lower-triangular map of linear
    recurrences, signed; of those with a map for each unit that of ``unit``, or else the root mean square over units),
    "memory" (matrix memories, whole). What is not asked for is not made.

    Raises UsageError for a name that nothing has, and, before anything is made, where all of it would take more than
    ``most_bytes`` (default 1 GiB).

    >>> import torch
    >>> from seqloom.layers import parse_spec
    >>> found = trace(parse_spec("2*lstm(4)").build(3), torch.zeros(1, 5, 3), of=("forget_gate", "states"))
    >>> [(name, tuple(value.shape)) for name, value in found.quantities.items()][:3]
    [('layers.0.forget_gate', (1, 5, 4)), ('layers.0.cell_state', (1, 5, 4)), ('layers.0.h', (1, 5, 4))]
    """
    wanted = [of] if isinstance(of, str) else list(of)
    module, run, steps = _reading(model, data if type(data) is tuple else (data,), lengths)
    recorder = Recorder(module, wanted, most_bytes)
    with recorder.recording():
        outputs = run()
        offered = _offered(recorder.seen, unit)
        chosen = _chosen(offered, wanted)
        _check_size(chosen, most_bytes)
    for _, offer in chosen.values():
        offer.ahead()
    with torch.no_grad():
        quantities = {key: _at_its_step(seen, offer) for key, (seen, offer) in chosen.items()}
    of_each = {key: seen.lengths for key, (seen, _) in chosen.items()}
    return Trace(outputs, quantities, of_each, tuple(recorder.remarks), steps)


def _reading(model: nn.Module | Observable, arguments: tuple[Any, ...], lengths: Tensor | None) -> Reading:
    """How ``arguments`` are read; a packed sequence is a named tuple, and one argument."""
    if isinstance(model, nn.Module):
        by_name = {} if lengths is None else {"lengths": lengths}
        return Reading(model, lambda: model(*arguments, **by_name))
    if not isinstance(model, Observable):
        raise UsageError(f"trace looks into a module of torch or an estimator of ours; got {type(model).__name__}.")
    if lengths is not None:
        raise UsageError("lengths: an estimator knows how long its rows are. Leave it out.")
    return model.observable(*arguments)


Offered = dict[str, tuple[Seen, Offer]]


def _offered(seen: Sequence[Seen], unit: int | None) -> Offered:
    """All that can be shown, under the path of its layer and its name, numbered where a layer ran several times."""
    found: Offered = {}
    for each in joined(seen):
        for offer in _offers(each, unit):
            key = ".".join(filter(None, (each.path, offer.name)))
            if key in found:
                count = sum(each.path == other.path and offer.name == one.name for other, one in found.values())
                key = ".".join(filter(None, (f"{each.path}#{count + 1}", offer.name)))
            found[key] = each, offer
    return found


def _offers(seen: Seen, unit: int | None) -> Iterator[Offer]:
    match shown := seen.shown:
        case Note(name, value):
            group = Group.ATTENTION if name == ATTENTION else Group.GATES
            yield Offer(name, group, tuple(value.shape), value.dtype, lambda: value)
        case Recurrence():
            yield from offers_of_recurrence(shown, unit)
        case Sequences():
            yield from offers_of_matrix_state(shown)
        case _:
            yield _attention(seen, shown)


def _attention(seen: Seen, shown: Attention | Banded) -> Offer:
    """The weights (B, N, T, S), of a band those of the T steps that it was given itself."""
    work = shown.masked() if isinstance(shown, Banded) else shown
    rows, heads, time, _ = work.query.shape
    own = slice(shown.band.before, shown.band.before + time) if isinstance(shown, Banded) else slice(None)
    shape = (rows, heads, time, time if isinstance(shown, Banded) else work.key.shape[2])

    def weights() -> Tensor:
        return attention_weights(work.query, work.key, work.masked, work.bias)[..., own]

    return Offer(ATTENTION, Group.ATTENTION, shape, work.query.dtype, weights, (2, 3) if seen.backwards else (2,))


def _chosen(offered: Offered, wanted: Sequence[str]) -> Offered:
    groups = [group.value for group in Group]
    names = {offer.name for _, offer in offered.values()}
    unknown = [name for name in wanted if name not in groups and name not in names and name not in offered]
    if unknown:
        there = [*groups, *dict.fromkeys(offer.name for _, offer in offered.values())]
        raise UsageError(
            f"Nothing in the model is called {unknown[0]!r}. There are {', '.join(there)}."
            + did_you_mean(unknown[0], there)
        )
    return {
        key: (seen, offer) for key, (seen, offer) in offered.items() if {offer.group.value, offer.name, key} & {*wanted}
    }


def _check_size(chosen: Offered, most: int) -> None:
    sizes = {key: offer.size for key, (_, offer) in chosen.items()}
    total = sum(sizes.values())
    if total > most:
        largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:3]
        listed = ", ".join(f"{key} {sizes[key] / 1e6:,.1f} MB" for key in largest)
        raise UsageError(
            f"The trace would take {total / 1e6:,.1f} MB, and most_bytes allows {most / 1e6:,.1f} MB. The largest are "
            f"{listed}. Ask for fewer names with of=…, or give fewer rows or shorter ones, or raise most_bytes."
        )


def _at_its_step(seen: Seen, offer: Offer) -> Tensor:
    """The quantity, 0 beyond each row's length, each number at the step that the model was given it at."""
    value = offer.make()
    for axis in offer.time:
        by_steps = value.movedim(axis, 1)
        if offer.fresh and seen.lengths is not None:
            by_steps[~real_steps(by_steps, seen.lengths)] = 0.0
        else:
            by_steps = real_steps_only(by_steps, seen.lengths)
        value = (reverse_rows(by_steps, seen.lengths) if seen.backwards else by_steps).movedim(1, axis)
    return value
