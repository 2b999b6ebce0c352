"""How much worse the tag outside of all spans is made, so that spans are neither said too seldom nor too often."""

from __future__ import annotations

from typing import Final

import torch

from seqloom.tasks.examples.values import Examples
from seqloom.tasks.tagging.network import TagNetwork
from seqloom.tasks.tagging.objective import SpanTags
from seqloom.tasks.tagging.schemes import OUTSIDE
from seqloom.training.objectives.objective import Sums, added
from seqloom.training.objectives.tags import best_tags

__all__ = ["OFFSETS", "chosen_offset"]

OFFSETS: Final = tuple(step / 4 for step in range(-4, 13))
"""What is tried, in nats."""
_LEAST_SPANS: Final = 50
"""With fewer spans a choice would follow chance."""


@torch.no_grad()
def chosen_offset(objective: SpanTags, network: TagNetwork, examples: Examples) -> float:
    """The offset of O's score with which F1 on some examples is best, that nearest to 0 of those; 0 for few spans.

    A tagger that learns the likelihood of all tags says spans too seldom where they are rare and of many kinds: F1
    loses more by a span that is missed than by one too many of those that are nearly certain.
    """
    device = network.head.linear.weight.device
    outside = objective.names.index(OUTSIDE)
    sums: dict[float, Sums] = {}
    for batch in (one.to(device) for one in examples.batches()):
        scores = network(batch.x, batch.length)
        for offset in OFFSETS:
            shifted = scores.clone()
            shifted[..., outside] -= offset
            found = objective.counts(network, shifted, best_tags(network, shifted, batch.length), batch)
            sums[offset] = added(sums[offset], found) if offset in sums else found
    if sums[0.0]["spans"][:, 2].sum() < _LEAST_SPANS:
        return 0.0
    return max(OFFSETS, key=lambda offset: (objective.figures(sums[offset])["f1"], -abs(offset)))
