"""The command when its streams close, fill or hang, at the start or at any moment, and when Ctrl-C comes early."""

from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("pipes, terminals and /dev/full as Linux has them", allow_module_level=True)

from seqloom.__main__ import _open_closed_streams
from seqloom.apps.cli import console
from seqloom.storage.run import newest_valid
from seqloom.training.progress import Live
from tests.apps.running import TEXT, Command
from tests.training.broken_streams import Stream, hangs, pauses, pipe, terminal

PROGRAM = (sys.executable, "-m", "seqloom")
STEPS = 200


def shell(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    line = [*PROGRAM, *words]
    return subprocess.run(["bash", "-c", script, "bash", *line], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('"$@" >&-', 0),
        ('"$@" 2>&-', 0),
        ('"$@" <&- >&- 2>&-', 0),
        ('"$@" >/dev/full', 6),
        ('"$@" 2>/dev/full', 0),
        ('"$@" >/dev/full 2>&-', 6),
        ('set -o pipefail; "$@" | true', 0),
    ],
)
def test_a_stream_that_is_closed_or_full_at_the_start(script: str, code: int) -> None:
    done = shell(script, "--help")
    assert done.returncode == code, done.stderr
    told = "Error: stdout could not be written (No space left on device). What was saved before that is complete.\n"
    assert done.stderr == (told if code and "2>&-" not in script else "")


@pytest.mark.parametrize("script", ['"$@" <&- >&- 2>&-', '"$@" 2>/dev/full'])
def test_an_error_that_nobody_hears_has_its_code(script: str) -> None:
    done = shell(script, "trian")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_no_file_of_a_run_takes_the_number_of_a_closed_stream() -> None:
    code = "import os, seqloom.__main__ as m; m._open_closed_streams(); os._exit(os.open('/dev/zero', os.O_RDONLY))"
    line = ["bash", "-c", '"$@" <&- >&- 2>&-', "bash", sys.executable, "-c", code]
    assert subprocess.run(line, check=False).returncode >= 3


