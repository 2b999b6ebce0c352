"""A directory is whole or absent, and what was tampered with is refused by name."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqloom.errors import ModelFileError, StorageError, UsageError
from seqloom.storage import directory
from seqloom.storage.directory import MANIFEST, read_directory, write_directory
from tests.storage.trees import everything

FILES = {"config.json": b"{}", "model.safetensors": b"weights" * 100}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_directory(tmp_path / "model", FILES)
    return tmp_path / "model"


def test_what_is_written_is_read(model: Path) -> None:
    assert read_directory(model) == FILES
    manifest = json.loads((model / MANIFEST).read_bytes())
    assert manifest["files"]["config.json"] == {"size": 2, "sha256": hashlib.sha256(b"{}").hexdigest()}
    assert set(manifest["versions"]) == {"seqloom", "torch", "python"}
    assert os.listdir(model.parent) == ["model"]


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_directory_is_replaced(model: Path, exchanges: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exchanges:
        monkeypatch.setattr(directory, "exchange", lambda one, other: False)
    write_directory(model, {"other.json": b"[]"})
    assert read_directory(model) == {"other.json": b"[]"}
    assert os.listdir(model.parent) == ["model"]


def edit_manifest(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((model / MANIFEST).read_bytes())
    change(manifest)
    (model / MANIFEST).write_text(json.dumps(manifest))


def flip(model: Path) -> None:
    path = model / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)


def link(model: Path) -> None:
    (model / "config.json").rename(model.parent / "elsewhere")
    (model / "config.json").symlink_to(model.parent / "elsewhere")


def listed_outside(model: Path) -> None:
    (model.parent / "secret").write_bytes(b"{}")
    edit_manifest(model, lambda m: m["files"].update({"../secret": m["files"]["config.json"]}))


def link_manifest(model: Path) -> None:
    (model / MANIFEST).rename(model.parent / "elsewhere")
    (model / MANIFEST).symlink_to(model.parent / "elsewhere")


def listed_pickle(model: Path) -> None:
    (model / "weights.pkl").write_bytes(pickle.dumps([]))
    edit_manifest(model, lambda m: m["files"].update({"weights.pkl": m["files"]["config.json"]}))


TAMPERING: list[tuple[str, Callable[[Path], object]]] = [
    ("config.json is missing", lambda m: (m / "config.json").unlink()),
    ("model.safetensors is cut short, it has 500 of 700 bytes", lambda m: os.truncate(m / "model.safetensors", 500)),
    ("model.safetensors is too long", lambda m: (m / "model.safetensors").write_bytes(b"weights" * 101)),
    ("model.safetensors is damaged, its sha256", flip),
    ("not a seqloom model directory, it has no manifest.json", lambda m: (m / MANIFEST).unlink()),
    ("it has no manifest.json", lambda m: ((m / MANIFEST).unlink(), (m / "sub").mkdir())),
    ("manifest.json was not written by seqloom", lambda m: (m / MANIFEST).write_text('{"format": "other"}')),
    ("manifest.json was not written by seqloom", lambda m: (m / MANIFEST).write_text("[1]")),
    ("manifest.json is damaged, it is not JSON", lambda m: os.truncate(m / MANIFEST, 40)),
    ("manifest.json is damaged, it is not JSON", lambda m: (m / MANIFEST).write_bytes(b"\xff\xfe")),
    ("manifest.json is damaged, it is not JSON", lambda m: (m / MANIFEST).write_text("[" * 100_000)),
    ("more than any manifest", lambda m: os.truncate(m / MANIFEST, 2 << 20)),
    ("has format version 2, this seqloom reads up to 1", lambda m: edit_manifest(m, lambda f: f.update(version=2))),
    ("its version is 'x'", lambda m: edit_manifest(m, lambda f: f.update(version="x"))),
    ("lists no files", lambda m: edit_manifest(m, lambda f: f.update(files=[]))),
    ("no size and sha256", lambda m: edit_manifest(m, lambda f: f["files"].update({"config.json": {"size": "2"}}))),
    ("lists '../secret', which is not a plain file name", listed_outside),
    ("config.json is a symbolic link", link),
    ("manifest.json is a symbolic link", link_manifest),
    ("config.json is not a plain file", lambda m: ((m / "config.json").unlink(), (m / "config.json").mkdir())),
    ("weights.pkl looks like a pickle", listed_pickle),
]


@pytest.mark.parametrize(("reason", "tamper"), TAMPERING, ids=[f"{i}-{r[:30]}" for i, (r, _) in enumerate(TAMPERING)])
def test_tampering_is_named(model: Path, reason: str, tamper: Callable[[Path], object]) -> None:
    tamper(model)
    with pytest.raises(ModelFileError) as caught:
        read_directory(model)
    assert reason in str(caught.value)
    assert str(model) in str(caught.value)
    assert caught.value.exit_code == 4


# Until these were refused, a look into the folder with Finder or Explorer made a model unreadable. Only listed names
# are opened, so nothing that is not listed can do harm.
TOUCHES: list[tuple[str, Callable[[Path], object]]] = [
    (".DS_Store", lambda m: (m / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")),
    ("Thumbs.db", lambda m: (m / "Thumbs.db").write_bytes(b"")),
    ("desktop.ini", lambda m: (m / "desktop.ini").write_bytes(b"[.ShellClassInfo]")),
    ("AppleDouble", lambda m: (m / "._model.safetensors").write_bytes(b"\0")),
    ("editor's copies", lambda m: [(m / n).write_text("x") for n in ("config.json~", ".config.json.swp", "#a#")]),
    ("notes", lambda m: (m / "notes.txt").write_text("mine")),
    ("folder", lambda m: (m / "photos").mkdir()),
    ("link", lambda m: (m / "link").symlink_to(m / "nowhere")),
    ("unlisted pickle", lambda m: (m / "weights.pkl").write_bytes(pickle.dumps([]))),
    ("README edited", lambda m: (m / "README.md").write_text("# Mine")),
    ("README with CRLF", lambda m: (m / "README.md").write_bytes(b"# A model\r\n")),
    ("README gone", lambda m: (m / "README.md").unlink()),
    ("README a link", lambda m: ((m / "README.md").unlink(), (m / "README.md").symlink_to(m / "nowhere"))),
    ("manifest with CRLF", lambda m: (m / MANIFEST).write_bytes((m / MANIFEST).read_bytes().replace(b"\n", b"\r\n"))),
]


@pytest.mark.parametrize("touch", [touch for _, touch in TOUCHES], ids=[name for name, _ in TOUCHES])
def test_a_directory_that_a_person_has_touched_is_read_and_not_replaced(
    tmp_path: Path, touch: Callable[[Path], object]
) -> None:
    model = tmp_path / "model"
    write_directory(model, FILES | {"README.md": b"# A model\n"})
    touch(model)
    read = read_directory(model)
    assert {name: read[name] for name in FILES} == FILES
    assert read.get("README.md", b"# A model\n") == b"# A model\n"
    before = everything(tmp_path)
    if touch is not dict(TOUCHES)["README gone"]:
        with pytest.raises(UsageError, match=r"model is not replaced: .* Move that elsewhere, or choose another"):
            write_directory(model, FILES)
        assert everything(tmp_path) == before


def test_what_is_no_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such model directory"):
        read_directory(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelFileError, match="expected a model directory, got a file"):
        read_directory(tmp_path / "file")


def test_every_single_changed_byte_is_noticed(model: Path) -> None:
    original = (model / "model.safetensors").read_bytes()
    for position in range(0, len(original), 7):
        content = bytearray(original)
        content[position] ^= 0x40
        (model / "model.safetensors").write_bytes(content)
        with pytest.raises(ModelFileError, match="damaged"):
            read_directory(model)


class Failing:
    """The operating system, refusing call number ``at`` of the writer; a refused write is half done."""

    NAMES = ("mkdir", "open", "write", "fsync", "rename", "replace", "close")

    def __init__(self, patch: pytest.MonkeyPatch, at: int, number: int = errno.ENOSPC) -> None:
        self.calls = 0
        self.cleaning = False
        for name in self.NAMES:
            patch.setattr(os, name, self._wrap(name, getattr(os, name), at, number))
        for name in ("remove", "foreign"):
            patch.setattr(directory, name, self._uncounted(getattr(directory, name)))

    def _wrap(self, name: str, real: Callable[..., Any], at: int, number: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.cleaning:
                return real(*args, **kwargs)
            self.calls += 1
            if self.calls - 1 != at:
                return real(*args, **kwargs)
            if name == "write":
                real(args[0], args[1][: len(args[1]) // 2])
            if name == "close":
                real(*args)
            raise OSError(number, os.strerror(number))

        return call

    def _uncounted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.cleaning = True
            try:
                return real(*args, **kwargs)
            finally:
                self.cleaning = False

        return call


OLD = {"config.json": b"old", "m.safetensors": b"1" * 50}
NEW = {"config.json": b"new", "m.safetensors": b"2" * 60}
ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EFBIG)


def test_injected_failures_leave_the_old_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    points = []
    for replacing in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            counting = Failing(patch, -1)
            write_directory(tmp_path / "counted", NEW)
        # Call 0 makes the parent, which is there already.
        points += [(at, number, replacing) for at in range(1, counting.calls) for number in ERRORS]
    injected = 0
    for at, number, replacing in points:
        parent = tmp_path / f"{at}-{number}-{replacing}"
        target = parent / ("model" if replacing else "model-2")
        write_directory(parent / "model", OLD)
        with pytest.MonkeyPatch.context() as patch:
            Failing(patch, at, number)
            with pytest.raises(StorageError, match=r"needs [\d,]+ bytes") as refused:
                write_directory(target, NEW)
        assert refused.value.exit_code == 6
        assert str(target) in str(refused.value)
        survivor = read_directory(parent / "model")
        assert survivor == OLD or (replacing and survivor == NEW)
        assert [name for name in os.listdir(parent) if name.startswith(".tmp")] == []
        write_directory(target, NEW)
        assert read_directory(target) == NEW
        injected += 1
    assert injected >= 200, injected


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_a_real_limit_of_the_system_names_path_and_bytes(model: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(
            StorageError,
            match=r"Cannot write .*model: File too large \(it needs 5,\d\d\d bytes, [\d,]+ bytes are free\)",
        ):
            write_directory(model, {"big.json": b"x" * 5000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert read_directory(model) == FILES


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_parent_is_a_storage_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Choose a directory that can be written"):
        write_directory(tmp_path / "model", FILES)


def test_a_read_only_disk_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(StorageError, match=r"Read-only file system.*Choose a directory that can be written"):
        write_directory(tmp_path / "deep" / "model", FILES)
