"""What single layers do beyond the laws."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch

from seqloom.cells import GRU, LSTM, Graph, affine
from seqloom.errors import UsageError
from seqloom.layers import (
    Bidirectional,
    Block,
    LastHead,
    LearnedEmbedding,
    LearnedState,
    Link,
    OneHot,
    RandomState,
    Recurrent,
    StepHead,
    Window,
    parse_spec,
    stack,
)
from seqloom.layers.state import from_tensors, map_state, select, where


def test_a_layer_from_its_saved_graph_computes_the_same() -> None:
    layer, x = Recurrent(GRU, 3, 4), torch.randn(2, 5, 3)
    again = Recurrent.from_graph(Graph.from_data(layer.graph.to_data()), 4)
    again.load_state_dict(layer.state_dict())
    assert torch.equal(again(x)[0], layer(x)[0])
    with pytest.raises(UsageError, match="graph alone"):
        again.reset_parameters()


@pytest.mark.parametrize(
    ("x", "lengths", "message"),
    [
        (torch.zeros(5, 3), None, r"x\[None\]"),
        (torch.zeros(1, 5, 2), None, r"\(B, T, 3\); got \(1, 5, 2\)"),
        (torch.zeros(1, 5, 3), torch.tensor([6]), "between 0 and T = 5; got 6"),
        (torch.zeros(1, 5, 3), torch.tensor([-1]), "got -1"),
        (torch.zeros(1, 5, 3), torch.tensor([1, 2]), r"lengths of shape \(1,\)"),
        (torch.zeros(1, 5, 3), torch.tensor([1.0]), "integers"),
    ],
)
def test_wrong_inputs_are_named(x, lengths, message: str) -> None:
    for layer in (Recurrent(LSTM, 3, 4), Window(3, 4), stack([Recurrent(LSTM, 3, 4)])):
        with pytest.raises(UsageError, match=message):
            layer(x, None, lengths)


def test_a_state_of_another_layer_is_refused() -> None:
    x = torch.zeros(2, 5, 3)
    with pytest.raises(UsageError, match="2 states"):
        Recurrent(LSTM, 3, 4)(x, Recurrent(GRU, 3, 4).initial_state(2))
    with pytest.raises(UsageError, match=r"\(2, 4\); got \(3, 4\)"):
        Recurrent(LSTM, 3, 4)(x, Recurrent(LSTM, 3, 4).initial_state(3))
    with pytest.raises(UsageError, match=r"expected a state of 1 part, as .* gives it; got 2 parts"):
        stack([Recurrent(LSTM, 3, 4)])(x, (None, None))


@pytest.mark.parametrize("sizes", [(0, 4), (3, 0), (3, 2.0)])
def test_sizes_below_one(sizes) -> None:
    with pytest.raises(UsageError, match="whole number of at least 1"):
        Recurrent(LSTM, *sizes)


def test_what_is_no_cell() -> None:
    with pytest.raises(UsageError, match="expected a Cell"):
        Recurrent(torch.nn.LSTM, 3, 4)


def test_a_learned_initial_state_learns() -> None:
    layer = Recurrent(LSTM, 3, 4, LearnedState())
    layer(torch.randn(2, 3, 3))[0].sum().backward()
    assert all(vector.grad is not None and vector.grad.any() for vector in layer.initial_vectors.parameters())


def test_a_random_initial_state_is_decided_by_its_seed() -> None:
    first, second, other = (Recurrent(LSTM, 3, 4, RandomState(seed)).initial_state(2) for seed in (1, 1, 2))
    assert torch.equal(first.h, second.h)
    assert not torch.equal(first.h, other.h)
    assert first.h.any()


def test_a_random_initial_state_without_a_seed_is_drawn_like_the_weights() -> None:
    def drawn() -> list[float]:
        torch.manual_seed(3)
        return Recurrent(LSTM, 3, 4, RandomState()).initial_state(1).c.flatten().tolist()  # type: ignore[no-any-return]

    assert drawn() == drawn()
    assert Recurrent(LSTM, 3, 4, RandomState()).initial_state(1).c.flatten().tolist() != drawn()
    graph, before = Recurrent(LSTM, 3, 4).graph, torch.get_rng_state()
    RandomState(7).vectors(graph)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.device("meta"):
        assert Recurrent(LSTM, 3, 4, RandomState(7)).initial_0.is_meta


def test_bidirectional_is_both_directions_side_by_side() -> None:
    ahead, back = Recurrent(GRU, 3, 4), Recurrent(GRU, 3, 5)
    x = torch.randn(1, 6, 3)
    y, state = Bidirectional(ahead, back)(x)
    torch.testing.assert_close(y[..., :4], ahead(x)[0])
    torch.testing.assert_close(y[..., 4:], back(x.flip(1))[0].flip(1))
    assert torch.equal(state.backward.h, y[:, 0, 4:])


def test_layers_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="gives 4 features"):
        stack([Recurrent(LSTM, 3, 4), Recurrent(LSTM, 3, 4)])
    with pytest.raises(UsageError, match="same width"):
        Bidirectional(Recurrent(LSTM, 3, 4), Recurrent(LSTM, 2, 4))
    with pytest.raises(UsageError, match="at least one layer"):
        stack([])
    with pytest.raises(UsageError, match="below 1"):
        stack([Recurrent(LSTM, 3, 4)], dropout=1.0)
    with pytest.raises(UsageError, match="at least one step"):
        Window(3, 4, size=0)


def test_dropout_acts_between_layers_in_training_only() -> None:
    model, x = stack([Recurrent(GRU, 3, 8), Recurrent(GRU, 8, 8)], dropout=0.5), torch.randn(1, 4, 3)
    assert not torch.equal(model(x)[0], model(x)[0])
    model.eval()
    assert torch.equal(model(x)[0], model(x)[0])


def test_window_sees_exactly_its_size() -> None:
    layer, x = Window(1, 4, size=3), torch.zeros(1, 6, 1)
    changed = x.clone()
    changed[0, 1] = 1.0
    reached = (layer(x)[0] != layer(changed)[0]).any(-1)[0]
    assert reached.tolist() == [False, True, True, True, False, False]


def test_the_start_symbol_is_the_zero_vector() -> None:
    tokens = torch.tensor([[1, -1]])
    for embedding in (LearnedEmbedding(4, 3), OneHot(4)):
        vectors = embedding(tokens)
        assert not vectors[0, 1].any()
        assert vectors[0, 0].any()


def test_heads() -> None:
    y = torch.randn(2, 5, 4)
    last = LastHead(Recurrent(GRU, 2, 4), 3)
    torch.testing.assert_close(last(y, torch.tensor([5, 2])), last.linear(torch.stack([y[0, 4], y[1, 1]])))
    assert torch.equal(last(y, torch.tensor([0, 1]))[0], last.linear.bias)
    assert torch.allclose(StepHead(4, 3).probabilities(y).sum(-1), torch.ones(2, 5))
    logits = StepHead(4, 3, Link.SIGMOID)
    torch.testing.assert_close(logits.probabilities(y), torch.sigmoid(logits(y)))


@pytest.mark.parametrize(
    "words",
    [
        "gru(4) bidirectional",
        "lstm(3) + gru(4) bidirectional",
        "gru(4) bidirectional + norm",
        "gru(4) bidirectional + positions + norm",
        "gru(4) bidirectional + gru(5)",
    ],
)
@pytest.mark.parametrize("residual", [False, True])
def test_a_head_reads_the_ends_where_each_reader_has_seen_all(words: str, residual: bool) -> None:
    """A row of another length beside it changes nothing, and every step of the row counts in every feature."""
    layer, x = parse_spec(words).build(6, residual=residual), torch.randn(3, 7, 6)
    lengths, head = torch.tensor([7, 4, 0]), LastHead(layer, 2)
    logits = head(layer(x, None, lengths)[0], lengths)
    assert torch.equal(logits[2], head.linear.bias)
    torch.testing.assert_close(logits[1:2], head(layer(x[1:2, :4])[0]))
    read: list[torch.Tensor] = []
    head.linear.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    for t in range(4):
        changed = x.clone()
        changed[:, t] += 1
        for given in (x, changed):
            head(layer(given, None, lengths)[0], lengths)
        before, after = read[-2:]
        assert bool((before[:2] != after[:2]).all()), f"step {t} is not in every feature"


def test_the_ends_of_two_directions_are_their_final_states() -> None:
    layer, lengths = Bidirectional(Recurrent(GRU, 3, 4), Recurrent(GRU, 3, 5)), torch.tensor([6, 1, 3])
    y, state = layer(torch.randn(3, 6, 3), None, lengths)
    head = LastHead(layer, 2)
    torch.testing.assert_close(head(y, lengths), head.linear(torch.cat([state.forward.h, state.backward.h], -1)))


@pytest.mark.parametrize("above", ["", " + norm"])
def test_ends_that_no_step_has_seen_are_refused(above: str) -> None:
    both_ways = Bidirectional(Recurrent(GRU, 4, 2), Recurrent(GRU, 4, 2))
    plain, mixing = Block(both_ways), Block(both_ways, torch.nn.Linear(4, 4))
    rest = [*parse_spec("norm").build(4).layers] if above else []
    assert LastHead(stack([plain, *rest]), 3).pooling.forward_features == 2  # type: ignore[list-item]
    with pytest.raises(UsageError, match=r"mixes both directions at each step"):
        LastHead(stack([mixing, *rest]), 3)  # type: ignore[list-item]
    assert LastHead(stack([mixing, *rest, Recurrent(GRU, 4, 5)]), 3).pooling.forward_features == 5  # type: ignore[list-item]


def test_a_head_asks_for_the_layer_whose_ends_it_reads() -> None:
    with pytest.raises(UsageError, match=r"as in LastHead\(layer, 3\); got 8"):
        LastHead(8, 3)


def test_a_user_defined_cell_in_a_copied_layer() -> None:
    from seqloom.cells import Cell, sigmoid

    class Leaky(Cell):
        def equations(self, x, h):
            return 0.9 * h + 0.1 * sigmoid(affine("drive", x, h))

    layer, x = Recurrent(Leaky, 3, 4), torch.randn(2, 5, 3)
    assert torch.equal(copy.deepcopy(layer)(x)[0], layer(x)[0])


def test_layers_and_states_travel_between_processes() -> None:
    layer, x = Recurrent(LSTM, 3, 4), torch.randn(2, 5, 3)
    sent, state = pickle.loads(pickle.dumps((layer, layer.initial_state(2))))
    assert torch.equal(sent(x, state)[0], layer(x)[0])
    assert type(state) is type(layer.initial_state(2))


def test_states_are_values() -> None:
    state = Recurrent(LSTM, 3, 4).initial_state(2)
    marked = map_state(lambda leaf: leaf + torch.tensor([[1.0], [2.0]]), state)
    assert select(marked, torch.tensor([1, 1])).h[:, 0].tolist() == [2.0, 2.0]
    assert where(torch.tensor([True, False]), state, marked).c[:, 0].tolist() == [0.0, 2.0]
    with pytest.raises(UsageError, match="the layer's has"):
        from_tensors(state, {"state.h": state.h})
    with pytest.raises(UsageError, match="not list"):
        map_state(torch.neg, [state.h])


def test_under_autocast_the_recurrence_keeps_its_precision() -> None:
    layer, x = Recurrent(LSTM, 3, 4), torch.randn(2, 5, 3)
    with torch.autocast("cpu", torch.bfloat16):
        y, _ = layer(x.bfloat16())
    assert y.dtype == torch.float32
