"""Training of decoders with attention: forward and backward pass over a batch of padded rows.

    python benchmarks/decoders.py

Luong's decoder of an LSTM, with input feeding against the plain loop over ``torch.nn.LSTMCell``, and without it against
``torch.nn.LSTM`` over all steps and attention by three products; Bahdanau's of a GRU against the plain loop over
``torch.nn.GRUCell``; the same weights and scores, three sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer, Results
from support.report import Report
from torch import Tensor, nn
from torch.nn import functional

from seqloom.kernels.torch_order import GRU_TWIN, LSTM_TWIN, Twin
from seqloom.layers import parse_encoder_decoder
from seqloom.layers.padding import real_steps

SIZES = ({"B": 32, "T": 10, "H": 64}, {"B": 48, "T": 16, "H": 128}, {"B": 64, "T": 20, "H": 256})


def torchs(decoder: Any, kind: type[nn.Module], twin: Twin) -> nn.Module:
    """torch's module with the weights of our body."""
    (layer,) = decoder.body.layers
    made: Any = kind(layer.in_features, layer.hidden_size)
    suffix = "_l0" if isinstance(made, nn.LSTM) else ""
    for name, weight in zip(
        ("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
        twin.join(dict(layer.weights.named_parameters())),
        strict=True,
    ):
        setattr(made, name + suffix, nn.Parameter(weight.detach().clone()))
    if isinstance(made, nn.LSTM):
        made.batch_first = True
    return made  # type: ignore[no-any-return]


def begin(decoder: Any, memory: Tensor, last: Tensor) -> list[Tensor]:
    """h, and c of an LSTM, from both ends of the memory."""
    ends = torch.cat([memory[torch.arange(len(memory)), last], memory[:, 0]], -1)
    return [vector.contiguous() for vector in torch.tanh(decoder.bridge.linear(ends)).split(decoder.bridge.widths, -1)]


def answer(decoder: Any, h: Tensor, memory: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
    """h (B, T, H) → tanh(W [c; h])."""
    shares = torch.softmax(h @ keys.mT + mask[:, None], -1)
    return torch.tanh(functional.linear(torch.cat([shares @ memory, h], -1), decoder.combine.weight))


def fed(decoder: Any, cell: nn.Module, x: Tensor, memory: Tensor, lengths: Tensor) -> Tensor:
    """The plain loop."""
    mask = torch.where(real_steps(memory, lengths), 0.0, -1e9)
    keys = decoder.attention.score.memory_map(memory)
    h, c = begin(decoder, memory, lengths - 1)
    said, found = torch.zeros_like(h), []
    for x_t in x.unbind(1):
        h, c = cell(torch.cat([x_t, said], -1), (h, c))
        shares = torch.softmax((keys @ h[..., None]).squeeze(-1) + mask, -1)
        context = (shares[:, None] @ memory).squeeze(1)
        said = torch.tanh(functional.linear(torch.cat([context, h], -1), decoder.combine.weight))
        found.append(said)
    return torch.stack(found, 1)


def at_once(decoder: Any, lstm: nn.Module, x: Tensor, memory: Tensor, lengths: Tensor) -> Tensor:
    """All steps of torch's LSTM, then attention."""
    mask = torch.where(real_steps(memory, lengths), 0.0, -1e9)
    h, c = begin(decoder, memory, lengths - 1)
    y, _ = lstm(x, (h[None], c[None]))
    return answer(decoder, y, memory, decoder.attention.score.memory_map(memory), mask)


def asked_before(decoder: Any, cell: nn.Module, x: Tensor, memory: Tensor, lengths: Tensor) -> Tensor:
    """Bahdanau's plain loop."""
    mask = torch.where(real_steps(memory, lengths), 0.0, -1e9)
    score = decoder.attention.score
    keys = score.memory_map(memory)
    (h,) = begin(decoder, memory, lengths - 1)
    found = []
    for x_t in x.unbind(1):
        shares = torch.softmax(torch.tanh(keys + score.query_map(h)[:, None]) @ score.vector + mask, -1)
        context = (shares[:, None] @ memory).squeeze(1)
        h = cell(torch.cat([x_t, context], -1), h)
        found.append(torch.cat([h, context], -1))
    return torch.stack(found, 1)


class Kind(NamedTuple):
    """A decoder in words, torch's part of the same equations, the loop around it, and how much faster ours is to be."""

    words: str
    twin: Twin
    part: type[nn.Module]
    loop: Callable[..., Tensor]
    goal: float = 1.0


KINDS = {
    "with feeding": Kind("luong({})", LSTM_TWIN, nn.LSTMCell, fed),
    "without feeding": Kind("luong({}, feed=false)", LSTM_TWIN, nn.LSTM, at_once, 1.2),
    "Bahdanau's": Kind("bahdanau({})", GRU_TWIN, nn.GRUCell, asked_before),
}


def case(sizes: dict[str, int], name: str) -> Case:
    """Ours and torch's from the same weights."""
    batch, time, hidden = sizes.values()
    kind = KINDS[name]
    words = f"gru({hidden}) -> {kind.words.format(hidden)}"
    decoder: Any = parse_encoder_decoder(words).build(hidden, hidden).decoder
    plain = torchs(decoder, kind.part, kind.twin)
    x, memory = (torch.randn(batch, time, hidden, requires_grad=True) for _ in range(2))
    lengths = torch.randint(time // 2, time + 1, (batch,))

    def ours() -> Tensor:
        state = decoder.initial_state(batch, memory=memory, memory_lengths=lengths)
        return decoder(x, state)[0]

    def theirs() -> Tensor:
        clean = memory * real_steps(memory, lengths)[..., None]
        return kind.loop(decoder, plain, x, clean, lengths)

    def trained(forward: Callable[[], Tensor]) -> Callable[[], Results]:
        def run() -> Results:
            x.grad = memory.grad = None
            decoder.zero_grad()
            plain.zero_grad()
            y = forward()
            y.square().sum().backward()
            return {"y": y, "x": x.grad, "memory": memory.grad, "bridge": decoder.bridge.linear.weight.grad}

        return run

    def read(found: Results) -> Results:
        return {name: value.detach().clone() for name, value in found.items()}

    peers = (
        Peer("seqloom", trained(ours), read),
        Peer("torch, plain", trained(theirs), read, goal=kind.goal),
    )
    return Case(name, sizes, peers, tolerance=1e-3)


def main() -> None:
    """Measure, print and write."""
    torch.manual_seed(0)
    report = Report("decoders", __doc__ or "")
    report.add(*(case(dict(sizes), name) for name in KINDS for sizes in SIZES), seconds=20)
    report.finish()


if __name__ == "__main__":
    main()
