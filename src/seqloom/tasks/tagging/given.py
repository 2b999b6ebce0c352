"""What a user gives to a tagger: sentences or series, and a tag for each of their steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seqloom.data.tagged.columns import token_columns
from seqloom.data.tagged.lists import TokenLists
from seqloom.data.tagged.sentences import TaggedSentences, layout_of, read_tagged
from seqloom.data.tagged.table import TokenTable, read_token_table
from seqloom.errors import DataError, UsageError, warn
from seqloom.tasks.sequences.found import series_in
from seqloom.tasks.tables.claims import is_table
from seqloom.tasks.tagging.claims import claims_tagged
from seqloom.tasks.tagging.schemes import recognised

__all__ = [
    "Steps",
    "checked",
    "is_frame_of_steps",
    "is_recording",
    "read_again",
    "read_file",
    "table_of_tokens",
    "warn_of_illegal",
]

Steps = list[str] | Tensor
"""The tokens of a sentence, or a series (T, D) of float32."""
_MOST_SAID = 3
_MAY_BE_CONLL = (".tsv", ".tab")
_FEW_TAGS = 20
"""No more different tags than these are taken for words."""


def table_of_tokens(
    path: str | Path, learned: Mapping[str, Any] | None, target: str | None, encoding: str | None = None
) -> TokenTable | TokenLists | None:
    """A table with a token or a sentence a row, in the columns of training where it has them; None for another file.

    DataError for a table that has no such columns.
    """
    place = Path(path)
    if not is_table(place) or not place.is_file():
        return None
    found = token_columns(place, target if learned is None else learned["tag"], encoding)
    if found is not None:
        return read_token_table(place, found._replace(tag=target) if learned is None and target else found, encoding)
    if place.suffix.lower() in _MAY_BE_CONLL:
        return None
    raise DataError(
        f"{path}: expected a token a row, with columns that are called sentence_id, word and tag; rename those that it "
        "has. Or write a token and its tag a line, with a tab between, and a blank line between sentences, into a file "
        "named .conll."
    )


def read_file(path: str | Path, target: str | None, encoding: str | None = None) -> TaggedSentences:
    """A file of tagged words to learn from.

    DataError for one that has words alone; without a ``target``, UsageError where they may be the other way round.
    """
    found = read_tagged(path, tags=None if target is None else [target], encoding=encoding)
    if not found.layout.tags:
        raise DataError(f"{found.source}: expected a column with the tag of each word, got one column alone.")
    if target is None and not found.layout.named:
        _refuse_doubt(found)
    return found


def _refuse_doubt(found: TaggedSentences) -> None:
    (column, tags), word = next(iter(found.tags.items())), found.layout.names[found.layout.word]
    of_words, of_tags = (len({one for row in rows for one in row}) for rows in (found.tokens, tags))
    if of_tags > max(of_words, _FEW_TAGS):
        raise UsageError(
            f"{found.source}: column {word}, read as words, has {of_words:,} different values, and column {column}, "
            f"read as their tags, {of_tags:,}. Say which has the tags: --target {word}, or --target {column}."
        )


def read_again(
    path: str | Path, learned: Mapping[str, Any] | None, target: str | None, encoding: str | None = None
) -> TaggedSentences:
    """A file for a tagger that is fitted: its tags are in the ``target``, or where they were in training.

    ``learned`` says where: ``columns`` has their names, ``word`` and ``tag`` the places of two of them, from 0; None is
    for a tagger that learned from no file. A file that has no such column, for it would be the next, has no tags yet;
    so has one of words alone. Raises DataError for a file with another number of columns, where no target is named.
    """
    layout = layout_of(path, encoding)
    count = len(layout.names)
    if target is not None:
        return read_tagged(path, None, () if target == str(count + 1) else [target], encoding)
    if count == 1 or learned is None:
        return read_tagged(path, encoding=encoding)
    names, tag = learned["columns"], learned["tag"]
    if not names[tag].isdecimal() and names[tag] in layout.names:
        return read_tagged(path, None, [names[tag]], encoding)
    word = None if layout.named else learned["word"] + 1
    if count == len(names):
        return read_tagged(path, word, [tag + 1], encoding)
    if count == len(names) - 1 == tag:
        return read_tagged(path, word, (), encoding)
    without = f", or {len(names) - 1} without it" if tag == len(names) - 1 else ""
    raise DataError(
        f"{path}: expected {len(names)} columns as in training, the tag in column {names[tag]}{without}; got {count}. "
        f"Say in which column to write tags: --target NUMBER ({count + 1} adds one)."
    )


def is_recording(path: str | Path, settings: Mapping[str, Any]) -> bool:
    """Whether a file has series with a step a row, by the columns that ``settings`` name, no words; so has a folder."""
    place = Path(path)
    if place.is_dir():
        return True
    found = None if claims_tagged(place, {}) is not None else series_in(place, settings)
    return found is not None and found.of_steps


def is_frame_of_steps(X: Any, channels: Sequence[str], settings: Mapping[str, Any]) -> bool:
    """Whether values are a frame with a step a row: it has the channels that were learned, or a label for each step."""
    if not hasattr(X, "columns"):
        return False
    if channels:
        return {*channels} <= {*map(str, X.columns)}
    found = series_in(X, settings)
    return found is not None and found.of_steps


def checked(X: Any, y: Any) -> tuple[list[Steps], list[list[str]] | None]:
    """Sentences or series, and their tags, in their final types. DataError for what is none, each thing with its place.

    >>> checked([("a", "dog")], [["DET", "NOUN"]])
    ([['a', 'dog']], [['DET', 'NOUN']])
    >>> checked(["a dog"], None)
    Traceback (most recent call last):
    ...
    seqloom.errors.DataError: Example 0: expected the tokens of a sentence, got the text 'a dog'. Write text.split().
    """
    steps = [_steps(place, one) for place, one in enumerate(X)]
    kinds = {type(one) for one in steps}
    if len(kinds) > 1:
        raise DataError("Expected sentences or series, got both.")
    if Tensor in kinds and len(widths := {one.shape[1] for one in steps}) > 1:  # type: ignore[union-attr]
        raise DataError(f"Expected series of one number of channels, got {', '.join(map(str, sorted(widths)))}.")
    if y is None:
        return steps, None
    if len(y) != len(steps):
        raise UsageError(f"y: expected {len(steps):,} lists of tags, one for each example, got {len(y):,}.")
    return steps, [_tags(place, tags, len(one)) for place, (tags, one) in enumerate(zip(y, steps, strict=True))]


def _steps(place: int, one: Any) -> Steps:
    if isinstance(one, str):
        raise DataError(
            f"Example {place}: expected the tokens of a sentence, got the text {one[:40]!r}. Write text.split()."
        )
    if not hasattr(one, "__len__"):
        raise DataError(f"Example {place}: expected the tokens of a sentence, or a series (T, D), got {one!r}.")
    if not len(one):
        raise DataError(f"Example {place} is empty.")
    if isinstance(one[0], str):
        return _texts(place, one, "tokens")
    series = torch.as_tensor(one, dtype=torch.float32)
    if series.ndim != 2:
        raise DataError(f"Example {place}: expected a series (T, D), got the shape {tuple(series.shape)}.")
    if not series.isfinite().all():
        step, channel = (~series.isfinite()).nonzero()[0].tolist()
        got = float(series[step, channel])
        raise DataError(f"Example {place}, step {step}, channel {channel}: expected a number, got {got}.")
    return series


def _tags(place: int, tags: Any, length: int) -> list[str]:
    count = len(tags) if hasattr(tags, "__len__") and not isinstance(tags, str) else None
    if count != length:
        got = f"the text {tags[:40]!r}" if isinstance(tags, str) else f"{tags if count is None else count}"
        raise DataError(f"Example {place}: expected {length} tags, one for each step, got {got}.")
    return _texts(place, tags, "tags")


def _texts(place: int, values: Iterable[Any], what: str) -> list[str]:
    texts = list(values)
    for text in texts:
        if not isinstance(text, str) or not text:
            hint = " Of several tags a step, train a tagger for each." if isinstance(text, list | tuple) else ""
            raise DataError(f"Example {place}: expected {what}, each a text that is not empty, got {text!r}.{hint}")
    return texts


def warn_of_illegal(tags: Sequence[Sequence[str]], place: Callable[[int, int], str]) -> None:
    """Warn of tags in an order that the scheme of all of them does not know; ``place`` names a sentence and token."""
    scheme = recognised(tags)
    if scheme is None:
        return
    illegal = [(sentence, token) for sentence, row in enumerate(tags) for token in scheme.illegal(row)]
    if not illegal:
        return
    said = []
    for sentence, token in illegal[:_MOST_SAID]:
        before, after = list(pairwise(["the beginning", *tags[sentence], "the end"]))[token]
        said.append(f"{place(sentence, min(token, len(tags[sentence]) - 1))}: {after} after {before}")
    count = f"{len(illegal):,} tag{'s' if len(illegal) > 1 else ''}"
    more = " …" if len(illegal) > _MOST_SAID else ""
    warn(
        f"{count} in an order that {scheme} does not have ({'; '.join(said)}{more}). They are read as {scheme} says: "
        "what it does not know for a span is none."
    )