def test_no_text_comes_from_a_closed_stdin(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    _open_closed_streams()
    with sys.stdin:
        result = command("score", "model")
    assert (result.code, result.err) == (3, "Error: The standard input is empty: there is nothing to read.\n")


def test_a_bar_leaves_the_data_on_stdout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with terminal() as stream:
        monkeypatch.setattr(sys, "stderr", stream.writer)
        with console.watched("working") as progress:
            progress(1, 2)
            console.emit("data")
        live = Live()
        live.start()
        console.emit("more")
        live.stop()
        monkeypatch.undo()
        assert b"working" in stream.waiting()
    assert capsys.readouterr().out == "data\nmore\n"


SOON = """
import os, signal, sys
imports, at = 0, int(sys.argv[1])

def count(event, _):
    global imports
    imports += event == "import"
    if event == "import" and imports == at:
        os.kill(os.getpid(), signal.SIGINT)

from seqloom.__main__ import main
sys.argv = ["seqloom", *sys.argv[2:]]
sys.addaudithook(count)
try:
    main()
finally:
    if not at:
        print(imports)
"""
"""The command, to which Ctrl-C comes amid an import, told by its number and not by a clock."""


def interrupted(home: Path, at: int) -> subprocess.CompletedProcess[str]:
    (home / "text.txt").write_text(TEXT)
    words = ("train", home / "text.txt", "--out", home / "run", "--model", "lstm(8)", "--steps", "1", "--quiet")
    return subprocess.run([sys.executable, "-c", SOON, str(at), *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def imports(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many modules a short run imports."""
    return int(interrupted(tmp_path_factory.mktemp("imports"), 0).stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "moment", [n if n % 4 == 1 else pytest.param(n, marks=pytest.mark.slow) for n in range(20)], ids=str
)
def test_ctrl_c_while_the_command_begins_is_quiet(tmp_path: Path, imports: int, moment: int) -> None:
    assert imports > 1000
    done = interrupted(tmp_path, 1 + moment * imports // 20)
    assert (done.returncode, done.stdout) == (130, "")
    assert not re.search("Traceback|Exception ignored", done.stderr), done.stderr


DOOR = """
import fcntl, os, signal, sys, termios
for number, stream in ((signal.SIGUSR1, 1), (signal.SIGUSR2, 2)):
    signal.signal(number, lambda *_, stream=stream: os.dup2(os.open("/dev/full", os.O_WRONLY), stream))
if os.isatty(2):
    os.setsid()
    fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.write(1, b"begun\\n")
from seqloom.__main__ import main
main()
"""
"""The command, which fills the disk below its streams when it is told to, and has its terminal as any command has."""


class Running:
    """A run in a process of its own, whose streams the test reads until it does not."""

    def __init__(self, home: Path, err: Stream, steps: int = STEPS) -> None:
        (home / "text.txt").write_text(TEXT)
        self.path, self.out, self.err = home / "run", pipe(), err
        self.read_from, self.got = {self.out, self.err}, {self.out: b"", self.err: b""}
        small = ("--model", "lstm(8)", "--batch-size", "2", "--window", "16", "--log-every", "1", "--json")
        self.process = subprocess.Popen(
            [sys.executable, "-c", DOOR, "train", home / "text.txt", "--out", self.path, "--steps", str(steps), *small],
            stdin=subprocess.DEVNULL,
            stdout=self.out.writer,
            stderr=self.err.writer,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )

    def __enter__(self) -> Running:
        self.read_until(lambda: b"begun" in self.got[self.out])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.out, self.err):
            stream.__exit__()

    def read_until(self, there: Callable[[], bool]) -> None:
        """Read what comes until something holds, or the process has ended."""
        late = time.monotonic() + 100
        while not there() and self.process.poll() is None:
            assert time.monotonic() < late, self.got
            self._take(0.02)
        self._take(0)

    def _take(self, seconds: float) -> None:
        streams = {stream.reader: stream for stream in self.read_from if stream.reader is not None}
        for reader in select.select(list(streams), (), (), seconds)[0]:
            self.got[streams[reader]] += streams[reader].waiting()

    def end(self) -> int:
        self.read_until(lambda: False)
        return self.process.wait()

    def logged(self) -> int:
        """The last step that the log tells of."""
        log = self.path / "metrics.jsonl"
        lines = log.read_bytes().split(b"\n")[:-1] if log.exists() else []
        return int(json.loads(lines[-1])["step"]) if lines else 0

    def complete(self) -> bool:
        return (self.path / f"step-{STEPS:08d}").exists()


def close(*streams: Stream) -> None:
    for stream in streams:
        stream.close_reader()


def sleep(run: Running, stream: Stream) -> None:
    run.read_from.discard(stream)
    hangs(stream)


FAULTS: dict[str, tuple[Callable[[], Stream], Callable[[Running], None], int]] = {
    "the reader of stderr goes": (pipe, lambda run: close(run.err), 0),
    "the reader of stdout goes": (pipe, lambda run: close(run.out), 0),
    "both readers go": (pipe, lambda run: close(run.out, run.err), 0),
    "the reader of stderr sleeps": (pipe, lambda run: sleep(run, run.err), 0),
    "the reader of stdout sleeps": (pipe, lambda run: sleep(run, run.out), 0),
    "stderr fills the disk": (pipe, lambda run: run.process.send_signal(signal.SIGUSR2), 0),
    "stdout fills the disk": (pipe, lambda run: run.process.send_signal(signal.SIGUSR1), 6),
    "the terminal is closed": (terminal, lambda run: close(run.err), 129),
    "the terminal is paused": (terminal, lambda run: pauses(run.err), 0),
    "the terminal sleeps": (terminal, lambda run: sleep(run, run.err), 0),
}
FAST = "the terminal is closed"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        pytest.param(number, name, marks=[] if name == FAST and number < len(FAULTS) else pytest.mark.slow)
        for number, name in enumerate([*FAULTS] * 2)
    ],
)
def test_a_run_whose_streams_break_at_a_random_moment_ends_well(tmp_path: Path, number: int, name: str) -> None:
    make, breaks, code = FAULTS[name]
    moment = random.Random(number).random()
    with Running(tmp_path, make()) as run:
        begun = time.monotonic()
        if moment < 0.25:
            run.read_until(lambda: time.monotonic() > begun + 8 * moment)
        else:
            run.read_until(lambda: run.logged() >= STEPS * (moment - 0.25) / 0.75)
        breaks(run)
        if name == "the reader of stdout sleeps":
            run.read_until(run.complete)
            run.read_from.add(run.out)
        ended = run.end()
        if code == 129 and ended == -signal.SIGHUP:
            assert run.logged() == 0 or run.complete(), "killed while it learnt"
        else:
            assert ended == code, run.got
        assert run.logged() == 0 or newest_valid(run.path).step >= run.logged()
        if ended in (0, 6):
            assert run.complete()
        if ended == 0 and run.out.reader is not None:
            result = run.got[run.out].decode().replace("#", "").splitlines()
            assert json.loads(result[-1])["steps"] == STEPS
        for stream in (run.out, run.err):
            assert not re.search(rb"Traceback|bug|Exception ignored", run.got[stream])


@pytest.mark.slow
def test_without_ctrl_c_sigterm_stops_a_run_after_a_checkpoint(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run = Running(tmp_path, pipe(), steps=1_000_000)
    finally:
        signal.signal(signal.SIGINT, before)
    with run:
        run.read_until(lambda: run.logged() > 0)
        run.process.send_signal(signal.SIGINT)
        seen = run.logged()
        run.read_until(lambda: run.logged() > seen + 20)
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 143
        assert newest_valid(run.path).step == run.logged() > seen + 20
