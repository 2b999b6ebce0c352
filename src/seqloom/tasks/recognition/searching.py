"""How frames become texts: the search that settings ask for, and what a language model counts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Final

from seqloom.decoding.ctc import BestPath, PrefixSearch, Transcript
from seqloom.tasks.measures.edit_distance import character_error_rate, word_error_rate
from seqloom.tasks.recognition.language import known_language
from seqloom.tasks.recognition.listening import Frames
from seqloom.tasks.recognition.settings import RecognizerSettings
from seqloom.tasks.recognition.transcripts import Transcripts

__all__ = ["Begin", "chosen_fusion", "search_of", "searched"]

Begin = Callable[[], BestPath | PrefixSearch]
"""Begins a search of another input."""
_BEAM: Final = {False: 8, True: 16}
"""Prefixes, without a language model and with one. Greedy decoding loses what is likely over many frames."""
_WEIGHTS, _BONUSES = (0.25, 0.5, 1.0), (0.0, 0.5, 1.0)
"""Of a language model, tried on what is held out."""
_TRIED: Final = 8_000
"""Frames that they are tried on."""


def search_of(settings: RecognizerSettings, facts: Mapping[str, Any], count: int = 1) -> Begin:
    """The search for a recogniser of which ``facts`` are known, with a beam of at least ``count``; greedy decoding has
    one."""
    if settings.beam == 1:
        return BestPath
    beam = max(settings.beam or _BEAM[settings.language_model is not None], count)
    if settings.language_model is None:
        return lambda: PrefixSearch(beam)
    chosen = {"weight": _WEIGHTS[1], "bonus": _BONUSES[1]} | dict(facts.get("fusion", {}))
    weight = chosen["weight"] if settings.language_weight is None else settings.language_weight
    bonus = chosen["bonus"] if settings.word_bonus is None else settings.word_bonus
    known = known_language(settings.language_model, facts.get("ngram"))
    fusion = known.fused(Transcripts.from_json(facts["transcripts"]), weight, bonus)
    return lambda: PrefixSearch(beam, fusion)


def searched(pieces: Iterable[Frames], begin: Begin, count: int = 1) -> list[Transcript]:
    """The ``count`` best sequences of tokens that an input may spell, of which frames come in pieces."""
    search = begin()
    for frames in pieces:
        search.feed(frames)
    return search.found(count)


def chosen_fusion(
    settings: RecognizerSettings, facts: Mapping[str, Any], heard: Iterable[Iterable[Frames]], true: Sequence[str]
) -> dict[str, float]:
    """What a language model counts, and what each of its tokens adds, so that ``true`` texts are found best."""
    assert settings.language_model is not None
    kept: list[list[Frames]] = []
    for frames in heard:
        kept.append(list(frames))
        if sum(len(piece) for one in kept for piece in one) > _TRIED:
            break
    transcripts = Transcripts.from_json(facts["transcripts"])
    known = known_language(settings.language_model, facts.get("ngram"))

    def errors(pair: tuple[float, float]) -> tuple[float, float]:
        fusion = known.fused(transcripts, *pair)
        found = [searched(one, lambda: PrefixSearch(settings.beam or _BEAM[True], fusion))[0] for one in kept]
        texts = [transcripts.decode(one.tokens) for one in found]
        return word_error_rate(true[: len(kept)], texts), character_error_rate(true[: len(kept)], texts)

    weights = _WEIGHTS if settings.language_weight is None else (settings.language_weight,)
    bonuses = _BONUSES if settings.word_bonus is None else (settings.word_bonus,)
    weight, bonus = min(product(weights, bonuses), key=errors)
    return {"weight": weight, "bonus": bonus}
