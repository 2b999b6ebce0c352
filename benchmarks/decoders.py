"""Training of decoders with attention: forward and backward pass over a batch of padded rows.

    python benchmarks/decoders.py

Luong's decoder of an LSTM, with input feeding against the plain loop over ``torch.nn.LSTMCell``, and without it against
``torch.nn.LSTM`` over all steps and attention by three products; the same weights, general score, three sizes.
"""

from __future__ import annotations

from collections.abc import Callable

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer, Results
from support.report import Report
from torch import Tensor, nn
from torch.nn import functional

from seqloom.kernels.torch_order import LSTM_TWIN
from seqloom.layers import LuongDecoder, parse_encoder_decoder
from seqloom.layers.padding import real_steps

SIZES = ({"B": 32, "T": 10, "H": 64}, {"B": 48, "T": 16, "H": 128}, {"B": 64, "T": 20, "H": 256})


def torchs(decoder: LuongDecoder, kind: type[nn.LSTMCell] | type[nn.LSTM]) -> nn.Module:
    """torch's module with the weights of our body."""
    (layer,) = decoder.body.layers
    made = kind(layer.in_features, layer.hidden_size)
    suffix = "_l0" if isinstance(made, nn.LSTM) else ""
    for name, weight in zip(
        ("weight_ih", "weight_hh", "bias_ih", "bias_hh"),
        LSTM_TWIN.join(dict(layer.weights.named_parameters())),
        strict=True,
    ):
        setattr(made, name + suffix, nn.Parameter(weight.detach().clone()))
    if isinstance(made, nn.LSTM):
        made.batch_first = True
    return made


def begin(decoder: LuongDecoder, memory: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
    """h and c from both ends of the memory."""
    ends = torch.cat([memory[torch.arange(len(memory)), last], memory[:, 0]], -1)
    h, c = torch.tanh(decoder.bridge.linear(ends)).chunk(2, -1)
    return h.contiguous(), c.contiguous()


def answer(decoder: LuongDecoder, h: Tensor, memory: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
    """h (B, T, H) → tanh(W [c; h])."""
    shares = torch.softmax(h @ keys.mT + mask[:, None], -1)
    return torch.tanh(functional.linear(torch.cat([shares @ memory, h], -1), decoder.combine.weight))


def fed(decoder: LuongDecoder, cell: nn.Module, x: Tensor, memory: Tensor, lengths: Tensor) -> Tensor:
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


def at_once(decoder: LuongDecoder, lstm: nn.Module, x: Tensor, memory: Tensor, lengths: Tensor) -> Tensor:
    """All steps of torch's LSTM, then attention."""
    mask = torch.where(real_steps(memory, lengths), 0.0, -1e9)
    h, c = begin(decoder, memory, lengths - 1)
    y, _ = lstm(x, (h[None], c[None]))
    return answer(decoder, y, memory, decoder.attention.score.memory_map(memory), mask)


def case(sizes: dict[str, int], feed: bool) -> Case:
    """Ours and torch's from the same weights."""
    batch, time, hidden = sizes.values()
    words = f"gru({hidden}) -> luong({hidden}, feed={str(feed).lower()})"
    decoder: LuongDecoder = parse_encoder_decoder(words).build(hidden, hidden).decoder  # type: ignore[assignment]
    plain = torchs(decoder, nn.LSTMCell if feed else nn.LSTM)
    x, memory = (torch.randn(batch, time, hidden, requires_grad=True) for _ in range(2))
    lengths = torch.randint(time // 2, time + 1, (batch,))

    def ours() -> Tensor:
        state = decoder.initial_state(batch, memory=memory, memory_lengths=lengths)
        return decoder(x, state)[0]

    def theirs() -> Tensor:
        clean = memory * real_steps(memory, lengths)[..., None]
        return (fed if feed else at_once)(decoder, plain, x, clean, lengths)

    def trained(forward: Callable[[], Tensor]) -> Callable[[], Results]:
        def run() -> Results:
            x.grad = memory.grad = decoder.combine.weight.grad = None
            decoder.zero_grad()
            plain.zero_grad()
            y = forward()
            y.square().sum().backward()
            return {"y": y, "x": x.grad, "memory": memory.grad, "combine": decoder.combine.weight.grad}

        return run

    def read(found: Results) -> Results:
        return {name: value.detach().clone() for name, value in found.items()}

    name = "with feeding" if feed else "without feeding"
    peers = (
        Peer("seqloom", trained(ours), read),
        Peer("torch, plain", trained(theirs), read, goal=1.0 if feed else 1.2),
    )
    return Case(name, sizes, peers, tolerance=1e-3)


def main() -> None:
    """Measure, print and write."""
    torch.manual_seed(0)
    report = Report("decoders", __doc__ or "")
    report.add(*(case(dict(sizes), feed) for feed in (True, False) for sizes in SIZES), seconds=20)
    report.finish()


if __name__ == "__main__":
    main()
