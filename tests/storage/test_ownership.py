"""Nothing that seqloom did not write is removed, moved or changed: random folders, and everything that writes."""

from __future__ import annotations

import contextlib
import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from seqloom.errors import SeqloomError, StorageError, UsageError
from seqloom.storage import directory, ownership
from seqloom.storage.directory import read_directory, write_directory
from seqloom.storage.ownership import foreign, remove
from seqloom.storage.run import METRICS, Run, refuse_run, versions
from seqloom.storage.temporary import label_of, temporary_beside
from seqloom.training.log import MetricsLog
from tests.storage.trees import everything

NAMES = [
    ".DS_Store", ".lock", ".tmp-metrics.jsonl", ".tmp-model-0123abcd", ".tmp-step-00000004-0123abcd", "README.md",
    "config.json", "damaged-step-00000002-0123abcd", "manifest.json", "metrics.jsonl", "notes.txt", "photos",
    "replaced", "step-00000000", "step-00000002", "step-00000004", "step-000000002", "step-1000.pt", "step-12345678",
    "text.ids", "Übung 1.txt",
]  # fmt: skip
CONTENTS = [
    b"", b"mine", b"# Mine\r\n", b'{"step": 3, "loss": 2.0}\n', b'{"format": "seqloom"}', b'{"name": "app"}', b"4711",
    b"\0\xff" * 9,
]  # fmt: skip
CALLS = (
    "mkdir",
    "open",
    "write",
    "fsync",
    "close",
    "rename",
    "replace",
    "unlink",
    "rmdir",
    "listdir",
    "scandir",
    "lstat",
)


class Killed(BaseException):
    """The process ends here: nothing that it would have done afterwards happens."""


class World:
    """A folder with a target in it, what is ours, and what is a person's and must stay."""

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.root = root
        self.target = root / "models" / "target"
        self.mine: dict[str, object] = {}
        self.paused = False
        self.target.parent.mkdir(parents=True)
        self.random.choice([self.nothing, self.folder, self.model, self.run, self.run, self.run, self.odd])()

    def nothing(self) -> None:
        """The target is absent."""

    def folder(self) -> None:
        self.target.mkdir()

    def model(self) -> None:
        write_directory(self.target, files(b""))

    def run(self) -> None:
        steps = self.random.choice([(), (0,), (0, 2), (2, 4)])
        train(self, steps, {})
        if self.random.random() < 0.3:
            leftover = temporary_beside(self.target / "step-00000006")
            write_directory(leftover, files(b""))

    def odd(self) -> None:
        """A file or a link where a directory is wanted."""
        write_directory(self.root / "other", files(b""))
        kind = self.random.randrange(5)
        if kind == 0:
            self.target.write_bytes(b"mine")
        else:
            to = self.root / ["other", "other/config.json", "nowhere", "models"][kind - 1]
            self.target.symlink_to(to)
        self.keep(self.target)

    def touch(self, but: Path | None = None) -> None:
        """A person adds something anywhere, or edits a file of ours (``but`` the log that a run is writing)."""
        folders = [self.root / path for path, content in sorted(everything(self.root).items()) if content is None]
        folder = self.random.choice(folders)
        path = folder / self.random.choice(NAMES)
        if not os.path.lexists(path):
            self.add(path)
        elif (
            path != but
            and path.is_file()
            and not path.is_symlink()
            and str(path.relative_to(self.root)) not in self.mine
        ):
            path.write_bytes(path.read_bytes() + b"edited")
            self.keep(path)

    def add(self, path: Path) -> None:
        kind = self.random.randrange(5)
        if kind < 2:
            path.write_bytes(self.random.choice(CONTENTS))
        elif kind == 2:
            path.mkdir()
        elif kind == 3:
            path.mkdir()
            inside = path / self.random.choice(NAMES)
            inside.write_bytes(self.random.choice(CONTENTS))
            self.keep(inside)
        else:
            there = [self.root / "nowhere", self.root, *sorted(self.root.rglob("*"))]
            path.symlink_to(self.random.choice(there))
        self.keep(path)

    def keep(self, path: Path) -> None:
        name = str(path.relative_to(self.root))
        self.mine[name] = everything(self.root)[name]

    def lost(self) -> dict[str, object]:
        now = everything(self.root)
        return {name: now.get(name, "gone") for name, content in self.mine.items() if now.get(name, "gone") != content}


