"""``torch.compile``: one graph, with gradients and without, for other sizes than those it was traced with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom import kernels
from seqloom.layers import LuongDecoder, parse_spec
from seqloom.layers.attention import GeneralScore
from tests.citizens.subjects import CELLS, DROP_INS, LARGE, LAYERS, SUBJECTS, Subject
from tests.citizens.table import Column, Family, assert_same, both_ways, check

FAMILY = Family()
FIRST, THEN = (3, 5), (2, 7)


@contextmanager
def one_program() -> Iterator[None]:
    """One for all sizes; to compile subclasses of ``torch.nn.RNNBase`` in one graph, Dynamo wants to be asked."""
    with torch._dynamo.config.patch(error_on_recompile=True), rnn_allowed():
        yield


@contextmanager
def rnn_allowed(allowed: bool = True) -> Iterator[None]:
    torch._dynamo.reset()
    with torch._dynamo.config.patch(allow_rnn=allowed):
        yield
    torch._dynamo.reset()


def compiled(module: nn.Module, backend: str = "aot_eager", fullgraph: bool = True) -> Callable[..., Any]:
    return torch.compile(module, backend=backend, fullgraph=fullgraph, dynamic=True)


def assert_same_kernels(subject: Subject, module: nn.Module, run: Callable[..., Any], x: Tensor, *rest: Any) -> None:
    """What ran compiled is what runs otherwise, and no reference unless that is what runs."""
    with kernels.watch() as eager:
        subject.run(module, x, *rest)
    with kernels.watch() as traced:
        subject.run(run, x, *rest)
    recurrences = [[c.kernel for c in choices if c.work == "a recurrence"] for choices in (eager, traced)]
    assert ("reference" in recurrences[0]) >= ("reference" in recurrences[1])
    assert bool(recurrences[0]) <= bool(recurrences[1])


@FAMILY(SUBJECTS, slow=LARGE)
def compiled_without_gradients(subject: Subject) -> None:
    module = subject.module()
    with torch.no_grad(), one_program():
        run = compiled(module)
        for sizes in (FIRST, THEN):
            x = subject.x(*sizes)
            assert_same(subject.run(run, x), subject.wanted(module, x))
        assert_same_kernels(subject, module, run, x)


@FAMILY([*CELLS, *LAYERS], slow=LARGE)
def compiled_with_gradients_and_lengths(subject: Subject) -> None:
    module = subject.module()
    with one_program():
        run = compiled(module)
        for sizes, lengths in ((FIRST, [2, 5, 0]), (THEN, [6, 3])):
            x = subject.x(*sizes)
            found = both_ways(lambda _, x, lengths: subject.run(run, x, lengths), module, x, lengths)
            assert_same(found, both_ways(subject.wanted, module, x, lengths))


@FAMILY(DROP_INS)
def compiled_with_gradients(subject: Subject) -> None:
    module = subject.module()
    with one_program():
        run = compiled(module)
        for sizes in (FIRST, THEN):
            x = subject.x(*sizes)
            found = both_ways(lambda _, x: subject.run(run, x), module, x)
            assert_same(found, both_ways(subject.wanted, module, x))


@FAMILY([*DROP_INS, *CELLS])
def compiled_around_a_graph_break(subject: Subject) -> None:
    module = subject.module()
    with rnn_allowed(False):
        run = compiled(nn.Sequential(module), fullgraph=False)
        for lengths in (None, [2, 5, 3]):
            found = both_ways(lambda _, x, lengths: subject.run(run, x, lengths), module, subject.x(), lengths)
            assert_same(found, both_ways(subject.wanted, module, subject.x(), lengths))


INDUCTED = [subject for subject in SUBJECTS if subject.name in ("LSTM", "stack", "transformer")]


@FAMILY(INDUCTED, slow=INDUCTED)
def compiled_by_Inductor(subject: Subject) -> None:
    module = subject.module()
    with rnn_allowed():
        run = compiled(module, backend="inductor")
        for sizes, lengths in ((FIRST, [2, 5, 0]), (THEN, [6, 3])):
            x, rows = subject.x(*sizes), None if subject.packs else lengths
            found = both_ways(lambda _, x, rows: subject.run(run, x, rows), module, x, rows)
            assert_same(found, both_ways(subject.wanted, module, x, rows))


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)


@pytest.mark.slow
def test_a_decoder_whose_state_grows_is_written_out_step_by_step() -> None:
    decoder = LuongDecoder(parse_spec("transformer(8)").build(12), GeneralScore(8, 3))
    x, memory = torch.randn(2, 3, 4), torch.randn(2, 5, 3)

    def run(x: Tensor) -> Tensor:
        y: Tensor = decoder(x, decoder.initial_state(2, memory=memory))[0]
        return y

    torch.testing.assert_close(torch.compile(run, backend="aot_eager", fullgraph=True)(x), run(x))
