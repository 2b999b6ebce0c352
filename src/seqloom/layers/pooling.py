"""From an output at every step to one vector for the whole row: where time ends."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.kernels import note
from seqloom.layers.attention.dot_product import masked_softmax
from seqloom.layers.padding import first_real_step, last_real_step, real_steps, real_steps_only
from seqloom.layers.protocol import SequenceLayer, check_sequence

__all__ = ["AttentionPooling", "LastPooling", "MaxPooling", "MeanPooling", "Pooled", "Pooling"]


class Pooling(nn.Module, ABC):
    """One vector for each row of ``layer``'s outputs: y (B, T, H) → (B, H). It ends time, so it is no layer.

    ``lengths`` (B,) are those of y, ``layer.lengths_after(…)``; steps beyond them never count, whatever they hold.
    Raises UsageError for a row without steps, which has nothing to say.
    """

    def __init__(self, layer: SequenceLayer) -> None:
        super().__init__()
        if not isinstance(layer, SequenceLayer):
            raise UsageError(f"{type(self).__name__} expected the layer whose outputs it reads; got {layer!r}.")
        self.in_features = self.out_features = layer.out_features

    def forward(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """y (B, T, H) and lengths (B,) → (B, H)."""
        lengths = self._checked(y, lengths)
        return self.pool(real_steps_only(y, lengths), lengths)

    @abstractmethod
    def pool(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        """The same for checked lengths and a y that is 0 beyond them."""

    def _checked(self, y: Tensor, lengths: Tensor | None) -> Tensor | None:
        return check_sequence(self, y, self.in_features, lengths, least=1)


class LastPooling(Pooling):
    """What ``layer`` says once it has read a whole row: y_end.

    That is the row's last real step; of the features that come from a reader of the other direction
    (``layer.backward_features``, as of ``Bidirectional``) it is the first. Raises UsageError for a layer that mixes
    both directions at each step (a feed-forward network over them).

    >>> from seqloom.layers import parse_spec
    >>> pooling = LastPooling(parse_spec("gru(1)").build(1))
    >>> pooling(torch.tensor([[[1.0], [2.0], [9.0]]]), torch.tensor([2]))
    tensor([[2.]])
    """

    def __init__(self, layer: SequenceLayer) -> None:
        super().__init__(layer)
        if layer.backward_features is None:
            raise UsageError(
                f"{type(layer).__name__} mixes both directions at each step, so that no step of it has seen a whole "
                "row. Read the layer that goes both ways itself, or put one that goes forward on top."
            )
        self.forward_features = layer.out_features - layer.backward_features

    def pool(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        """The ends of each row, 0 for a row without steps."""
        ahead, back = y[..., : self.forward_features], y[..., self.forward_features :]
        return torch.cat([last_real_step(ahead, lengths), first_real_step(back, lengths)], dim=-1)


class MeanPooling(Pooling):
    """The mean over the real steps: Σ_t y_t / T.

    >>> from seqloom.layers import parse_spec
    >>> pooling = MeanPooling(parse_spec("gru(1)").build(1))
    >>> pooling(torch.tensor([[[1.0], [2.0], [9.0]]]), torch.tensor([2]))
    tensor([[1.5000]])
    """

    def pool(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        """The sums, each over the steps of its row."""
        return y.mean(1) if lengths is None else y.sum(1) / lengths.to(y.device)[:, None]


class MaxPooling(Pooling):
    """The largest value of each feature over the real steps: max_t y_t (Collobert et al., 2011, sec. 3.2.2).

    >>> from seqloom.layers import parse_spec
    >>> pooling = MaxPooling(parse_spec("gru(1)").build(1))
    >>> pooling(torch.tensor([[[-1.0], [-2.0], [9.0]]]), torch.tensor([2]))
    tensor([[-1.]])
    """

    def pool(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        """What is beyond a row's end is less than anything."""
        return (y if lengths is None else y.masked_fill(~real_steps(y, lengths)[..., None], -torch.inf)).amax(1)


class AttentionPooling(Pooling):
    """A mean that chooses its steps: Σ_t a_t y_t, a = softmax_t(v · tanh(W y_t + b)) (Yang et al., 2016, eq. 5-7).

    With one vector v this is the self-attention of Lin et al. (2017). W is (A, H), b and v are (A,), where A is
    ``hidden`` (default: H). ``weights`` gives the a_t.

    >>> from seqloom.layers import parse_spec
    >>> pooling = AttentionPooling(parse_spec("gru(4)").build(1))
    >>> y, lengths = torch.zeros(1, 3, 4), torch.tensor([2])
    >>> pooling(y, lengths).shape
    torch.Size([1, 4])
    >>> pooling.weights(y, lengths)
    tensor([[0.5000, 0.5000, 0.0000]], grad_fn=<MaskedFillBackward0>)
    """

    def __init__(self, layer: SequenceLayer, hidden: int | None = None) -> None:
        super().__init__(layer)
        self.hidden = hidden
        self.key = nn.Linear(self.in_features, hidden or self.in_features)
        self.vector = nn.Linear(hidden or self.in_features, 1, bias=False)

    def weights(self, y: Tensor, lengths: Tensor | None = None) -> Tensor:
        """y (B, T, H) and lengths (B,) → a (B, T): at least 0, of sum 1 in each row, and 0 beyond its end."""
        lengths = self._checked(y, lengths)
        return self._weights(real_steps_only(y, lengths), lengths)

    def pool(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        """The weighted sums."""
        weights = self._weights(y, lengths)[:, None]
        note(attention=lambda: weights)
        return (weights @ y).squeeze(1)

    def _weights(self, y: Tensor, lengths: Tensor | None) -> Tensor:
        scores = self.vector(torch.tanh(self.key(y))).squeeze(-1)
        return scores.softmax(-1) if lengths is None else masked_softmax(scores, real_steps(y, lengths))


class Pooled(nn.Module):
    """A body of layers and the pooling that ends it: x (B, T, D) and lengths (B,) → (B, H).

    Raises UsageError when the widths do not fit.

    >>> from seqloom.layers import parse_spec
    >>> model = parse_spec("2*gru(4) bidirectional + pool(mean)").build_pooled(3)
    >>> model(torch.zeros(2, 5, 3), torch.tensor([5, 2])).shape
    torch.Size([2, 8])
    """

    def __init__(self, body: SequenceLayer, pooling: Pooling) -> None:
        super().__init__()
        if body.out_features != pooling.in_features:
            raise UsageError(f"The body gives {body.out_features} features, the pooling takes {pooling.in_features}.")
        self.body, self.pooling = body, pooling
        self.in_features, self.out_features = body.in_features, pooling.out_features

    def __repr__(self) -> str:
        from seqloom.layers.called import in_short

        return in_short(self)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, T, D) → (B, H)."""
        y, _ = self.body(x, None, lengths)
        pooled: Tensor = self.pooling(y, self.body.lengths_after(lengths))
        return pooled
