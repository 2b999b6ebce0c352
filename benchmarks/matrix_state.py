"""Recurrences with a matrix state, forward and backward: our chunked forms against a loop over steps.

    python benchmarks/matrix_state.py

The loop is our naive form, torch operations step by step. The delta rule is also set against transformers' chunked
form, in torch operations too; the other recurrences have no peer there with the same signature.
"""

from __future__ import annotations

from collections.abc import Callable

import support  # noqa: F401  (before torch)
import torch
import torch.nn.functional as F
from support.harness import Case, Peer
from support.report import Report
from torch import Tensor
from transformers.models.qwen3_next.modeling_qwen3_next import torch_chunk_gated_delta_rule
from transformers.utils import logging

from seqloom.kernels.matrix_state import Forms, delta_rule, scalar_decay, vector_decay

BATCH, TIME, HEADS, KEY, VALUE = 2, 512, 4, 64, 64
SIZES = {"B": BATCH, "T": TIME, "N": HEADS, "K": KEY, "V": VALUE}
Form = Callable[..., tuple[Tensor, Tensor]]


def case(name: str, inputs: list[Tensor], forms: dict[str, tuple[Form, float | None]]) -> Case:
    """Every form from a state of zeros, on the same inputs and the same arriving gradient."""
    leaves = [one.requires_grad_() for one in inputs]
    state, arriving = torch.zeros(BATCH, HEADS, KEY, VALUE), torch.randn(BATCH, TIME, HEADS, VALUE)

    def run(form: Form) -> Callable[[], list[Tensor]]:
        def both() -> list[Tensor]:
            y, _ = form(*leaves, state)
            return [y, *torch.autograd.grad(y, leaves, arriving)]

        return both

    def read(results: list[Tensor]) -> dict[str, Tensor | None]:
        return {f"result {k}": one for k, one in enumerate(results)}

    return Case(name, SIZES, tuple(Peer(peer, run(form), read, goal) for peer, (form, goal) in forms.items()))


def transformers_form(
    q: Tensor, k: Tensor, v: Tensor, log_decay: Tensor, beta: Tensor, state: Tensor
) -> tuple[Tensor, Tensor]:
    """Their chunked form divides the queries by sqrt(K) itself."""
    return torch_chunk_gated_delta_rule(
        q * KEY**0.5, k, v, log_decay, beta, initial_state=state, output_final_state=True
    )


def cases() -> list[Case]:
    """One case a recurrence; keys have length 1, so that the delta rule is stable."""
    queries, keys, values = (torch.randn(BATCH, TIME, HEADS, size) for size in (KEY, KEY, VALUE))
    inputs = [queries / KEY**0.5, F.normalize(keys, dim=-1), values]
    a_head, a_feature = -0.1 * torch.rand(BATCH, TIME, HEADS), -0.1 * torch.rand(BATCH, TIME, HEADS, KEY)
    beta = torch.rand(BATCH, TIME, HEADS)
    return [
        case("scalar decay", [*inputs, a_head], forms(scalar_decay)),
        case("decay by feature", [*inputs, a_feature], forms(vector_decay)),
        case("delta rule", [*inputs, a_head, beta], {**forms(delta_rule), "transformers": (transformers_form, 1)}),
    ]


def forms(recurrence: Forms) -> dict[str, tuple[Form, float | None]]:
    """The chunked form first, as seqloom's."""
    return {"seqloom": (recurrence.chunked, None), "naive": (recurrence.naive, 5)}


def main() -> None:
    """Measure, print and write."""
    logging.set_verbosity_error()
    report = Report("matrix_state", __doc__ or "")
    for one in cases():
        report.add(one, seconds=4)
    report.finish()


if __name__ == "__main__":
    main()
