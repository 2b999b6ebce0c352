"""A made machine runs on as it says it does, and has the faults that are planted, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqloom.data.made.files import KINDS, Example
from seqloom.data.made.machine import Fault, Planted, made_faults, made_machine
from seqloom.tasks.forecasting.door import claims_times


def test_its_deviations_are_those_that_faults_are_sized_by() -> None:
    calm = made_machine(40_000, 3)
    spikes = made_machine(40_000, 3, [Planted(Fault.SPIKE, 7, channel) for channel in range(3)])
    np.testing.assert_allclose((spikes - calm)[7], 3 * calm.std(0), rtol=0.01)


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_begins_and_ends_where_it_is_planted(fault: Fault) -> None:
    one = Planted(fault, 200, 0, -1)
    calm, ill = made_machine(500, 1), made_machine(500, 1, [one])
    np.testing.assert_array_equal(calm[:200], ill[:200])
    assert (calm != ill)[one.place, 0].all()
    if fault is not Fault.RHYTHM:
        np.testing.assert_array_equal(np.delete(calm, one.place, 0), np.delete(ill, one.place, 0))
        np.testing.assert_array_equal(calm[:, 1:], ill[:, 1:])
    if fault is Fault.DRIFT:
        away = (ill - calm)[one.place, 0] / calm[:, 0].std()
        np.testing.assert_allclose(away[[0, 49, 99, 149]], [-0.005, -0.25, -0.5, -0.5], rtol=0.05)
    if fault is Fault.STUCK:
        assert set(ill[one.place, 0]) == {ill[199, 0]}


@pytest.mark.parametrize(("sign", "turns"), [(1, 130 / 7), (-1, 100 / 1.3 / 7)])
def test_another_rhythm_turns_faster_or_slower(sign: int, turns: float) -> None:
    values = made_machine(400, 1, [Planted(Fault.RHYTHM, 200, 0, sign)])[200:300, 0]
    spectrum = np.abs(np.fft.rfft(values - values.mean()))
    assert abs(spectrum.argmax() - turns) < 1


def test_files_of_it(tmp_path: Path) -> None:
    make, faulty = KINDS[Example.MACHINE].as_file, KINDS[Example.FAULTS].as_file
    assert make is not None
    assert faulty is not None
    (tmp_path / "a.csv").write_text(make(120, 0))
    claim = claims_times(tmp_path / "a.csv", {})
    assert claim is not None
    assert "'vibration', 'current', 'temperature'" in claim.reason
    values, planted = made_faults(2400, 0)
    assert [one.fault for one in planted] == list(Fault)
    rows = [row.split(",") for row in faulty(2400, 0).splitlines()]
    assert rows[0] == ["time", "vibration", "current", "temperature", "fault"]
    np.testing.assert_allclose(np.array([row[1:4] for row in rows[1:]], float), values, atol=6e-4)
    for one in planted:
        assert {row[4] for row in rows[1:][one.place]} == {one.fault}
    assert sum(row[4] != "" for row in rows[1:]) == sum(one.fault.steps for one in planted)
