"""``seqloom doctor``: what it says of the kernels, and what it finds out about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch import Tensor

from seqloom.cells import Elman
from seqloom.kernels import Call, policy
from seqloom.kernels.backend import CPU
from seqloom.kernels.call import States
from seqloom.kernels.cpu import host
from seqloom.kernels.recurrence import Planned
from tests.apps.running import Command


def test_the_kernels_of_the_processor(command: Command) -> None:
    found = json.loads(command("doctor", "--json").out)["kernels"]
    assert f"vectors of {host().width} bits" in found["instructions of cpu"]
    assert found["threads of cpu"].startswith("1, ")
    assert found["chosen"] == "auto"


def test_the_kernel_cache_is_counted(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "kernels"
    monkeypatch.setenv("SEQLOOM_KERNEL_CACHE", str(place))
    place.mkdir(mode=0o700)
    (place / "one").write_bytes(b"x" * 1_500_000)
    cache = json.loads(command("doctor", "--json").out)["places"]["kernel cache"]
    assert cache == f"{place} (1 files, 1.5 MB)"
    place.chmod(0o777)
    assert json.loads(command("doctor", "--json").out)["places"]["kernel cache"].startswith("none: ")


def test_a_wrong_kernel_in_the_environment_is_a_finding(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQLOOM_KERNEL", "cpuu")
    policy._of_environment.cache_clear()
    result = command("doctor", "--json")
    monkeypatch.delenv("SEQLOOM_KERNEL")
    policy._of_environment.cache_clear()
    assert result.code == 0
    assert "Did you mean 'cpu'?" in json.loads(result.out)["kernels"]["chosen"]


@pytest.fixture
def _one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.testing.kernels.known_cells", lambda: {"Elman": Elman()})


@pytest.mark.usefixtures("_one_cell")
def test_verify_passes_and_says_how_close(command: Command) -> None:
    result = command("doctor", "--verify")
    assert result.code == 0, result.out
    assert "FAILED" not in result.out
    for kernel in ("torch", "cpu", "derived", "cpu, in steps"):
        assert f"Elman  {kernel} " in result.out
    assert result.err == "8 comparisons with the float64 reference, none failed.\n"


@pytest.mark.usefixtures("_one_cell")
def test_verify_finds_a_wrong_kernel(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Planned.run

    def wrong(self: Planned, call: Call) -> tuple[Tensor, States]:
        y, states = right(self, call)
        return (y * 1.001 if self.backend is CPU else y), states

    monkeypatch.setattr(Planned, "run", wrong)
    result = command("doctor", "--verify")
    assert result.code == 1
    assert "2 failed" in result.err
    failed = [line for line in result.out.splitlines() if "FAILED" in line]
    assert [line.split()[:3] for line in failed] == [["Elman", "cpu", "float32"], ["Elman", "cpu", "float64"]]
    record = json.loads(command("doctor", "--verify", "--json").out)
    assert not record["ok"]
    assert {one["kernel"] for one in record["comparisons"] if not one["ok"]} == {"cpu"}
