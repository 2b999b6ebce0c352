"""Where one space stands between two words of a text: the rule that encoder and decoder of words share."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import Final, final

import numpy as np
import regex
from numpy.typing import NDArray

__all__ = ["Kind", "Spacing", "kind_of"]


class Kind(IntEnum):
    """What the rule knows of a word. From LINE on, it depends on what came before."""

    WORD = 0
    CLOSES = 1
    OPENS = 2
    PICTURE = 3
    TIGHT = 4
    LINE = 5
    DOUBLE_QUOTE = 6
    SINGLE_QUOTE = 7
    BACK_QUOTE = 8


_KIND: Final = regex.compile(
    r"""(?xV1)
    (?P<LINE> [\n\r\x85\u2028\u2029])
    |(?P<DOUBLE_QUOTE> ")
    |(?P<SINGLE_QUOTE> ')
    |(?P<BACK_QUOTE> `)
    |(?P<PICTURE> [\p{Extended_Pictographic}\p{Regional_Indicator}])
    |(?P<TIGHT> [\s\p{C}\p{Dash_Punctuation}/\\~=+*&|<>^་༌፡]
        | [[\p{East_Asian_Width=Wide}\p{East_Asian_Width=Fullwidth}\p{Line_Break=Complex_Context}]--\p{Hangul}])
    |(?P<OPENS> [\p{Open_Punctuation}\p{Initial_Punctuation}\p{Currency_Symbol}\#@¿¡])
    |(?P<CLOSES> [\p{Close_Punctuation}\p{Final_Punctuation}\p{Terminal_Punctuation}…%‰٪])
    """
)


def _between() -> NDArray[np.bool_]:
    """[left, right]: whether a space stands between two words of these kinds."""
    space = np.zeros((Kind.LINE, Kind.LINE), bool)
    space[np.ix_([Kind.WORD, Kind.CLOSES, Kind.PICTURE], [Kind.WORD, Kind.OPENS, Kind.PICTURE])] = True
    space[Kind.PICTURE, Kind.PICTURE] = False
    return space


_SPACE_BETWEEN: Final = _between()


@cache
def _kind_of_character(character: str) -> Kind:
    found = _KIND.match(character)
    return Kind[found.lastgroup] if found else Kind.WORD


def kind_of(word: str) -> Kind:
    """The kind of a word, by its first character.

    >>> [kind_of(word).name for word in ("don't", ".", "„", "語", "😀", "\\t")]
    ['WORD', 'CLOSES', 'OPENS', 'TIGHT', 'PICTURE', 'TIGHT']
    """
    return _kind_of_character(word[0])


@final
class Spacing:
    """The rule, along a text.

    A space stands between two words, not before what closes (full stops, brackets), not after what opens (brackets,
    currency signs), and not around dashes, white space, and scripts that write no spaces (Han, Kana, Thai, Lao,
    Khmer, Burmese, …); pictures stand together. A straight quote opens and closes in turn; a new line begins anew.

    >>> spacing = Spacing()
    >>> [spacing.before(kind_of(word)) for word in ("He", ":", '"', "No", '"', ".")]
    [False, False, True, False, False, False]
    """

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._last: int = Kind.TIGHT

    def before(self, kind: int) -> bool:
        """Whether a space stands before the next word."""
        kind = self._resolved(kind)
        space = bool(_SPACE_BETWEEN[self._last, kind])
        self._last = kind
        return space

    def before_each(self, kinds: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """(N,) :meth:`before` of each of the next words, by their ``kinds`` (N,)."""
        resolved = np.concatenate([np.array([self._last], np.uint8), kinds])
        for place in np.flatnonzero(resolved >= Kind.LINE):
            resolved[place] = self._resolved(int(resolved[place]))
        self._last = int(resolved[-1])
        spaces: NDArray[np.bool_] = _SPACE_BETWEEN[resolved[:-1], resolved[1:]]
        return spaces

    def _resolved(self, kind: int) -> int:
        if kind < Kind.LINE:
            return kind
        if kind == Kind.LINE:
            self._open.clear()
            return Kind.TIGHT
        opens = kind not in self._open
        self._open ^= {kind}
        return Kind.OPENS if opens else Kind.CLOSES
