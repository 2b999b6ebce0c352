"""Traces of whole models: stacks, both directions, hybrids, drop-ins, decoders, echo states and single steps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from seqloom import kernels
from seqloom import nn as drop_ins
from seqloom.cells import GRU, LSTM, PeepholeLSTM
from seqloom.errors import UsageError
from seqloom.inspection import trace
from seqloom.inspection.traced import tracing
from seqloom.kernels.recurrence import Planned
from seqloom.layers import (
    CausalLayer,
    EchoState,
    LearnedEmbedding,
    OneHot,
    Recurrent,
    StepHead,
    parse_encoder_decoder,
    parse_spec,
)
from seqloom.models.echo_state_network import EchoStateNetwork
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.token_model import TokenModel

B, T, D = 3, 6, 4
LENGTHS = torch.tensor([6, 0, 3])


def built(spec: str) -> nn.Module:
    torch.manual_seed(0)
    return parse_spec(spec).build(D)


def test_a_stack_shows_each_layer_under_its_path() -> None:
    found = trace(built("gru(4) + lstm(3)"), torch.randn(B, T, D), of="candidate")
    assert {key: value.shape[-1] for key, value in found.quantities.items()} == {
        "layers.0.candidate": 4,
        "layers.1.candidate": 3,
    }


def test_a_reader_from_the_end_shows_what_it_does_at_the_step_that_it_reads() -> None:
    layer, x = built("lstm(4) bidirectional"), torch.randn(B, T, D)
    found = trace(layer, x, LENGTHS)
    y = found.outputs[0]
    assert torch.equal(found["layers.0.forward_layer.h"], y[..., :4])
    assert torch.equal(found["layers.0.backward_layer.h"], y[..., 4:])
    gates = [found[f"layers.0.backward_layer.{name}"] for name in ("output_gate", "cell_state")]
    torch.testing.assert_close(gates[0] * gates[1].tanh(), y[..., 4:])


def test_a_hybrid_shows_recurrences_and_attention() -> None:
    found = trace(
        built("mingru(8) + attention(8) + retnet(8)"), torch.randn(B, T, D), of=("attention", "update_gate", "decay")
    )
    assert [key.rpartition(".")[2] for key in found.quantities] == ["update_gate", "attention", "decay"]


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_drop_ins_show_each_layer_and_direction(kind: str) -> None:
    torch.manual_seed(0)
    module = getattr(drop_ins, kind)(D, 5, num_layers=2, bidirectional=True, batch_first=True)
    model = nn.Sequential(module)
    x = torch.randn(B, T, D)
    with torch.no_grad():
        y, _ = module(x)
    found = trace(model, x)
    assert torch.equal(found.outputs[0], y)
    last = torch.cat([found["0.l1.h"], found["0.l1_reverse.h"]], -1)
    torch.testing.assert_close(last, y)
    assert len(found.quantities) == 4 * {"LSTM": 6, "GRU": 4, "RNN": 1}[kind]


def test_a_packed_sequence_keeps_its_rows_and_lengths() -> None:
    module = drop_ins.GRU(D, 5, batch_first=True)
    packed = pack_padded_sequence(torch.randn(2, T, D), torch.tensor([6, 2]), batch_first=True)
    found = trace(module, packed)
    assert found.lengths["l0.h"].tolist() == [6, 2]
    assert not found["h"][1, 2:].any()
    assert torch.equal(found["h"][:2, :2].transpose(0, 1).flatten(0, 1), found.outputs[0].data[:4])


DECODERS = {
    "bottleneck": "gru(4) bidirectional -> bottleneck(4, context=3)",
    "bahdanau": "gru(4) bidirectional -> bahdanau(4, readout=5, summary=mean)",
    "luong": "gru(4) bidirectional -> 2*luong(4, dropout=0.5)",
    "luong without feeding": "gru(4) bidirectional -> luong(4, feed=false, summary=last)",
    "transformer": "positions + transformer(4, causal=false) -> 2*transformer(4, heads=2, dropout=0.5)",
}


@pytest.mark.parametrize("name", DECODERS)
def test_encoder_decoders_show_both_sides_and_where_they_look(name: str) -> None:
    torch.manual_seed(0)
    spec = parse_encoder_decoder(DECODERS[name])
    model = EncoderDecoder.of(spec, LearnedEmbedding(5, 4), LearnedEmbedding(6, 3), dropout=0.5).eval()
    source, source_lengths = torch.randint(5, (2, T)), torch.tensor([6, 2])
    targets = torch.tensor([[1, 2, 5, 0], [3, 0, -100, -100]])
    given, lengths = torch.tensor([[-1, 1, 2, 5], [-1, 3, 0, 0]]), torch.tensor([4, 2])
    with torch.no_grad():
        y = model(source, source_lengths, given, lengths)
    found = trace(model, (source, source_lengths, given, lengths), of=("gates", "states", "attention"))
    assert torch.equal(found.outputs, y)
    assert {key.partition(".")[0] for key in found.quantities} == {"encoder", "decoder"}
    for key, value in found.quantities.items():
        steps = value.movedim(2, 1) if value.ndim == 4 else value
        assert not steps[1, 2:].any(), key
    if name != "bottleneck":
        *_, looked = (value for key, value in found.named("attention").items() if key.startswith("decoder"))
        looked = looked.mean(1) if looked.ndim == 4 else looked
        torch.testing.assert_close(looked, model.alignments(source, source_lengths, targets))


def test_a_network_of_echo_states_is_traced_through_its_feedback() -> None:
    torch.manual_seed(0)
    wave = torch.sin(torch.arange(300) / 5)
    network = EchoStateNetwork(EchoState(1, 20), out_features=1, feedback=True).fit(wave)
    _, state = network.listen(wave[:200])
    nothing = torch.zeros(1, 9, 0, dtype=torch.float64)
    with torch.no_grad():
        y, _ = network(nothing, state)
    found = trace(network, (nothing, state))
    assert torch.equal(found.outputs[0], y)
    torch.testing.assert_close(found["h"] @ network.weight_.mT + network.bias_, y)


class StepByStep(CausalLayer):
    """A layer that goes step by step through another."""

    def __init__(self, layer: CausalLayer) -> None:
        super().__init__()
        self.layer, self.in_features, self.out_features = layer, layer.in_features, layer.out_features

    def initial_state(self, batch_size):
        return self.layer.initial_state(batch_size)

    def forward(self, x, state=None, lengths=None):
        state, outputs = self.layer.initial_state(len(x)) if state is None else state, []
        for x_t in x.unbind(1):
            y_t, state = self.layer.step(x_t, state)
            outputs.append(y_t)
        return torch.stack(outputs, 1), state


@pytest.mark.parametrize("word", ["lstm", "gru", "slstm", "mlstm", "mamba2", "rg-lru", "gated-deltanet"])
def test_steps_show_what_the_whole_shows(word: str) -> None:
    layer = built(f"{word}(8)")
    x = torch.randn(B, T, D)
    with torch.no_grad():
        y, _ = StepByStep(layer)(x)
    stepped, whole = trace(StepByStep(layer), x), trace(layer, x)
    assert torch.equal(stepped.outputs[0], y)
    assert {f"layer.{key}" for key in whole.quantities} == {*stepped.quantities}
    for key, value in whole.quantities.items():
        torch.testing.assert_close(stepped[f"layer.{key}"], value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_drop_in_for_a_cell_is_traced_step_by_step(kind: str) -> None:
    torch.manual_seed(0)

    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(drop_ins, f"{kind}Cell")(D, 5)

        def forward(self, x):
            state, outputs = None, []
            for x_t in x.unbind(1):
                state = self.cell(x_t, state)
                outputs.append(state[0] if kind == "LSTM" else state)
            return torch.stack(outputs, 1)

    loop, x = Loop(), torch.randn(B, T, D)
    with torch.no_grad():
        y = loop(x)
    whole = getattr(drop_ins, kind)(D, 5, batch_first=True)
    whole.load_state_dict({f"{name}_l0": weight for name, weight in loop.cell.state_dict().items()})
    found, expected = trace(loop, x), trace(whole, x)
    assert torch.equal(found.outputs, y)
    assert {*found.quantities} == {key.replace("l0.", "cell.") for key in expected.quantities}
    for key, value in expected.quantities.items():
        torch.testing.assert_close(found[key.replace("l0.", "cell.")], value)


def test_the_attention_of_a_pooling_is_shown() -> None:
    torch.manual_seed(0)
    reader = parse_spec("gru(4) + pool(attention)").build_pooled(D)
    x, lengths = torch.randn(2, T, D), torch.tensor([6, 2])
    found = trace(reader, (x, lengths), of=("attention", "h"))
    pooled = (found["attention"] @ found["h"]).squeeze(1)
    torch.testing.assert_close(pooled, found.outputs)


def test_a_layer_that_runs_twice_is_shown_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = Recurrent(GRU, D, D)

        def forward(self, x):
            return self.layer(self.layer(x)[0])

    found = trace(Twice(), torch.randn(B, T, D), of="h")
    assert list(found.quantities) == ["layer.h", "layer#2.h"]


def model() -> TokenModel:
    return TokenModel(OneHot(5), Recurrent(LSTM, 5, 4), StepHead(4, 5), dropout=0.5)


def test_a_trace_leaves_nothing_behind() -> None:
    subject = model().train()
    subject.head.eval()
    before = [dict(module.__dict__) for module in subject.modules()]
    tokens = torch.randint(5, (2, 3))
    trace(subject, tokens)
    with pytest.raises(UsageError, match="Tokens are from"):
        trace(subject, tokens + 5)
    assert [dict(module.__dict__) for module in subject.modules()] == before
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in subject.modules())
    assert kernels.present().observer is None


def test_a_kernel_runs_without_a_trace_what_it_ran_before_one(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, x, plans = Recurrent(PeepholeLSTM, D, D).eval(), torch.randn(B, T, D), []
    whole = Planned._whole

    def spied(self, run, call, after, plan):
        plans.append(plan)
        return whole(self, run, call, after, plan)

    monkeypatch.setattr(Planned, "_whole", spied)
    with kernels.use("cpu"), torch.no_grad():
        layer(x)
        trace(layer, x)
        monkeypatch.setattr(Planned, "run_and_show", None)
        layer(x)
    before, traced, after = plans
    assert after is before
    assert (len(before.outputs), len(traced.outputs)) == (1, len(layer.graph.quantities))


def test_a_step_that_is_no_method_is_left_alone() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("step", torch.tensor(2))
            self.layer = Recurrent(GRU, D, D)
            self.layer.forward = self.layer.forward  # as whoever patches it leaves it

        def forward(self, x):
            return self.layer(x * self.step)[0]

    subject = Counting()
    patched = subject.layer.__dict__["forward"]
    assert list(trace(subject, torch.randn(B, T, D), of="h").quantities) == ["layer.h"]
    assert subject.layer.__dict__["forward"] is patched


def test_what_is_shown_needs_no_observer() -> None:
    kernels.note(anything=lambda: pytest.fail("nobody looks"))


def test_attention_is_not_made_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object) -> Tensor:
        raise AssertionError

    monkeypatch.setattr(tracing, "attention_weights", made)
    layer, x = built("transformer(8) + gru(4)"), torch.randn(B, T, D)
    assert list(trace(layer, x).named("attention")) == []
    with pytest.raises(AssertionError):
        trace(layer, x, of="attention")
    with pytest.raises(UsageError, match=r"would take .* Ask for fewer names"):
        trace(layer, x, of="attention", most_bytes=1000)


def test_what_is_too_large_is_refused_with_its_size() -> None:
    layer, x = built("retnet(8)"), torch.randn(B, 100, D)
    with pytest.raises(UsageError, match=r"0\.5 MB, and most_bytes allows 0\.1 MB.*implicit_attention 0\.5 MB"):
        trace(layer, x, of="implicit_attention", most_bytes=100_000)
    assert trace(layer, x[:, :10], of="implicit_attention", most_bytes=100_000).quantities


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'forgetgate'.*Did you mean 'forget_gate'"):
        trace(built("lstm(4)"), torch.randn(B, T, D), of="forgetgate")
    found = trace(built("2*lstm(4)"), torch.randn(B, T, D))
    with pytest.raises(UsageError, match="Several layers"):
        found["h"]
    with pytest.raises(UsageError, match="has no quantity"):
        found["layers.2.h"]


def test_a_trace_is_short_to_print() -> None:
    found = trace(built("2*lstm(4)"), torch.randn(B, 100, D))
    assert repr(found).splitlines() == [
        "<Trace of 12 quantities, 0.1 MB>",
        "  layers.0: input_gate, forget_gate, candidate, output_gate, cell_state, h",
        "  layers.1: input_gate, forget_gate, candidate, output_gate, cell_state, h",
    ]
