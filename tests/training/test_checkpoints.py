"""Run directories: two versions kept, the newest whole one used, one run at a time, resumed runs equal."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load
from torch import nn

from seqloom.errors import DivergedError, Interrupted, ModelFileError, SeqloomWarning, StorageError, UsageError
from seqloom.storage import directory, lock
from seqloom.storage.directory import read_directory, write_directory
from seqloom.storage.lock import RunLock
from seqloom.storage.run import Run, newest_files, newest_valid, versions
from seqloom.storage.temporary import label_of, temporary_beside
from seqloom.training.progress import Silent
from seqloom.training.settings import TrainingSettings
from seqloom.training.snapshot import unpack
from tests.storage.trees import everything
from tests.training.example import TinyModel, Windows, contents, fit, windows, without_clock
from tests.training.test_kill import ROOT

BASE = {"learning_rate": 0.03, "epochs": None, "steps": 20, "device": "cpu", "log_every": 3, "evaluate_every": 4}


def settings(**changes: object) -> TrainingSettings:
    return TrainingSettings.from_mapping(BASE | changes)


def train(
    path: Path,
    *,
    model: nn.Module | None = None,
    batches: Windows | None = None,
    resume: bool = False,
    force: bool = False,
    **changes: object,
) -> None:
    with Run(path, lambda: {"config.json": b"{}"}, resume=resume, force=force) as run:
        fit(model or TinyModel(), batches or windows(), windows(3, seed=4), settings(**changes), run)


def test_what_a_kill_kept_from_being_deleted_goes_when_the_run_goes_on(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        write_directory(tmp_path / "run" / f"step-{step:08d}", {"config.json": b"{}", "metrics.jsonl": b""})
    with Run(tmp_path / "run", resume=True):
        assert [v.name for v in versions(tmp_path / "run")] == ["step-00000002", "step-00000003"]


def test_a_run_leaves_two_whole_model_directories(tmp_path: Path) -> None:
    train(tmp_path / "run", checkpoint_every_steps=6)
    assert [v.name for v in versions(tmp_path / "run")] == ["step-00000018", "step-00000020"]
    newest = newest_valid(tmp_path / "run")
    assert newest.step == 20
    assert set(newest.files) == {
        "config.json",
        "model.safetensors",
        "training.safetensors",
        "training.json",
        "metrics.jsonl",
    }
    assert newest.files["metrics.jsonl"] == (tmp_path / "run" / "metrics.jsonl").read_bytes()
    assert sorted(os.listdir(tmp_path / "run")) == [".lock", "metrics.jsonl", "step-00000018", "step-00000020"]


def test_the_model_of_a_checkpoint_is_the_best_one(tmp_path: Path) -> None:
    model = TinyModel()
    with Run(tmp_path / "run") as run:
        history = fit(model, windows(), windows(3, seed=4, time=2), settings(learning_rate=0.5, steps=40), run)
    assert history.best_step is not None
    assert history.best_step < 40
    saved = load(newest_valid(tmp_path / "run").files["model.safetensors"])
    assert all(torch.equal(value, saved[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_a_stop_in_the_middle_changes_nothing(tmp_path: Path, optimiser: str, schedule: str) -> None:
    same = {"optimiser": optimiser, "schedule": schedule, "accumulate": 2, "patience": 99, "warmup_steps": 3}
    train(tmp_path / "whole", **same)
    for stop in (5, 12):
        part = tmp_path / f"stopped-{stop}"
        interrupted_at(part, stop, **same)
        train(part, resume=True, **same)
        assert contents(part / "step-00000020") == contents(tmp_path / "whole" / "step-00000020")


def interrupted_at(path: Path, step: int, **changes: object) -> None:
    calls = 0

    class Interrupting(Windows):
        def __getitem__(self, index):  # type: ignore[no-untyped-def, override]
            nonlocal calls
            calls += 1
            if calls == 2 * step:
                signal.raise_signal(signal.SIGTERM)
            return super().__getitem__(index)

    with pytest.raises(Interrupted, match=r"Stopped by SIGTERM at step \d+.*--resume .*continues") as caught:
        train(path, batches=Interrupting(windows()), **changes)
    assert caught.value.exit_code == 143


def test_precision_and_lengths_resume_too(tmp_path: Path) -> None:
    same = {"precision": "bf16-mixed", "batches": windows(lengths=True)}
    train(tmp_path / "whole", **same)  # type: ignore[arg-type]
    train(tmp_path / "part", checkpoint_every_steps=9, **same)  # type: ignore[arg-type]
    damaged = tmp_path / "part" / "step-00000020"
    (damaged / "config.json").write_text("damaged")
    train(tmp_path / "part", resume=True, **same)  # type: ignore[arg-type]
    # Whether a disk or a person changed it cannot be known, so it is neither replaced nor moved.
    assert (damaged / "config.json").read_text() == "damaged"
    again = newest_valid(tmp_path / "part").path
    assert again.name == "step-000000020"
    assert contents(again) == contents(tmp_path / "whole" / "step-00000020")


def test_a_signal_during_evaluation_resumes_with_that_evaluation(tmp_path: Path) -> None:
    train(tmp_path / "whole")

    class Interrupting(Windows):
        def __getitem__(self, index):  # type: ignore[no-untyped-def, override]
            signal.raise_signal(signal.SIGINT)
            return super().__getitem__(index)

    with Run(tmp_path / "part", lambda: {"config.json": b"{}"}) as run, pytest.raises(Interrupted) as caught:
        fit(TinyModel(), windows(), Interrupting(windows(3, seed=4)), settings(), run)
    assert caught.value.exit_code == 130
    assert newest_valid(tmp_path / "part").step == 4
    train(tmp_path / "part", resume=True)
    assert contents(tmp_path / "part" / "step-00000020") == contents(tmp_path / "whole" / "step-00000020")


def test_a_finished_run_can_be_continued_with_a_later_limit(tmp_path: Path) -> None:
    same = {"schedule": "constant"}
    train(tmp_path / "run", steps=12, **same)
    train(tmp_path / "run", resume=True, steps=12, **same)
    assert newest_valid(tmp_path / "run").step == 12
    train(tmp_path / "run", resume=True, **same)
    train(tmp_path / "whole", **same)
    assert contents(tmp_path / "run" / "step-00000020") == contents(tmp_path / "whole" / "step-00000020")


def test_floats_come_back_to_the_bit(tmp_path: Path) -> None:
    train(tmp_path / "run", steps=5)
    counters = unpack(newest_valid(tmp_path / "run")).counters
    records = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_bytes().splitlines()]
    assert counters.stopping.best == min(record.get("validation_loss", 9.0) for record in records)
    assert str(counters.stopping.best) == repr(records[-1]["validation_loss"])


def test_the_log_is_cut_back_and_continued(tmp_path: Path) -> None:
    train(tmp_path / "whole")
    train(tmp_path / "part", steps=8, schedule="constant")
    train(tmp_path / "reference", schedule="constant")
    with (tmp_path / "part" / "metrics.jsonl").open("ab") as log:
        log.write(b'{"step": 9, "loss": 1.0, "seconds": 1.0}\n{"step": 1')
    train(tmp_path / "part", resume=True, schedule="constant")
    expected = without_clock((tmp_path / "reference" / "metrics.jsonl").read_bytes())
    assert without_clock((tmp_path / "part" / "metrics.jsonl").read_bytes()) == expected


def test_the_newest_whole_checkpoint_loads(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, checkpoint_every_steps=6)
    os.truncate(run / "step-00000020" / "model.safetensors", 10)
    found = newest_valid(run)
    assert found.step == 18
    assert "model.safetensors is cut short" in found.skipped[0]
    os.truncate(run / "step-00000018" / "training.json", 10)
    with pytest.raises(ModelFileError, match=r"no checkpoint that can be used.\n.*cut short.*\n.*training.json is cut"):
        newest_valid(run)
    with pytest.raises(ModelFileError, match="no checkpoint that can be used"):
        train(run, resume=True)


def test_newest_files_tell_what_they_pass_over(tmp_path: Path) -> None:
    train(tmp_path / "run", steps=4, checkpoint_every_steps=3)
    assert newest_files(tmp_path / "run") == (newest_valid(tmp_path / "run").files, ())
    assert newest_files(tmp_path / "run" / "step-00000004") == newest_files(tmp_path / "run")
    (tmp_path / "run" / "step-00000004" / "config.json").write_text("damaged")
    files, (reason,) = newest_files(tmp_path / "run")
    assert files == read_directory(tmp_path / "run" / "step-00000003")
    assert "step-00000004: config.json is" in reason


def test_what_has_learned_nothing_is_no_answer_where_more_was_learned(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, steps=4)
    (run / "step-00000004" / "config.json").write_text("damaged")
    for use in (newest_files, newest_valid, lambda path: train(path, resume=True)):
        with pytest.raises(
            ModelFileError, match=r"step-00000004: config.json is .*\n.*step-00000000: .*\n.*--force"
        ) as caught:
            use(run)
        assert caught.value.exit_code == 4
    with pytest.raises(UsageError, match=r"not replaced.*\n.*step-00000004: config.json"):
        train(run, force=True)
    (run / "step-00000004").rename(tmp_path / "elsewhere")
    assert newest_valid(run).step == 0
    train(run, steps=3, force=True)
    assert newest_valid(run).step == 3


def test_a_directory_of_runs_and_models_names_them(tmp_path: Path) -> None:
    train(tmp_path / "b", steps=1)
    directory.write_directory(tmp_path / "a", {"config.json": b"{}"})
    (tmp_path / "other").mkdir()
    message = f"{tmp_path} is no model; it holds models: {tmp_path / 'a'}, {tmp_path / 'b'}. Give one"
    with pytest.raises(ModelFileError, match=re.escape(message)):
        newest_files(tmp_path)
    for name in "cdef":
        directory.write_directory(tmp_path / name, {"config.json": b"{}"})
    with pytest.raises(ModelFileError, match=re.escape(f"{tmp_path / 'e'}, …. Give one")):
        newest_files(tmp_path)
    with pytest.raises(ModelFileError, match="not a seqloom model directory"):
        newest_files(tmp_path / "other")


def test_a_directory_that_may_not_be_looked_into_is_no_model_to_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path / "run", steps=1)

    def refuse(*_: object) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(ModelFileError, match=r"run: cannot be read .Permission denied.\."):
        newest_files(tmp_path / "run")


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, steps=4)
    with pytest.raises(
        UsageError, match=r"already holds a run\. Continue it with --resume, replace it with --force"
    ) as caught:
        train(run)
    assert caught.value.exit_code == 2
    train(run, force=True, steps=3)
    assert newest_valid(run).step == 3
    assert [v.name for v in versions(run)] == ["step-00000000", "step-00000003"]
    with pytest.raises(UsageError, match="Choose one"):
        Run(run, resume=True, force=True)


def test_a_living_run_is_never_disturbed(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        for how in ({}, {"resume": True}, {"force": True}):
            with pytest.raises(UsageError, match=f"in use by another run .process {os.getpid()}."):
                Run(run.path, **how)
    Run(tmp_path / "run").close()


def test_places_that_are_no_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no run to resume at .* make the directory first"):
        Run(tmp_path / "nothing", resume=True)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="Expected a directory for the run, got the file"):
        Run(tmp_path / "file")
    with pytest.raises(StorageError, match=r"Cannot write .*Check the path"):
        Run(tmp_path / "file" / "deeper")
    directory.write_directory(tmp_path / "model", {"config.json": b"{}"})
    with pytest.raises(UsageError, match="holds a saved model, not a run"):
        Run(tmp_path / "model", force=True)


@pytest.mark.parametrize("kind", ["empty", "killed before its first checkpoint"])
def test_where_there_is_nothing_to_resume_a_new_run_begins_and_says_so(tmp_path: Path, kind: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    if kind.startswith("killed"):
        (run / ".lock").write_text("seqloom 4711")
    with pytest.warns(SeqloomWarning, match=f"There is no run at {run} to resume: a new one begins") as warned:
        train(run, steps=2, resume=True)
    assert warned[0].filename == __file__
    train(run, steps=3, resume=True)
    assert newest_valid(run).step == 3


def refused(run: Path, kind: str) -> None:
    """Make a command that asks for ``run`` fail before anything is saved."""
    train(run, steps=1)
    (run / ".lock").unlink()
    if kind == "a run is there":
        Run(run)
    elif kind == "a foreign file in it":
        (run / "step-00000001" / "notes.txt").touch()
        Run(run, force=True)
    elif kind == "what comes after fails":
        with Run(run, force=True) as opened:
            opened.begin()
            raise UsageError("the text is too short")


@pytest.mark.parametrize("kind", ["a run is there", "a foreign file in it", "what comes after fails"])
def test_a_refused_run_leaves_a_directory_as_it_was(tmp_path: Path, kind: str) -> None:
    run = tmp_path / "run"
    with pytest.raises(UsageError):
        refused(run, kind)
    assert sorted(os.listdir(run)) == ["metrics.jsonl", "step-00000000", "step-00000001"]


@pytest.mark.parametrize("there", ["nothing", "some folders", "an empty folder", "a lock"])
def test_a_new_run_that_saves_nothing_leaves_what_was_there(tmp_path: Path, there: str) -> None:
    run = tmp_path / "models" / "deep" / "run"
    if there != "nothing":
        (run if there != "some folders" else run.parent).mkdir(parents=True)
    if there == "a lock":
        (run / ".lock").write_text("seqloom 4711")
    before = sorted(everything(tmp_path))
    with Run(run):
        assert (run / ".lock").exists()
    assert sorted(everything(tmp_path)) == before


def test_what_a_person_put_into_a_new_run_or_its_lock_stays(tmp_path: Path) -> None:
    for name in (".lock", "notes.txt"):
        with Run(tmp_path / name):
            (tmp_path / name / name).write_text("mine")
        assert sorted(os.listdir(tmp_path / name)) == sorted({".lock", name})
        assert (tmp_path / name / name).read_text() == "mine"


def test_a_lock_that_was_removed_while_another_waits_at_the_door_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, real = RunLock(tmp_path), lock._lock
    waited = []

    def late(descriptor: int) -> None:
        if not waited:
            waited.append(descriptor)
            first.release(remove=True)
        real(descriptor)

    monkeypatch.setattr(lock, "_lock", late)
    second = RunLock(tmp_path)
    assert waited
    with pytest.raises(UsageError, match="in use by another run"):
        RunLock(tmp_path)
    second.release(remove=True)
    assert os.listdir(tmp_path) == []


def test_a_run_to_be_replaced_is_whole_until_the_new_one_begins(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, steps=1)
    with Run(run, force=True) as opened:
        assert newest_valid(run).step == 1
        opened.begin()
        assert versions(run) == []
    assert newest_valid(run).step == 1


@pytest.mark.parametrize("how", ["in a checkpoint", "beside them"])
def test_what_is_kept_of_a_replaced_run_is_said(tmp_path: Path, how: str) -> None:
    run, said = tmp_path / "run", []
    train(run, steps=1)
    with Run(run, force=True) as opened:
        opened.say = said.append
        opened.begin()
        (aside,) = [run / name for name in os.listdir(run) if label_of(name) == "replaced"]
        notes = aside / "step-00000001" / "notes.txt" if how == "in a checkpoint" else aside / "notes.txt"
        notes.write_text("mine")
        opened.save(2, {"config.json": b"{}"})
    assert notes.read_text() == "mine"
    kept = notes.relative_to(aside)
    assert said == [f"Kept {aside}: it holds what seqloom did not write, or what was changed: {kept}."]


def test_other_data_optimisers_and_models_are_not_resumed(tmp_path: Path) -> None:
    train(tmp_path / "run", steps=4)
    with pytest.raises(
        UsageError, match="it read 7 windows an epoch, this data has 3; it used adamw, now sgd is asked"
    ):
        train(tmp_path / "run", resume=True, batches=windows(3), optimiser="sgd")
    with pytest.raises(UsageError, match="its batches had 3 rows, this data has 2"):
        train(tmp_path / "run", resume=True, batches=windows(rows=2))
    with pytest.raises(UsageError, match=r"weight 'embedding.weight' is \(11, 8\) there, \(11, 9\) here"):
        train(tmp_path / "run", resume=True, model=TinyModel(features=9))


def test_foreign_files_are_kept_and_leftovers_go(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, steps=2)
    foreign = [".tmp-step-00000004-0123abcd", ".tmp-metrics.jsonl", ".tmp-text.ids-x1", "notes.txt", "step-1000.pt"]
    for name in foreign:
        (run / name).write_text("mine")
    (run / "replaced" / "step-00000001").mkdir(parents=True)
    (run / "damaged-step-00000002-0123abcd").mkdir()
    leftover = temporary_beside(run / "step-00000004")
    write_directory(leftover, {"config.json": b"{}"})
    temporary_beside(leftover / "model.safetensors").write_bytes(b"half")
    temporary_beside(run / "step-00000004").mkdir()
    temporary_beside(run / "metrics.jsonl").write_bytes(b"half")
    touched = temporary_beside(run / "step-00000004")
    write_directory(touched, {"config.json": b"{}"})
    (touched / "notes.txt").touch()
    with pytest.warns(SeqloomWarning, match=rf"Kept .*{touched.name}: it holds what seqloom did not write.*notes.txt"):
        train(run, steps=2, force=True)
    ours = [".lock", "metrics.jsonl", "step-00000000", "step-00000002"]
    folders = ["replaced", "damaged-step-00000002-0123abcd", touched.name]
    assert sorted(os.listdir(run)) == sorted(ours + foreign + folders)
    assert {(run / name).read_text() for name in foreign} == {"mine"}


def test_a_checkpoint_that_a_person_has_touched_is_kept_and_the_run_goes_on(tmp_path: Path) -> None:
    run, said = tmp_path / "run", []
    train(run, steps=4, checkpoint_every_steps=2)
    (run / "step-00000002" / "notes.txt").write_text("mine")
    (run / "step-00000004" / "README.md").write_text("mine")
    with Run(run, resume=True) as opened:
        opened.say = said.append
        for step in (6, 8, 10):
            opened.save(step, {"config.json": b"{}"})
    steps = [2, 4, 8, 10]
    assert [v.name for v in versions(run)] == [f"step-{step:08d}" for step in steps]
    assert [line.rpartition(": ")[2] for line in said] == ["notes.txt.", "README.md."]
    with pytest.raises(UsageError, match=r"not replaced.*\n.*02: notes.txt\n.*04: README.md") as caught:
        Run(run, force=True)
    assert caught.value.exit_code == 2
    assert [v.name for v in versions(run)] == [f"step-{step:08d}" for step in steps]


@pytest.mark.parametrize("how", [{"resume": True}, {"force": True}])
@pytest.mark.parametrize("kind", ["text", "link", "folder", "other log", "edited"])
def test_a_log_that_is_not_the_runs_is_refused_by_name(tmp_path: Path, how: dict[str, bool], kind: str) -> None:
    run = tmp_path / "run"
    train(run, steps=4)
    log = run / "metrics.jsonl"
    content = log.read_bytes()
    log.unlink()
    if kind == "link":
        (tmp_path / "target").write_bytes(content)
        log.symlink_to(tmp_path / "target")
    elif kind == "folder":
        log.mkdir()
    else:
        other = {"text": b"mine\n", "other log": b'{"loss": 2.5}\n', "edited": content + b"# a note\n"}
        log.write_bytes(other[kind])
    before = everything(tmp_path)
    with pytest.raises(UsageError, match=r"metrics.jsonl is not the log of this run, or was changed"):
        train(run, steps=5, **how)  # type: ignore[arg-type]
    assert everything(tmp_path) == before


def test_a_lock_that_another_program_wrote_is_not_changed(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, steps=1)
    for content in (b"another program", b"4711", b""):
        (run / ".lock").write_bytes(content)
        with Run(run, resume=True), pytest.raises(UsageError, match=r"in use by another run .process unknown.\."):
            Run(run, resume=True)
        assert (run / ".lock").read_bytes() == content
    (run / ".lock").unlink()
    (run / ".lock").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"\.lock is no plain file"):
        Run(run, resume=True)
    assert not (tmp_path / "nowhere").exists()


def test_a_run_may_be_given_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    train(tmp_path / "link", steps=2)
    train(tmp_path / "link", steps=3, force=True)
    assert (tmp_path / "link").is_symlink()
    assert newest_valid(tmp_path / "disk").step == newest_valid(tmp_path / "link").step == 3
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="a link to nothing"):
        Run(tmp_path / "dangling")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("resume", [False, True])
def test_a_directory_that_is_no_run_is_left_as_it_was(tmp_path: Path, resume: bool) -> None:
    (tmp_path / ".tmp-step-mine").mkdir()
    (tmp_path / "metrics.jsonl").write_text("mine")
    for force in {False, not resume}:
        with pytest.raises(UsageError, match="is not a run; choose another directory"):
            Run(tmp_path, resume=resume, force=force)
    assert sorted(os.listdir(tmp_path)) == [".tmp-step-mine", "metrics.jsonl"]


@pytest.mark.parametrize("good", [0, 5, 6, 7])
def test_force_deletes_the_old_run_only_when_the_new_one_has_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: int
) -> None:
    run = tmp_path / "run"
    train(run, steps=4)
    real, calls = os.fsync, 0
    names, log, old = sorted(os.listdir(run)), (run / "metrics.jsonl").read_bytes(), contents(run / "step-00000004")

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > good:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            train(run, steps=3, force=True)
    with pytest.raises(UsageError, match="torch sees"):
        train(run, steps=3, force=True, device="cuda:99")
    assert sorted(os.listdir(run)) == names
    assert (run / "metrics.jsonl").read_bytes() == log
    assert contents(run / "step-00000004") == old


def test_a_kill_before_the_first_save_of_a_forced_run_loses_nothing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(run, steps=4)
    names, log = sorted(os.listdir(run)), (run / "metrics.jsonl").read_bytes()
    killed = Run(run, force=True)
    assert killed.begin() == run / "metrics.jsonl"
    (run / "metrics.jsonl").write_text('{"step": 1, "seconds": 0.1}\n')
    assert versions(run) == []
    assert killed._lock is not None
    killed._lock.release()
    with pytest.raises(UsageError, match="already holds a run"):
        Run(run)
    assert sorted(os.listdir(run)) == names
    assert (run / "metrics.jsonl").read_bytes() == log
    train(run, steps=3, force=True)
    assert sorted(os.listdir(run)) == [".lock", "metrics.jsonl", "step-00000000", "step-00000003"]


def test_a_resumed_run_does_not_hold_its_checkpoint_in_memory(tmp_path: Path) -> None:
    train(tmp_path / "run", steps=4)
    with Run(tmp_path / "run", resume=True) as run:
        fit(TinyModel(), windows(), None, settings(steps=5), run)
        assert run.latest is not None
        assert (run.latest.step, run.latest.files) == (4, {})


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.fsync, 0

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"step-\d+: No space left on device \(it needs [\d,]+ bytes") as caught:
        train(tmp_path / "run", checkpoint_every_steps=3)
    assert caught.value.exit_code == 6
    monkeypatch.undo()
    train(tmp_path / "run", resume=True, checkpoint_every_steps=3)
    train(tmp_path / "whole", checkpoint_every_steps=3)
    assert contents(tmp_path / "run" / "step-00000020") == contents(tmp_path / "whole" / "step-00000020")


def test_a_diverged_run_keeps_its_last_good_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(DivergedError, match=r"is not finite|loss is (nan|inf)") as caught:
        train(
            tmp_path / "run",
            learning_rate=1e38,
            schedule="constant",
            optimiser="sgd",
            clip_norm=None,
            checkpoint_every_steps=1,
        )
    assert str(tmp_path / "run") in str(caught.value)
    weights = load(newest_valid(tmp_path / "run").files["model.safetensors"])
    assert all(bool(value.isfinite().all()) for value in weights.values())


def test_weights_that_are_no_numbers_are_never_saved(tmp_path: Path) -> None:
    model = TinyModel()
    with torch.no_grad():
        model.head.bias.fill_(float("nan"))
    with pytest.raises(DivergedError, match="A weight is not finite after step 0; nothing was saved of it") as caught:
        train(tmp_path / "run", model=model)
    assert "were not changed" not in str(caught.value)
    assert "last good checkpoint" not in str(caught.value)
    assert versions(tmp_path / "run") == []


def test_no_checkpoint_holds_a_pickle(tmp_path: Path) -> None:
    train(tmp_path / "run", steps=3)
    for content in newest_valid(tmp_path / "run").files.values():
        assert not content.startswith((b"\x80", b"PK"))


def test_a_resumed_run_says_so(tmp_path: Path) -> None:
    class Heard(Silent):
        def __init__(self) -> None:
            self.said: list[str] = []

        def message(self, text: str) -> None:
            self.said.append(text)

    train(tmp_path / "run", steps=6, checkpoint_every_steps=4)
    (tmp_path / "run" / "step-00000006" / "config.json").unlink()
    heard = Heard()
    with Run(tmp_path / "run", resume=True) as run:
        fit(TinyModel(), windows(), None, settings(), run, heard)
    assert "config.json is missing" in heard.said[0]
    assert heard.said[1].startswith("Resumed at step 4")


SIGNALLED = """
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from seqloom.errors import SeqloomError
from tests.training.example import TinyModel, Windows, windows
from tests.training.test_checkpoints import train
class Slow(Windows):
    def __getitem__(self, index):
        print("window", flush=True)
        time.sleep(float(sys.argv[2]))
        return super().__getitem__(index)
try:
    train(Path(sys.argv[1]), batches=Slow(windows()), steps=100000)
except SeqloomError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_signals_from_outside(tmp_path: Path, number: int, code: int) -> None:
    done = signalled(tmp_path / "run", number, "0.02", second=False)
    assert done[0] == code, done[1]
    assert "--resume (in Python resume=True) continues from there" in done[1]
    assert newest_valid(tmp_path / "run").step > 0


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    code, errors = signalled(tmp_path / "run", signal.SIGTERM, "30", second=True)
    assert code in (130, 143), errors
    assert "Stopped at once by a second signal" in errors
    assert read_directory(newest_valid(tmp_path / "run").path)


def signalled(path: Path, number: int, pause: str, second: bool) -> tuple[int, str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with subprocess.Popen(
        [sys.executable, "-c", SIGNALLED, str(path), pause],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "window\n"
        child.send_signal(number)
        if second:
            child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
        return child.returncode, errors
