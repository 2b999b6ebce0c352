"""Compiled objects on disk: found when nothing changed, made anew when anything did, never trusted blindly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqloom.kernels.cpu import cache
from seqloom.kernels.cpu.emit import define
from seqloom.kernels.cpu.machine import Machine

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the modes of directories are POSIX's")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "kernels"
    monkeypatch.setenv(cache.VARIABLE, str(made))
    return made


def compile_one(name: str = "nothing") -> None:
    machine = Machine()

    def write(module: Any) -> None:
        with define(module, name, 1, machine.format(32)):
            pass

    assert machine.compile(write, [name])[name]


def test_the_same_code_is_found_and_other_code_is_not(place: Path) -> None:
    compile_one()
    (first,) = place.iterdir()
    written = first.stat().st_mtime_ns
    compile_one()
    assert [path.stat().st_mtime_ns for path in place.iterdir()] == [written]
    compile_one("other")
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"short", None], ids=["empty", "short", "one bit"])
def test_a_damaged_object_is_made_anew(place: Path, damage: bytes | None) -> None:
    compile_one()
    (path,) = place.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage is None else damage)
    assert cache.load(path.name) is None
    compile_one()
    assert cache.load(path.name) is not None


def test_a_directory_that_others_can_write_to_is_not_used(place: Path) -> None:
    place.mkdir(mode=0o700)
    place.chmod(0o777)
    assert cache.directory() is None
    compile_one()
    assert not list(place.iterdir())


def test_a_link_or_a_file_in_its_place_is_not_used(place: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    place.symlink_to(tmp_path / "elsewhere")
    assert cache.directory() is None
    place.unlink()
    place.write_text("not a directory")
    assert cache.directory() is None


def test_the_directory_is_closed_to_others(place: Path) -> None:
    assert cache.directory() == place
    assert place.stat().st_mode & 0o777 == 0o700


def test_the_oldest_go(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAXIMUM_FILES", 3)
    for k in range(5):
        cache.store(f"key{k}", b"object")
        os.utime(place / f"key{k}", (k, k))
    assert {path.name for path in place.iterdir()} == {"key2", "key3", "key4"}
    monkeypatch.setattr(cache, "MAXIMUM_BYTES", 100)
    cache.store("large", b"x" * 60)
    assert {path.name for path in place.iterdir()} == {"large"}


def test_what_a_user_keeps_there_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAXIMUM_FILES", 1)
    cache.store("first", b"object")
    (place / "photo.jpg").write_bytes(b"mine" * 100)
    (place / "empty").touch()
    (place / "folder").mkdir()
    (place / "link").symlink_to(place / "photo.jpg")
    for name in os.listdir(place):
        os.utime(place / name, (0, 0), follow_symlinks=False)
    cache.store("second", b"object")
    assert sorted(os.listdir(place)) == ["empty", "folder", "link", "photo.jpg", "second"]


SCRIPT = """
import torch
from seqloom.cells import GRU
from seqloom.layers import Recurrent
torch.manual_seed(0)
x = torch.randn(2, 3, 4, requires_grad=True)
y, _ = Recurrent(GRU, 4, 5)(x)
y.sum().backward()
print(float(y.sum()), float(x.grad.sum()))
"""


def test_two_processes_at_once(place: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert said[0] == said[1] != ""
    for path in place.iterdir():
        assert cache.load(path.name) is not None
