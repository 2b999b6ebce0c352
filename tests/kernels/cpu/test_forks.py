"""After a fork nothing hangs and results are right: real children of parents that worked on one or two threads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

LIMIT = 150
"""Seconds until a process counts as hanging; it needs a few."""


def endings(*arguments: str) -> list[tuple[str, str]]:
    """What became of each child of one process, in order (see ``forking``); whoever still hangs is killed."""
    command = [sys.executable, "-m", "tests.kernels.cpu.forking", *arguments]
    # A short spin, as ``seqloom`` sets it where it is loaded before torch.
    environment = os.environ | {"OMP_NUM_THREADS": arguments[0], "GOMP_SPINCOUNT": "10000"}
    with tempfile.TemporaryFile("w+") as output:
        parent = subprocess.Popen(command, env=environment, stdout=output, start_new_session=True)
        try:
            parent.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(parent.pid, signal.SIGABRT)  # each says on stderr where it is
            parent.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)
        output.seek(0)
        return [tuple(json.loads(line)) for line in output]


@pytest.mark.parametrize(
    "arguments",
    ["2", pytest.param("1", marks=pytest.mark.slow), pytest.param("2 python", marks=pytest.mark.slow)],
)
def test_children_end_and_are_right(arguments: str) -> None:
    """By the last line no child hangs, those of the lines before have found what their parents find."""
    found = endings(*arguments.split())
    assert [(name, ending) for name, ending in found if ending != "right"] == []
    assert found[-1] == ("the parent goes on", "right"), "the next one hangs"
