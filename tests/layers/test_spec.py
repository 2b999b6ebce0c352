"""The words for models: reading, printing back, and pointing at mistakes."""

from __future__ import annotations

import warnings
from collections import defaultdict
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.cells import GRU, LRU, LSTM, Constant, GRUResetAfter, IndRNN, Uniform, Zoneout
from seqloom.errors import SeqloomWarning, UsageError
from seqloom.layers import (
    Bidirectional,
    CausalLayer,
    LearnedState,
    MinGRUBlock,
    NormKind,
    RandomState,
    Recurrent,
    Stack,
    parse_spec,
    spec_of,
    stack,
)
from seqloom.layers.spec import text_of
from seqloom.layers.words import WORDS, Value
from seqloom.layers.words.word import Option


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("lstm", "lstm"),
        (" 2 * lstm ( 256 ) ", "2*lstm(256)"),
        ("gru(64,reset=before,update=writes)", "gru(64, reset=before, update=writes)"),
        ("gru(reset=after)", "gru"),
        ("elman(activation=relu, recurrent=identity)", "elman(activation=relu, recurrent=identity)"),
        ("lstm(8, forget_bias=2.5)+window(4,size=3)", "lstm(8, forget_bias=2.5) + window(4, size=3)"),
        ("2*lstm(8) bidirectional", "2*lstm(8) bidirectional"),
        ("lstm(forget_bias=-1)", "lstm(forget_bias=-1)"),
        ("lstm()", "lstm"),
        ("gru(8, reset=none)", "gru(8, reset=none)"),
        ("slstm(8, heads=2, norm=rms)", "slstm(8, heads=2, norm=rms)"),
        ("lru(r_min=0.9, r_max=0.99)", "lru(r_min=0.9, r_max=0.99)"),
        ("lstm(forget_bias=1.2345678)", "lstm(forget_bias=1.2345678)"),
        ("3*gated-deltanet + attention(window=256)", "3*gated-deltanet + attention(window=256)"),
        ("transformer(causal=false, positions=alibi)", "transformer(positions=alibi, causal=false)"),
        ("lstm + norm(kind=layer)", "lstm + norm(kind=layer)"),
        ("lstm(8)+2*gru(4)", "lstm(8) + 2*gru(4)"),
        ("lstm(forget_bias=.5)", "lstm(forget_bias=0.5)"),
        ("lstm(forget_bias=-.5)", "lstm(forget_bias=-0.5)"),
        ("lstm(forget_bias=1E2)", "lstm(forget_bias=100)"),
        ("lstm(forget_bias=2.5e-1)", "lstm(forget_bias=0.25)"),
        ("lstm(forget_bias=1e+2)", "lstm(forget_bias=100)"),
        ("2*lstm(8) with dropout=.5", "2*lstm(8) with dropout=0.5"),
        ("2*lstm(8)  with residual = true dropout=0", "2*lstm(8) with dropout=0 residual=true"),
        ("lstm(8) bidirectional + gru(4) bidirectional with residual=false", None),
        ("2*gru(128) bidirectional+pool( attention )", "2*gru(128) bidirectional + pool(attention)"),
        ("gru + pool(attention, hidden=64) with dropout=0.1", None),
        ("gru + pool(last)", None),
        ("grid(64)+2*gru(128)+pool(last)", "grid(64) + 2*gru(128) + pool(last)"),
        ("grid + gru", "grid(64) + gru"),
        ("grid(32, cell=4, depth=1) + pool(mean)", "grid(32, cell=4) + pool(mean)"),
        ("patches", "patches(8)"),
        ("patches(4, features=16) + transformer(causal=false) with dropout=0.1", None),
    ],
)
def test_a_specification_in_normal_form(text: str, normal: str | None) -> None:
    normal = normal or text
    assert str(parse_spec(text)) == normal
    assert str(parse_spec(normal)) == normal


def test_the_layers_it_builds() -> None:
    model = parse_spec("gru(8, reset=before, initial=learned) + lstm").build(3)
    first, second = model.layers
    assert isinstance(first, Recurrent)
    assert isinstance(first.cell, GRU)
    assert isinstance(first.initial, LearnedState)
    assert (first.in_features, second.in_features, second.out_features) == (3, 8, 8)
    assert isinstance(parse_spec("gru").build(3).layers[0].cell, GRUResetAfter)
    assert model(torch.zeros(2, 4, 3))[0].shape == (2, 4, 8)


