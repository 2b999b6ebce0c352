"""What of a text is learned from, and what is held out to judge by.

One stream is cut by position, for its end is what comes next. Documents that each begin afresh are drawn by a seed:
in a sorted list the last ones are unlike the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from seqloom.data import Boundaries, TokenStream, shuffled, split
from seqloom.errors import DataError, UsageError
from seqloom.tasks.language.settings import LanguageSettings

__all__ = ["MOST_HELD_OUT", "Parts", "divide"]

MOST_HELD_OUT = 1 << 18
"""Tokens; more would not make the figures better, and takes minutes to score."""
_MOST_OF_A_SHORT_TEXT = 1 / 3


class Parts(NamedTuple):
    """``learned`` from, and ``held_out``; ``fingerprint`` tells both from other ones, ``remark`` is for people."""

    learned: TokenStream
    held_out: TokenStream | None
    fingerprint: str
    remark: str


def divide(
    settings: LanguageSettings,
    whole: TokenStream,
    validation: float | TokenStream,
    boundaries: Boundaries,
    folder: Path | None,
) -> Parts:
    """Divide a text; ``validation`` is a share of it, or a text of its own.

    Documents in another order lie in files without a name in ``folder`` (None: among temporary ones). Raises UsageError
    for what is no share, DataError for a text that is too short and for a part that holds nothing to predict.
    """
    seed = settings.training.seed
    if isinstance(validation, TokenStream):
        own = f":{_name(validation)}"
        learned, held_out, remark = _all(settings, whole, boundaries), *_own(validation, boundaries, seed, folder)
    else:
        own = ""
        share, capped = _share(whole, validation)
        if not share:
            learned, held_out, remark = _all(settings, whole, boundaries), None, ""
        elif boundaries.reset and boundaries.ends:
            learned, held_out = _of_documents(*split(shuffled(whole, seed, folder), (1 - share, share)))
            remark = f"Held out: {_drawn(held_out, whole)} drawn by seed {seed}{capped}."
        else:
            learned, held_out = split(whole, (1 - share, share), _least(settings, boundaries))
            if not boundaries.ends:
                learned, held_out = _without_end(learned, held_out)
            remark = f"Held out: {_last(held_out, whole)}{capped}."
    if not boundaries.ends:
        _check_targets("The text to learn from", learned)
        _check_targets("The held-out part", held_out)
    order = f":documents drawn by seed {seed}" if boundaries.reset else ""
    return Parts(learned, held_out, f"{_name(whole)}:{learned.stop}{own}{order}", remark)


def _share(whole: TokenStream, wish: float) -> tuple[float, str]:
    """The share to hold out, and how it was bounded, in words."""
    if not 0 <= wish < 1:
        raise UsageError(f"validation: expected a share from 0 to below 1, or a text, got {wish!r}.")
    if 0 < wish * len(whole) < 0.5:
        raise DataError(
            f"The text is too short: of its {len(whole):,} tokens the share to hold out, {wish!r}, is less than one. "
            "Use a longer text or a larger share, or hold out nothing (0)."
        )
    if wish * len(whole) <= MOST_HELD_OUT:
        return wish, ""
    return MOST_HELD_OUT / len(whole), f", at most {MOST_HELD_OUT:,} tokens"


def _all(settings: LanguageSettings, whole: TokenStream, boundaries: Boundaries) -> TokenStream:
    (learned,) = split(whole, (1.0,), _least(settings, boundaries))
    return learned


def _least(settings: LanguageSettings, boundaries: Boundaries) -> int:
    """The tokens without which there is nothing to learn from."""
    return 1 if boundaries.reset else settings.window


def _own(own: TokenStream, boundaries: Boundaries, seed: int, folder: Path | None) -> tuple[TokenStream, str]:
    """A text of its own to judge by: its beginning, or documents drawn by the seed, if it is long."""
    if len(own) <= MOST_HELD_OUT:
        return own, ""
    kept = (shuffled(own, seed, folder).stream() if boundaries.reset else own).first(MOST_HELD_OUT)
    drawn = f", in documents drawn by seed {seed}" if boundaries.reset else ""
    return kept, f"Held out: the first {len(kept):,} of {len(own):,} tokens of the text given{drawn}."


def _name(stream: TokenStream) -> str:
    """What tells a text, or a part of one, from all others."""
    source = stream.corpus.facts.source_sha256
    return source if stream.whole else f"{source}[{stream.start}:{stream.stop}]"


def _of_documents(learned: TokenStream, held_out: TokenStream) -> tuple[TokenStream, TokenStream]:
    """Begin the held-out part where a document begins, unless it would then be more than a third of a short text."""
    corpus, border = held_out.corpus, held_out.start
    if held_out.inputs[0] == held_out.eos:
        return learned, held_out
    ends = corpus.ends(learned.start, learned.stop)
    if len(ends) and held_out.stop - int(ends[-1]) - 1 <= _MOST_OF_A_SHORT_TEXT * (len(corpus) - 1):
        border = int(ends[-1]) + 1
    elif len(held_out) == 1:
        border -= 1
    return TokenStream(corpus, learned.start, border), TokenStream(corpus, border, held_out.stop)


def _without_end(learned: TokenStream, held_out: TokenStream) -> tuple[TokenStream, TokenStream]:
    """The end of a text that is all one document is in neither part, for it cannot be learned."""
    corpus, stop = held_out.corpus, held_out.stop
    if held_out.targets[-1] != held_out.eos:
        return learned, held_out
    border = max(learned.start, min(learned.stop, stop - 2))
    return TokenStream(corpus, learned.start, border), TokenStream(corpus, border, max(border, stop - 1))


def _check_targets(name: str, part: TokenStream | None) -> None:
    """Refuse a part of which nothing would be predicted, as ends are not."""
    if part is not None and len(part.corpus.ends(part.start, part.stop)) == len(part):
        raise DataError(f"{name} holds no token but the ends of texts: there is nothing to predict. Give more text.")


def _last(held_out: TokenStream, whole: TokenStream) -> str:
    count = f"{len(held_out):,} token{'s' * (len(held_out) != 1)}"
    return f"the last {count}, {len(held_out) / len(whole):.1%} of the text"


def _drawn(held_out: TokenStream, whole: TokenStream) -> str:
    if held_out.inputs[0] == held_out.eos:
        return f"{held_out.documents:,} of {whole.documents:,} documents,"
    return f"{len(held_out):,} of {len(whole):,} tokens, the last of documents"
