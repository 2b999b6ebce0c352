"""How well a model predicts a text.

H = −(1/N) Σ_t ln p(x_t | x_<t), over all N tokens of the text, each predicted once, with the state carried
over the whole stream (or reset at each document, where the model was trained so).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

__all__ = ["Evaluation"]


@dataclass(frozen=True, repr=False)
class Evaluation:
    """Figures of one text. ``tokens`` counts ends of documents, ``characters`` does not. ``lanes`` is 1 when the score
    is exact; otherwise that many parts each began afresh. Where this very text chose the weights, as the best of
    several evaluations, ``chosen_among`` is their number: on other text expect a little worse. ``remark`` says in words
    which part of a longer text this is.

    >>> evaluation = Evaluation(tokens=4, characters=8, nats=4.0)
    >>> evaluation.nats_per_token, evaluation.nats_per_character, round(evaluation.perplexity, 3)
    (1.0, 0.5, 2.718)
    """

    tokens: int
    characters: int
    nats: float
    unknown_share: float = 0.0
    lanes: int = 1
    chosen_among: int = 1
    remark: str = ""
    baselines: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        best = min(self.baselines.items(), key=lambda pair: pair[1], default=None)
        beside = "" if best is None else f"; the best baseline, {best[0]}, {best[1]:.3f}"
        exact = "" if self.lanes == 1 else f", in {self.lanes} parts that began afresh"
        chosen = "" if self.chosen_among == 1 else f"; the best of {self.chosen_among} evaluations on this very text"
        return (
            f"<Evaluation: {self.nats_per_token:.3f} nats a token over {self.tokens:,} tokens{exact}{beside}{chosen}>"
        )

    def _repr_html_(self) -> str:
        from seqloom.tasks.inspecting.figures import table_of

        return table_of(self)._repr_html_()

    @property
    def nats_per_token(self) -> float:
        """Cross-entropy for each token, ends of documents counted where the model learned them."""
        return self.nats / self.tokens

    @property
    def bits_per_token(self) -> float:
        """The same in bits."""
        return self.nats_per_token / math.log(2)

    @property
    def nats_per_character(self) -> float:
        """Cross-entropy for each character of the text, whatever the tokens are; nan when there are none."""
        return self.per_character(self.nats_per_token)

    def per_character(self, nats_per_token: float) -> float:
        """What so many nats a token, the model's or a baseline's, are for each character.

        >>> Evaluation(tokens=4, characters=8, nats=4.0).per_character(2.0)
        1.0
        """
        return nats_per_token * self.tokens / self.characters if self.characters else math.nan

    @property
    def bits_per_character(self) -> float:
        """The same in bits."""
        return self.nats_per_character / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp of the nats per token."""
        return math.exp(self.nats_per_token) if self.nats_per_token < 700 else math.inf

    def beside(self, name: str, other: Evaluation) -> Evaluation:
        """The same with another model of the same tokens among the baselines."""
        return replace(self, baselines={**self.baselines, name: other.nats_per_token})

    def to_mapping(self) -> dict[str, Any]:
        """Every figure by name, ready for JSON; None where there is no finite number. ``baselines`` are nats per token.

        >>> Evaluation(tokens=1, characters=0, nats=4.0).to_mapping()["bits_per_character"]
        """
        derived = ("nats_per_token", "bits_per_token", "nats_per_character", "bits_per_character", "perplexity")
        figures = asdict(self) | {name: getattr(self, name) for name in derived}
        baselines = {name: _finite(nats) for name, nats in self.baselines.items()}
        return {name: _finite(value) for name, value in figures.items()} | {"baselines": baselines}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
