from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqloom.decoding.ctc import BestPath, PrefixSearch, Transcript, prefix_search
from seqloom.decoding.fusion import Fusion, TokenFusion, WordFusion
from seqloom.errors import DivergedError, UsageError
from seqloom.layers.ctc_path import best_paths
from tests.decoding.toy import Toy

Tokens = tuple[int, ...]
EVERYTHING = 1000


def spelt(path: Sequence[int], blank: int) -> Tokens:
    return tuple(token for token, _ in itertools.groupby(path) if token != blank)


def everything(frames: np.ndarray) -> dict[Tokens, tuple[float, float, set[Tokens]]]:
    """For each sequence ln p of all its paths together, of the best one, and where the tokens of that may begin."""
    time, kinds = frames.shape
    chances: dict[Tokens, list[tuple[float, Tokens]]] = defaultdict(list)
    for path in itertools.product(range(kinds), repeat=time):
        begins = [t for t in range(time) if path[t] != kinds - 1 and (t == 0 or path[t] != path[t - 1])]
        chances[spelt(path, kinds - 1)].append((float(frames[np.arange(time), path].sum()), tuple(begins)))
    found = {}
    for tokens, paths in chances.items():
        best = max(chance for chance, _ in paths)
        begins_of_best = {begins for chance, begins in paths if chance > best - 1e-9}
        found[tokens] = (math.log(sum(math.exp(chance) for chance, _ in paths)), best, begins_of_best)
    return found


def random_frames(seed: int, time: int = 5, kinds: int = 4, scale: float = 2.0) -> np.ndarray:
    torch.manual_seed(seed)
    return (torch.randn(time, kinds, dtype=torch.float64) * scale).log_softmax(-1).numpy()


def searched(
    frames: np.ndarray, count: int = EVERYTHING, fusion: Fusion | None = None, **how: float
) -> list[Transcript]:
    return prefix_search(torch.from_numpy(frames)[None], count=count, fusion=fusion, **{"width": EVERYTHING, **how})[0]  # type: ignore[arg-type]


def of_toy(toy: Toy, **more: float) -> TokenFusion:
    """Token k is the toy's token k + 1, and its 0 the end."""
    return TokenFusion(toy.step, toy.begin(), ids=range(1, toy.size), end=0, **more)  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(2, 4), st.sampled_from([0.3, 2.0, 8.0]))
def test_a_wide_search_finds_every_sequence_with_its_exact_chance(
    seed: int, time: int, kinds: int, scale: float
) -> None:
    frames = random_frames(seed, min(time, 4 if kinds == 4 else 5), kinds, scale)
    wanted, found = everything(frames), searched(frames, prune=math.inf)
    assert {one.tokens for one in found} == set(wanted)
    assert len(found) == len(wanted)
    for one in found:
        together, _, begins = wanted[one.tokens]
        assert one.log_probability == one.score == pytest.approx(together, abs=1e-9)
        assert one.frames in begins
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_language_model_of_the_same_tokens_adds_its_score(seed: int) -> None:
    frames, toy = random_frames(seed, time=4), Toy(vocabulary_size=4, seed=seed)
    sounds = everything(frames)
    found = searched(frames, fusion=of_toy(toy, weight=0.7, bonus=0.3), prune=math.inf)
    assert len(found) == len(sounds)
    for one in found:
        said = toy.log_probability((*(token + 1 for token in one.tokens), 0))
        assert one.score == pytest.approx(sounds[one.tokens][0] + 0.7 * said + 0.3 * len(one.tokens))


@pytest.mark.parametrize("seed", range(4))
def test_a_language_model_of_words_counts_each_word_once_it_is_over(seed: int) -> None:
    """Of the tokens a, b and a space; the toy knows the words a, ab and, for all others, 3."""
    frames, toy = random_frames(seed, time=4), Toy(vocabulary_size=4, seed=seed)
    sounds = everything(frames)
    names = {(0,): 1, (0, 1): 2}

    def encode(word: Sequence[int]) -> list[int]:
        return [names.get(tuple(word), 3)]

    fusion = WordFusion(toy.step, toy.begin(), encode, tokens=3, breaks=[2], end=0, weight=0.7, bonus=0.3)
    for one in searched(frames, fusion=fusion, prune=math.inf):
        words = [tuple(group) for is_break, group in itertools.groupby(one.tokens, lambda k: k == 2) if not is_break]
        said = toy.log_probability((*(encode(word)[0] for word in words), 0))
        assert one.score == pytest.approx(sounds[one.tokens][0] + 0.7 * said + 0.3 * len(words))


