"""Words of events as channels of numbers: one for each word, 1 where it is said and 0 elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import torch

from seqloom.data.series.recordings import Recordings
from seqloom.errors import listed

__all__ = ["named_without_word", "with_words"]

_MOST: Final = 100
"""Words of a column that get a channel: the most frequent ones."""


def with_words(found: Recordings, learned: Sequence[str] = ()) -> Recordings:
    """The same with a channel ``column=word`` for each word of a column of words, after the others.

    Where channels were ``learned`` there are those among them alone: a word that is none of them is 0 in all, and that
    is said in the remarks.

    >>> rows = Recordings("a.csv", [torch.tensor([[1.0], [2.0]])], ("x",), ["1"], categories={"e": [["in", "out"]]})
    >>> with_words(rows).channels, with_words(rows).series[0].tolist()
    (('x', 'e=in', 'e=out'), [[1.0, 1.0, 0.0], [2.0, 0.0, 1.0]])
    >>> with_words(rows, ["x", "e=out", "e=off"]).remarks
    ("e: 1 word was not there in training, and counts as none: 'in'",)
    """
    series, channels, remarks = list(found.series), list(found.channels), list(found.remarks)
    for column, rows in found.categories.items():
        counts = Counter(word for words in rows for word in words if word)
        wanted = [name.removeprefix(f"{column}=") for name in learned if name.startswith(f"{column}=")]
        if learned and not wanted:
            continue
        words = wanted or sorted(word for word, _ in counts.most_common(_MOST))
        others = [word for word in counts if word not in {*words}]
        if others:
            what = f"{len(others):,} word{'s were' if len(others) > 1 else ' was'} not there in training, and"
            what = what if learned else f"{len(others):,} rarer words have no channel: each"
            remarks.append(
                f"{column}: {what} count{'s' if len(others) == 1 or not learned else ''} as none: {listed(others)}"
            )
        places = {word: place for place, word in enumerate(words)}
        for number, said in enumerate(rows):
            marks = torch.zeros(len(said), len(words))
            known = [(step, places[word]) for step, word in enumerate(said) if word in places]
            if known:
                steps, columns = torch.tensor(known).T
                marks[steps, columns] = 1.0
            series[number] = torch.cat([series[number], marks], 1)
        channels += [f"{column}={word}" for word in words]
    return replace(found, series=series, channels=tuple(channels), remarks=tuple(remarks))


def named_without_word(channel: str) -> str:
    """The column that a channel comes from.

    >>> named_without_word("event=login"), named_without_word("x")
    ('event', 'x')
    """
    return channel.partition("=")[0]
