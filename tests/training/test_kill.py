"""A run that is killed with ``kill -9`` and resumed ends bit-identical to one that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def kill_and_resume(base: Path, work: str, count: int) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.victim", str(base), work, str(count)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    assert len(found) == count
    return found


def check(found: dict[str, str]) -> None:
    assert {point: result for point, result in found.items() if result != "identical"} == {}


@pytest.mark.parametrize(("work", "count"), [("tiny", 2), ("classifier", 2)])
def test_a_few_kills(tmp_path: Path, work: str, count: int) -> None:
    check(kill_and_resume(tmp_path, work, count))


@pytest.mark.slow
@pytest.mark.timeout(900)  # on a machine that does other things, most of it waits for the disk
@pytest.mark.parametrize("work", ["tiny", "lstm", "language model", "classifier", "tagger"])
def test_24_kills(tmp_path: Path, work: str) -> None:
    check(kill_and_resume(tmp_path, work, 24))
