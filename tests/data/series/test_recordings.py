"""What recordings of all kinds share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqloom.data.series.recordings import Sample, gather
from seqloom.errors import DataError

ONE = Sample("one", np.ones((2, 1)), ("x",), "a")


def test_series_are_float32_and_keep_what_is_missing() -> None:
    found = gather("here", [ONE._replace(values=np.array([[1], [-np.inf]]))])
    assert found.series[0].dtype == torch.float32
    assert found.series[0].isnan().tolist() == [[False], [True]]


def test_labels_of_some_only_are_refused() -> None:
    with pytest.raises(DataError, match="here, two: expected a label, as one has"):
        gather("here", [ONE, ONE._replace(name="two", label=None)])
    with pytest.raises(DataError, match="here, two: expected no label for each step, as one has"):
        gather("here", [ONE, ONE._replace(name="two", step_labels=["a", "a"])])


def test_labels_that_are_no_numbers_are_named() -> None:
    with pytest.raises(DataError, match="2 problems in here:\n  one: expected a number, got 'a'"):
        gather("here", [ONE, ONE._replace(name="two")]).numbers()


def test_predictions_are_written_by_name() -> None:
    found = gather("here", [ONE, ONE._replace(name="two, three")])
    assert "".join(found.written({"label": ["a", "b"], "probability": [0.5, 1]})) == (
        'recording,label,probability\none,a,0.5\n"two, three",b,1\n'
    )
