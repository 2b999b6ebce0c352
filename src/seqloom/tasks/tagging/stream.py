"""Tags of a stream: one for every step, as soon as it is there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from seqloom.layers import CausalLayer
from seqloom.tasks.sequences.lines import numbers_of
from seqloom.tasks.tagging.fronts import WordFront
from seqloom.tasks.tagging.network import TagNetwork
from seqloom.tasks.tagging.tag_set import TagSet

__all__ = ["TagStream"]


class TagStream:
    """``tag = stream.push(step)``: the likeliest tag of a token, or of the numbers of a step, given all before it.

    What is to come is not known, so tags of spans are those of IOB2, in which a span begins with B; they are always in
    an order that it has. ``probabilities`` has those of the last step by tag. A random field filters:
    p(tag_t | what was read up to t). ``reset`` begins another sentence. A stream keeps the weights it was opened with.
    """

    def __init__(self, network: TagNetwork, tags: TagSet, encode: Callable[[Any], Tensor]) -> None:
        self._network = copy.deepcopy(network).eval()
        self._encode = encode
        self._reads_words = isinstance(network.front, WordFront)
        self._tags = tags
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        body, field = self._network.body, self._network.field
        self._state = body.initial_state(1)
        self._filter = None if field is None else field.initial_state(1).detach()
        self._said: str | None = None
        self.probabilities: dict[str, float] = {}

    def line(self, text: str) -> str | None:
        """The tag of a line, a token or the numbers of a step; an empty one begins another sentence."""
        if not text.strip():
            self.reset()
            return None
        return self.push(text.strip() if self._reads_words else numbers_of(text))

    def push(self, step: Any) -> str:
        """The tag of the next step."""
        body, field = self._network.body, self._network.field
        assert isinstance(body, CausalLayer)
        device = self._network.head.linear.weight.device
        with torch.no_grad():
            x = self._network.front(self._encode(step)[None].to(device), torch.tensor([1]))
            y, self._state = body.step(x[:, 0], self._state)
            scores = self._network.scores(y)
            if field is None or self._filter is None:
                found = scores.softmax(-1)
            else:
                found, self._filter = field.step(scores, self._filter)
        self.probabilities = dict(zip(self._tags.names, found[0].tolist(), strict=True))
        legal = [tag for tag in self._tags.names if self._tags.may_follow(self._said, tag)]
        self._said = max(legal, key=self.probabilities.__getitem__)
        return self._said
