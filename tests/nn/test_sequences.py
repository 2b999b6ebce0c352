"""RNN, LSTM and GRU against torch's own: a port of what torch tests of them."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import seqloom.nn
from seqloom import kernels
from tests.nn.twins import SEQUENCES, assert_same, pair, states_for, tensors

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported:UserWarning")
FORMS = ["time first", "batch first", "unbatched", "sorted", "unsorted", "equal lengths"]


def example(form: str, dtype: torch.dtype):
    """An input in one of the forms, its leaf, and the batch shape of its states."""
    if form == "unbatched":
        x = torch.randn(6, 3, dtype=dtype, requires_grad=True)
        return x, x, ()
    x = torch.randn(6, 4, 3, dtype=dtype, requires_grad=True)
    if form == "batch first":
        return x.transpose(0, 1), x, (4,)
    lengths = {"sorted": [6, 4, 4, 1], "unsorted": [2, 6, 1, 3], "equal lengths": [6] * 4}.get(form)
    if lengths is None:
        return x, x, (4,)
    return pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=form == "sorted"), x, (4,)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("given", [False, True], ids=["no state", "state given"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SEQUENCES)
def test_results_and_gradients_are_torchs(name: str, form: str, given: bool, dtype: torch.dtype) -> None:
    theirs, ours = pair(SEQUENCES[name], 3, 5, dtype=dtype, batch_first=form == "batch first")
    x, leaf, batch = example(form, dtype)
    hx = states_for(theirs, batch, dtype) if given else None
    inputs = [leaf, *(tensors(hx) if given else [])]
    found = []
    for module in (ours, theirs):
        result = module(x, hx)
        assert isinstance(result[0], PackedSequence) is isinstance(x, PackedSequence)
        loss = sum((k + 1) * tensor.sin().sum() for k, tensor in enumerate(tensors(result)))
        found.append((result, torch.autograd.grad(loss, [*inputs, *module.parameters()], retain_graph=True)))
    (our_result, our_gradients), (their_result, their_gradients) = found
    assert_same(our_result, their_result, dtype)
    assert_same(our_gradients, their_gradients, dtype)
    assert [t.stride() for t in tensors(our_result)] == [t.stride() for t in tensors(their_result)]


@pytest.mark.parametrize("name", SEQUENCES)
def test_weights_begin_and_travel_as_torchs(name: str) -> None:
    theirs, ours = pair(SEQUENCES[name], 3, 5)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
    assert repr(ours) == repr(theirs)
    x = torch.randn(4, 2, 3)
    ours.reset_parameters()
    theirs.load_state_dict(ours.state_dict())
    assert_same(ours(x), theirs(x))
    theirs.reset_parameters()
    ours.load_state_dict(theirs.state_dict())
    assert_same(ours(x), theirs(x))


@pytest.mark.parametrize("name", SEQUENCES)
def test_copies_compute_the_same(name: str) -> None:
    _, ours = pair(SEQUENCES[name], 3, 5)
    x = torch.randn(4, 2, 3)
    saved = io.BytesIO()
    torch.save(ours, saved)
    loaded = torch.load(io.BytesIO(saved.getvalue()), weights_only=False)
    for again in (copy.deepcopy(ours), pickle.loads(pickle.dumps(ours)), loaded):
        assert type(again) is type(ours)
        assert all(torch.equal(a, b) for a, b in zip(tensors(again(x)), tensors(ours(x)), strict=True))


def test_the_snippet_of_the_teaching_guides() -> None:
    rnn = seqloom.nn.LSTM(2, 4, batch_first=True)
    output, (h_n, c_n) = rnn(torch.randn(1, 3, 2))
    assert output.shape == (1, 3, 4)
    assert h_n.shape == c_n.shape == (1, 1, 4)
    assert torch.equal(output[:, -1], h_n[0])
    both = seqloom.nn.GRU(2, 4, bidirectional=True)(torch.randn(3, 5, 2))[0]
    assert both.view(3, 5, 2, 4).shape == (3, 5, 2, 4)


@pytest.mark.parametrize("kernel", ["reference", "derived"])
@pytest.mark.parametrize("name", ["lstm deep", "gru deep"])
def test_a_kernel_can_be_asked_for(name: str, kernel: str) -> None:
    theirs, ours = pair(SEQUENCES[name], 3, 5)
    x = example("unsorted", torch.float32)[0]
    with kernels.use(kernel):
        assert_same(ours(x), theirs(x))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_between_layers_only_in_training(p: float) -> None:
    theirs, ours = pair(("GRU", {"num_layers": 2, "dropout": p}), 10, 1000)
    for module in (theirs, ours):
        for name, weight in module.named_parameters():
            nn.init.constant_(weight, 1.0 if name.startswith("weight_ih_l1") else 0.1)
    x = torch.ones(1, 1, 10)
    seen = []
    forward = torch.nn.functional.dropout
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.functional, "dropout", lambda v, q, t: seen.append(forward(v, q, t)) or seen[-1])
        ours(x)
    assert len(seen) == (p > 0)
    if seen:
        assert abs(float((seen[0] == 0).float().mean()) - p) < 0.06
    ours.eval(), theirs.eval()
    assert_same(ours(x), theirs(x))


def messages_of(modules, *arguments) -> list[tuple[bool, bool, str]]:
    """For every module: whether it raised a ValueError or a RuntimeError, and the message."""
    found = []
    for module in modules:
        with pytest.raises(Exception) as caught:
            module(*arguments)
        error = caught.value
        found.append((isinstance(error, ValueError), isinstance(error, RuntimeError), str(error)))
    return found


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_wrong_arguments_raise_as_torchs(name: str) -> None:
    def hx(*shape: int):
        return (torch.zeros(shape), torch.zeros(shape)) if name == "LSTM" else torch.zeros(shape)

    modules = pair((name, {}), 3, 5)
    for arguments in [
        (torch.zeros(4, 2, 2),),
        (torch.zeros(4, 2),),
        (torch.zeros(4, 2, 3, dtype=torch.float64),),
        (torch.zeros(4, 2, 3), hx(2, 5)),
        (torch.zeros(4, 3), hx(1, 1, 5)),
        (torch.zeros(4, 2, 3), hx(1, 3, 5)),
        (torch.zeros(4, 2, 3), hx(1, 2, 4)),
        (torch.zeros(4, 2, 3), hx(2, 2, 5)),
    ]:
        theirs, ours = messages_of(modules, *arguments)
        assert ours == theirs
    theirs, ours = messages_of(modules, torch.zeros(3))
    assert theirs[:2] == ours[:2] == (True, False)
    assert "Expected input to be 2D or 3D, got 1D" in ours[2]
    packed = pack_padded_sequence(torch.zeros(4, 2, 3), torch.tensor([4, 2]))
    with pytest.raises(RuntimeError, match=r"(?i)expected hidden.* size \(1, 2, 5\), got \[1, 3, 5\]"):
        modules[1](packed, hx(1, 3, 5))


@pytest.mark.parametrize(
    ("name", "sizes", "arguments"),
    [
        ("LSTM", (3, 0), {}),
        ("GRU", (0, 3), {}),
        ("GRU", (3, 4), {"num_layers": 0}),
        ("GRU", (3, 4), {"dropout": 1.5}),
        ("GRU", (3, 4), {"dropout": True}),
        ("RNN", (3, 4), {"nonlinearity": "garbage"}),
        ("LSTM", (3, 4), {"proj_size": 4}),
        ("LSTM", (3, 4), {"proj_size": -1}),
        ("RNN", (3, 4), {"proj_size": 2}),
        ("GRU", (3, 4), {"proj_size": 2}),
    ],
)
def test_wrong_constructions_raise_as_torchs(name: str, sizes, arguments) -> None:
    with pytest.raises(ValueError) as theirs:
        getattr(nn, name)(*sizes, **arguments)
    with pytest.raises(ValueError) as ours:
        getattr(seqloom.nn, name)(*sizes, **arguments)
    assert str(ours.value) == str(theirs.value)


def test_what_torch_cannot_do_works() -> None:
    ours = seqloom.nn.GRU(3, 5)
    y, h = ours(torch.zeros(0, 2, 3), torch.ones(1, 2, 5))
    assert y.shape == (0, 2, 5)
    assert torch.equal(h, torch.ones(1, 2, 5))
    assert ours(torch.zeros(4, 0, 3))[0].shape == (4, 0, 5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_short_formats_run_on_the_reference(dtype: torch.dtype) -> None:
    _, ours = pair(SEQUENCES["lstm"], 3, 5)
    wide, x = copy.deepcopy(ours), torch.randn(4, 2, 3)
    y, _ = ours.to(dtype)(x.to(dtype))
    assert y.dtype == dtype
    torch.testing.assert_close(y.float(), wide(x)[0], rtol=0.05, atol=0.05)
    with pytest.raises(ValueError, match="does not match weight dtype"):
        ours(x)


def test_under_autocast_the_recurrence_keeps_its_precision() -> None:
    _, ours = pair(SEQUENCES["lstm"], 3, 5)
    with torch.autocast("cpu", torch.bfloat16):
        assert ours(torch.randn(4, 2, 3).bfloat16())[0].dtype == torch.float32


def test_weights_that_are_not_parameters_are_used() -> None:
    class Halved(nn.Module):
        def forward(self, weight):
            return weight / 2

    theirs, ours = pair(SEQUENCES["gru"], 3, 5)
    x = torch.randn(4, 2, 3)
    for module in (theirs, ours):
        parametrize.register_parametrization(module, "weight_hh_l0", Halved())
    assert_same(ours(x), theirs(x))
    weights = {name: torch.randn_like(weight) for name, weight in theirs.named_parameters()}
    results = [torch.func.functional_call(module, weights, (x,)) for module in (ours, theirs)]
    assert_same(*results)


def test_a_packed_result_unpacks_in_the_order_of_the_batch() -> None:
    ours, x = seqloom.nn.LSTM(3, 5, bidirectional=True), torch.randn(3, 6, 3)
    lengths = torch.tensor([2, 6, 4])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    y, (h, _) = ours(packed)
    padded, _ = pad_packed_sequence(y, batch_first=True)
    for row, length in enumerate(lengths.tolist()):
        alone, (h_alone, _) = ours(x[row, :length])
        torch.testing.assert_close(padded[row, :length], alone)
        torch.testing.assert_close(h[:, row], h_alone)


@pytest.mark.filterwarnings("ignore:The tensor attributes:UserWarning")  # torch says it of its own modules too
def test_traced_modules_hold_torchs_operation() -> None:
    ours, x = seqloom.nn.GRU(3, 5), torch.randn(4, 2, 3)
    exported = torch.export.export(nn.Sequential(ours), (x,))
    assert_same(exported.module()(x), ours(x))
