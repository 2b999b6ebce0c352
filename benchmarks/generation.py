"""Characters drawn from a language model, B = 1: embedding, LSTM, head and drawing, against a loop over torch's cell.

python benchmarks/generation.py
"""

from __future__ import annotations

from typing import Any

import support  # noqa: F401  (before torch)
import torch
from support.harness import Case, Peer
from support.layers import TORCH, make_pair
from support.report import Report
from torch import Tensor, nn

from seqloom.decoding import TopKSampling, sample, sample_compiled
from seqloom.kernels.token_steps import TokenSteps
from seqloom.layers import LearnedEmbedding, StepHead
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of, states_of

GOALS = {64: None, 256: 8.0, 512: None}
VOCABULARY = 65
LENGTH = 2000
COMPARED = 300


def case(hidden: int) -> Case:
    """The same weights for all; the scores are compared on the characters that seqloom draws."""
    layer, lstm = make_pair(TORCH[0], hidden, hidden)
    cell = nn.LSTMCell(hidden, hidden)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in lstm.state_dict().items()})
    model = TokenModel(LearnedEmbedding(VOCABULARY, hidden), layer, StepHead(hidden, VOCABULARY)).eval()
    network = network_of(model)
    assert network is not None
    table, linear = model.embedding.get_parameter("table"), model.head.linear
    start, zeros = torch.tensor([0]), torch.zeros(1, hidden)
    drawn: list[int] = []

    @torch.no_grad()
    def ours() -> list[int]:
        logits, state = model.step(start, model.initial_state(1))
        tokens = sample_compiled(
            TokenSteps(network),
            logits,
            states_of(model, state),
            seeds=[0],
            limit=LENGTH,
            end=None,
            sampling=TopKSampling(),
        )
        drawn[:] = [token for _, token in tokens]
        return drawn

    @torch.no_grad()
    def ours_step_by_step() -> list[int]:
        steps = TokenSteps(network)
        logits, state = model.step(start, model.initial_state(1))
        tokens = sample(steps, select, logits, states_of(model, state), seeds=[0], limit=LENGTH)
        return [token for _, token in tokens]

    @torch.no_grad()
    def torch_loop() -> Tensor:
        token, h, c, tokens = start, zeros, zeros, []
        for _ in range(LENGTH):
            h, c = cell(table[token], (h, c))
            token = torch.multinomial(linear(h).softmax(-1), 1)[:, 0]
            tokens.append(token)
        return torch.stack(tokens)

    @torch.no_grad()
    def read_ours(tokens: list[int]) -> dict[str, Any]:
        steps = TokenSteps(network)
        _, state = model.step(start, model.initial_state(1))
        states, rows = states_of(model, state), []
        for token in tokens[:COMPARED]:
            logits, states = steps(torch.tensor([token]), states)
            rows.append(logits)
        return {"logits": torch.cat(rows), "h": states[0][0], "c": states[0][1]}

    @torch.no_grad()
    def read_torch(_: Tensor) -> dict[str, Any]:
        h, c = cell(table[start], (zeros, zeros))
        rows = []
        for token in drawn[:COMPARED]:
            h, c = cell(table[[token]], (h, c))
            rows.append(linear(h))
        return {"logits": torch.cat(rows), "h": h, "c": c}

    peers = (
        Peer("seqloom", ours, read_ours),
        Peer("seqloom, a call for each character", ours_step_by_step, read_ours),
        Peer("torch, LSTMCell in a loop", torch_loop, read_torch, GOALS[hidden]),
    )
    return Case("generation, LSTM", {"B": 1, "H": hidden, "V": VOCABULARY}, peers, calls=LENGTH)


def main() -> None:
    """Measure, print and write."""
    report = Report("generation", __doc__ or "")
    for hidden in GOALS:
        (timing,) = report.add(case(hidden), seconds=10)
        timing.facts |= {f"characters per second, {p.name}": 1 / timing.median(p.name) for p in timing.case.peers}
    report.finish()


if __name__ == "__main__":
    main()
