"""``seqloom predict --stream`` of a model that hears: words, or classes, while a sound comes in."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from seqloom.apps.cli.console import emit, emit_json, say
from seqloom.errors import DataError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["hear", "hears"]

_PIECE: Final = 0.02
"""Seconds that are heard at once."""
_BLOCK: Final = 10
"""Seconds of a file that are in memory."""


def hears(model: Any) -> bool:
    """Whether a model learned from sounds."""
    return getattr(model, "rate_", None) is not None


def hear(model: Any, file: str | None, as_json: bool) -> None:
    """Print what is heard whenever it changes: the seconds, the words or the class, and how sure they are.

    The sound is a file, or comes through standard input: wav, or plain samples of 16 bits. At the end it is said how
    much faster than the sound the model was, and how long it took for a piece.
    """
    stream = model.stream()
    rate: int = model.rate_
    heard, worked, last = 0, list[float](), None
    for piece in chain(_pieces(file, rate), [None]):
        began = time.perf_counter()
        answers = stream.finish() if piece is None else stream.push(piece)
        worked.append(time.perf_counter() - began)
        heard += 0 if piece is None else len(piece)
        for answer in answers if isinstance(answers, list) else [answers]:
            said = _said(answer)
            if said and said != last:
                _print(answer, said, heard / rate, as_json)
                last = said
    if heard:
        seconds, busy = heard / rate, sum(worked)
        say(
            f"{seconds:.1f} s of sound heard in {busy:.2f} s: real-time factor {busy / seconds:.3f}. Latency: a piece "
            f"of {1000 * _PIECE:.0f} ms, a window of 25 ms, and {1000 * _often(worked):.1f} ms of "
            "work (in 95 % of pieces up to that)."
        )


def _often(seconds: list[float]) -> float:
    """What 95 % of them do not exceed."""
    return sorted(seconds)[round(0.95 * (len(seconds) - 1))]


def _pieces(file: str | None, rate: int) -> Iterator[np.ndarray[Any, Any]]:
    from seqloom.data.sounds import at_rate, open_sound
    from seqloom.data.sounds.arriving import arriving

    if file is None or file == "-":
        if sys.stdin is None:
            raise DataError("The standard input is closed. Give it a sound, or name a file.")
        yield from arriving(sys.stdin.buffer, rate, _PIECE)
        return
    sound, size = at_rate(open_sound(file), rate), round(_PIECE * rate)
    for begin in range(0, len(sound), _BLOCK * rate):
        part = sound.read(begin, begin + _BLOCK * rate)
        yield from (part[place : place + size] for place in range(0, len(part), size))


def _said(answer: Any) -> tuple[str, str] | None:
    """What is printed of an answer if it has changed: of an utterance the text and whether it is final, of classes the
    likeliest, of a number its four digits."""
    if answer is None:
        return None
    if hasattr(answer, "final"):
        return (answer.text, "final" if answer.final else "may change") if answer.text else None
    if isinstance(answer, dict):
        return str(max(answer, key=lambda one: float(answer[one]))), ""
    return f"{answer:.4g}", ""


def _print(answer: Any, said: tuple[str, str], seconds: float, as_json: bool) -> None:
    if not as_json:
        sure = f"{max(answer.values()):.4f}" if isinstance(answer, dict) else said[1]
        emit(f"{seconds:.2f}\t{said[0]}\t{sure}".rstrip("\t"))
    elif hasattr(answer, "final"):
        words = [word._asdict() for word in answer.words]
        emit_json({"seconds": round(seconds, 2), "prediction": answer.text, "final": answer.final, "words": words})
    else:
        emit_json({"seconds": round(seconds, 2), "prediction": answer})