def test_a_bidirectional_model_cannot_stream() -> None:
    assert isinstance(parse_spec("lstm(4)").build(3), CausalLayer)
    assert not isinstance(parse_spec("lstm(4) bidirectional").build(3), CausalLayer)


@pytest.mark.parametrize(
    ("text", "message", "caret"),
    [
        ("lstn(4)", "Did you mean 'lstm'?", 0),
        ("lstm(0)", "from 1 to 65536, found 0", 5),
        ("lstm(2.5)", "from 1 to 65536, found 2.5", 5),
        ("lstm(1E2)", "Expected a width in digits, from 1 to 65536, found 1E2", 5),
        ("lstm(+2)", "found '+'", 5),
        ("lstm(forget_bias=+1)", "Expected a number, found '+'", 17),
        ("lstm(forget_bias=1.)", "'.' has no meaning here", 18),
        ("lstm(8)-2*gru(4)", "Expected '+', 'with' or the end, found '-2'", 7),
        ("2 lstm", "Expected '*'", 2),
        ("lstm(forget_bias=1e999)", "up to 1e+06", 17),
        ("99*lstm", "from 1 to 64", 0),
        ("lstm(4, size=3)", "lstm has no option 'size'", 8),
        ("lstm(4, forget_bais=3)", "Did you mean 'forget_bias'?", 8),
        ("mingru(4, recurrent=identity)", "mingru has no option 'recurrent'", 10),
        ("attention(causal=no)", "one of true, false", 17),
        ("attention(window=0)", "from 1 to 65536", 17),
        ("gru(reset=befor)", "Did you mean 'before'?", 10),
        ("gru(reset=before, reset=after)", "given twice", 18),
        ("gru(reset before)", "Expected '='", 10),
        ("lstm(4", "Expected ',' or ')'", 6),
        ("lstm lstm", "Expected 'bidirectional'", 5),
        ("lstm)", "Expected '+', 'with' or the end", 4),
        ("2*lstm wiht dropout=0.5", "Did you mean 'with'?", 7),
        ("2*lstm with", "Expected an option (dropout, residual)", 11),
        ("2*lstm with drop=0.5", "Did you mean 'dropout'?", 12),
        ("2*lstm with dropout=1.5", "from 0 to below 1, found 1.5", 20),
        ("2*lstm with dropout=0.5 dropout=0.5", "given twice", 24),
        ("2*lstm with dropout=0.5, residual=true", "Expected '+', 'with' or the end, found ','", 23),
        ("2*lstm with dropout=0.5 + gru", "or the end, found '+'", 24),
        ("with dropout=0.5", "No layer is called 'with'", 0),
        ("lstm + ", "Expected a layer", 7),
        ("", "Expected a layer", 0),
        ("lstm ; gru", "';' has no meaning here", 5),
        ("60*lstm + 60*gru", "at most 64 layers", 0),
        ("pool(mean)", "after the last layer, as in lstm + pool(mean)", 0),
        ("gru + 2*pool(mean)", "stands once, after the last layer", 8),
        ("pool(mean) + gru", "stands once, after the last layer", 0),
        ("gru + pool(mean) + gru", "'with' or the end after pool(mean), found '+'", 17),
        ("gru + pool(mean) bidirectional", "'with' or the end after pool(mean), found 'bidirectional'", 17),
        ("gru + pool", "'(' and one of last, mean, max, attention", 10),
        ("gru + pool()", "Expected one of last, mean, max, attention, found ')'", 11),
        ("gru + pool(men)", "Did you mean 'mean'?", 11),
        ("gru + pol(mean)", "Did you mean 'pool'?", 6),
        ("gru + pool(mean, hidden=3)", "pool(mean) has no option 'hidden'; it has none", 17),
        ("gru + pool(mean", "Expected ',' or ')'", 15),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, message: str, caret: int) -> None:
    with pytest.raises(UsageError) as raised:
        parse_spec(text)
    said, shown, pointer = str(raised.value).split("\n")
    assert message in said
    assert shown == f"  {text}"
    assert pointer.index("^") - 2 == caret


@given(st.text(alphabet="lstmgruwindowpool0123456789*+(),= .-bidrectional", max_size=30))
def test_any_text_is_read_or_refused_cleanly(text: str) -> None:
    try:
        spec = parse_spec(text)
    except UsageError:
        return
    assert parse_spec(str(spec)) == spec


terms = st.builds(
    lambda count, word, width, both: f"{count}*{word}({width}){' bidirectional' if both else ''}",
    st.integers(1, 3),
    st.sampled_from(sorted(set(WORDS) - {"norm", "positions"})),
    st.sampled_from([8, 16]),
    st.booleans(),
)


@settings(max_examples=60)
@given(st.lists(terms, min_size=1, max_size=3).map(" + ".join))
def test_layers_print_the_specification_that_builds_them(text: str) -> None:
    model = parse_spec(text).build(2)
    again = spec_of(model).build(2)
    assert str(spec_of(again)) == str(spec_of(model))
    assert [p.shape for p in again.parameters()] == [p.shape for p in model.parameters()]


def another(option: Option) -> list[Value]:
    """Values of an option that are not its default, and that layers of 64 features can have."""
    if option.kind is int:
        return [option.default * 2 if isinstance(option.default, int) else 4]
    if option.kind is float:
        return [0.95 * option.default if isinstance(option.default, float) and option.default else 0.25]
    values = [True, False] if option.kind is bool else list(option.kind)  # type: ignore[call-overload]
    return [value for value in values if value != option.default]


CHOICES = [
    f"{name}(64, {key}={text_of(value)})"
    for name, word in WORDS.items()
    for key, option in word.options.items()
    for value in another(option)
]


@pytest.mark.parametrize("text", [*(f"{name}(64)" for name in WORDS), *CHOICES])
@pytest.mark.filterwarnings("ignore:length=2048 has no effect")
def test_every_option_is_recognised_in_the_layer_that_it_builds(text: str) -> None:
    model = parse_spec(text).build(64)
    assert str(spec_of(model)) == text
    again = spec_of(model).build(64)
    assert str(spec_of(again)) == text
    assert {name: p.shape for name, p in again.named_parameters()} == {
        name: p.shape for name, p in model.named_parameters()
    }


@pytest.mark.parametrize("text", ["esn(50, depth=2) + lstm(8)", "esn(50, depth=2) bidirectional"])
def test_a_width_is_the_number_that_was_given_not_that_of_the_outputs(text: str) -> None:
    assert str(spec_of(parse_spec(text).build(3))) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2*mingru(8)", NormKind.RMS),
        ("2*mingru(8) bidirectional", NormKind.RMS),
        ("transformer(8, norm=layer)", NormKind.LAYER),
        ("transformer(8, placement=after)", None),
        ("mingru(8) + lstm(8)", None),
        ("mingru(8) + norm", None),
    ],
)
def test_a_last_block_that_normalises_before_its_parts_gets_a_last_norm(text: str, kind: NormKind | None) -> None:
    model = parse_spec(text).build(8)
    assert model.last_norm == kind
    assert len(model.layers) == sum(term.count for term in parse_spec(text).terms)
    assert str(spec_of(model)) == str(spec_of(spec_of(model).build(8)))


