"""A training step of nanoGPT's CPU configuration: 4 blocks of width 128, 4 heads, context 64, batch 12, tied weights.

    python benchmarks/transformer.py

Set against the plain torch script of the same model, ``reproductions/tinyshakespeare/plain_transformer.py``, from the
same weights. Ours also has the biases of norms and head, which begin at 0; without clipping they change no other
gradient. Beside it, our defaults: rotary positions and RMS norms.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer, Results
from support.report import Report
from torch import Tensor, nn
from torch.nn import functional

from seqloom.layers import CausalTransformerBlock, InputPositions, LearnedEmbedding, NormKind, stack, tied_head
from seqloom.layers.attention import Positions, PositionTable
from seqloom.models.token_model import TokenModel

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reproductions" / "tinyshakespeare"))
from plain_transformer import BATCH, BLOCKS, CONTEXT, HEADS, WIDTH, Transformer

VOCABULARY = 65
SIZES = {"T": CONTEXT, "B": BATCH, "H": WIDTH}


def ours(positions: Positions, norm: NormKind) -> TokenModel:
    """The model from our layers; learned positions are added where attention has none of its own."""
    blocks = [CausalTransformerBlock(WIDTH, WIDTH, heads=HEADS, positions=positions, norm=norm) for _ in range(BLOCKS)]
    learned = InputPositions(WIDTH, WIDTH, kind=PositionTable.LEARNED, length=CONTEXT)
    first = [learned] if positions is Positions.NONE else []
    body = stack([*first, *blocks], last_norm=norm)
    embedding = LearnedEmbedding(VOCABULARY, WIDTH, scale=1.0)
    return TokenModel(embedding, body, tied_head(embedding))


def pairs(model: TokenModel, plain: Transformer) -> Iterator[tuple[str, nn.Parameter, nn.Parameter]]:
    """The parameters that both have."""
    learned, *blocks = model.body.layers
    yield "table", model.embedding.table, plain.tokens.weight
    yield "positions", learned.table, plain.places.weight
    yield "norm", model.body.norm.weight, plain.norm.weight
    for k, (mine, theirs) in enumerate(zip(blocks, plain.blocks, strict=True)):
        yield f"{k} attend", mine.mixer.maps.inner.weight, theirs.attend.weight
        yield f"{k} project", mine.mixer.maps.output.weight, theirs.project.weight
        yield f"{k} up", mine.feed_forward.up.weight, theirs.up.weight
        yield f"{k} down", mine.feed_forward.down.weight, theirs.down.weight
        yield f"{k} norm 1", mine.mixer_norm.weight, theirs.norm_1.weight
        yield f"{k} norm 2", mine.feed_forward_norm.weight, theirs.norm_2.weight


def stepper(model: nn.Module, forward: Callable[[Tensor], Tensor], tokens: Tensor) -> Callable[[], Tensor]:
    """A step of training on ``tokens`` (B, T + 1)."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-6, betas=(0.9, 0.99), fused=True)
    inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].flatten()

    def run() -> Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(forward(inputs).flatten(0, 1), targets)
        loss.backward()
        optimiser.step()
        return loss

    return run


def same_model(tokens: Tensor) -> Case:
    """The plain script's model, and ours with its weights."""
    model, plain = ours(Positions.NONE, NormKind.LAYER), Transformer(VOCABULARY)
    shared = list(pairs(model, plain))
    with torch.no_grad():
        for _, mine, theirs in shared:
            mine.copy_(theirs)

    def read(side: int) -> Callable[[Tensor], Results]:
        return lambda loss: {"loss": loss, **{name: two[side].grad.clone() for name, *two in shared}}

    peers = (
        Peer("seqloom", stepper(model, lambda x: model(x)[0], tokens), read(0)),
        Peer("plain script", stepper(plain, plain, tokens), read(1), goal=1.0),
    )
    return Case("nanoGPT", SIZES, peers, tolerance=1e-3)


def our_defaults(tokens: Tensor) -> Case:
    """Rotary positions: another model of the same size."""
    model = ours(Positions.ROTARY, NormKind.LAYER)
    return Case(
        "our defaults", SIZES, (Peer("seqloom", stepper(model, lambda x: model(x)[0], tokens), lambda loss: {}),)
    )


def main() -> None:
    """Measure, print and write."""
    torch.manual_seed(0)
    tokens = torch.randint(VOCABULARY, (BATCH, CONTEXT + 1))
    report = Report("transformer", __doc__ or "")
    report.add(same_model(tokens), our_defaults(tokens), seconds=20)
    report.finish()


if __name__ == "__main__":
    main()
