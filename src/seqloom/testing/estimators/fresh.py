"""Work in a Python that has just begun, and that may be killed as power cuts kill: between two renames."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

__all__ = ["counted_renames", "dies_at_rename", "in_a_new_process"]

_CODE = """
import pickle, sys
with open(sys.argv[1], "rb") as file:
    work = pickle.load(file)
found = work()
with open(sys.argv[2], "wb") as file:
    pickle.dump(found, file)
"""


def in_a_new_process(work: Callable[[], Any]) -> Any:
    """What ``work`` returns in an interpreter of its own; None where it was killed.

    ``work`` and what it returns go there by pickle: functions and classes of modules that can be imported. Raises
    AssertionError with what was printed where it fails.
    """
    with TemporaryDirectory() as folder:
        given, returned = Path(folder, "given"), Path(folder, "returned")
        given.write_bytes(pickle.dumps(work))
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        done = subprocess.run(
            [sys.executable, "-c", _CODE, str(given), str(returned)],
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
        )
        if done.returncode == -signal.SIGKILL:
            return None
        assert done.returncode == 0, f"the new process failed:\n{done.stderr}"
        return pickle.loads(returned.read_bytes())


@contextmanager
def counted_renames(at_number: Callable[[int], None] = lambda number: None) -> Iterator[list[str]]:
    """The targets of ``os.replace`` and ``os.rename`` so far; ``at_number`` hears of each before it is done."""
    targets: list[str] = []
    before = {name: getattr(os, name) for name in ("replace", "rename")}

    def counting(name: str) -> Callable[..., None]:
        def call(source: Any, target: Any, **more: Any) -> None:
            targets.append(os.fspath(target))
            at_number(len(targets))
            before[name](source, target, **more)

        return call

    try:
        for name in before:
            setattr(os, name, counting(name))
        yield targets
    finally:
        for name, function in before.items():
            setattr(os, name, function)


def dies_at_rename(number: int, work: Callable[[], Any]) -> Any:
    """Do ``work``, in which the process kills itself (SIGKILL) right before that rename."""

    def kill(done: int) -> None:
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with counted_renames(kill):
        return work()
