"""Whatever becomes of stderr: no error, no wait, and the run goes on to its end."""

from __future__ import annotations

import io
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("pipes, terminals and /dev/full as Linux has them", allow_module_level=True)

from seqloom.storage.run import Run, newest_valid
from seqloom.training import lossy as lossy_module
from seqloom.training.log import Record
from seqloom.training.lossy import Lossy, encode, lossy
from seqloom.training.progress import Lines, Live, Progress
from seqloom.training.settings import TrainingSettings
from tests.training.broken_streams import FAULTS, Fault, hangs, pipe, terminal
from tests.training.example import TinyModel, fit, windows

SETTINGS = TrainingSettings(steps=20, epochs=None, device="cpu", log_every=1)
FAULT = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that streams were waited for in vain; no clock, so that a slow machine does not matter."""
    seconds: list[float] = []

    def select(*what: Any) -> Any:
        found = real(*what)
        seconds.extend([] if found[1] else [what[3]])
        return found

    real = lossy_module.select.select
    monkeypatch.setattr(lossy_module.select, "select", select)
    return seconds


@FAULT
def test_a_broken_stream_costs_little_time_and_no_error(fault: Fault, waited: list[float]) -> None:
    make, breaks = fault
    with make() as stream:
        text = lossy(stream.writer)
        print("before", file=text)
        assert stream.waiting().splitlines() == [b"before"]
        breaks(stream)
        for number in range(50):
            print(f"line {number}", "x" * 1000, file=text)
        text.flush()
        assert sum(waited) <= 0.2


def test_what_takes_text_again_gets_it_on_a_new_line() -> None:
    with pipe() as stream:
        text = lossy(stream.writer)
        for _ in range(10):
            text.write("0123456789" * 10_000 + "\n")
        kept = stream.waiting()
        assert len(kept) > 4000
        assert kept[-1:] != b"\n"
        text.write("again\n")
        assert stream.waiting() == b"\nagain\n"


def test_whoever_reads_late_but_reads_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossy_module, "_PATIENCE", 60.0)  # the reader of a slow machine comes late, too
    with pipe() as stream:
        hangs(stream)
        read: list[bytes] = []
        reader = threading.Timer(0.05, lambda: read.append(stream.waiting()))
        reader.start()
        lossy(stream.writer).write("late\n")
        reader.join()
        assert (read[0] + stream.waiting()).endswith(b"late\n")


def test_streams_without_a_descriptor_are_written_as_they_are() -> None:
    page = io.StringIO()
    print("1–2", file=lossy(page))
    assert page.getvalue() == "1–2\n"
    assert not lossy(page).isatty()
    text = lossy(None)
    assert print("to nobody", file=text) is None
    assert lossy(text) is text
    assert (text.isatty(), text.encoding, text.writable()) == (False, "utf-8", True)


def test_no_encoding_makes_a_message_fail() -> None:
    for encoding in ("ascii", "latin-1", "cp1252", "utf-8", "utf-16"):
        for words in ("1–9 … →", "ü €", "𝄞 \udcff", "\ud800"):
            assert encode(words, encoding)
    with pipe() as stream:
        stream.writer.reconfigure(encoding="ascii", errors="strict")  # type: ignore[attr-defined]
        lossy(stream.writer).write("d\udcffir/ü – done …\n")
        assert stream.waiting() == b"d\\udcffir/\\xfc - done ...\n"


def test_a_terminal_is_one() -> None:
    with terminal() as stream:
        assert lossy(stream.writer).isatty()
        assert lossy(stream.writer).fileno() == stream.writer.fileno()
    with pytest.raises(OSError):
        Lossy(None).fileno()


@FAULT
@pytest.mark.parametrize("kind", [Lines, Live])
def test_a_run_goes_on_whatever_becomes_of_its_stderr(
    fault: Fault,
    kind: type[Lines] | type[Live],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make, breaks = fault
    monkeypatch.setattr("seqloom.training.pace.REDRAW_SECONDS", 0.0)
    with make() as stream, Run(tmp_path / "run", lambda: {"config.json": b"{}"}) as run:
        monkeypatch.setattr(sys, "stderr", stream.writer)
        watcher = Breaking(kind(), lambda: breaks(stream), at=random.Random(kind.__name__).randrange(1, 19))
        history = fit(TinyModel(), windows(), None, SETTINGS, run, watcher)
        monkeypatch.undo()
    assert (history.steps, newest_valid(tmp_path / "run").step) == (20, 20)
    assert watcher.records == 20


class Breaking:
    """A watcher whose stream breaks at a record."""

    def __init__(self, watcher: Progress, breaks: Callable[[], None], at: int) -> None:
        self._watcher, self._breaks, self._at = watcher, breaks, at
        self.records = 0
        self.start, self.update, self.stop = watcher.start, watcher.update, watcher.stop

    def record(self, record: Record) -> None:
        self.records += 1
        if self.records == self._at:
            self._breaks()
        self._watcher.record(record)
        self._watcher.message(f"Record {self.records}. " + "x" * 2000)

    def message(self, text: str) -> None:
        self._watcher.message(text)
