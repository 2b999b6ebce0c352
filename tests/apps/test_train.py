"""What ``seqloom train`` holds out, says and ranks."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.data import Files
from seqloom.storage.run import Run
from tests.apps.running import FAST, TEXT, Command
from tests.storage.trees import everything


def test_a_share_or_a_file_is_held_out(command: Command, text_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(TEXT[:100])
    run = ("train", text_file, *FAST, "--json", "--out")
    for value, tokens in (("0.2", 269), (str(tmp_path / "other.txt"), 100)):
        result = command(*run, tmp_path / f"run{tokens}", "--validation", value)
        assert json.loads(result.out)["tokens"] == tokens, result.err
    none = command(*run, tmp_path / "none", "--validation", "0")
    assert (none.code, "nats" in json.loads(none.out)) == (0, False)
    text = command("train", text_file, *FAST, "--out", tmp_path / "text", "--validation", "0")
    assert "Nothing was held out" in text.err
    for wrong in ("1", "-0.5", "nan"):
        refused = command(*run, tmp_path / "wrong", "--validation", wrong)
        assert refused.code == 2
        assert "--validation: expected a share from 0 to below 1, or a file" in refused.err
    missing = command(*run, tmp_path / "wrong", "--validation", tmp_path / "absent.txt")
    assert (missing.code, "No such file" in missing.err) == (3, True)


def test_a_run_goes_on_with_what_it_held_out(command: Command, text_file: Path, tmp_path: Path) -> None:
    run = ("train", text_file, "--json", "--quiet", "--out", tmp_path / "run")
    first = json.loads(command(*run, *FAST[:-3], "--steps", 2, "--validation", "0.3").out)
    again = command(*run, "--resume", "--steps", 4)
    assert json.loads(again.out)["tokens"] == first["tokens"], again.err
    other = command(*run, "--resume", "--steps", 6, "--validation", "0.1")
    assert (other.code, "held out another part" in other.err) == (2, True)
    (tmp_path / "other.txt").write_text(TEXT[:90])
    own = ("train", text_file, "--json", "--quiet", "--out", tmp_path / "own")
    given = ("--validation", tmp_path / "other.txt")
    assert command(*own, *FAST[:-3], "--steps", 2, *given).code == 0
    refused = command(*own, "--resume", "--steps", 4)
    assert (refused.code, "is judged by a file of its own. Give it again." in refused.err) == (2, True)
    assert json.loads(command(*own, "--resume", "--steps", 4, *given).out)["tokens"] == 90


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--tokens", "bytes", "--minimum-count", 2), "--minimum-count: no effect with the tokens 'bytes'."),
        (("--momentum", "0.5"), "--momentum: no effect with the optimiser 'adamw', only with 'sgd'."),
        (("--validation", 0, "--preview", 5), "--preview: no effect, as nothing is held out"),
    ],
)
def test_flags_without_effect_are_said(
    command: Command, text_file: Path, tmp_path: Path, flags: tuple[object, ...], said: str
) -> None:
    result = command("train", text_file, *FAST, "--out", tmp_path / "run", *flags)
    assert result.code == 0, result.err
    assert said in result.err


def test_what_a_run_cannot_go_on_with_is_told_by_its_flags(command: Command, text_file: Path, tmp_path: Path) -> None:
    run = ("train", text_file, "--out", tmp_path / "run", *FAST)
    assert command(*run).code == 0
    refused = command(*run, "--resume", "--model", "gru(4)", "--document", "line")
    assert refused.code == 2
    assert "\n  --model: the run has 'lstm(8)', now 'gru(4)' is asked for." in refused.err
    assert "\n  --document: the run has 'file', now 'line' is asked for." in refused.err


def test_another_seed_on_a_run_that_goes_on_is_said(command: Command, text_file: Path, tmp_path: Path) -> None:
    run = ("train", text_file, "--out", tmp_path / "run")
    assert "no effect" not in command(*run, *FAST).err
    assert "no effect" not in command(*run, "--resume", "--steps", 4).err
    again = command(*run, "--resume", "--steps", 5, "--seed", 7)
    assert "--seed: no effect on a run that goes on; it stays 0." in again.err


def test_text_is_shown_while_training(command: Command, text_file: Path, tmp_path: Path) -> None:
    flags = ("--evaluate-every", 1, "--preview", 12)
    plain, shown = (
        command("train", text_file, *FAST[:-1], *some, "--out", tmp_path / str(k)) for k, some in enumerate(((), flags))
    )
    assert shown.code == 0
    assert len(shown.err) > len(plain.err) + 36


@pytest.mark.skipif(os.name == "nt", reason="quoted as bash does")
@pytest.mark.parametrize(
    "name", [b"my run; ls", b"two\nlines", b"caf\xe9 d'or \\ 7", b"-run", "Übung".encode(), b"plain"]
)
def test_what_comes_next_can_be_typed(
    command: Command, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    result = command("train", text_file, *FAST, f"--out={os.fsdecode(name)}")
    (line,) = [line for line in result.err.splitlines() if line.startswith("Write with it:")]
    typed = line.removeprefix("Write with it:").strip().removeprefix("seqloom")
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {typed}"], capture_output=True, check=True).stdout
    verb, path, _ = words.split(b"\0")
    assert verb == b"generate"
    assert os.path.samefile(path, name)


def test_held_out_text_may_be_standard_input(
    command: Command, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT[:90].encode())))
    result = command("train", text_file, *FAST, "--out", tmp_path / "run", "--validation", "-", "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["tokens"] == 90


def test_models_are_ranked_by_what_compares_them(command: Command, text_file: Path, tmp_path: Path) -> None:
    for tokens in ("characters", "bytes", "words"):
        command("train", text_file, *FAST, "--tokens", tokens, "--window", 8, "--out", tmp_path / "models" / tokens)
    rows = [json.loads(line) for line in command("models", tmp_path / "models", "--json").out.splitlines()]
    assert {row["tokens"] for row in rows} == {"characters", "bytes", "words"}
    ranks = [row["bits_per_character"] for row in rows]
    assert ranks == sorted(ranks)
    assert "bits/character" in command("models", tmp_path / "models").out


def test_nothing_of_the_text_is_left_in_a_run(command: Command, text_file: Path, tmp_path: Path) -> None:
    command("train", text_file, *FAST, "--out", tmp_path / "run")
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"config.json", "model.safetensors", "metrics.jsonl"}
    assert not any(path.suffix == ".ids" for path in files)
    assert not any(b"brown fox" in path.read_bytes() for path in files)


REFUSED: dict[str, tuple[object, ...]] = {
    "no such held-out text": ("--validation", "nowhere.txt"),
    "too much held out": ("--validation", "0.999"),
    "a text that is too short": ("--window", 5000, "--batch-size", 1),
    "no such device": ("--device", "cuda:99"),
}


@pytest.mark.parametrize("why", REFUSED)
@pytest.mark.parametrize("before", ["nothing", "a run without a lock"])
def test_a_refused_command_leaves_nothing(
    command: Command, text_file: Path, tmp_path: Path, why: str, before: str
) -> None:
    run = ("train", text_file, "--out", tmp_path / "models" / "run", *FAST)
    how = ()
    if before != "nothing":
        assert command(*run).code == 0
        (tmp_path / "models" / "run" / ".lock").unlink()
        how = ("--force",)
    there = everything(tmp_path)
    result = command(*run, *how, *REFUSED[why])
    assert result.code in (2, 3), result.err
    assert everything(tmp_path) == there


@pytest.mark.parametrize("how", ["--force", "--resume"])
def test_a_second_run_is_refused_before_it_reads_the_text(
    command: Command, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    run = ("train", text_file, "--out", tmp_path / "run", *FAST)
    assert command(*run).code == 0
    with Run(tmp_path / "run", resume=True):
        monkeypatch.setattr(Files, "documents", lambda *_: pytest.fail("the text was read"))
        result = command(*run, how, "--steps", 9)
    assert (result.code, "is in use by another run" in result.err) == (2, True)