def files(log: bytes) -> dict[str, bytes]:
    return {"config.json": b"{}", "README.md": b"# A model\n", METRICS: log}


def save(world: World) -> None:
    """What ``LanguageModel.save`` does."""
    place = world.random.choice([world.target, world.target, world.target / "inside", world.target / "step-00000002"])
    refuse_run(place)
    write_directory(place, files(b"x"))
    world.mine.pop(str(place.relative_to(world.root)), None)  # an empty folder that was saved into is a model now


def train(world: World, steps: tuple[int, ...] = (2, 4, 6), how: dict[str, bool] | None = None) -> None:
    """What the loop does: a log that grows, checkpoints, the score added to the last one."""
    how = world.random.choice([{}, {"resume": True}, {"force": True}]) if how is None else how
    with Run(world.target, **how) as run:
        run.say = [].append  # type: ignore[assignment]
        begin = 0 if run.latest is None else run.latest.step
        log = MetricsLog(run.begin(), b"" if run.latest is None else run.latest.files[METRICS])
        for step in steps:
            if world.mine and world.random.random() < 0.3:
                world.paused = True
                world.touch(but=run.log_path)
                world.paused = False
            log.append({"step": begin + step, "loss": 1.0, "seconds": 0.5})
            run.save(begin + step, files(log.to_bytes()))
        if steps and world.random.random() < 0.5:
            run.add({"scores.json": b"{}"})