@pytest.mark.parametrize("residual", [False, True])
def test_a_last_norm_stands_outside_dropout_and_residual_connections(residual: bool) -> None:
    torch.manual_seed(0)
    with pytest.warns(SeqloomWarning, match=r"dropout=0\.9 has no effect"):
        model = parse_spec("mingru(8)").build(8, dropout=0.9, residual=residual)
    x = torch.randn(2, 5, 8)
    (block,) = model.layers
    y = block(x)[0] + (x if residual else 0)
    torch.testing.assert_close(model(x)[0], torch.nn.functional.rms_norm(y, (8,), eps=1e-5))


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.25])
def test_what_is_between_the_layers_is_printed_back(dropout: float, residual: bool) -> None:
    model = parse_spec("2*lstm(8) + gru(8)").build(8, dropout=dropout, residual=residual)
    again = parse_spec(str(spec_of(model))).build(8)
    assert (again.dropout.p, again.residual) == (dropout, residual)
    assert spec_of(again) == spec_of(model)
    assert parse_spec("lstm(8)").bounded(4) == parse_spec("lstm(8)")
    bounded = parse_spec("2*lstm(8) with dropout=0.5 residual=true").bounded(4)
    assert (bounded.dropout, bounded.residual) == (0.5, True)


def test_what_is_between_the_layers_is_given_once() -> None:
    spec = parse_spec("2*lstm(8) with dropout=0.5 residual=true")
    assert spec.build(3, dropout=0.5, residual=True).dropout.p == 0.5
    with pytest.raises(UsageError, match=r"has dropout=0\.5, but 0 is asked for"):
        spec.build(3, dropout=0.0)
    with pytest.raises(UsageError, match="has residual=true, but false is asked for"):
        spec.build(3, residual=False)


