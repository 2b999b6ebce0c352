"""Drawing in compiled code against the loop in Python: the same tokens, from the same step and the same random bits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom import kernels
from seqloom.cells import GRU, LSTM, Cell, Elman, GRUResetAfter, Symbol, affine, norm, part, sigmoid, tanh
from seqloom.decoding import (
    Filter,
    Forbid,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopKSampling,
    TopP,
    sample,
    sample_compiled,
    top_k_sampling_of,
)
from seqloom.errors import DivergedError, UsageError
from seqloom.kernels.cpu import CPUEngine, Machine, TokenGenerator, TokenStep
from seqloom.kernels.network import Network
from seqloom.kernels.token_steps import TOKEN_STEPS, TokenSteps
from seqloom.layers import LearnedEmbedding, OneHot, Recurrent, StepHead, stack
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of, states_of

VOCABULARY = 23
Row = list[int]


class Normed(Cell):
    """A cell with a norm, and an output that is no state and reads x."""

    state = ("h",)

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        return tanh(norm("norm", affine("hidden", x, h)))

    def output(self, x: Symbol, *new: Symbol) -> Symbol:
        return sigmoid(affine("gate", x, new[0])) * new[0]


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def model_of(*cells: type[Cell], width: int = 19, vocabulary: int = VOCABULARY, one_hot: bool = False) -> TokenModel:
    """A model whose scores differ by a few units, so that its text is neither noise nor a loop."""
    torch.manual_seed(5)
    embedding = OneHot(vocabulary) if one_hot else LearnedEmbedding(vocabulary, width - 2)
    widths = [embedding.out_features] + [width + 3 * k for k in range(len(cells))]
    layers = [Recurrent(cell, widths[k], widths[k + 1]) for k, cell in enumerate(cells)]
    body = layers[0] if len(layers) == 1 else stack(layers)
    model = TokenModel(embedding, body, StepHead(widths[-1], vocabulary)).eval()
    model.head.linear.weight.mul_(6)
    return model


def begun(model: TokenModel, batch: int) -> tuple[TokenSteps, Tensor, Any]:
    network = network_of(model)
    assert network is not None
    logits, state = model.read(torch.arange(2 * batch).view(batch, 2) % VOCABULARY)
    return TokenSteps(network), logits, states_of(model, state)


def both(
    model: TokenModel, seeds: Sequence[int], limit: int, filters: Sequence[Filter] = (), end: int | None = None
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    sampling = top_k_sampling_of(filters)
    assert sampling is not None
    steps, logits, states = begun(model, len(seeds))
    fast = sample_compiled(steps, logits, states, seeds=seeds, limit=limit, end=end, sampling=sampling)
    plain = sample(steps, select, logits, states, seeds=seeds, limit=limit, end=end, filters=filters)
    return list(fast), list(plain)


def test_tokens_are_those_of_the_loop_in_python() -> None:
    fast, plain = both(model_of(LSTM), [3], 2_000)
    assert len(fast) == 2_000
    assert fast == plain
    assert len({token for _, token in fast}) == VOCABULARY


def test_rows_that_the_reader_has_done_with_yield_nothing_more() -> None:
    fast, _ = both(model_of(LSTM), list(range(5)), 100)
    whole = [[token for row, token in fast if row == k] for k in range(5)]
    steps, logits, states = begun(model_of(LSTM), 5)
    wanted = (40, 3, 100, 16, 17)
    done: set[int] = set()
    found: list[Row] = [[] for _ in wanted]
    sampling = top_k_sampling_of(())
    assert sampling is not None
    for row, token in sample_compiled(
        steps, logits, states, seeds=range(5), limit=100, end=None, sampling=sampling, done=done
    ):
        found[row].append(token)
        if len(found[row]) == wanted[row]:
            done.add(row)
    assert found == [row[:count] for row, count in zip(whole, wanted, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("cells", [(LSTM,), (GRU,), (GRUResetAfter,), (Elman,), (LSTM, GRU), (Normed, LSTM)])
def test_ten_thousand_tokens_of_every_cell(cells: tuple[type[Cell], ...], batch: int) -> None:
    fast, plain = both(model_of(*cells), list(range(batch)), 10_000)
    assert len(fast) == 10_000 * batch
    assert fast == plain


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        ((GRU,), {}),
        ((GRUResetAfter,), {"one_hot": True}),
        ((LSTM, GRU), {}),
        ((Normed, Elman), {}),
        ((LSTM,), {"vocabulary": 1500}),
        ((Normed,), {"vocabulary": 1100, "width": 33}),
    ],
)
def test_other_networks(cells: tuple[type[Cell], ...], options: dict[str, Any]) -> None:
    model = model_of(*cells, **options)
    for batch in (1, 3):
        fast, plain = both(model, list(range(batch)), 200)
        assert fast == plain
        assert len(fast) == 200 * batch
        logits, state = model.read(torch.arange(2 * batch).view(batch, 2) % VOCABULARY)
        assert fast == list(sample(model.step, select, logits, state, seeds=list(range(batch)), limit=200))


@pytest.mark.parametrize(
    "filters",
    [
        [Temperature(0.6)],
        [Temperature(0.0)],
        [Temperature(1.7), TopK(1)],
        [TopK(4)],
        [Forbid((2, 5)), RepetitionPenalty(1.0), Temperature(0.9), TopK(7), TopP(1.0)],
        [Forbid(tuple(range(20)))],
    ],
)
def test_filters(filters: list[Filter]) -> None:
    fast, plain = both(model_of(GRU), [8, 2**64 - 1], 500, filters)
    assert fast == plain
    assert len(fast) == 1000


def test_filters_that_compiled_code_has_not_got() -> None:
    for filters in ([TopP(0.9)], [RepetitionPenalty(1.1)], [TopK(3), Temperature(2.0)], [Temperature(2.0)] * 2):
        assert top_k_sampling_of(filters) is None
    assert top_k_sampling_of([]) == TopKSampling()
    assert top_k_sampling_of([Forbid((1,)), Temperature(0), TopK(5)]) == TopKSampling(1.0, 1, (1,))


class Second(Cell):
    """What the second half of x says."""

    def equations(self, x: Symbol, h: Symbol) -> Symbol:
        return tanh(affine("hidden", part(x, 1, of=2), h))


def test_a_cell_that_takes_x_apart_is_stepped_layer_by_layer() -> None:
    network = network_of(model_of(Second, width=20))
    assert network is not None
    assert TOKEN_STEPS.choose(network) is None
    assert "not cpu: a cell takes its input apart" in str(TOKEN_STEPS.explain(network))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda network: network._replace(layers=()), "the model has no layers or knows no tokens"),
        (lambda network: network._replace(embedding=network.embedding.half()), "the numbers are torch.float16"),
    ],
)
def test_a_network_that_is_not_compiled_says_why(change: Callable[[Network], Network], reason: str) -> None:
    network = network_of(model_of(GRU))
    assert network is not None
    assert TOKEN_STEPS.explain(network).kernel == "cpu"
    assert f"not cpu: {reason}" in str(TOKEN_STEPS.explain(change(network)))
    with torch.autocast("cpu"):
        assert TOKEN_STEPS.explain(network).refused == (("cpu", "autocast is on"),)
    with kernels.use("reference"):
        assert TOKEN_STEPS.explain(network).refused == (("cpu", "'reference' was asked for"),)


def test_rows_end_and_leave_as_in_the_loop() -> None:
    fast, plain = both(model_of(LSTM), list(range(12)), 300, end=4)
    by_row: Callable[[list[tuple[int, int]]], list[Row]] = lambda pairs: [  # noqa: E731
        [token for row, token in pairs if row == k] for k in range(12)
    ]
    assert by_row(fast) == by_row(plain)
    assert len({len(row) for row in by_row(fast)}) > 5
    assert fast == plain


def test_only_as_many_tokens_as_are_asked_for() -> None:
    for limit in (0, 1, 15, 16, 17, 49):
        fast, plain = both(model_of(GRU), [1, 2], limit)
        assert fast == plain
        assert len(fast) == 2 * limit


def test_it_streams_without_end() -> None:
    steps, logits, states = begun(model_of(GRU), 1)
    tokens = sample_compiled(steps, logits, states, seeds=[0], limit=10**9, end=None, sampling=TopKSampling())
    assert [next(tokens)[0] for _ in range(40)] == [0] * 40


def test_a_generation_goes_on_with_the_weights_it_began_with() -> None:
    """Also where half of its rows have ended, and steps are packed for a smaller batch."""
    wanted, _ = both(model_of(LSTM), list(range(12)), 300, end=4)
    model = model_of(LSTM)
    steps, logits, states = begun(model, 12)
    tokens = sample_compiled(steps, logits, states, seeds=range(12), limit=300, end=4, sampling=TopKSampling())
    found = [next(tokens)]
    for parameter in model.parameters():
        parameter.data.mul_(-1)
    assert [*found, *tokens] == wanted


def test_steps_made_anew_have_the_present_weights() -> None:
    model = model_of(LSTM)
    steps, _, states = begun(model, 2)
    tokens = torch.tensor([1, 2])
    before, _ = steps(tokens, states)
    model.body.get_parameter("weights.input.weight_1").data.mul_(-1)
    assert torch.equal(steps(tokens, states)[0], before)
    network = network_of(model)
    assert network is not None
    after, _ = TokenSteps(network)(tokens, states)
    assert not torch.allclose(after, before)
    with kernels.use("reference"):
        wanted, _ = model.step(tokens, model.body.state_type(*states[0]))
    torch.testing.assert_close(after, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("width", [128, 256])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_narrow_vectors_and_double_numbers_draw_the_same(width: int, dtype: torch.dtype) -> None:
    model = model_of(LSTM, Elman).to(dtype)
    steps, logits, states = begun(model, 3)
    step = TokenStep(CPUEngine(Machine(width)), steps.network, 3)
    generator = TokenGenerator(step, TopKSampling(0.8, 9), [1, 2, 3], logits, states, 0)
    drawn = [(row, int(token)) for tokens in generator.draw(100) for row, token in enumerate(tokens)]
    filters = [Temperature(0.8), TopK(9)]
    assert drawn == list(sample(steps, select, logits, states, seeds=[1, 2, 3], limit=100, filters=filters))
    scores, _ = step(torch.tensor([0, 1, 2]), states)
    assert torch.allclose(scores, steps(torch.tensor([0, 1, 2]), states)[0], atol=1e-5)


def test_two_threads_draw_what_one_does() -> None:
    model = model_of(LSTM, GRU, width=224)
    before = torch.get_num_threads()
    try:
        drawn = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            drawn.append([both(model, list(range(batch)), 60)[0] for batch in (1, 20)])
    finally:
        torch.set_num_threads(before)
    assert drawn[0] == drawn[1]


def test_frequencies_are_the_probabilities() -> None:
    """χ² over 10,000 rows that all draw one token from the same scores."""
    steps, _, _ = begun(model_of(Elman), 1)
    count = 10_000
    scores = torch.linspace(-2, 2, VOCABULARY)
    states = ((torch.zeros(count, 19),),)
    for sampling, filtered in (
        (TopKSampling(), scores),
        (
            TopKSampling(0.5, 6, (22,)),
            torch.cat([torch.full((16,), -math.inf), 2 * scores[16:22], torch.tensor([-math.inf])]),
        ),
    ):
        drawn = sample_compiled(
            steps, scores.expand(count, -1), states, seeds=range(count), limit=1, end=None, sampling=sampling
        )
        counts = torch.bincount(torch.tensor([token for _, token in drawn]), minlength=VOCABULARY).double()
        expected = filtered.double().softmax(-1) * count
        possible = expected > 0
        statistic = float(((counts - expected)[possible] ** 2 / expected[possible]).sum())
        degrees = int(possible.sum()) - 1
        assert counts[~possible].sum() == 0
        assert statistic < degrees + 4 * (2 * degrees) ** 0.5


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_scores_that_are_not_finite(wrong: float) -> None:
    steps, logits, states = begun(model_of(GRU), 2)
    logits[1, 3] = wrong
    draw = sample_compiled(steps, logits, states, seeds=[1, 2], limit=5, end=None, sampling=TopKSampling(0.5, 2))
    with pytest.raises(DivergedError if math.isnan(wrong) else UsageError):
        list(draw)


def test_no_token_is_left() -> None:
    steps, logits, states = begun(model_of(GRU), 1)
    everything = TopKSampling(forbidden=tuple(range(VOCABULARY)))
    with pytest.raises(UsageError, match="no token"):
        list(sample_compiled(steps, logits, states, seeds=[1], limit=5, end=None, sampling=everything))