@contextmanager
def failing(world: World, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse one call of the system at random, or end the process at it; sometimes names cannot be swapped."""
    at, kill, count = world.random.randrange(120), world.random.random() < 0.5, 0

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            if world.paused:
                return real(*arguments, **named)
            count += 1
            if count - 1 < at or (count - 1 > at and not kill):
                return real(*arguments, **named)
            if real is REAL["close"]:
                real(*arguments, **named)
            raise Killed if kill else OSError(errno.EIO, "injected")

        return call

    with patch.context() as inner:
        if world.random.random() < 0.3:
            inner.setattr(directory, "exchange", lambda one, other: False)
        for name, real in REAL.items():
            inner.setattr(os, name, wrapped(real))
        yield


REAL = {name: getattr(os, name) for name in CALLS}


@pytest.mark.filterwarnings("ignore::seqloom.errors.SeqloomWarning")
@pytest.mark.parametrize("trees", [100, pytest.param(500, marks=pytest.mark.slow)])
def test_random_trees_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trees: int) -> None:
    REAL["fsync"] = lambda descriptor: None
    monkeypatch.setattr(os, "fsync", REAL["fsync"])
    done = {"done": 0, "refused": 0, "killed": 0}
    for seed in range(trees):
        world = World(tmp_path / str(seed), seed)
        for _ in range(world.random.randrange(1, 5)):
            world.touch()
        for _ in range(3):
            act = world.random.choice([save, train, train])
            try:
                if world.random.random() < 0.5:
                    with failing(world, monkeypatch):
                        act(world)
                else:
                    act(world)
                done["done"] += 1
            except SeqloomError:
                done["refused"] += 1
            except Killed:
                done["killed"] += 1
            assert world.lost() == {}, (seed, act.__name__)
    assert min(done.values()) > trees // 10, done


def test_what_appears_while_a_directory_is_replaced_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "model", directory.exchange
    write_directory(path, files(b""))

    def exchange(one: Path, other: Path) -> bool:
        if one.exists() and not (one / "notes.txt").exists():
            (path / "notes.txt").write_text("mine")
        return real(one, other)

    monkeypatch.setattr(directory, "exchange", exchange)
    with pytest.raises(UsageError, match=r"model is not replaced.*: notes\.txt"):
        write_directory(path, files(b"new"))
    assert (path / "notes.txt").read_text() == "mine"
    assert read_directory(path) == files(b"")
    assert os.listdir(tmp_path) == ["model"]


def test_what_appears_after_a_directory_was_replaced_is_kept_under_a_name_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "model", directory.remove
    write_directory(path, files(b""))

    def late(old: Path) -> list[str]:
        (old / "notes.txt").write_text("mine")
        return real(old)

    monkeypatch.setattr(directory, "remove", late)
    with pytest.raises(
        UsageError, match=r"model is written. Meanwhile notes.txt appeared in .* kept as (.*\.tmp-model-\w+)"
    ):
        write_directory(path, files(b"new"))
    (kept,) = [name for name in os.listdir(tmp_path) if label_of(name) == "model"]
    assert (tmp_path / kept / "notes.txt").read_text() == "mine"
    assert read_directory(path) == files(b"new")


def test_what_appears_while_a_checkpoint_is_removed_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "step-00000002", ownership.foreign
    write_directory(path, files(b""))

    def late(looked_at: Path) -> list[str]:
        found = real(looked_at)
        (path / "notes.txt").write_text("mine")
        return found

    monkeypatch.setattr(ownership, "foreign", late)
    assert remove(path) == ["notes.txt"]
    assert sorted(os.listdir(path)) == ["README.md", "config.json", "manifest.json", "metrics.jsonl", "notes.txt"]


def test_a_disk_that_fails_is_not_an_empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real, calls = tmp_path / "step-00000002", os.lstat, 0
    write_directory(path, files(b""))
    (path / "notes.txt").write_text("mine")
    for at in range(30):
        calls = 0

        def lstat(*arguments: Any, at: int = at, **named: Any) -> os.stat_result:
            nonlocal calls
            calls += 1
            if calls - 1 == at:
                raise OSError(errno.EIO, "injected")
            return real(*arguments, **named)

        with monkeypatch.context() as patch, contextlib.suppress(OSError):
            patch.setattr(os, "lstat", lstat)
            assert "notes.txt" in remove(path)
        assert (path / "notes.txt").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="O_NOFOLLOW")
def test_a_log_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / METRICS)
    (tmp_path / METRICS).unlink()
    (tmp_path / "diary").write_text("mine")
    (tmp_path / METRICS).symlink_to(tmp_path / "diary")
    with pytest.raises(StorageError, match=r"Cannot write .*metrics\.jsonl"):
        log.append({"step": 1})
    assert (tmp_path / "diary").read_text() == "mine"


def test_the_places_that_are_no_model_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "home" / "models" / "letters"
    write_directory(model, files(b""))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(model)
    (model.parent / "link").symlink_to(model)
    (model.parent / "dangling").symlink_to("nowhere")
    (model.parent / "file").write_text("mine")
    before = everything(tmp_path)
    places = {
        ".": "is the working directory, or holds it",
        "..": "is the working directory, or holds it",
        "../../..": "is the working directory, or holds it",
        "../link": "is a link",
        "../dangling": "is a link",
        "../file": "is a file",
    }
    for place, reason in places.items():
        with pytest.raises(UsageError, match=reason):
            write_directory(Path(place), files(b"new"))
    monkeypatch.chdir("/")
    with pytest.raises(UsageError, match="is your home directory, or holds it"):
        write_directory(tmp_path / "home", files(b"new"))
    assert everything(tmp_path) == before


def test_an_empty_directory_is_written_into_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.mkdir()
    path.chmod(0o750)
    write_directory(path, files(b""))
    write_directory(path, files(b"new"))
    assert read_directory(path) == files(b"new")
    assert path.stat().st_mode & 0o777 == 0o750
    assert os.listdir(tmp_path) == ["model"]


def test_a_step_whose_name_is_taken_gets_one_more_zero(tmp_path: Path) -> None:
    (tmp_path / "run" / "step-00000002").mkdir(parents=True)
    (tmp_path / "run" / ".lock").touch()
    (tmp_path / "run" / "step-00000002" / "photo.jpg").write_bytes(b"mine")
    (tmp_path / "run" / "step-00000002").rename(tmp_path / "photos")
    with Run(tmp_path / "run") as run:
        (tmp_path / "photos").rename(tmp_path / "run" / "step-00000002")
        assert run.save(2, files(b"")).name == "step-000000002"
        run.add({"scores.json": b"{}"})
    assert [v.name for v in versions(tmp_path / "run")] == ["step-00000002", "step-000000002"]
    assert foreign(tmp_path / "run" / "step-000000002") == []
    assert foreign(tmp_path / "run" / "step-00000002") == ["photo.jpg"]