@pytest.mark.parametrize("text", ["lstm(8)", "lstm(8) bidirectional", "transformer(8)", "lstm(8) with dropout=0.9"])
def test_a_dropout_without_effect_is_said(text: str) -> None:
    with pytest.warns(SeqloomWarning, match=r"dropout=0\.9 has no effect: it acts between layers"):
        model = parse_spec(text).build(8, dropout=0.9)
    assert spec_of(model).dropout == 0.9


def test_a_length_without_effect_is_said() -> None:
    with pytest.warns(SeqloomWarning, match="length=9 has no effect: sinusoidal positions have no table"):
        parse_spec("positions(length=9)").build(8)


@pytest.mark.parametrize("word", WORDS)
def test_every_option_has_an_effect_or_says_so(word: str) -> None:
    """On parameters, outputs of training or evaluation, or on what is learned."""
    default = effects(f"{word}(8)")
    for name, option in WORDS[word].options.items():
        tried = [value for value in OTHERS[option.kind] or list(option.kind) if value != option.default]
        found = [effects(f"{word}(8, {name}={text_of(value)})") for value in tried]
        assert any(one not in (None, default) for one in found), f"{name} has no effect"


OTHERS: dict[type, list[Any]] = defaultdict(list, {bool: [False, True], int: [1, 2, 3, 5, 16], float: [0.3, 0.95]})


def effects(text: str) -> object:
    """What a layer of these words has and does; None where such a value does not fit."""
    torch.manual_seed(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SeqloomWarning)
            layer = parse_spec(text).build(8)
    except UsageError:
        return None
    except SeqloomWarning as warning:
        return str(warning)
    x, outputs = torch.randn(1, 20, 8), []
    for training in (True, False):
        torch.manual_seed(1)
        outputs.append(layer.train(training)(x)[0].tolist())
    return [(weight.shape, weight.requires_grad) for weight in layer.parameters()], outputs


def test_a_stack_with_another_last_norm_has_no_specification() -> None:
    block = MinGRUBlock(8, 8)
    assert str(spec_of(stack([block], last_norm=NormKind.RMS))) == "mingru(8)"
    other: list[tuple[Stack, str]] = [
        (stack([block]), "rms after these layers; this stack has none"),
        (stack([block], last_norm=NormKind.LAYER), "rms after these layers; this stack has layer"),
        (stack([Recurrent(LSTM, 8, 8)], last_norm=NormKind.RMS), "none after these layers; this stack has rms"),
    ]
    for model, message in other:
        with pytest.raises(UsageError, match=message):
            spec_of(model)


@pytest.mark.parametrize(
    "layer",
    [
        torch.nn.Linear(2, 2),
        Bidirectional(Recurrent(LSTM, 2, 3), Recurrent(LSTM, 2, 4)),
        Bidirectional(Recurrent(LSTM, 2, 3), Recurrent(GRU, 2, 3)),
        Recurrent(LRU(max_phase=0.5), 2, 3),
        Recurrent(IndRNN(unit_init=Constant(1.0)), 2, 3),
        Recurrent(LSTM(input_init=Uniform(0.3)), 2, 3),
        Recurrent(Zoneout(LSTM()), 2, 3),
        Recurrent(LSTM, 2, 3, RandomState(scale=0.5)),
    ],
    ids=[
        "linear",
        "two widths",
        "two cells",
        "no option names its field",
        "own vector",
        "own fill",
        "wrapped",
        "scale",
    ],
)
def test_a_layer_without_a_word(layer: torch.nn.Module) -> None:
    with pytest.raises(UsageError, match="No word"):
        spec_of(layer)
