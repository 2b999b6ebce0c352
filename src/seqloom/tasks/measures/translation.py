"""How good translations are: BLEU and chrF by sacrebleu, exact match and edits, with several references each.

sacrebleu stays behind this door. BLEU (Papineni et al., 2002) is that of words as sacrebleu's tokenizer 13a has them,
chrF (Popović, 2015) that of characters; both go from 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqloom.data.edits import edit_distance

__all__ = ["bleu", "by_length", "figures_of_translations"]


def figures_of_translations(answers: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """The figures of an answer for each source, beside its references.

    ``exact`` is the share of answers that are one of their references, ``edits`` the characters that must be changed to
    make the nearest one of them, divided by its own.

    >>> found = figures_of_translations(["a cat sat on a mat", "no"], [["a cat sat on a mat"], ["yes", "not"]])
    >>> {name: round(value, 2) for name, value in found.items()}
    {'bleu': 96.22, 'chrf': 97.08, 'exact': 0.5, 'edits': 0.05}
    """
    from sacrebleu.metrics.chrf import CHRF

    exact = [answer in one for answer, one in zip(answers, references, strict=True)]
    changed, length = 0, 0
    for answer, one in zip(answers, references, strict=True):
        edits, nearest = min((edit_distance(reference, answer), reference) for reference in one)
        changed, length = changed + edits, length + len(nearest)
    return {
        "bleu": bleu(answers, references),
        "chrf": float(CHRF().corpus_score(list(answers), _columns(references)).score),
        "exact": sum(exact) / len(exact),
        "edits": changed / max(1, length),
    }


def bleu(answers: Sequence[str], references: Sequence[Sequence[str]], tokenizer: str = "13a") -> float:
    """BLEU of all answers together; the ``tokenizer`` "none" takes words as white space parts them."""
    from sacrebleu.metrics.bleu import BLEU

    found = BLEU(tokenize=tokenizer, force=True).corpus_score(list(answers), _columns(references))
    return float(found.score)


def _columns(references: Sequence[Sequence[str]]) -> Any:
    """The first reference of each, the second ones, and so on; None where there is none."""
    most = max(map(len, references))
    return [[one[place] if place < len(one) else None for one in references] for place in range(most)]


def by_length(
    lengths: Sequence[int], answers: Sequence[str], references: Sequence[Sequence[str]], parts: int = 5
) -> list[dict[str, float]]:
    """The same for so many equal parts of the sources, from the shortest to the longest, and their ``length``."""
    order = sorted(range(len(lengths)), key=lambda row: lengths[row])
    found = []
    for part in range(parts):
        rows = order[len(order) * part // parts : len(order) * (part + 1) // parts]
        if rows:
            mean = sum(lengths[row] for row in rows) / len(rows)
            figures = figures_of_translations([answers[row] for row in rows], [references[row] for row in rows])
            found.append({"length": mean, **figures})
    return found
