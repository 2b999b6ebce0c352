"""Links and junctions are not gone into, wherever folders are walked, looked at or replaced."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqloom.data import Files
from seqloom.errors import UsageError
from seqloom.links import is_link
from seqloom.storage.directory import write_directory
from seqloom.storage.ownership import is_directory
from seqloom.storage.versions import versions
from tests.apps.conftest import command  # noqa: F401
from tests.apps.running import Command


@pytest.fixture(params=["link", "junction"])
def links(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two names in a folder that lead elsewhere, to a text and a model."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "text.txt").write_text("here")
    links = [tmp_path / "folder" / name for name in ("linked", "step-00000001")]
    if request.param == "link":
        for link in links:
            link.symlink_to(tmp_path / link.name)
    else:
        real = os.lstat

        def lstat(path: str | Path, *rest: object, **more: object) -> object:
            status = real(path, *rest, **more)  # type: ignore[arg-type]
            if os.fspath(path) not in map(str, links):
                return status
            fields = {name: getattr(status, name) for name in dir(status) if name.startswith("st_")}
            return SimpleNamespace(**fields, st_reparse_tag=0xA0000003)

        monkeypatch.setattr(os, "lstat", lstat)
    for link in links:
        there = tmp_path / link.name if request.param == "link" else link
        (there / "inside").mkdir(parents=True)
        (there / "text.txt").write_text("there")
        write_directory(there / "inside" / "model", {"config.json": b"{}"})
    return links


def test_it_is_one(links: list[Path]) -> None:
    assert all(map(is_link, links))
    assert not is_link(links[0].parent)
    with pytest.raises(FileNotFoundError):
        is_link(links[0].parent / "nowhere")


def test_no_text_is_read_behind_one(links: list[Path]) -> None:
    files = Files.of(links[0].parent)
    assert [file.path for file in files.files] == [links[0].parent / "text.txt"]
    assert files.left_out == {"behind a link": 2}


def test_it_is_no_checkpoint_and_not_replaced(links: list[Path]) -> None:
    assert versions(links[1].parent) == []
    for link in links:
        assert not is_directory(link)
        with pytest.raises(UsageError, match="is a link, which is not replaced"):
            write_directory(link, {"config.json": b"{}"})


def test_no_models_are_looked_for_behind_one(links: list[Path], command: Command) -> None:  # noqa: F811
    assert command("models", links[0].parent).err == f"There are no models below {links[0].parent}.\n"
