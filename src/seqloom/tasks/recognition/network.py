"""The network of a recogniser."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqloom.errors import UsageError
from seqloom.layers import SequenceLayer, StepHead, parse_spec
from seqloom.layers.front import Front
from seqloom.tasks.inputs.inputs import Inputs, Reading
from seqloom.tasks.recognition.settings import RecognizerSettings

__all__ = ["RecognitionModel", "body_of", "build_model", "frame_steps", "frames_after"]

_LONG = 1 << 22


class RecognitionModel(nn.Module):
    """x (B, S, …) → scores (B, T, K + 1) of K tokens and the blank at each frame: augmentation, front, layers, head.

    ``dropout`` is the share of values dropped before the head in training.
    """

    def __init__(self, reading: Reading, body: SequenceLayer, tokens: int, dropout: float) -> None:
        super().__init__()
        self.augmentation, self.front, self.body = reading.augmentation, reading.front, body
        self.dropout = nn.Dropout(dropout)
        self.head = StepHead(body.out_features, tokens + 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """x (B, S, …), of which ``lengths`` (B,) steps are real → (B, T, K + 1)."""
        return self.answers(*self.vectors(self.augmentation(x, lengths), lengths))

    def vectors(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """What the front makes of x: vectors (B, S', D), and their lengths."""
        return (x, lengths) if self.front is None else (self.front(x, lengths), self.front.lengths_after(lengths))

    def answers(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, S, D) → scores (B, T, K + 1)."""
        y, _ = self.body(vectors, None, lengths)
        scores: Tensor = self.head(self.dropout(y))
        return scores

    def lengths_after(self, lengths: Tensor | None) -> Tensor | None:
        """How many frames so many steps give."""
        return self.body.lengths_after(_after_front(self.front, lengths))


def body_of(settings: RecognizerSettings, features: int) -> SequenceLayer:
    """The layers, with dropout between them. UsageError where the words do not fit."""
    assert settings.spec is not None
    spec = parse_spec(settings.spec)
    between = settings.dropout if spec.layers > 1 and spec.dropout is None else None
    try:
        return spec.build(features, between)
    except UsageError as error:
        raise UsageError(f"spec: {error}") from error


def build_model(settings: RecognizerSettings, inputs: Inputs, tokens: int) -> RecognitionModel:
    """The network as settings say."""
    reading = inputs.reading(settings)
    return RecognitionModel(reading, body_of(settings, reading.features), tokens, settings.dropout or 0.0)


def frames_after(settings: RecognizerSettings, inputs: Inputs, lengths: Tensor) -> Tensor:
    """How many frames inputs of so many steps would give; nothing is drawn."""
    reading = inputs.reading(settings)
    with torch.random.fork_rng(devices=[]):
        found = body_of(settings, reading.features).lengths_after(_after_front(reading.front, lengths))
    assert found is not None
    return found


def frame_steps(module: nn.Module) -> int:
    """How many steps of the input a frame stands for, by the module's ``lengths_after``."""
    frames: Tensor = module.lengths_after(torch.tensor([_LONG]))  # type: ignore[operator]
    return max(1, round(_LONG / int(frames[0])))


def _after_front(front: Front | None, lengths: Tensor | None) -> Tensor | None:
    return lengths if front is None else front.lengths_after(lengths)
