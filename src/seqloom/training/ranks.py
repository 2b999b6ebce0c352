"""The processes that share a run: which rows are whose, and what they tell one another.

Every process reads the same batches and takes its own rows of each. All that they exchange goes through here, so this
is the one place that knows that another process may die: whoever notices leaves, and exchanges nothing more.

Gradients are added up after the backward pass, with nothing wrapped around the module: an objective may call whatever
methods it likes, a process without rows adds nothing, and a weight that no row used has no gradient anywhere.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from types import TracebackType
from typing import Final, TypeVar

import torch
from torch import nn

from seqloom.data.batch import Batch
from seqloom.errors import PeerError, SeqloomError, SeqloomWarning, UsageError
from seqloom.training.launch import launched

__all__ = ["ALONE", "Ranks", "join"]

T = TypeVar("T")

_PATIENCE = timedelta(days=7)
"""The first process may write or score for hours while the others wait. A death is noticed by its closed connection."""
_GONE = "Another process of this run has ended: killed, out of memory, or stopped by an error of its own."
_LAST_WORDS = "last-words"


class Ranks:
    """Process ``rank`` of ``size``; on its machine the ``local[0]``-th of ``local[1]``.

    The methods that exchange something are called by all processes in the same order. They raise ``PeerError`` where
    another process is gone, or was left by :meth:`leave`. As a context, an error within the block makes this process
    leave. One process alone exchanges nothing, at no cost.

    >>> [Ranks(rank, 3).share(7) for rank in range(3)]
    [(0, 2), (2, 4), (4, 7)]
    """

    def __init__(self, rank: int = 0, size: int = 1, local: tuple[int, int] = (0, 1), store: object = None) -> None:
        self.rank, self.size, self.local = rank, size, local
        self.left = False
        self._store = store

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def share(self, rows: int) -> tuple[int, int]:
        """The first of so many rows that is this process's, and the first that no longer is."""
        return self.rank * rows // self.size, (self.rank + 1) * rows // self.size

    def rows(self, batch: Batch) -> Batch:
        """This process's rows of a batch, perhaps none."""
        return batch if self.size == 1 else batch.rows(*self.share(batch.size))

    def seed(self, seed: int) -> int:
        """A seed for this process: in the first one that of the run itself.

        >>> Ranks().seed(7), Ranks(1, 2).seed(7) != Ranks(2, 3).seed(7)
        (7, True)
        """
        if self.first:
            return seed
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(2**63 - 1, (self.size,), generator=generator)
        return int(drawn[self.rank])

    def add_gradients(self, parameters: Sequence[nn.Parameter], told: Sequence[float]) -> list[list[float]]:
        """Add up the gradients of all processes, in place; return what each one ``told`` along with them.

        A gradient that is None in every process stays None.
        """
        if self.size == 1:
            return [list(told)]
        own = [weight.grad for weight in parameters]
        device = parameters[0].device
        wide = torch.float64 if any(weight.dtype == torch.float64 for weight in parameters) else torch.float32
        words = torch.zeros(self.size, len(told), dtype=wide)
        words[self.rank] = torch.tensor(told, dtype=wide)
        there = torch.tensor([gradient is not None for gradient in own], dtype=wide)
        flat = torch.cat(
            [words.flatten().to(device), there.to(device)]
            + [
                (torch.zeros_like(weight) if gradient is None else gradient).flatten().to(wide)
                for weight, gradient in zip(parameters, own, strict=True)
            ]
        )
        with self._together():
            torch.distributed.all_reduce(flat)
        sizes = [words.numel(), there.numel(), *(weight.numel() for weight in parameters)]
        heard, counts, *sums = flat.split(sizes)
        for weight, count, value in zip(parameters, counts.tolist(), sums, strict=True):
            if count:
                weight.grad = value.view_as(weight).to(weight.dtype)
        return heard.view_as(words).tolist()  # type: ignore[no-any-return]

    def gather(self, value: T) -> list[T]:
        """What each process gives, in their order."""
        if self.size == 1:
            return [value]
        found: list[T | None] = [None] * self.size
        with self._together():
            torch.distributed.all_gather_object(found, value)
        return found  # type: ignore[return-value]

    def by_first(self, work: Callable[[], T]) -> T:
        """What ``work`` gives in the first process, for which the others wait; its error ends them all."""
        if self.size == 1:
            return work()
        with self:
            found = [work() if self.first else None]
        with self._together():
            torch.distributed.broadcast_object_list(found, src=0)
        return found[0]  # type: ignore[return-value]

    def end(self, code: int) -> tuple[bool, int]:
        """Whether this process is the first to end for a reason, which is then its to tell; and the code of all."""
        if self._store is None:
            return self.first, code
        words = own = f"{self.rank} {code}"
        with contextlib.suppress(RuntimeError):  # the store is gone with the process that kept it
            words = self._store.compare_set(_LAST_WORDS, "", own).decode()  # type: ignore[attr-defined]
        rank, first_code = map(int, words.split())
        return rank == self.rank, code if rank == self.rank else first_code

    def leave(self, code: int) -> None:
        """Part from the other processes for a reason; those that wait for this one end too."""
        if self.size == 1 or self.left:
            return
        self.left = True
        self.end(code)
        with contextlib.suppress(RuntimeError, ValueError):
            torch.distributed.destroy_process_group()

    @contextmanager
    def _together(self) -> Iterator[None]:
        try:
            if self.left:
                raise RuntimeError("this process has left the others.")
            yield
        except RuntimeError as error:
            lost = PeerError(_GONE)
            self.leave(lost.exit_code)
            raise lost from error

    def __enter__(self) -> Ranks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            interrupted = 130 if isinstance(error, KeyboardInterrupt) else 1
            self.leave(error.exit_code if isinstance(error, SeqloomError) else interrupted)

    @contextmanager
    def one_voice(self) -> Iterator[None]:
        """Within the block only the first process warns."""
        if self.first:
            yield
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SeqloomWarning)
            yield


ALONE: Final = Ranks()


@cache
def join() -> Ranks:
    """The processes that torchrun started together, as soon as all are there; one alone without torchrun.

    All exchange is over gloo, on GPUs that of gradients over NCCL.
    """
    rank, size = launched()
    if size == 1:
        return ALONE
    if not torch.distributed.is_available():
        raise UsageError("This build of torch has no torch.distributed: start one process, without torchrun.")
    try:
        store, _, _ = next(torch.distributed.rendezvous("env://", timeout=_PATIENCE))  # type: ignore[attr-defined]
        # A restart by torchrun finds the store of before, and in it the addresses of processes that are gone.
        restarts = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = torch.distributed.PrefixStore(f"seqloom/{restarts}", store)  # type: ignore[attr-defined]
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        torch.distributed.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_PATIENCE)
    except (RuntimeError, ValueError) as error:
        raise UsageError(f"The {size} processes cannot be joined: {error}") from error
    local = int(os.environ["LOCAL_RANK"]), int(os.environ.get("LOCAL_WORLD_SIZE", size))
    return Ranks(rank, size, local, store)
