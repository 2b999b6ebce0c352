"""Pictures of every kind that people have, in one folder: each command ends with a result or a sentence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seqloom.apps.cli.main import app, run
from tests.data.pictures.files import FILES

FAST = ["--model", "grid(4, cell=16) -> luong(4)", "--embedding", "4", "--epochs", "1", "-q"]


def bomb(side: int) -> bytes:
    """A PNG that says it has ``side`` · ``side`` pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(999)))


DAMAGED = {
    "bomb.png": bomb(50_000),
    "large.png": bomb(8_000),
    "empty.png": b"",
    "text.png": b"hello",
    "cut.jpg": FILES["rgb.jpg"][:-60],
    "cut.png": FILES["rgb.png"][:100],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "mine"
    place.mkdir()
    lines = ["file,caption"]
    for name, content in FILES.items():
        (place / f"Ä {name}").write_bytes(content)
        lines.append(f"Ä {name},a {name.partition('.')[0].replace('_', ' ')} picture")
    (place / "captions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def test_every_kind_is_learned_from_captioned_and_scored(folder: Path, tmp_path: Path) -> None:
    out, call = str(tmp_path / "run"), CliRunner().invoke
    trained = call(app, ["train", str(folder), "-o", out, *FAST])
    assert trained.exit_code == 0, trained.output
    said = call(app, ["predict", out, str(folder), "--top", "2"])
    assert len(said.stdout.splitlines()) == 1 + len(FILES)
    assert call(app, ["evaluate", out, str(folder)]).exit_code == 0


def test_all_that_is_damaged_is_named_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "captions.csv").open("a", encoding="utf-8") as table:
        for name, content in DAMAGED.items():
            (folder / name).write_bytes(content)
            table.write(f"{name},a picture\n")
    assert run(["train", str(folder), "-o", str(tmp_path / "run"), *FAST]) == 3
    message = capsys.readouterr().err
    assert f"{len(DAMAGED)} problems in {folder}" in message
    assert all(f"\n  {name}: " in message for name in DAMAGED)
    assert not (tmp_path / "run").exists()
