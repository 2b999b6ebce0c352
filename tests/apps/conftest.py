"""A tiny text, a tiny trained model, and a way to run a command and see both of its streams."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seqloom.apps.cli.main import run
from tests.apps.running import FAST, TEXT, Command, Result


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*words: object) -> Result:
        capsys.readouterr()
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def text_file(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("models")
    (home / "text.txt").write_text(TEXT)
    assert run(["train", str(home / "text.txt"), "--out", str(home / "tiny"), *FAST]) == 0
    return home / "tiny"


@pytest.fixture
def model(_trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained model that a test may damage."""
    return Path(shutil.copytree(_trained, tmp_path / "models" / "tiny"))
