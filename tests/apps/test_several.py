"""``torchrun … -m seqloom train``: one voice, one exit code, and a death that ends in a sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.apps.cli.main import run
from seqloom.storage.run import newest_valid, versions
from seqloom.tasks import registry
from tests.apps.running import FAST, TEXT
from tests.training.test_kill import ROOT
from tests.training.test_ranks import printed
from tests.training.together import dying, in_processes

LAUNCHER = f"{sys.executable} -m torch.distributed.run --standalone --nproc-per-node 2".split()
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def slow(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.slow)


def together(folder: Path, *words: str, before: Callable[[], None] = lambda: None) -> tuple[list[int], list[str]]:
    """The exit codes of two processes that run a command in ``folder``, and what each printed."""

    def command() -> None:
        os.chdir(folder)
        before()
        sys.exit(run(words))

    (folder / "text.txt").write_text(TEXT)
    return in_processes(command, folder), printed(folder)


def test_only_the_first_prints_and_both_have_trained(tmp_path: Path) -> None:
    codes, (first, second) = together(tmp_path, "train", "text.txt", *FAST, "--out", "run", "--json")
    assert (codes, second) == ([0, 0], "")
    assert json.loads(first.splitlines()[-1])["steps"] == 3
    assert [line.partition(":")[0] for line in first.splitlines()] == ["Held out", '{"directory"']
    assert newest_valid(tmp_path / "run").step == 3


def test_a_task_of_one_file_works_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._OURS, "toy-ranker", "tests.tasks.toy:Ranker")
    (tmp_path / "pairs.txt").write_text("ab b 0\nb aab 1\nabc aa 1\naaa b 0\nb a 1\na c 0\n" * 2)
    run = ("train", "pairs.txt", "--task", "toy-ranker", "--out", "run", "--json", "--epochs", "3", "--batch-size", "4")
    codes, (first, second) = together(tmp_path, *run)
    assert (codes, second) == ([0, 0], "")
    assert json.loads(first.splitlines()[-1])["task"] == "toy-ranker"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("train", "text.txt", *FAST, "--out", "."), 2, "choose another directory"),
        (("generate", "run"), 2, "generate works in one process"),
        slow(("train", "text.txt", "--model", "lstn(8)"), 2, "Did you mean 'lstm'?"),
        slow(("train", "none.txt", *FAST), 3, "none.txt"),
        slow(("train", "-", *FAST), 2, "several cannot read the same standard input"),
        slow(("train", "text.txt", "--banana"), 2, "No such option"),
    ],
)
def test_one_of_them_tells_what_is_wrong(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    codes, texts = together(tmp_path, *words)
    assert codes == [code, code]
    assert "".join(texts).count(said) == 1
    assert "".join(texts).count("Error: ") == 1


@pytest.mark.parametrize("rank", [slow(0), 1])
def test_a_death_ends_in_one_sentence(tmp_path: Path, rank: int) -> None:
    codes, texts = together(tmp_path, "train", "text.txt", *FAST, "--out", "run", before=dying(rank, 8))
    assert sorted(codes) == [-signal.SIGKILL, 8]
    assert texts[1 - rank].splitlines()[-1].startswith("Error: Another process of this run has ended: killed")
    assert "--resume" in texts[1 - rank]
    assert "Traceback" not in texts[1 - rank]
    codes, _ = together(tmp_path, "train", "text.txt", *FAST, "--out", "run", "--resume")
    assert codes == [0, 0]
    assert newest_valid(tmp_path / "run").step == 3


def torchrun(folder: Path, *words: str, restarts: int = 0) -> subprocess.Popen[str]:
    """Two processes of ``seqloom train``, as a user starts them."""
    (folder / "text.txt").write_text(TEXT)
    (folder / "often.toml").write_text("checkpoint_every_steps = 5\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [
            *LAUNCHER,
            "--max-restarts",
            str(restarts),
            "-m",
            "seqloom",
            "train",
            "text.txt",
            *FAST,
            "--out",
            "run",
            "--config",
            "often.toml",
            *words,
        ],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ranks_of(parent: int) -> dict[int, int]:
    """The processes that torchrun has started, by their rank."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    found = {}
    for child in map(int, children):
        variables = dict(part.partition("=")[::2] for part in Path(f"/proc/{child}/environ").read_text().split("\0"))
        if "RANK" in variables:
            found[int(variables["RANK"])] = child
    return found


def wait_for(what: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_torchrun_with_10_kills_and_a_signal(tmp_path: Path) -> None:
    """Each time the run goes on, then one process is killed, and torchrun sends SIGTERM to the other."""
    before, resume = -1, ()
    for number in range(10):
        running = torchrun(tmp_path, "--steps", "1000000", *resume)
        wait_for(lambda: bool(versions(tmp_path / "run")) and newest_valid(tmp_path / "run").step > before)  # noqa: B023
        time.sleep(0.037 * number)
        os.kill(ranks_of(running.pid)[number % 2], signal.SIGKILL)
        _, printed_text = running.communicate(timeout=60)
        assert printed_text.count("Error: Another process of this run has ended") == 1, printed_text
        assert "closed by peer" not in printed_text
        before, resume = newest_valid(tmp_path / "run").step, ("--resume",)
    running = torchrun(tmp_path, "--steps", "1000000", "--resume")
    wait_for(lambda: newest_valid(tmp_path / "run").step > before)
    running.send_signal(signal.SIGTERM)
    _, printed_text = running.communicate(timeout=60)
    assert printed_text.count("Everything is saved") == 1, printed_text
    done = torchrun(tmp_path, "--steps", str(newest_valid(tmp_path / "run").step + 3), "--resume", "--json")
    out, printed_text = done.communicate(timeout=60)
    assert done.returncode == 0, printed_text
    assert out.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
def test_torchrun_starts_them_again(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    running = torchrun(tmp_path, "--resume", "--steps", "1000", "--json", restarts=1)
    wait_for(lambda: bool(versions(tmp_path / "run")) and newest_valid(tmp_path / "run").step > 0)
    os.kill(ranks_of(running.pid)[1], signal.SIGKILL)
    out, printed_text = running.communicate(timeout=120)
    assert running.returncode == 0, printed_text
    assert json.loads(out)["steps"] == 1000
    assert printed_text.count("Resumed at step") == 1