def test_a_token_that_the_language_model_does_not_know_is_unlikely_but_not_impossible() -> None:
    toy = Toy(vocabulary_size=3)
    fusion = TokenFusion(toy.step, toy.begin(), ids=[1, -1])
    assert fusion.gains(fusion.begin())[1] == -20.0
    frames = np.log([[0.01, 0.98, 0.01]])
    assert searched(frames, count=1, fusion=TokenFusion(toy.step, toy.begin(), ids=[1, -1], weight=0.1))[0].tokens == (
        1,
    )


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("pieces", [[1] * 40, [7, 13, 0, 20], [39, 1]])
def test_frames_in_pieces_give_what_the_whole_gives(fused: bool, pieces: list[int]) -> None:
    frames = random_frames(3, time=40, scale=3.0)
    toy = Toy(seed=1)
    whole, search = (PrefixSearch(6, of_toy(toy) if fused else None) for _ in range(2))
    whole.feed(frames)
    for piece in np.split(frames, np.cumsum(pieces)[:-1]):
        search.feed(piece)
    assert search.found(5) == whole.found(5)


@pytest.mark.parametrize("fused", [False, True])
def test_what_is_settled_is_final(fused: bool) -> None:
    frames, toy = random_frames(5, time=60, scale=4.0), Toy(seed=1)
    whole = searched(frames, count=3, fusion=of_toy(toy) if fused else None, width=4)
    search = PrefixSearch(4, of_toy(toy) if fused else None)
    settled: list[tuple[int, int]] = []
    for frame in frames:
        search.feed(frame[None])
        settled += search.settle()
    assert 0 < len(settled) <= len(whole[0].tokens)
    tokens, begins = zip(*settled, strict=True)
    left = search.found(3)
    assert [tokens + one.tokens for one in left] == [one.tokens for one in whole]
    assert [one.score for one in left] == pytest.approx([one.score for one in whole])
    assert begins + left[0].frames == whole[0].frames
    assert search.settle() == [] or len(left) == 1


def test_what_is_left_out_is_too_unlikely_to_matter() -> None:
    for seed in range(20):
        frames = random_frames(seed, time=30, kinds=5, scale=4.0)
        pruned, whole = searched(frames, 1, width=64)[0], searched(frames, 1, width=64, prune=math.inf)[0]
        assert pruned.tokens == whole.tokens
        assert pruned.log_probability == pytest.approx(whole.log_probability, abs=1e-2)


def test_a_batch_is_searched_row_by_row() -> None:
    torch.manual_seed(0)
    scores, lengths = torch.randn(3, 9, 4) * 3, torch.tensor([9, 4, 0])
    together = prefix_search(scores, lengths, count=2)
    assert together[2][0].tokens == ()
    for row, length in enumerate(lengths.tolist()):
        assert together[row] == prefix_search(scores[row : row + 1, :length], count=2)[0]


def test_the_best_path_is_the_best_sequence_where_it_is_sure() -> None:
    sure: Tensor = torch.eye(4)[torch.tensor([[0, 0, 3, 0, 1, 3, 3, 2]])] * 30
    (path,), ((found,),) = best_paths(sure), prefix_search(sure)
    assert found.tokens == tuple(path.tokens.tolist()) == (0, 0, 1, 2)
    assert found.frames == tuple(path.frames.tolist()) == (0, 3, 4, 7)


@pytest.mark.parametrize("pieces", [[30], [1] * 30, [7, 0, 13, 10]])
def test_the_best_path_in_pieces_is_that_of_the_whole(pieces: list[int]) -> None:
    frames = random_frames(2, time=30, kinds=3)
    (wanted,) = best_paths(torch.from_numpy(frames)[None])
    search, settled = BestPath(), list[tuple[int, int]]()
    for piece in np.split(frames, np.cumsum(pieces)[:-1]):
        search.feed(piece)
        if len(settled) < 4:
            settled += search.settle()
    (found,) = search.found(5)
    tokens, begins = zip(*settled, strict=True)
    assert [*tokens, *found.tokens] == wanted.tokens.tolist()
    assert [*begins, *found.frames] == wanted.frames.tolist()
    assert found.log_probability == pytest.approx(frames.max(1).sum())
    assert BestPath().found() == [Transcript((), (), 0.0, 0.0)]


def test_scores_that_are_no_numbers_and_widths_that_are_none() -> None:
    with pytest.raises(DivergedError, match="not numbers"):
        prefix_search(torch.full((1, 2, 3), math.nan))
    with pytest.raises(DivergedError, match="not numbers"):
        BestPath().feed(np.full((2, 3), math.nan))
    for wrong in ({"width": 0}, {"prune": 0.0}, {"prune": math.nan}):
        with pytest.raises(UsageError, match="Prefix search"):
            PrefixSearch(**wrong)  # type: ignore[arg-type]
