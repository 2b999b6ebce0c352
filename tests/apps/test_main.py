"""The frame around the commands: help, version, completion, and what becomes of errors."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from seqloom.apps.cli import main
from seqloom.apps.cli.reference import help_pages
from tests.apps.running import COMMANDS, Command


def test_help_names_every_command(command: Command) -> None:
    result = command("--help")
    assert result.code == 0
    assert all(name in result.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_json(command: Command, name: str) -> None:
    result = command(name, "--help")
    assert result.code == 0
    assert "--json" in result.out
    assert result.err == ""


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("probe", "(default: 5000)"),
        ("probe", "(default: lstm(128))"),
        ("probe", "(default: no-cosine)"),
        ("train", "(default: models/NAME OF FIRST FILE)"),
    ],
)
def test_defaults_are_in_the_help(name: str, default: str) -> None:
    assert default in help_pages(200)[f"seqloom {name}"]


def test_no_word_is_a_wish_for_help(command: Command) -> None:
    assert command() == command("--help")


def test_the_package_is_the_program() -> None:
    words = (sys.executable, "-m", "seqloom", "--version")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "seqloom 0.1.0\n"), done.stderr


def test_wrong_words_are_usage_errors(command: Command) -> None:
    for words, message in [
        (["trian"], "Did you mean 'train'?"),
        (["train"], "Missing argument"),
        (["train", "x", "--batch-sise", "1"], "Possible options: --batch-size"),
        (["generate", "x", "--length", "many"], "as an integer. See `seqloom generate --help`."),
        (
            ["predict", "x", "-o", "y"],
            "No such option: -o. What is found goes to standard output; into a file: seqloom",
        ),
        (["evaluate", "x", "y", "--output", "z"], "into a file: seqloom evaluate … > FILE"),
        (["score", "x", "--out=z"], "into a file: seqloom score … > FILE"),
        (["train", "x", "--output", "y"], "--out"),
        (["train", "x", "--zzzzzz"], "No such option: --zzzzzz. See `seqloom train --help`."),
    ]:
        result = command(*words)
        assert (result.code, result.out) == (2, "")
        assert message in result.err
        assert "Traceback" not in result.err


def test_a_bug_is_one_line_without_debug(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(main, "app", broken)
    quiet, loud = command("doctor"), command("--debug", "doctor")
    assert quiet.code == loud.code == 1
    assert "bug in seqloom: ZeroDivisionError: by zero" in quiet.err
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err


def test_doctor_reports_kernels_and_versions(command: Command) -> None:
    result = command("doctor", "--json")
    assert result.code == 0
    findings = json.loads(result.out)
    assert findings["versions"]["torch"].startswith("2.")
    assert "reference" in findings["kernels"]
    assert "reference" in command("doctor").out


def test_the_program_is_quick_without_torch() -> None:
    code = "import sys; from seqloom.apps.cli.main import run; run(['--version']); assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "seqloom 0.1.0\n"), done.stderr


def test_completion_scripts_are_offered() -> None:
    script = "_SEQLOOM_COMPLETE=complete_bash COMP_WORDS='seqloom tr' COMP_CWORD=1 {} -c {!r}"
    code = "from seqloom.__main__ import main; main()"
    done = subprocess.run(
        ["bash", "-c", script.format(sys.executable, code)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "train", done.stderr
