"""What of a text is learned from, and what is held out to judge by.

One stream is cut by position, for its end is what comes next. Documents that each begin afresh are drawn by a seed:
in a sorted list the last ones are unlike the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from seqloom.data import Stream, Vocabulary, shuffled, split
from seqloom.errors import UsageError
from seqloom.tasks.language_settings import LanguageSettings
from seqloom.tasks.texts import Data, document_count, encode

__all__ = ["MOST_HELD_OUT", "Parts", "affordable", "divide"]

MOST_HELD_OUT = 1 << 18
"""Tokens; more would not make the figures better, and takes minutes to score."""
_FIRST_TRY = 1 << 12
_MOST_OF_A_SHORT_TEXT = 1 / 3


class Parts(NamedTuple):
    """``learned`` from, and ``held_out``; ``fingerprint`` tells both from other ones, ``remark`` is for people."""

    learned: Stream
    held_out: Stream | None
    fingerprint: str
    remark: str


def divide(
    settings: LanguageSettings,
    data: Data,
    validation: float | Data,
    vocabulary: Vocabulary,
    reset: bool,
    folder: Path | None,
) -> Parts:
    """Encode a text and divide it; ``validation`` is a share of it, or a text of its own.

    Encoded text lies in files without a name in ``folder`` (None: among temporary ones).
    """
    document, seed, window = settings.document, settings.training.seed, settings.window
    whole = encode(data, vocabulary, document, folder).corpus
    source = whole.facts.source_sha256
    order = f":documents by seed {seed}" if reset else ""
    if not isinstance(validation, int | float):
        (learned,) = split(whole, (1.0,), 1 if reset else window)
        held_out, remark = _own(encode(validation, vocabulary, document, folder), reset, seed, folder)
        fingerprint = f"{source}:{learned.stop}:{held_out.corpus.facts.source_sha256}{order}"
        return Parts(learned, held_out, fingerprint, remark)
    if not 0 <= validation < 1:
        raise UsageError(f"validation: expected a share from 0 to below 1, or a text, got {validation!r}.")
    most = MOST_HELD_OUT / max(1, len(whole) - 1)
    share, capped = min(float(validation), most), f", at most {MOST_HELD_OUT:,} tokens" if validation > most else ""
    if not share:
        (learned,) = split(whole, (1.0,), 1 if reset else window)
        return Parts(learned, None, f"{source}:{learned.stop}{order}", "")
    if not reset:
        learned, held_out = _without_end(*split(whole, (1 - share, share), window))
        return Parts(learned, held_out, f"{source}:{learned.stop}", f"{_last(held_out, len(whole) - 1)}{capped}.")
    learned, held_out = _of_documents(*split(shuffled(whole, seed, folder), (1 - share, share)))
    if held_out.inputs[0] == held_out.eos:
        drawn = f"Held out: {document_count(held_out):,} of {whole.documents:,} documents, drawn by seed {seed}"
    else:
        drawn = f"Held out: {len(held_out):,} of {len(whole) - 1:,} tokens, the last of documents drawn by seed {seed}"
    return Parts(learned, held_out, f"{source}:{learned.stop}{order}", f"{drawn}{capped}.")


def affordable(stream: Stream, seconds: float, score: Callable[[Stream], object]) -> Stream:
    """The first part of ``stream`` that ``score`` can read in about so many seconds, at least 4,096 tokens."""
    began = time.monotonic()
    score(stream.first(_FIRST_TRY))
    return stream.first(max(_FIRST_TRY, int(_FIRST_TRY * seconds / max(time.monotonic() - began, 1e-6))))


def _own(stream: Stream, reset: bool, seed: int, folder: Path | None) -> tuple[Stream, str]:
    """The held-out text where it is one of its own: its beginning, or documents drawn by the seed, if it is long."""
    if len(stream) <= MOST_HELD_OUT:
        return stream, ""
    if reset:
        stream = shuffled(stream.corpus, seed, folder).stream()
    kept = stream.first(MOST_HELD_OUT)
    drawn = f", in documents drawn by seed {seed}" if reset else ""
    return kept, f"Held out: the first {len(kept):,} of {len(stream):,} tokens of the text given{drawn}."


def _of_documents(learned: Stream, held_out: Stream) -> tuple[Stream, Stream]:
    """Begin the held-out part where a document begins, unless it would then be more than a third of a short text."""
    corpus, border = held_out.corpus, held_out.start
    if held_out.inputs[0] == held_out.eos:
        return learned, held_out
    ends = corpus.ends(learned.start, learned.stop)
    if len(ends) and held_out.stop - int(ends[-1]) - 1 <= _MOST_OF_A_SHORT_TEXT * (len(corpus) - 1):
        border = int(ends[-1]) + 1
    elif len(held_out) == 1:
        border -= 1
    return Stream(corpus, learned.start, border), Stream(corpus, border, held_out.stop)


def _without_end(learned: Stream, held_out: Stream) -> tuple[Stream, Stream]:
    """The end of a text that is all one document is in neither part, for it cannot be learned."""
    corpus = held_out.corpus
    if corpus.documents > 1:
        return learned, held_out
    border = min(learned.stop, held_out.stop - 2)
    return Stream(corpus, learned.start, border), Stream(corpus, border, held_out.stop - 1)


def _last(held_out: Stream, total: int) -> str:
    count = f"{len(held_out):,} token{'s' * (len(held_out) != 1)}"
    return f"Held out: the last {count}, {len(held_out) / total:.1%} of the text"
