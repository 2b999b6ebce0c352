"""A command in several processes, as torchrun starts them: one of them prints, and one of them tells how it ended."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from seqloom.errors import Interrupted, SeqloomError, UsageError
from seqloom.training.launch import launched
from seqloom.training.lossy import lossy

__all__ = ["begin", "end"]

_COMMAND = "train"


def begin(command: str | None) -> None:
    """Join the other processes, if there are any; all but the first print nothing from then on.

    Raises ``UsageError`` for a command that several processes cannot share.
    """
    rank, size = launched()
    if size == 1:
        return
    if rank:
        _mute()
    from seqloom.training.ranks import join

    join()
    signal.signal(signal.SIGTERM, _stop)
    if command not in (None, _COMMAND):
        raise UsageError(f"{command} works in one process: run it without torchrun, which is for {_COMMAND}.")


def end(code: int) -> int:
    """Return the exit code of all processes, given that of this one; whoever is the first may tell why, on stderr."""
    rank, size = launched()
    if size == 1:
        return code
    from seqloom.training.ranks import join

    try:
        tells, code = join().end(code)
    except SeqloomError:
        tells = rank == 0
    if tells:
        sys.stderr = lossy(sys.__stderr__)
    else:
        _mute()
    return code


def _mute() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stdout


def _stop(number: int, frame: FrameType | None) -> None:
    """End at once, as training does not: it has a handler of its own. Who has left the others is on the way out."""
    from seqloom.training.ranks import join

    if not join().left:
        raise Interrupted(number, "Stopped by SIGTERM. What was saved before is good: --resume continues from there.")
