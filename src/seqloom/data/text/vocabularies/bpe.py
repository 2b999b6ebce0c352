"""Byte-pair encoding (Sennrich et al., 2016) over bytes (Radford et al., 2019), by Hugging Face tokenizers."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from seqloom.data.text.document import Piece
from seqloom.data.text.vocabularies.byte import Utf8Decoder, lone_surrogates, starts_a_character
from seqloom.data.text.vocabularies.segment_encoder import SegmentEncoder
from seqloom.data.text.vocabularies.segments import Segmenter
from seqloom.data.text.vocabularies.vocabulary import (
    Encoded,
    IncrementalDecoder,
    IncrementalEncoder,
    Vocabulary,
    check_size,
    check_tokens,
    json_strings,
    vocabulary_from_strings,
)
from seqloom.errors import DataError, MissingExtraError, ModelFileError, UsageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["BytePairs"]


@final
class BytePairs(Vocabulary):
    """The 256 bytes and the learnt merges of two tokens; ``<eos>`` is the last id. Nothing is unknown.

    ``tokens`` are written in the byte alphabet of GPT-2 (a space is Ġ); ``merges`` are in order of rank.
    """

    kind = "bpe"
    unk = None

    def __init__(self, tokens: Iterable[str], merges: Iterable[tuple[str, str]]) -> None:
        self.tokens = tuple(tokens)
        self.merges = tuple(merges)
        alphabet = _alphabet()
        _check(self.tokens, self.merges, alphabet)
        self.eos = len(self.tokens)
        self._tokenizer = _tokenizer(self.tokens, self.merges)
        self._texts = [bytes(alphabet[letter] for letter in token) for token in self.tokens]

    @classmethod
    def learn(cls, pieces: Iterable[Piece], maximum_size: int = 4096) -> BytePairs:
        """Merge the most frequent pair of tokens until there are ``maximum_size`` tokens."""
        check_size(maximum_size, "byte pairs")
        if maximum_size < 257:
            raise DataError(
                f"A byte-pair vocabulary needs at least 257 tokens (256 bytes and <eos>), not {maximum_size}."
            )
        tokenizer = _tokenizer((), ())
        trainer = _library().trainers.BpeTrainer(
            vocab_size=maximum_size - 1,
            initial_alphabet=sorted(_alphabet()),
            show_progress=False,
            special_tokens=[],
        )
        tokenizer.train_from_iterator(_segments(pieces), trainer)
        model = json.loads(tokenizer.to_str())["model"]
        tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
        return cls(tokens, [_pair(merge) for merge in model["merges"]])

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> BytePairs:
        """The inverse of :meth:`to_json`, checked."""
        merges = [_pair(merge) for merge in json_strings(data, "merges")]
        return vocabulary_from_strings(lambda tokens: cls(tokens, merges), data)

    @property
    def size(self) -> int:
        return len(self.tokens) + 1

    def encoder(self) -> IncrementalEncoder:
        return _Encoder(self._tokenizer)

    def decoder(self) -> IncrementalDecoder:
        return Utf8Decoder(self._texts)

    def piece(self, token: int) -> str:
        return "<eos>" if token == self.eos else self._texts[token].decode("utf-8", "backslashreplace")

    def changed(self, text: str) -> list[str]:
        return lone_surrogates(text)

    def characters_per_token(self) -> NDArray[np.uint32]:
        return np.array([*(sum(map(starts_a_character, text)) for text in self._texts), 0], np.uint32)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "tokens": list(self.tokens),
            "merges": [f"{a} {b}" for a, b in self.merges],
        }


class _Encoder(SegmentEncoder):
    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__(Segmenter())
        self._tokenizer = tokenizer

    def encode_segments(self, segments: Sequence[str | None], eos: int) -> Encoded:
        found = iter(self._tokenizer.encode_batch_fast([_printable(text) for text in segments if text is not None]))
        ids: list[int] = []
        for segment in segments:
            ids += [eos] if segment is None else next(found).ids
        return Encoded(np.array(ids, np.uint32), None)


def _check(tokens: Sequence[str], merges: Sequence[tuple[str, str]], alphabet: dict[str, int]) -> None:
    letters, known = alphabet.keys(), set(tokens)
    check_tokens(tokens, lambda token: bool(token) and letters >= set(token), "tokens in the byte alphabet")
    if not known >= letters:
        raise UsageError("A vocabulary of byte pairs: a byte is missing from its tokens.")
    if len(set(merges)) != len(merges):
        raise UsageError("A vocabulary of byte pairs: a merge is there twice.")
    for left, right in merges:
        if not known >= {left, right, left + right}:
            raise UsageError(f"A vocabulary of byte pairs: the merge {left[:20]!r} + {right[:20]!r} names no token.")


def _segments(pieces: Iterable[Piece]) -> Iterator[str]:
    segmenter = Segmenter()
    for text, ends in pieces:
        yield from map(_printable, segmenter.feed(text))
        if ends:
            yield from map(_printable, segmenter.finish())
    yield from map(_printable, segmenter.finish())


def _printable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _pair(merge: str | list[str]) -> tuple[str, str]:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if len(parts) != 2:
        raise ModelFileError(f"Damaged vocabulary: a merge joins two tokens, found {merge[:40]!r}.")
    return parts[0], parts[1]


def _library() -> Any:
    try:
        return importlib.import_module("tokenizers")
    except ImportError:
        raise MissingExtraError("tokenizers", "bpe") from None


def _tokenizer(tokens: tuple[str, ...], merges: tuple[tuple[str, str], ...]) -> Tokenizer:
    library = _library()
    numbers = {token: number for number, token in enumerate(tokens)}
    model = library.models.BPE(vocab=numbers, merges=list(merges)) if tokens else library.models.BPE()
    tokenizer: Tokenizer = library.Tokenizer(model)
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    return tokenizer


def _alphabet() -> dict[str, int]:
    """The letter of each byte (Radford et al., 2019): printable ones are themselves, others from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [value for value in range(256) if value not in printable]
    return {chr(value): value for value in printable} | {chr(256 + n): value for n, value in enumerate(others)}
