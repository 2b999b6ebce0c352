"""A full training step (embedding, layer, head, cross entropy, fused Adam): how much of the kernel's gain it keeps.

    python benchmarks/training_step.py

The gain is the time saved against torch.nn: of the layer's forward and backward pass alone, and of the whole step,
timed in the same rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer, Results, Timing
from support.layers import TORCH, Twin, flops, make_pair, training
from support.peaks import fma_peak
from support.report import Report
from torch import Tensor, nn
from torch.nn import functional

from seqloom.layers import LearnedEmbedding, StepHead
from seqloom.models.token_model import TokenModel

TIME, BATCH, HIDDEN, VOCABULARY = 128, 32, 256, 65
SIZES = {"T": TIME, "B": BATCH, "H": HIDDEN}
SMALLEST_SHARE = 0.9


class TorchModel(nn.Module):
    """The same model from torch's modules."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, HIDDEN)
        self.body = body
        self.head = nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, tokens: Tensor) -> tuple[Tensor, None]:
        return self.head(self.body(self.embedding(tokens))[0]), None


def whole_step(twin: Twin) -> Case:
    """One step of training on the same windows, from the same weights."""
    layer, module = make_pair(twin, HIDDEN, HIDDEN)
    embedding, head = LearnedEmbedding(VOCABULARY, HIDDEN), StepHead(HIDDEN, VOCABULARY)
    ours, theirs = TokenModel(embedding, layer, head), TorchModel(module)
    theirs.embedding.load_state_dict({"weight": embedding.table})
    theirs.head.load_state_dict(head.linear.state_dict())
    tokens = torch.randint(VOCABULARY, (BATCH, TIME + 1))

    def read(table: Tensor, head: nn.Linear) -> Callable[[Tensor], Results]:
        return lambda loss: {"loss": loss, "table": table.grad, "head": head.weight.grad}

    peers = (
        Peer("seqloom", stepper(ours, tokens), read(embedding.table, head.linear)),
        Peer("torch.nn", stepper(theirs, tokens), read(theirs.embedding.weight, theirs.head)),
    )
    return Case(f"{twin.name}, whole step", SIZES, peers)


def stepper(model: nn.Module, tokens: Tensor) -> Callable[[], Tensor]:
    """A step of training on ``tokens`` (B, T + 1)."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-5, fused=True)
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].flatten()

    def run() -> Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(model(inputs)[0].flatten(0, 1), targets)
        loss.backward()
        optimiser.step()
        return loss

    return run


def cases() -> Iterator[Case]:
    """The layer alone and the whole step, cell by cell."""
    for twin in TORCH[:2]:
        layer, module = make_pair(twin, HIDDEN, HIDDEN)
        peers = training(layer, module, twin.stacked, torch.randn(BATCH, TIME, HIDDEN), "torch.nn")
        yield Case(f"{twin.name}, layer alone", SIZES, peers, flops(layer, BATCH * TIME, training=True), fma_peak())
        yield whole_step(twin)


def note_share(alone: Timing, whole: Timing) -> None:
    """Say which share of the layer's gain is left in the whole step."""
    gain = alone.median("torch.nn") - alone.own
    whole.facts["gain of the layer alone, ms"] = 1e3 * gain
    kept = whole.median("torch.nn") - whole.own
    whole.facts["gain of the whole step, ms"] = 1e3 * kept
    if gain > 0:
        held = "holds" if kept >= SMALLEST_SHARE * gain else "missed"
        whole.facts["share of the gain kept"] = kept / gain
        whole.facts["goal of the share"] = f"≥ {SMALLEST_SHARE} {held}"


def main() -> None:
    """Measure, print and write."""
    report = Report("training_step", __doc__ or "")
    timings = report.add(*cases(), seconds=35)
    for alone, whole in zip(timings[::2], timings[1::2], strict=True):
        note_share(alone, whole)
    report.finish()


if __name__ == "__main__":
    main()
