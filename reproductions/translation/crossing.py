"""Where attention crosses: near the diagonal where the order of words agrees, across it at adjectives and nouns.

    python reproductions/translation/crossing.py ../shared/data/fra_eng --keep models/short

Learns from pairs of short English and French sentences, with other English sentences for testing. Which words belong
together is not read off the model, but off tables of words (IBM model 1, both ways) of the training part: a pair of
words *crosses* where two neighbours of the source are linked to two neighbours of the target the other way round, and
the order of a sentence *agrees* where all of its links, three or more, go forward. Figures are of translations that
are given. Writes crossing.json.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from run import Pairs, Parts, fra_eng

from seqloom import Seq2Seq
from seqloom.data import Vocabulary
from seqloom.inspection.attention import draw_alignment
from seqloom.tasks.inputs import inputs_from_json
from seqloom.tasks.measures.word_table import word_table
from seqloom.tasks.translation.seq2seq import Alignment

HERE = Path(__file__).parent
_WORDS = 6
_ASIDE = 4000
_BAND = 1
_MARKS = ".,!?;:'’\"-"
_DETERMINERS = frozenset(["a", "an", "the", "my", "your", "his", "her", "its", "our", "their"])
SETTINGS: dict[str, Any] = {
    "spec": "conv(128, width=1) -> luong(128, feed=false, summary=mean)",
    "source_tokens": "words",
    "target_tokens": "words",
    "vocabulary_size": 3000,
    "embedding": 128,
    "dropout": 0.1,
    "batch_size": 64,
}


class Crossing(NamedTuple):
    """Two words of the source from ``source`` on, which stand the other way round from ``target`` on; after a
    determiner they are an adjective and its noun."""

    source: int
    target: int
    of_a_noun: bool


class Links:
    """Which words may translate which, by tables of words learned from pairs."""

    def __init__(self, pairs: Pairs) -> None:
        pairs = random.Random(0).sample(pairs, len(pairs))  # the file has the shortest first, and a table reads 20,000
        sources, targets = zip(*((" ".join(_words(a)), " ".join(_words(b))) for a, b in pairs), strict=True)
        self._there, self._back = word_table(sources, targets), word_table(targets, sources)

    def of(self, source: Sequence[str], target: Sequence[str]) -> np.ndarray[Any, Any]:
        """(T, S), whether one of the two tables has the pair; marks are linked to nothing."""
        known = [[self._linked(_plain(a), _plain(b)) for a in source] for b in target]
        return np.array(known, bool).reshape(len(target), len(source))

    def _linked(self, a: str, b: str) -> bool:
        return bool(a and b) and (self._there.get(a) == b or self._back.get(b) == a)


def crossings(links: np.ndarray[Any, Any], words: Sequence[str]) -> Iterator[Crossing]:
    """All crossings of a source of these ``words``, with each word linked to one word alone."""
    alone = links & (links.sum(0) == 1) & (links.sum(1) == 1)[:, None]
    for target, source in np.argwhere(alone[1:, :-1] & alone[:-1, 1:]).tolist():
        yield Crossing(source, target, source > 0 and _plain(words[source - 1]) in _DETERMINERS)


def agrees(links: np.ndarray[Any, Any]) -> bool:
    """Whether three links or more all go forward."""
    places = np.argwhere(links)
    return len(places) >= 3 and bool((np.diff(places[:, 1]) > 0).all()) and len({*places[:, 0]}) == len(places)


def short(parts: Parts) -> Parts:
    """The pairs of up to six words on both sides, and of those to learn from 4,000 more English sentences to test."""
    learned, test = ([pair for pair in part if max(len(text.split()) for text in pair) <= _WORDS] for part in parts)
    aside = set(random.Random(1).sample(sorted({source for source, _ in learned}), _ASIDE))
    return Parts(
        [pair for pair in learned if pair[0] not in aside], [*test, *(pair for pair in learned if pair[0] in aside)]
    )


def figures(found: Sequence[Alignment], links: Links) -> tuple[dict[str, Any], list[tuple[Alignment, Crossing]]]:
    """The figures of some alignments, and the adjectives and nouns that cross among them."""
    near, band, hits, crossed, sentences = [], [], [], [], 0
    for one in found:
        known = links.of(one.source, one.target)
        looked = one.weights.argmax(1)
        if agrees(known):
            sentences += 1
            expected = np.arange(len(one.target)) * (len(one.source) - 1) / max(1, len(one.target) - 1)
            near += (np.abs(looked - expected) <= _BAND).tolist()
            band += (np.abs(np.arange(len(one.source)) - expected[:, None]) <= _BAND).mean(1).tolist()
        for crossing in crossings(known, one.source):
            crossed.append((one, crossing))
            hits.append(looked[crossing.target : crossing.target + 2] == (crossing.source + 1, crossing.source))
    both, nouns = np.array(hits), np.array([crossing.of_a_noun for _, crossing in crossed])
    return {
        "sentences_whose_order_agrees": sentences,
        "near_the_diagonal": round(float(np.mean(near)), 4),
        "by_chance": round(float(np.mean(band)), 4),
        "adjectives_and_nouns": int(nouns.sum()),
        "both_cross": round(float(both[nouns].all(1).mean()), 4),
        "words_of_them_at_their_own": round(float(both[nouns].mean()), 4),
        "other_crossings": int((~nouns).sum()),
        "both_of_others_cross": round(float(both[~nouns].all(1).mean()), 4),
    }, [one for one in crossed if one[1].of_a_noun]


def main() -> None:
    """Train, measure, draw one crossing, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--keep", type=Path, help="a folder for the model")
    parser.add_argument("--start", type=Path, help="a model to go on from, whose figures are in crossing.json")
    parser.add_argument("--model", type=Path, help="a trained model, instead of training one")
    parser.add_argument("--picture", type=Path, default=HERE.parent.parent / "docs" / "pictures" / "crossing.png")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    parts = short(fra_eng(asked.folder))
    training = {"steps": asked.steps, "learning_rate": 0.004, "schedule": "cosine", "warmup_steps": 100}
    model, began = Seq2Seq(**SETTINGS, training={**training, "device": "cpu"}), time.process_time()
    if asked.model is None:
        model.fit(*map(list, zip(*parts.train, strict=True)), validation=0.02, start_from=asked.start)
    else:
        model = Seq2Seq.load(asked.model)
    seconds = round(time.process_time() - began, 1)
    if asked.keep is not None:
        model.save(asked.keep)
    sources, targets = map(list, zip(*parts.test, strict=True))
    vocabulary = inputs_from_json(model.facts_["inputs"]).vocabulary  # type: ignore[attr-defined]
    looked = [one for one in model.alignments(sources, targets) if _known(vocabulary, one)]
    found, crossed = figures(looked, Links(parts.train))
    file = HERE / "crossing.json"
    before = json.loads(file.read_text())["training"] if asked.start is not None or asked.model is not None else []
    trained = [{"steps": asked.steps, "processor_seconds": seconds}] if asked.model is None else []
    said: dict[str, Any] = {
        "pairs": len(parts.train),
        "test": len(sources),
        "of_known_words": len(looked),
        **found,
        "training": before + trained,
    }
    best, place = max(
        crossed, key=lambda one: min(one[0].weights[one[1].target + k, one[1].source + 1 - k] for k in (0, 1))
    )
    said["drawn"] = " ".join(best.source[place.source : place.source + 2])
    draw_alignment(best.weights, best.source, best.target, asked.picture)
    file.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(said, ensure_ascii=False))


def _known(vocabulary: Vocabulary, one: Alignment) -> bool:
    """Whether no word of either side is unknown: it would look, or be looked at, as any other."""
    return "<unk>" not in one.target and not any(map(vocabulary.unknown, one.source))


def _words(text: str) -> list[str]:
    return [word for word in map(_plain, text.replace("'", " ").replace("’", " ").split()) if word]


def _plain(word: str) -> str:
    return word.strip(_MARKS + " ").lower()


if __name__ == "__main__":
    main()
