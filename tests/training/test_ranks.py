"""Several processes are one: the same weights, one writer, one end, and a death that nobody waits for."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from seqloom.errors import PeerError, StorageError, UsageError
from seqloom.storage.run import Run, newest_valid, versions
from seqloom.training.fabric import pick_device
from seqloom.training.open_run import open_run
from seqloom.training.ranks import Ranks, join
from seqloom.training.rows import restore_random
from seqloom.training.settings import TrainingSettings
from tests.training import together
from tests.training.example import TinyModel, Windows, contents, fit, windows
from tests.training.together import in_processes, run, settings

forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def printed(folder: Path, count: int = 2) -> list[str]:
    return [(folder / f"printed {rank}").read_text() for rank in range(count)]


@forking
def test_two_processes_equal_one(tmp_path: Path) -> None:
    names = tuple(together.PROBLEMS)
    (tmp_path / "alone").mkdir()
    together.equal(tmp_path / "alone", *names)
    assert in_processes(lambda: together.equal(tmp_path, *names), tmp_path) == [0, 0]
    assert printed(tmp_path) == ["", ""]
    for name in names:
        wanted = load_file(tmp_path / "alone" / f"{name} 0.safetensors")
        first, second = (load_file(tmp_path / f"{name} {rank}.safetensors") for rank in range(2))
        for key, value in wanted.items():
            assert torch.equal(first[key], second[key]), (name, key)
            torch.testing.assert_close(first[key], value, rtol=0, atol=1e-9, msg=f"{name}: {key}")


@forking
def test_a_run_resumes_to_the_bit_and_with_another_number_of_processes(tmp_path: Path) -> None:
    # Step 14 has a record by itself, so the end of the first part leaves no trace.
    assert in_processes(lambda: run(tmp_path / "whole", steps=20), tmp_path) == [0, 0]
    assert in_processes(lambda: run(tmp_path / "part", steps=14), tmp_path) == [0, 0]
    for count in (1, 3):
        path = tmp_path / f"with {count}"
        shutil.copytree(tmp_path / "part", path)
        assert in_processes(lambda path=path: run(path, resume=True, steps=20), tmp_path, count) == [0] * count
        assert newest_valid(path).step == 20
    assert in_processes(lambda: run(tmp_path / "part", resume=True, steps=20), tmp_path) == [0, 0]
    assert contents(tmp_path / "whole" / "step-00000020") == contents(tmp_path / "part" / "step-00000020")


def deaths(base: Path, kills: int) -> dict[str, str]:
    """What became of runs of which one process was killed, at moments from the first exchange to the last."""
    assert in_processes(lambda: run(base / "reference", steps=14), base) == [0, 0]
    found = {}
    for number in range(kills):
        rank, exchange = number % 2, 2 + 30 * number // kills
        path, die = base / f"killed {number}", together.dying(rank, exchange)
        codes = in_processes(lambda die=die, path=path: (die(), run(path, steps=14)), base)
        end = printed(base)[1 - rank]
        codes_again = in_processes(lambda path=path: run(path, resume=bool(versions(path)), steps=14), base)
        same = contents(path / "step-00000014") == contents(base / "reference" / "step-00000014")
        found[f"process {rank}, exchange {exchange}"] = (
            f"codes {codes}"
            if codes != ([-9, 8] if rank == 0 else [8, -9])
            else f"printed {end}"
            if not end.splitlines()[-1].startswith("Another process of this run has ended: killed")
            or "Traceback" in end
            else "identical"
            if codes_again == [0, 0] and same
            else f"resumed with {codes_again}, {same}"
        )
    return found


@forking
def test_who_is_left_of_killed_processes_ends_and_resumes(tmp_path: Path) -> None:
    assert set(deaths(tmp_path, 3).values()) == {"identical"}


@forking
@pytest.mark.slow
def test_10_kills_of_one_process(tmp_path: Path) -> None:
    found = deaths(tmp_path, 10)
    assert {point: result for point, result in found.items() if result != "identical"} == {}
    assert len(found) == 10


@forking
@pytest.mark.parametrize("where", ["learned from", "judged by"])
def test_a_signal_to_one_process_stops_all_at_one_step(tmp_path: Path, where: str) -> None:
    def signalled() -> None:
        class Interrupting(Windows):
            def __getitem__(self, index):  # type: ignore[no-untyped-def, override]
                if index == 2 and join().rank == 1:
                    signal.raise_signal(signal.SIGTERM)
                return super().__getitem__(index)

        learned, judged = windows(7), windows(3, seed=4)
        problem = (Interrupting(learned), judged) if where == "learned from" else (learned, Interrupting(judged))
        with open_run(tmp_path / "run", join()) as opened:
            fit(TinyModel(), *problem, settings(), opened)

    assert in_processes(signalled, tmp_path) == [143, 143]
    step = newest_valid(tmp_path / "run").step
    assert step == (3 if where == "learned from" else 25)
    assert all(f"Stopped by SIGTERM at step {step}. Everything is saved" in text for text in printed(tmp_path))


@forking
def test_all_end_at_the_same_step(tmp_path: Path) -> None:
    def stopped() -> None:
        for name, changes in (("minutes", {"minutes": 0.02}), ("patience", {"patience": 2, "learning_rate": 0.9})):
            history = run(tmp_path / name, steps=100_000, **changes)
            print(name, history.stopped == name, history.steps, history.best)

    assert in_processes(stopped, tmp_path) == [0, 0]
    first, second = printed(tmp_path)
    assert first == second
    assert first.count("True") == 2


@forking
def test_an_error_of_one_process_ends_all(tmp_path: Path) -> None:
    def failing() -> None:
        if join().first:

            def save(self: Run, step: int, files: object) -> Path:
                raise StorageError("The disk is full.")

            Run.save = save  # type: ignore[method-assign]
        run(tmp_path / "run")

    assert in_processes(failing, tmp_path) == [6, 8]
    first, second = printed(tmp_path)
    assert first == "The disk is full.\n"
    assert second.startswith("Another process of this run has ended")
    assert second.endswith("Nothing is saved.\n")


@forking
def test_what_is_refused_in_the_first_process_ends_all(tmp_path: Path) -> None:
    run(tmp_path / "run", steps=1)
    assert in_processes(lambda: run(tmp_path / "run"), tmp_path) == [2, 8]
    assert "already holds a run" in printed(tmp_path)[0]


@forking
def test_other_data_in_another_process_is_refused(tmp_path: Path) -> None:
    def different() -> None:
        fit(TinyModel(), windows(5 + join().rank), None, settings())

    assert in_processes(different, tmp_path) == [2, 2]
    assert all(
        "read different data: 5, 6 batches to learn from, 0, 0 to judge by" in text for text in printed(tmp_path)
    )


@forking
def test_who_left_cannot_go_on(tmp_path: Path) -> None:
    def again() -> None:
        with pytest.raises(ValueError, match="of mine"), join():
            raise ValueError("of mine")
        with pytest.raises(PeerError):
            fit(TinyModel(), windows(), None, settings())

    assert in_processes(again, tmp_path) == [0, 0]


def test_the_last_rows_may_be_nobodys() -> None:
    for size in range(1, 5):
        for rows in range(7):
            shares = [Ranks(rank, size).share(rows) for rank in range(size)]
            assert [row for begin, end in shares for row in range(begin, end)] == list(range(rows))


def test_the_first_to_end_tells() -> None:
    class Store:
        words = b""

        def compare_set(self, key: str, expected: str, value: str) -> bytes:
            self.words = self.words or value.encode()
            return self.words

    store = Store()
    first, second = (Ranks(rank, 2, store=store) for rank in range(2))
    assert second.end(5) == (True, 5)
    assert first.end(8) == (False, 5)
    assert second.end(6) == (True, 6)


@pytest.mark.parametrize(
    ("device", "gpus", "found"),
    [
        ("cpu", 0, "cpu"),
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda:1"),
        ("cuda", 3, "cuda:1"),
        ("auto", 1, "2 processes need a GPU each, torch sees 1"),
        ("cuda:0", 2, "cuda:0 is one GPU for 2 processes"),
        ("mps", 0, "mps takes one process"),
    ],
)
def test_each_process_has_a_device_of_its_own(
    monkeypatch: pytest.MonkeyPatch, device: str, gpus: int, found: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    try:
        picked = str(pick_device(TrainingSettings(device=device), Ranks(1, 2, (1, 2))))
    except UsageError as error:
        picked = str(error)
    assert found in picked


def test_another_number_of_processes_is_said() -> None:
    random = {"cpu": torch.get_rng_state(), "cpu.1": torch.get_rng_state()}
    device = torch.device("cpu")
    assert restore_random(Ranks(1, 2), random, device, 0) == ""
    assert "begun by 2 processes, there is 1 now" in restore_random(Ranks(), random, device, 0)
    del random["cpu.1"]
    assert "begun by 1 process, there are 3 now" in restore_random(Ranks(2, 3), random, device, 0)
    drawn = torch.rand(3)
    restore_random(Ranks(1, 3), random, device, 0)
    assert not torch.equal(torch.rand(3), drawn)
