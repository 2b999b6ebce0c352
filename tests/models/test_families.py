"""Every word of the grammar as a language model: streamed in any pieces, saved, forked, and searched by beams."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.decoding import beam_search
from seqloom.layers import LearnedEmbedding, StepHead, parse_spec
from seqloom.layers.state import from_tensors, select, to_tensors
from seqloom.layers.words import WORDS
from seqloom.models.token_model import TokenModel
from seqloom.testing import assert_close, assert_same_state

VOCABULARY, WIDTH = 7, 8
HYBRIDS = [
    "gru(8) + norm + window(8)",
    "3*gated-deltanet + attention(window=5)",
    "transformer(window=4, positions=alibi)",
]


def model_of(words: str) -> TokenModel:
    torch.manual_seed(3)
    body: Any = parse_spec(words).build(WIDTH)
    model = TokenModel(LearnedEmbedding(VOCABULARY, WIDTH), body, StepHead(body.out_features, VOCABULARY))
    return model.double().eval()


def tokens(batch: int, time: int, seed: int = 0) -> Tensor:
    return torch.randint(VOCABULARY, (batch, time), generator=torch.Generator().manual_seed(seed))


def pieces(model: TokenModel, text: Tensor, ends: Tensor, chance: random.Random) -> tuple[Tensor, Any]:
    """Logits of ``text`` read in random pieces, of which each row has a share of its own, and the state at its end."""
    batch, time = text.shape
    logits = text.new_zeros(batch, time, VOCABULARY, dtype=torch.float64)
    state, read = model.initial_state(batch), torch.zeros(batch, dtype=torch.long)
    while bool((read < ends).any()):
        lengths = torch.tensor([chance.randint(0, min(5, int(left))) for left in ends - read])
        longest = int(lengths.max())
        if longest == 1 and bool((lengths == 1).all()) and chance.random() < 0.8:
            y_t, state = model.step(text[torch.arange(batch), read], state)
            y = y_t[:, None]
        else:
            places = (read[:, None] + torch.arange(longest)).clamp(max=time - 1)
            y, state = model(text.gather(1, places), state, lengths)
        for row, length in enumerate(lengths.tolist()):
            logits[row, read[row] : read[row] + length] = y[row, :length]
        read += lengths
    return logits, state


def check_pieces(words: str, count: int) -> None:
    chance = random.Random(words)
    model, text = model_of(words), tokens(3, 17)
    ends = torch.tensor([17, 9, 14])
    with torch.no_grad():
        wanted, end = model(text, None, ends)
        for _ in range(count):
            found, state = pieces(model, text, ends, chance)
            assert_close(found, wanted, "pieces are the whole")
            assert_same_state(state, end, "pieces end as the whole")


@pytest.mark.parametrize("words", [*WORDS, *HYBRIDS])
def test_any_pieces_are_the_whole(words: str) -> None:
    check_pieces(words, 10)


@pytest.mark.slow
@pytest.mark.parametrize("words", [*WORDS, *HYBRIDS])
def test_three_thousand_random_pieces_of_all_words(words: str) -> None:
    check_pieces(words, 100)


@pytest.mark.parametrize("words", [*WORDS, *HYBRIDS])
def test_a_state_is_saved_and_forked(words: str) -> None:
    model, text = model_of(words), tokens(2, 6)
    with torch.no_grad():
        _, state = model(text)
        saved = from_tensors(model.initial_state(1), to_tensors(state))
        one, _ = model(tokens(2, 4, seed=1), state)
        other, _ = model(tokens(2, 4, seed=2), state)
        again, _ = model(tokens(2, 4, seed=1), state)
        loaded, _ = model(tokens(2, 4, seed=1), saved)
    assert_close(again, one, "a state that was used before is the same state")
    assert_close(loaded, one, "a saved state goes on as the state itself")
    assert not torch.equal(one, other)


@pytest.mark.parametrize("words", [*WORDS, *HYBRIDS])
def test_beams_select_its_state(words: str) -> None:
    """The scores that a beam search adds up by steps and selections are those of whole sequences."""
    model, prompt = model_of(words), tokens(1, 3)
    with torch.no_grad():
        logits, state = model.read(prompt)
        for found in beam_search(model.step, select, logits, state, width=4, limit=5):
            text = torch.cat([prompt, torch.tensor([found.tokens])], 1)
            whole = torch.log_softmax(model(text[:, :-1])[0], -1)
            score = whole.gather(-1, text[:, 1:, None])[0, prompt.shape[1] - 1 :].sum()
            assert abs(float(score) - found.log_probability) < 1e-9
