from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from seqloom.errors import DataError
from seqloom.tasks.examples.rows import check_rows

NAN = float("nan")


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([], None, ["X: expected at least one row, got none"]),
        (np.zeros((0, 3)), [], ["X: expected at least one row"]),
        (["a", None], None, ["X: row 1 is missing (None)."]),
        (["a", NAN], None, ["X: row 1 is missing (nan)."]),
        (["a", ""], None, ["X: row 1 is empty."]),
        ([["a"], []], None, ["X: row 1 is empty."]),
        ([torch.ones(2, 1), torch.ones(0, 1)], None, ["X: row 1 is empty."]),
        ([[1.0], [2.0, NAN]], None, ["X: row 1 has NaN or infinity at step 1."]),
        ([np.ones((2, 2)), np.array([[1, 1], [1, np.inf]])], None, ["row 1 has NaN or infinity at step 1"]),
        ([torch.tensor([[NAN]])], None, ["X: row 0 has NaN or infinity at step 0."]),
        (np.array([[1.0, 2.0], [NAN, 2.0]]), None, ["X: row 1 has NaN or infinity at step 0."]),
        (["a", "b"], ["x"], ["y: expected 2 targets, one for each row, got 1."]),
        (["a"], torch.ones(2), ["y: expected 1 targets, one for each row, got 2."]),
        (["a", "b"], ["x", None], ["y: the target of row 1 is missing (None)."]),
        (["a", "b"], np.array([1.0, NAN]), ["y: the target of row 1 is missing (nan)."]),
        (["a", "b"], [1.0, float("inf")], ["y: the target of row 1 is missing (inf)."]),
        (np.arange(3.0), None, ["3 problems", "X: row 0 is a number, 0.0, and no sequence. Reshape your data"]),
        ([torch.tensor(1)], None, ["X: row 0 is a number, 1, and no sequence"]),
        ([np.array([1j])], None, ["X: row 0 has complex numbers. Complex data not supported."]),
        (csr_array((2, 2)), None, ["X: sparse input is not supported. Give X.toarray()."]),
        ([None] * 12, None, ["12 problems", "row 9 is missing", "and 2 more."]),
        (["", None], ["x"], ["3 problems", "y: expected 2", "row 0 is empty", "row 1 is missing"]),
    ],
)
def test_all_that_cannot_be_used_is_named(X: Any, y: Any, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        check_rows(X, y)
    for part in words:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ("file.csv", None),
        (Path("file.csv"), None),
        (["a", "bc"], ["x", "y"]),
        (np.array(["a", "bc"]), np.array(["x", "y"])),
        (["a", "bc"], None),
        ([["a", "b"], ["c"]], [["X", "Y"], ["X"]]),
        ([torch.ones(2, 1), torch.ones(3, 1)], torch.tensor([0.5, 1.0])),
        ([[1, 2], [3]], [1, 2]),
        ([[[1.0], [1.0, 2.0]]], [1]),
        (np.ones((3, 4)), np.arange(3)),
        (object(), None),
    ],
)
def test_what_can_be_used_passes(X: Any, y: Any) -> None:
    check_rows(X, y)
