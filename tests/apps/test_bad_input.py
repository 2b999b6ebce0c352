"""Every bad input of a user: one clear message on stderr, nothing on stdout, the right exit code."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.apps.running import FAST, TEXT, Command, Result


def refused(result: Result, code: int, *parts: object) -> None:
    assert result.code == code, result.err
    assert result.out == ""
    assert "Traceback" not in result.err
    assert "\nError: " in "\n" + result.err
    for part in parts:
        assert str(part) in result.err


@pytest.fixture
def train(command: Command, tmp_path: Path) -> Any:
    return lambda file, *more: command("train", file, "--out", tmp_path / "run", *FAST, *more)


def test_missing_file(train: Any, tmp_path: Path) -> None:
    refused(train(tmp_path / "none.txt"), 3, "No such file", tmp_path / "none.txt")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_file_can_have(train: Any, name: str) -> None:
    refused(train(name), 3, "Cannot read")


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_link_to_nothing(train: Any, tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to("nowhere.txt")
    refused(train(tmp_path / "link.txt"), 3, "link.txt is a link to nowhere.txt, which is not there.")


def test_directory_without_text(train: Any, tmp_path: Path) -> None:
    refused(train(tmp_path), 3, "holds no text file", tmp_path)
    (tmp_path / ".hidden").write_text("text")
    refused(train(tmp_path), 3, "left out: 1 hidden", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"x", "text"),
        (b"some text\0more", "zero byte at offset 9"),
        (b"caf\xe9 au lait " * 30, "0xe9 at offset 3"),
        (b"too short", "window"),
    ],
    ids=["empty", "one-character", "binary", "undecodable", "shorter-than-a-window"],
)
def test_text_that_cannot_be_used(train: Any, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    refused(train(path), 3, message)


def test_unreadable_file(train: Any, text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text_file.chmod(0)
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != text_file and allowed(path, mode))
    refused(train(text_file), 3, text_file, "permission denied")


def test_vocabulary_too_large(train: Any, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(map(chr, range(0x4E00, 0x9000))) + "".join(map(chr, range(0x20000, 0x31000))))
    refused(train(path), 3, "Vocabulary too large", "bytes")


def test_file_that_shrinks_while_it_is_read(train: Any, text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.stat

    class Larger:
        def __init__(self, status: os.stat_result) -> None:
            self._status = status
            self.st_size = status.st_size + 100

        def __getattr__(self, name: str) -> Any:
            return getattr(self._status, name)

    def stat(path: Path, **options: Any) -> Any:
        found = real(path, **options)
        return Larger(found) if path == text_file else found

    monkeypatch.setattr(Path, "stat", stat)
    refused(train(text_file), 3, "shrank while it was read")


def test_missing_extra(train: Any, text_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    refused(train(text_file, "--tokens", "bpe"), 7, "pip install 'seqloom[bpe]'", "in a clone: pip install '.[bpe]'")


def test_a_diverging_run_says_what_to_try(train: Any, text_file: Path) -> None:
    settings = ("--optimiser", "sgd", "--learning-rate", "1e30", "--schedule", "constant", "--steps", "50")
    refused(train(text_file, *settings), 5, "learning rate")


def test_second_run_into_the_same_directory(train: Any, text_file: Path) -> None:
    assert train(text_file).code == 0
    refused(train(text_file), 2, "already holds a run", "force", "resume")
    assert train(text_file, "--resume").code == 0
    assert train(text_file, "--force").code == 0
    refused(train(text_file, "--force", "--resume"), 2, "resume", "force")


def test_nothing_to_resume(train: Any, text_file: Path) -> None:
    refused(train(text_file, "--resume"), 2, "no run to resume", "make the directory first")
    (text_file.parent / "run").mkdir()
    begun = train(text_file, "--resume")
    assert (begun.code, "to resume: a new one begins." in begun.err) == (0, True)


def test_no_space(train: Any, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(train(text_file), 6, tmp_path / "run", "No space left", "bytes")


def test_read_only_output(train: Any, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.mkdir

    def mkdir(path: Path, *arguments: Any, **options: Any) -> None:
        if path == tmp_path / "run":
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        real(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    refused(train(text_file), 6, tmp_path / "run", "Read-only file system")


def test_prompt_with_unknown_characters(command: Command, model: Path) -> None:
    refused(command("generate", model, "--prompt", "the ¿ €"), 2, "'¿'", "'€'")


def test_missing_model(command: Command, tmp_path: Path) -> None:
    refused(command("generate", tmp_path / "none"), 4, tmp_path / "none")


def test_foreign_directory(command: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(TEXT)
    refused(command("generate", tmp_path), 4, tmp_path)


def newest(model: Path) -> Path:
    return max(model.glob("step-*"))


def single(model: Path) -> Path:
    """The newest checkpoint, which is a model directory of its own."""
    return newest(model)


def test_damaged_model(command: Command, model: Path) -> None:
    weights = single(model) / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    refused(command("generate", single(model)), 4, "model.safetensors", "damaged")


def test_truncated_model(command: Command, model: Path) -> None:
    weights = single(model) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    refused(command("generate", single(model)), 4, "model.safetensors", "cut short")


def test_newer_model(command: Command, model: Path) -> None:
    manifest = single(model) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 99}))
    refused(command("generate", single(model)), 4, "99", "newer")


def test_model_with_a_pickle(command: Command, model: Path) -> None:
    (single(model) / "weights.pkl").write_bytes(b"\x80\x04.")
    assert command("generate", single(model), "-l", 3).code == 0  # unlisted, so never opened
    manifest = single(model) / "manifest.json"
    manifest.write_text(manifest.read_text().replace("vocabulary.json", "weights.pkl"))
    refused(command("generate", single(model)), 4, "weights.pkl", "pickle")


def test_model_with_a_symbolic_link(command: Command, model: Path, tmp_path: Path) -> None:
    vocabulary = single(model) / "vocabulary.json"
    vocabulary.rename(tmp_path / "elsewhere.json")
    vocabulary.symlink_to(tmp_path / "elsewhere.json")
    refused(command("generate", single(model)), 4, "vocabulary.json", "symbolic link")


def test_model_that_names_files_elsewhere(command: Command, model: Path) -> None:
    manifest = single(model) / "manifest.json"
    content = json.loads(manifest.read_text())
    content["files"]["../config.json"] = content["files"].pop("config.json")
    manifest.write_text(json.dumps(content))
    refused(command("generate", single(model)), 4, "../config.json")


def test_a_file_instead_of_a_model(command: Command, text_file: Path) -> None:
    refused(command("generate", text_file), 4, text_file)


def test_text_and_file_together(command: Command, model: Path, text_file: Path) -> None:
    refused(command("score", model, text_file, "--text", "the dog"), 2, "not both")


def test_empty_text_to_score(command: Command, model: Path, tmp_path: Path) -> None:
    (tmp_path / "blank.txt").write_text("\n\n")
    refused(command("score", model, tmp_path / "blank.txt", "--lines"), 3, "none")


def test_wrong_sampling(command: Command, model: Path) -> None:
    refused(command("generate", model, "--top-p", "2"), 2, "top")
    refused(command("generate", model, "--temperature", "-1"), 2, "temperature")
