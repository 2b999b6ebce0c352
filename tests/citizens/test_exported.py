"""``torch.export``: both ways of tracing, saved, loaded and run on other sizes and lengths."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.export import Dim, ExportedProgram

from tests.citizens.subjects import CELLS, DROP_INS, LARGE, LAYERS, SUBJECTS, Subject, tensors_of
from tests.citizens.table import Column, Family, assert_same, check

FAMILY = Family()


def exported(subject: Subject, module: nn.Module, strict: bool, lengths: bool = False) -> ExportedProgram:
    x = subject.x()
    arguments: tuple[Any, ...] = subject.arguments(x, [2, 5, 0] if lengths else None)
    sizes: dict[int, Any] = {0: Dim.DYNAMIC}
    if not subject.steps:
        sizes[1] = Dim.DYNAMIC
    shapes = (sizes, None, {0: Dim.DYNAMIC})[: len(arguments)]
    return torch.export.export(module, arguments, dynamic_shapes=shapes, strict=strict)


def again(program: ExportedProgram) -> nn.Module:
    """Saved and loaded."""
    file = io.BytesIO()
    torch.export.save(program, file)
    return torch.export.load(io.BytesIO(file.getvalue())).module()


def exported_and_run(subject: Subject, strict: bool) -> None:
    module = subject.module()
    with torch.no_grad():
        loaded = again(exported(subject, module, strict))
        x = subject.x(2, 7)
        assert_same(subject.run(loaded, x), subject.wanted(module, x))


@FAMILY(SUBJECTS, slow=LAYERS)
def exported_strictly(subject: Subject) -> None:
    exported_and_run(subject, strict=True)


@FAMILY(SUBJECTS)
def exported_without_Dynamo(subject: Subject) -> None:
    exported_and_run(subject, strict=False)


@FAMILY(LAYERS, slow=LARGE)
def exported_with_lengths(subject: Subject) -> None:
    module = subject.module()
    with torch.no_grad():
        loaded = again(exported(subject, module, strict=False, lengths=True))
        x = subject.x(4, 6, seed=3)
        lengths = [5, 1, 0, 4]
        assert_same(subject.run(loaded, x, lengths), subject.wanted(module, x, lengths))


@FAMILY([*DROP_INS, *CELLS, *LAYERS[:5]])
def trained_after_export(subject: Subject) -> None:
    module = subject.module()
    program = exported(subject, module, strict=False).module()
    x = subject.x(2, 7)
    found, wanted = subject.run(program, x)[0], subject.wanted(module, x)[0]
    found.square().sum().backward()
    gradients = torch.autograd.grad(wanted.square().sum(), list(module.parameters()), allow_unused=True)
    assert_same([weight.grad for weight in program.parameters()], gradients)


@pytest.mark.parametrize(("column", "subject"), FAMILY.cells())
def test_cell(column: Column, subject: Subject) -> None:
    check(column, subject)


LOAD = """
import sys, torch, seqloom.layers
for place in sys.argv[1:]:
    program, x, wanted = torch.export.load(place + "/program.pt2"), *torch.load(place + "/example.pt")
    leaves = torch.utils._pytree.tree_leaves(program.module()(x))
    found = [leaf for leaf in leaves if leaf.is_floating_point()]
    torch.testing.assert_close(found, wanted)
"""


@pytest.mark.filterwarnings("ignore:.*_flat_weights.* were assigned during export")  # as torch's own
def test_programs_run_in_a_new_process(tmp_path: Path) -> None:
    places = []
    for subject in (
        subject
        for subject in SUBJECTS
        if subject.name in ("LSTM", "GRUCell", "Recurrent(GRU)", "stack", "slstm", "attention")
    ):
        module, x, place = subject.module(), subject.x(2, 7), tmp_path / subject.name
        place.mkdir()
        with torch.no_grad():
            torch.export.save(exported(subject, module, strict=False), place / "program.pt2")
            torch.save((x, tensors_of(module(x))), place / "example.pt")
        places.append(str(place))
    done = subprocess.run([sys.executable, "-c", LOAD, *places], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
