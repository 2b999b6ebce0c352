"""A model of events, as an inspection looks at it: windows of pieces, after each of which one event is predicted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.nn import functional

from seqloom.data.batch import Batch
from seqloom.models.token_model import TokenModel
from seqloom.tasks.inspecting.subject import Asked, Subject
from seqloom.tasks.music.subject import windows_of

__all__ = ["subject_of"]


def subject_of(model: TokenModel, rows: Sequence[Tensor], text: Callable[[int], str]) -> Subject:
    """Windows of rows of tokens (T,), with the event after each to be predicted; ``text`` says what a token is."""
    model.eval()
    batches, windows, following = windows_of(rows)

    def loss(batch: Batch) -> Tensor:
        logits, _ = model.read(batch.x, None, batch.length)
        return functional.cross_entropy(logits, following[batch.targets])

    def pieces(row: int) -> list[str]:
        return [text(token) for token in windows[row].tolist()]

    asked = Asked(text, what="likeliest event")
    return Subject(model, list(batches), pieces, asked, loss, "nats an event", of_text=False)
