"""The score of one text, whole, by token, or by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from torch import Tensor

from seqloom.data import Vocabulary

__all__ = ["TextScore"]

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, eq=False)
class TextScore:
    """How probable a model finds ``text``: ``nats`` (T,) is −ln p of each of the T tokens that were scored.

    The last of ``ids`` is ``<eos>`` where the end was scored too.

    >>> import torch
    >>> from seqloom.data import Characters
    >>> nats = torch.tensor([1.0, 0.5, 0.25, 0.5, 2.0], dtype=torch.float64)
    >>> score = TextScore(Characters(" ab"), "a ba", [3, 2, 4, 3, 0], nats)
    >>> score.log_probability, score.nats_per_token, score.nats_per_character, score.end
    (-4.25, 0.85, 1.0625, True)
    >>> score.by_word()
    [('a', 1.0), (' ba', 1.25), ('<eos>', 2.0)]
    """

    vocabulary: Vocabulary
    text: str
    ids: Sequence[int]
    nats: Tensor

    @property
    def end(self) -> bool:
        """Whether the end of the text was scored."""
        return bool(self.ids) and self.ids[-1] == self.vocabulary.eos

    @property
    def log_probability(self) -> float:
        """ln p of the text."""
        return 0.0 - float(self.nats.sum())

    @property
    def nats_per_token(self) -> float | None:
        """−ln p for each token that was scored; None where none was."""
        return -self.log_probability / len(self.ids) if self.ids else None

    @property
    def nats_per_character(self) -> float | None:
        """−ln p for each character of the text, whatever the tokens are; None where it has none."""
        return -self.log_probability / len(self.text) if self.text else None

    @property
    def unknown_share(self) -> float:
        """The share of ``<unk>`` in the tokens."""
        return sum(token == self.vocabulary.unk for token in self.ids) / max(1, len(self.ids))

    def by_token(self) -> list[tuple[str, float]]:
        """Each token with its −ln p."""
        return list(zip(map(self.vocabulary.piece, self.ids), self.nats.tolist(), strict=True))

    def by_word(self) -> list[tuple[str, float]]:
        """Each word with the sum of −ln p of its tokens; the sum of all is that of the text.

        A word is what stands between white space, with the white space before it: a token that begins with white space
        begins a word, once the last one has a character. White space at the end, and the end itself, stand alone. Where
        tokens do not give the text back (a word that is unknown), words are written as the tokens are.
        """
        words: list[tuple[str, float]] = []
        for piece, nats in self._pieces():
            if not words or (piece[:1].isspace() and not words[-1][0].isspace()):
                words.append((piece, nats))
            else:
                words[-1] = (words[-1][0] + piece, words[-1][1] + nats)
        return words + [("<eos>", float(nats)) for nats in self.nats[-1:] if self.end]

    def _pieces(self) -> list[tuple[str, float]]:
        """The text cut where tokens end, with the nats of each piece; bytes of one character are one piece."""
        decoder, waiting = self.vocabulary.decoder(), 0.0
        found: list[tuple[str, float]] = []
        for token, nats in zip(self.ids[: len(self.ids) - self.end], self.nats.tolist(), strict=False):
            piece, waiting = decoder.feed(token), waiting + nats
            if piece:
                found.append((piece, waiting))
                waiting = 0.0
        rest = decoder.finish()
        return self._as_in_the_text(found + [(rest, waiting)] * bool(rest or waiting))

    def _as_in_the_text(self, pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
        """The same pieces with unknown characters as they stand in the text, if they differ from it in nothing else."""
        written = "".join([piece for piece, _ in pieces])
        if len(written) != len(self.text) or any(
            w not in (t, _REPLACEMENT) for w, t in zip(written, self.text, strict=True)
        ):
            return pieces
        ends = accumulate(len(piece) for piece, _ in pieces)
        return [(self.text[end - len(piece) : end], nats) for (piece, nats), end in zip(pieces, ends, strict=True)]
