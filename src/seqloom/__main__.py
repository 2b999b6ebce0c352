"""``seqloom`` and ``python -m seqloom``: a light door, so that Ctrl-C is in order while heavy parts are imported."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

__all__ = ["main"]


def main() -> None:
    """Be the command ``seqloom``.

    Idle OpenMP threads spin for some microseconds, then sleep (read when torch is loaded; the user's own choice wins):
    as fast as spinning where the machine is free, and no fight for the cores where it does other work too.
    """
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, _interrupt)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    try:
        _open_closed_streams()
        from seqloom.training.lossy import lossy

        sys.stderr = lossy(sys.stderr)
        from seqloom.apps.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    if ours:
        signal.signal(signal.SIGINT, _leave)
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; amid an import, where it may be swallowed or printed, leave at once."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _leave()
        frame = frame.f_back
    raise KeyboardInterrupt


def _leave(*_: object) -> None:
    os._exit(130)


def _open_closed_streams() -> None:
    """Let the null device stand where a standard stream was closed at the start (``>&-``).

    Else the next file that is opened, a checkpoint perhaps, takes its number and whatever is printed to it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


if __name__ == "__main__":
    main()
