"""What stdout cannot encode is never changed in silence; paths that are no UTF-8 are files like all others."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.table import Table

from seqloom.apps.cli import console
from seqloom.apps.cli.main import run
from seqloom.errors import StorageError, UsageError
from seqloom.kernels.cpu import team
from tests.apps.running import COMMANDS, FAST, TEXT, Command

TEXTS = ("thé", "日本", "a–b…", "𝄞", "\udcff and \ud800")


@pytest.fixture
def stdout(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], io.BytesIO]:
    def open_stdout(encoding: str, errors: str = "strict") -> io.BytesIO:
        content = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(content, encoding=encoding, errors=errors))
        return content

    return open_stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8", "utf-16-le"])
@pytest.mark.parametrize("text", TEXTS)
def test_json_is_read_back_whole_from_any_encoding(stdout: Callable[..., io.BytesIO], encoding: str, text: str) -> None:
    content = stdout(encoding)
    console.emit_json({"text": text})
    written = content.getvalue().decode(encoding)
    assert json.loads(written) == {"text": text}
    assert ("\\u" in written) == (encoding != "utf-8" or "\udcff" in text)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_written_whole_or_refused_by_name(stdout: Callable[..., io.BytesIO], encoding: str, text: str) -> None:
    content = stdout(encoding)
    shown = text.encode("utf-8", "backslashreplace").decode()
    lacking = [letter for letter in shown if letter.encode(encoding, "replace") == b"?"]
    if not lacking:
        console.emit(text)
        assert content.getvalue().decode(encoding) == shown + "\n"
        return
    with pytest.raises(UsageError) as caught:
        console.emit(text)
    for part in (encoding, f"U+{ord(lacking[0]):04X}", "--encoding utf-8", "--json"):
        assert part in str(caught.value)
    assert content.getvalue() == b""


def test_the_users_own_way_out_is_kept(stdout: Callable[..., io.BytesIO]) -> None:
    content = stdout("ascii", "xmlcharrefreplace")
    console.emit("thé")
    assert content.getvalue() == b"th&#233;\n"


def test_tables_are_for_people_and_never_fail(stdout: Callable[..., io.BytesIO]) -> None:
    content = stdout("ascii")
    table = Table("a–b", box=None)
    console.add_row(table, "é…\udcff")
    console.emit_table(table)
    assert b"a-b" in content.getvalue()
    assert b"\\xe9...\\udcff" in content.getvalue()


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)])
def test_help_fits_an_ascii_terminal(stdout: Callable[..., io.BytesIO], words: list[str]) -> None:
    content = stdout("ascii")
    assert run([*words, "--help"]) == 0
    shown = content.getvalue().decode("ascii")
    assert "Usage: seqloom" in shown
    assert "\\" not in shown
    assert "+-" in shown


def test_encoding_is_chosen_before_the_command(
    stdout: Callable[..., io.BytesIO], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate = ["generate", str(model), "-p", "the ", "-l", "1", "--beam", "1"]
    content = stdout("ascii")
    assert run(["--encoding", "utf-16-le", *generate]) == 0
    assert "the " in content.getvalue().decode("utf-16-le")
    for name in ("klingon", "hex", "a\0b", ""):
        assert run(["--encoding", name, *generate]) == 2
        assert "--encoding: expected one that Python knows" in capsys.readouterr().err


def test_debug_may_stand_after_encoding(command: Command, tmp_path: Path) -> None:
    loud = command("--encoding", "utf-8", "--debug", "generate", tmp_path)
    quiet = command("generate", tmp_path, "-p", "--debug")
    assert (loud.code, quiet.code) == (4, 4)
    assert "Traceback" in loud.err
    assert "Traceback" not in quiet.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_stdout_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(StorageError, match=r"stdout could not be written \(No space left"):
            console.emit("text")


ODD = os.fsdecode(b"d\xffir")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("tokens", ["characters", "bytes", "words", "bpe"])
def test_paths_and_words_that_are_no_utf_8(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens: str
) -> None:
    home = tmp_path / ODD
    home.mkdir()
    monkeypatch.chdir(home)
    Path(f"{ODD}.txt").write_text(TEXT)
    if tokens == "bpe":
        pytest.importorskip("tokenizers")
    for words in (
        ("train", f"{ODD}.txt", "--out", home / ODD, *FAST, "--tokens", tokens),
        ("train", f"{ODD}.txt", "--out", home / ODD, "--resume", "--steps", 4),
        ("generate", ODD, "-l", 3),
        ("score", ODD, f"{ODD}.txt", "--json"),
        ("score", ODD, "-t", ODD),
        ("evaluate", ODD, f"{ODD}.txt"),
        ("models", home),
        ("models", home, "--json"),
    ):
        result = command(*words)
        assert result.code == 0, (words, result.err)
    assert json.loads(result.out)["directory"] == str(home / ODD)
    for words, code in (
        (("train", f"{ODD}/none"), 3),
        (("train", f"{ODD}.txt", "--config", f"{ODD}/none"), 2),
        (("generate", f"{ODD}/none"), 4),
        (("train", f"{ODD}.txt", "--model", ODD), 2),
        ((ODD,), 2),
    ):
        result = command(*words)
        assert result.code == code, (words, result.err)
        assert r"d\udcffir" in result.err


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_what_the_system_lists_need_not_be_utf_8(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = tmp_path / "maps"
    maps.write_bytes(b"7f00-7f01 r--p 0 00:00 0   /tmp/d\xffir/text.ids\n" + team.MAPS.read_bytes())
    monkeypatch.setattr(team, "MAPS", maps)
    with_odd_line = team._loaded_gomp()
    monkeypatch.undo()
    assert (with_odd_line is None) == (team._loaded_gomp() is None)
    home = tmp_path / ODD
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    monkeypatch.setenv("OMP_WAIT_POLICY", ODD)
    for words in (("doctor",), ("doctor", "--json")):
        result = command(*words)
        assert result.code == 0, result.err
        assert r"d\udcffir" in result.out


def test_messages_never_fail_for_their_encoding() -> None:
    words = [sys.executable, "-m", "seqloom", "thé–…"]
    done = subprocess.run(words, capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2
    assert rb"No such command 'th\xe9-...'" in done.stderr
