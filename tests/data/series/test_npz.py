"""Series in numpy's archives: three forms, and nothing that runs."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.series.read import read_recordings
from seqloom.errors import DataError
from tests.data.writing import written

ROWS = np.arange(12.0).reshape(2, 3, 2)
LABELS = np.array(["a", "b"])


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "x.npz", **arrays)
    return folder / "x.npz"


FORMS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "three axes": ({"X": ROWS, "y": LABELS}, [ROWS[0], ROWS[1]]),
    "columns first in memory": ({"X": np.asfortranarray(ROWS), "y": LABELS}, [ROWS[0], ROWS[1]]),
    "two axes": ({"X": ROWS[:, :, 0], "labels": LABELS}, [ROWS[0, :, :1], ROWS[1, :, :1]]),
    "padded": ({"X": ROWS, "y": LABELS, "lengths": np.array([2, 3])}, [ROWS[0, :2], ROWS[1]]),
    "one after the other": (
        {"X": ROWS.reshape(6, 2), "y": LABELS, "lengths": np.array([1, 5])},
        [ROWS.reshape(6, 2)[:1], ROWS.reshape(6, 2)[1:]],
    ),
    "an array each": ({"s10": ROWS[1], "s9": ROWS[0, :2], "y": LABELS}, [ROWS[0, :2], ROWS[1]]),
    "data and labels": ({"data": ROWS, "labels": LABELS}, [ROWS[0], ROWS[1]]),
    "two axes of data": ({"data": ROWS[:, :, 0], "target": LABELS}, [ROWS[0, :, :1], ROWS[1, :, :1]]),
    "a training part alone": ({"X_train": ROWS, "y_train": LABELS}, [ROWS[0], ROWS[1]]),
    "a part that is padded": (
        {"X_test": ROWS, "y_test": LABELS, "lengths": np.array([2, 3])},
        [ROWS[0, :2], ROWS[1]],
    ),
    "three axes under any name": ({"signals": ROWS, "targets": LABELS}, [ROWS[0], ROWS[1]]),
    "whole numbers": ({"X": ROWS.astype(int), "y": LABELS}, [ROWS[0], ROWS[1]]),
}


@pytest.mark.parametrize("kind", FORMS)
def test_forms(tmp_path: Path, kind: str) -> None:
    arrays, series = FORMS[kind]
    found = read_recordings(saved(tmp_path, **arrays))
    for read, expected in zip(found.series, series, strict=True):
        np.testing.assert_array_equal(read.numpy(), expected)
    assert found.labels == ["a", "b"]


def test_names_and_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path, X=ROWS, y=np.array([1.5, 2]), channels=np.array(["x", "y"]), names=np.array(["one", "two"]))
    found = read_recordings(path)
    assert (found.channels, found.names, found.numbers()) == (("x", "y"), ["one", "two"], [1.5, 2.0])
    unlabelled = read_recordings(saved(tmp_path, X=ROWS))
    assert (unlabelled.labels, unlabelled.channels) == (None, ("channel 1", "channel 2"))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "objects": (
        {"X": np.array([ROWS[0], ROWS[0, :1]], object), "y": LABELS},
        "array X: expected numbers or text, got objects, which need a pickle",
    ),
    "labels of another length": (
        {"X": ROWS, "y": np.array(["a"])},
        r"expected labels \(2,\), one for each series, got \(1,\)",
    ),
    "text": ({"X": LABELS}, r"expected numbers X \(N, T, D\) or \(N, T\), got <U1 \(2,\)"),
    "lengths beyond": ({"X": ROWS, "lengths": np.array([2, 4])}, "the lengths fit neither"),
    "lengths below": ({"X": ROWS, "lengths": np.array([2, -1])}, "of at least 0"),
    "channels": ({"X": ROWS, "channels": np.array(["x"])}, r"expected channels \(2,\).* got \(1,\)"),
    "other channels": (
        {"a": ROWS[0], "b": ROWS[1, :, :1]},
        "x.npz, b: expected the channels of .*x.npz, a: 2 channels, got 1",
    ),
    "four axes": ({"X": ROWS[None]}, r"got float64 \(1, 2, 3, 2\)"),
    "no series": ({"y": LABELS}, r"x\.npz has no array X .*; it has labels alone"),
    "names that are not known": (
        {"signals": ROWS, "kinds": LABELS},
        r"x\.npz has no array X for the series .* it has 'signals', 'kinds'. Call them X",
    ),
    "lengths of something": (
        {"a": ROWS[0], "b": ROWS[1], "lengths": np.array([1, 2])},
        "no array X .* it has 'a', 'b'",
    ),
    "more than series": (
        {"X": ROWS, "y": LABELS, "rate": np.array(9)},
        "has arrays 'rate' beside X, which are not known",
    ),
    "two parts": (
        {"X_train": ROWS, "y_train": LABELS, "X_test": ROWS, "y_test": LABELS},
        "has no array X; it has 'X_train', 'y_train', 'X_test', 'y_test'. Save each part in a file of its own",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_faults(tmp_path: Path, kind: str) -> None:
    arrays, message = FAULTS[kind]
    with pytest.raises(DataError, match=message):
        read_recordings(saved(tmp_path, **arrays))


def packed(header: str, data: bytes = b"") -> bytes:
    """An archive whose array X says of itself what one likes."""
    text = header.encode() + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("X.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"no archive",
        packed("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 9)}"),
        packed("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -9)}"),
        packed("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", b"x"),
        packed("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"x" * 99),
        packed("__import__('os').system('true')"),
        packed("{" * 2000),
        packed("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", b"\xff\xff\xff\x7f"),
        packed("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", b"\0\xd8\0\0"),
        packed("{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}", b"\0\0\0"),
    ],
)
def test_archives_that_lie_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match=r"x\.npz"):
        read_recordings(written(tmp_path, {"x.npz": data}) / "x.npz")


def test_a_member_that_is_no_array_and_sizes_beyond_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../evil.py", b"")
    with pytest.raises(DataError, match=r"holds \.\./evil\.py, expected arrays alone"):
        read_recordings(written(tmp_path, {"x.npz": file.getvalue()}) / "x.npz")
    monkeypatch.setattr("seqloom.data.series.npz._MOST_BYTES", 1 << 20)
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("X.npy", "w", force_zip64=True) as one,
    ):
        one.write(bytes(1 << 21))
    with pytest.raises(DataError, match="holds more than 1 MiB"):
        read_recordings(written(tmp_path, {"x.npz": file.getvalue()}) / "x.npz")


@given(st.lists(st.tuples(st.integers(0, 1500), st.binary(min_size=1, max_size=3)), max_size=4), st.integers(0, 1500))
def test_mutated_archives_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list, end: int
) -> None:
    file = io.BytesIO()
    np.savez(file, X=ROWS, y=LABELS)
    data = bytearray(file.getvalue())
    for place, piece in changes:
        data[place : place + len(piece)] = piece
    with suppress(DataError):
        path = written(tmp_path_factory.getbasetemp(), {"m.npz": bytes(data[: end or len(data)])}) / "m.npz"
        assert len(read_recordings(path))
