"""Ctrl-C, SIGTERM and SIGHUP end a run in order: the step is finished, a checkpoint written, then the run stops."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from seqloom.errors import Interrupted

__all__ = ["Signals"]

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
_WATCHED = (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP else []))


class Signals:
    """Within the block, the first signal is noted in ``received``; a second one raises ``Interrupted`` at once.

    A hangup is nobody's impatience: kernel, shell and session each send one, SIGTERM after it. It counts as no second,
    and what follows it as a first.
    Signals that the process was told to ignore stay ignored. Outside the main thread nothing is changed.

    >>> with Signals() as signals:
    ...     signal.raise_signal(signal.SIGTERM)
    ...     signals.received == signal.SIGTERM
    True
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == _HANGUP and self.received is not None:
            return
        if self.received not in (None, _HANGUP):
            raise Interrupted(number, "Stopped at once by a second signal; the last checkpoint is good.")
        self.received = number
