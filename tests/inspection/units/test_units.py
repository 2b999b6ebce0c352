"""Units: what they track on a planted model, and whether it is used."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from seqloom.cells import Elman
from seqloom.errors import UsageError
from seqloom.inspection.units import (
    Direction,
    Together,
    ablate,
    bracket_depth,
    in_quotes,
    line_position,
    matches,
    on_together,
    patched_scores,
    search_direction,
    search_units,
    spans,
    walk,
)
from seqloom.inspection.units.search import areas, ranks
from seqloom.layers import OneHot, Recurrent, StepHead, parse_spec
from seqloom.models.token_model import TokenModel

LETTERS = "(ab)"
HIDDEN, UNIT = 12, 7


def planted() -> TokenModel:
    """Unit 7 is on from '(' to ')', and a head that says a within and b outside reads it alone; all else is noise."""
    torch.manual_seed(0)
    layer = Recurrent(Elman, len(LETTERS), HIDDEN)
    model = TokenModel(OneHot(len(LETTERS)), layer, StepHead(HIDDEN, len(LETTERS)))
    from_input, from_state = (w for name, w in sorted(layer.named_parameters()) if w.ndim == 2)
    with torch.no_grad():
        for weight in layer.parameters():
            if weight.ndim == 1:
                weight.zero_()
        from_state[UNIT] = 0
        from_state[:, UNIT] = 0
        from_state[UNIT, UNIT] = 3
        from_input[UNIT] = torch.tensor([10.0, 0, 0, -10])
        model.head.linear.weight.zero_()
        model.head.linear.bias.copy_(torch.tensor([0.0, 1, 1, 0]))
        model.head.linear.weight[:, UNIT] = torch.tensor([0.0, 4, -4, 0])
    return model.eval()


def bracketed(count: int, seed: int = 0) -> str:
    generator = np.random.default_rng(seed)
    parts = ["(" + "a" * generator.integers(2, 9) + ")" + "b" * generator.integers(2, 9) for _ in range(count)]
    return "".join(parts)


def encoded(text: str) -> torch.Tensor:
    return torch.tensor([[LETTERS.index(letter) for letter in text]])


def test_a_planted_unit_is_found_and_a_shuffled_pattern_is_not():
    text = bracketed(150)
    states = torch.cat([vectors for _, vectors in walk(planted(), encoded(text))]).numpy()
    found = search_units(states, bracket_depth(text))
    assert found.best[0].units == (UNIT,)
    assert found.best[0].area >= 0.95
    assert found.control.area <= 0.6
    assert found.tried == HIDDEN
    assert f"unit {UNIT}" in str(found)


def test_what_is_tracked_and_read_costs_and_the_rest_does_not():
    found = ablate(planted(), encoded(bracketed(12)), [UNIT])
    assert found.used()
    assert found.cost() > 0.15
    assert found.usual_cost() == pytest.approx(0, abs=1e-6)
    idle = ablate(planted(), encoded(bracketed(12)), [UNIT + 1])
    assert not idle.used()
    assert idle.cost() == pytest.approx(0, abs=1e-6)


def test_a_patched_unit_brings_the_answer_of_the_other_context():
    model = planted()
    letter = encoded("a")[0]
    one, other = encoded("b)bb")[0], encoded("b(aa")[0]
    plain, there, patched = patched_scores(model, one, other, [UNIT], letter).softmax(1)
    torch.testing.assert_close(patched, there)
    assert plain[LETTERS.index("b")] > 0.9
    assert patched[LETTERS.index("a")] > 0.9
    unchanged = patched_scores(model, one, other, [UNIT + 1], letter).softmax(1)[2]
    torch.testing.assert_close(unchanged, plain)


def test_walking_is_reading():
    torch.manual_seed(1)
    model = TokenModel(OneHot(5), parse_spec("lstm(4) + mlstm(4)").build(5), StepHead(4, 5)).eval()
    x = torch.randint(5, (2, 9))
    said = torch.stack([scores for scores, _ in walk(model, x)], 1)
    torch.testing.assert_close(said, model(x)[0])
    with pytest.raises(UsageError, match="keeps all of its past"):
        next(walk(TokenModel(OneHot(8), parse_spec("attention(8)").build(8), StepHead(8, 8)), x))


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2))
def test_areas_are_those_of_scikit_learn(rows):
    values, labels = (np.array(column) for column in zip(*rows, strict=True))
    wanted = 0.5 if labels.all() or not labels.any() else roc_auc_score(labels, values)
    assert areas(ranks(values[:, None].astype(float)), labels)[0] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("pattern", "text", "where"),
    [
        (in_quotes, 'say "no" or "', '    """'),
        (line_position, "x" * 42 + "\ny", " " * 40 + "xx\n"),
        (bracket_depth, "f(g[1])}", " (((((  "),
        (matches("[aeiou]+"), "speech", "  ee  "),
        (spans([(0, 2)]), "abc", "ab"),
    ],
)
def test_patterns(pattern, text, where):
    found = pattern(text)
    assert len(found) == len(text)
    assert found.tolist() == [bool(mark.strip() or mark == "\n") for mark in where.ljust(len(text))]


