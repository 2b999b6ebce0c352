"""Music that is drawn: by the seed of each row, from what is probable, and never stuck."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.data.notes.rolls import KEYS
from seqloom.layers import parse_spec
from seqloom.models.piano_keys import AutoregressiveKeys, IndependentKeys, KeysHead
from seqloom.tasks.music.composing import Bounds, among_others, bounds_in, compose
from seqloom.tasks.music.network import INPUTS, MusicNetwork

FREE = Bounds(10_000, 10_000, 0, KEYS)
NOTHING = torch.zeros(0, KEYS)


def _network(autoregressive: bool = False, spread: float = 2.0) -> MusicNetwork:
    torch.manual_seed(0)
    body = parse_spec("gru(8)").build(INPUTS)

    def head(features: int) -> KeysHead:
        return AutoregressiveKeys(features, KEYS, 8) if autoregressive else IndependentKeys(features, KEYS)

    network = MusicNetwork(body, head, 3.0, dropout=0.5, input_dropout=0.5)
    with torch.no_grad():
        network.head.scores.bias.normal_(-1, spread)
    return network


def _longest_runs(roll: Tensor) -> tuple[int, int]:
    """Of a chord and of a note (T, K)."""
    chords = max(len(list(group)) for _, group in itertools.groupby(roll.tolist()))
    notes = max((len(list(group)) for key in roll.T.tolist() for on, group in itertools.groupby(key) if on), default=0)
    return chords, notes


@pytest.mark.parametrize("autoregressive", [False, True])
def test_a_row_is_a_function_of_its_seed_alone(autoregressive: bool) -> None:
    network = _network(autoregressive)
    together = compose(network, NOTHING, 12, [5, 6, 7], 1.0, FREE)
    for row, seed in enumerate((5, 6, 7)):
        assert torch.equal(compose(network, NOTHING, 12, [seed], 1.0, FREE)[0], together[row])
    assert not torch.equal(together[0], together[1])
    assert torch.equal(compose(network, NOTHING, 5, [6], 1.0, FREE)[0], together[1, :5])


def test_temperature_0_needs_no_seed_and_a_start_is_kept() -> None:
    network, start = _network(), (torch.arange(3 * KEYS).reshape(3, KEYS) % 7 == 0).float()
    one, other = compose(network, start, 9, [1, 2], 0.0, Bounds(3, 8, 0, KEYS))
    assert torch.equal(one, other)
    assert torch.equal(one[:3], start)
    assert not torch.equal(compose(network, NOTHING, 9, [1], 0.0, FREE)[0], one[3:])


def test_draws_follow_the_scores_of_each_step() -> None:
    """Over many rows the first step has each key as often as its probability says."""
    network = _network().eval()
    with torch.no_grad():
        wanted = network.head(network.begin(1)[0], NOTHING[:1]).sigmoid()[0]
    drawn = compose(network, NOTHING, 1, range(3000), 1.0, FREE)[:, 0]
    assert (drawn.mean(0) - wanted).abs().max() < 0.05


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("autoregressive", [False, True])
@pytest.mark.parametrize("bias", [-9.0, 9.0])
def test_a_network_that_would_never_move_is_moved(bias: float, autoregressive: bool, temperature: float) -> None:
    """Silence for ever, and all keys held for ever."""
    network = _network(autoregressive)
    with torch.no_grad():
        network.head.scores.bias.fill_(bias)
    assert _longest_runs(compose(network, NOTHING, 40, [1], 1.0, FREE)[0])[0] > 30
    chords, notes = _longest_runs(compose(network, NOTHING, 60, [1], temperature, Bounds(4, 6, 0, KEYS))[0])
    assert chords <= 4
    assert notes <= 6


def test_what_a_start_holds_counts() -> None:
    network = _network()
    with torch.no_grad():
        network.head.scores.bias.fill_(-9.0)
    found = compose(network, torch.zeros(4, KEYS), 1, [1], 1.0, Bounds(4, 6, 0, KEYS))[0]
    assert found[4].sum() > 0


@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("autoregressive", [False, True])
def test_among_others_is_the_probability_without_one_chord(autoregressive: bool, temperature: float) -> None:
    torch.manual_seed(2)
    head: KeysHead = AutoregressiveKeys(2, 3, 4) if autoregressive else IndependentKeys(2, 3)
    with torch.no_grad():
        for weight in head.parameters():
            weight.normal_()
    y, chords = torch.tensor([0.4, -0.7]), torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)))
    scores = head(y.expand(8, -1), chords) / temperature
    wanted = torch.where(chords > 0, scores.sigmoid(), (-scores).sigmoid()).prod(-1)
    levels = torch.rand(20_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for forbidden in range(8):
        held = chords[forbidden].expand(len(levels), -1)
        drawn = among_others(head, y.expand(len(levels), -1), held, levels, temperature)
        shares = (drawn[:, None] == chords).all(-1).float().mean(0)
        assert shares[forbidden] == 0
        others = wanted.clone()
        others[forbidden] = 0
        assert (shares - others / others.sum()).abs().max() < 0.015


@pytest.mark.parametrize("autoregressive", [False, True])
def test_steps_have_as_many_keys_as_they_may(autoregressive: bool) -> None:
    network = _network(autoregressive, spread=0.3)
    with torch.no_grad():
        network.head.scores.bias.sub_(1.5)
    free = compose(network, NOTHING, 20, range(4), 1.0, FREE).sum(-1)
    assert free.min() < 5
    assert free.max() > 7
    bounded = compose(network, NOTHING, 20, range(4), 1.0, Bounds(10_000, 10_000, 5, 7)).sum(-1)
    assert bounded.min() >= 5
    assert bounded.max() <= 7
    assert (
        bounded[0].tolist() == compose(network, NOTHING, 20, [0], 1.0, Bounds(10_000, 10_000, 5, 7))[0].sum(-1).tolist()
    )


def test_what_can_never_have_as_many_keys_ends_all_the_same() -> None:
    assert compose(_network(), NOTHING, 3, [1], 1.0, Bounds(9, 9, 88, 88)).shape == (1, 3, KEYS)


def test_bounds_leave_out_what_is_rare() -> None:
    roll = np.zeros((5000, KEYS), bool)
    roll[::2, 0] = True  # 2,500 notes, and silences of a step
    roll[100:140, 1] = True
    assert bounds_in([roll]) == Bounds(1, 1, 0, 1)
    roll[200:240, 1] = True
    assert bounds_in([roll]) == Bounds(1, 1, 0, 2)
    held = np.zeros((50, KEYS), bool)
    held[:20, 5] = True
    assert bounds_in([held]) == Bounds(30, 20, 0, 1)
