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


def kill_and_resume(base: Path, model: str, count: int) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.victim", str(base), model, str(count)],
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


def test_a_few_kills(tmp_path: Path) -> None:
    check(kill_and_resume(tmp_path, "tiny", 4))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["tiny", "lstm", "tagger", "classifier"])
def test_24_kills(tmp_path: Path, model: str) -> None:
    check(kill_and_resume(tmp_path, model, 24))