def test_patterns_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match="no regular expression"):
        matches("(")
    with pytest.raises(UsageError, match="not within a text of 3"):
        spans([(1, 5)])("abc")
    with pytest.raises(UsageError, match="nowhere"):
        search_units(np.zeros((10, 2)), np.zeros(10, bool))
    with pytest.raises(UsageError, match="10 states and 9 labels"):
        search_units(np.zeros((10, 2)), np.zeros(9, bool))


def test_a_planted_direction_is_found_where_no_unit_tells_and_a_shuffled_pattern_is_not():
    generator = np.random.default_rng(0)
    labels = np.arange(2000) % 9 < 4
    states = generator.normal(size=(2000, 60))
    states[:, 11] += 3 * labels + 4 * states[:, 20]
    states[:, 20] *= 4
    assert search_units(states, labels).best[0].area < 0.75
    found = search_direction(states, labels)
    assert found.best[0].area >= 0.95
    assert found.control.area <= 0.6
    assert {11, 20} <= set(found.best[0].units)
    assert len(found.best[0].units) <= 10
    assert f"a direction of {len(found.best[0].units)} units" in str(found)
    assert areas(ranks(found.best[0].along(states[1000:], states[:1000])[:, None]), labels[1000:]) == found.best[0].area


def test_a_direction_that_is_read_costs_and_one_across_it_does_not():
    model = planted()
    first, second = UNIT, UNIT - 4
    with torch.no_grad():
        for weight in model.body.parameters():
            if weight.ndim == 2:
                weight[second] = weight[first]
        from_state = next(w for w in model.body.parameters() if w.shape == (HIDDEN, HIDDEN))
        from_state[:, second] = 0
        from_state[second] = 0
        from_state[second, second] = 3
        model.head.linear.weight[:, second] = model.head.linear.weight[:, first] / 2
        model.head.linear.weight[:, first] /= 2
    tokens = encoded(bracketed(12))
    along = ablate(model, tokens, Direction((first, second), (1.0, 1.0), 1.0))
    assert along.used()
    assert along.cost() > 0.15
    across = ablate(model, tokens, Direction((first, second), (1.0, -1.0), 1.0))
    assert not across.used()
    assert across.cost() == pytest.approx(0, abs=1e-4)
    one = ablate(model, tokens, Direction((first,), (-1.0,), 1.0))
    np.testing.assert_allclose(one.without, ablate(model, tokens, [first]).without, atol=1e-6)


def test_an_ablation_says_which_tokens_become_likelier_and_where():
    text = bracketed(12)
    within = bracket_depth(text[:-1])[None]
    found = ablate(planted(), encoded(text), [UNIT], where=within)
    assert found.shift[LETTERS.index("a")] < -0.05 < 0.05 < found.shift[LETTERS.index("b")]
    assert found.shift.sum() == pytest.approx(0, abs=1e-6)
    assert ablate(planted(), encoded(text), [UNIT], where=~within).shift[LETTERS.index("a")] > 0
    assert found.used(within)


def test_spans_where_the_same_units_are_on_are_those_of_the_feature():
    text = bracketed(30)
    states = torch.cat([vectors for _, vectors in walk(planted(), encoded(text))]).numpy()
    first, second = text.index("("), text.index(")")
    found = on_together(states, first, second, count=100)
    assert UNIT in found.units
    within = bracket_depth(text)
    wanted = [(span.start(), span.end() - 1) for span in re.finditer(r"\([^)]*\)", text)][1:]
    alone = on_together(states[:, [UNIT]], first, second, count=100)
    assert (alone.units, alone.signs) == ((0,), (1,))
    assert sorted(span[:2] for span in alone.spans) == wanted
    assert all(span.share == 1 and within[span.begin : span.end].all() for span in alone.spans)


def test_a_span_in_which_nothing_is_on_has_no_likes():
    assert on_together(np.zeros((9, 4)), 2, 5) == Together((), (), ())
    with pytest.raises(UsageError, match="from 5 to 5 is not within 9"):
        on_together(np.zeros((9, 4)), 5, 5)
    with pytest.raises(UsageError, match="from 3 to 10 is not within 9"):
        on_together(np.zeros((9, 4)), 3, 10)


def test_a_direction_has_no_more_units_than_allowed():
    generator = np.random.default_rng(0)
    labels = np.arange(600) % 5 < 2
    alike = np.repeat(labels[:, None] + generator.normal(size=(600, 1)), 40, 1)
    noise = generator.normal(size=(600, 80))
    for states in (alike, noise, np.concatenate([alike, noise], 1)):
        found = search_direction(states, labels)
        assert 1 <= len(found.best[0].units) <= 10
        assert 1 <= len(found.control.units) <= 10
