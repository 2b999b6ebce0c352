"""Schedules, log, progress, signals, exchange."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from rich.console import Console

from seqloom.errors import Interrupted, StorageError
from seqloom.storage.exchange import exchange
from seqloom.training import progress
from seqloom.training.log import MetricsLog
from seqloom.training.progress import Lines, Live, Silent, View, show
from seqloom.training.schedules import Plateau, learning_rate
from seqloom.training.settings import ScheduleName, TrainingSettings
from seqloom.training.signals import Signals
from tests.training.example import TinyModel, fit, windows

WATCHED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
SETTINGS = TrainingSettings(steps=20, epochs=None, device="cpu", log_every=10)


def test_the_rate_warms_up_falls_and_halves() -> None:
    plateau = Plateau(factor=0.25)
    cosine = [learning_rate(2.0, ScheduleName.COSINE, step, step / 10, 4, plateau) for step in range(11)]
    assert max(cosine) == cosine[3]
    assert cosine[3:] == sorted(cosine[3:], reverse=True)
    assert cosine[10] == 0
    assert learning_rate(2.0, ScheduleName.CONSTANT, 9, 0.9, 4, plateau) == 2.0
    assert learning_rate(2.0, ScheduleName.PLATEAU, 9, 0.9, 4, plateau) == 0.5


def test_the_log_is_one_object_a_line(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append({"step": 1, "loss": 0.1 + 0.2})
    log.append({"step": 2, "loss": 1e-300, "seconds": 0.1})
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == log.records
    assert log.records[0]["loss"] == 0.1 + 0.2
    again = MetricsLog(tmp_path / "metrics.jsonl", log.to_bytes().splitlines(keepends=True)[0])
    assert [record["step"] for record in again.records] == [1]
    assert (tmp_path / "metrics.jsonl").read_bytes() == again.to_bytes()


def test_a_log_that_cannot_grow_is_a_storage_error(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.path = tmp_path / "gone" / "metrics.jsonl"
    with pytest.raises(StorageError, match=r"Cannot write .*metrics.jsonl: No such file"):
        log.append({"step": 1})


def test_a_terminal_gets_a_bar_with_loss_rate_and_time_left() -> None:
    screen = io.StringIO()
    live = Live(Console(file=screen, force_terminal=True, width=80))
    live.start()
    live.update(View(1200, 0.25, 1.5, (12345.6, "tokens"), 65.0, ("validation", 1.75)))
    live.message("Resumed at step 3 [not markup].")
    live.stop()
    shown = screen.getvalue()
    for part in ("25%", "━", "loss 1.500", "validation 1.750", "12,346 tokens/s", "1:05 left", "[not markup]"):
        assert part in shown


def test_the_end_of_what_is_watched_is_drawn_however_quick() -> None:
    screen = io.StringIO()
    live = Live(Console(file=screen, force_terminal=True, width=80))
    live.start()
    for done in range(1, 5):
        live.watch("reading", done, 4)
    live.stop()
    assert "reading, 100%" in screen.getvalue()


def test_a_run_feeds_its_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.training.pace.REDRAW_SECONDS", 0.0)
    views: list[View] = []

    class Watching(Silent):
        def update(self, view: View) -> None:
            views.append(view)

    fit(TinyModel(), windows(), windows(3), SETTINGS, progress=Watching())
    assert [view.step for view in views] == list(range(1, 21))
    assert views[-1].done == 1
    assert views[-1].left == 0
    assert all(view.rate[0] > 0 and view.loss > 0 for view in views)
    assert views[-1].watched is not None


def test_elsewhere_lines_or_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(show(), Silent)
    assert isinstance(show(False), Silent)
    assert isinstance(show(True), Lines)
    fit(TinyModel(), windows(), windows(3), SETTINGS, progress=show(True))
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 4
    assert "step 20  loss" in err
    assert "validation" in err
    fit(TinyModel(), windows(), None, SETTINGS)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    assert isinstance(show(), Live)
    assert type(show(False)) is Silent


def test_signals_are_noted_once_and_handlers_put_back() -> None:
    before = [signal.getsignal(number) for number in WATCHED]
    with Signals() as signals:
        assert signals.received is None
        signal.raise_signal(signal.SIGINT)
        assert signals.received == signal.SIGINT
        with pytest.raises(Interrupted, match="second signal") as caught:
            signal.raise_signal(signal.SIGTERM)
        assert caught.value.exit_code == 143
    assert [signal.getsignal(number) for number in WATCHED] == before


@pytest.mark.skipif(os.name == "nt", reason="SIGHUP is POSIX's")
def test_a_hangup_is_no_second_signal_and_no_first_for_the_next() -> None:
    with Signals() as signals:
        for number, noted in (
            (signal.SIGHUP, signal.SIGHUP),
            (signal.SIGHUP, signal.SIGHUP),
            (signal.SIGTERM, signal.SIGTERM),
            (signal.SIGHUP, signal.SIGTERM),
        ):
            signal.raise_signal(number)
            assert signals.received == noted
        with pytest.raises(Interrupted, match="second signal"):
            signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("number", WATCHED)
def test_ignored_signals_stay_ignored_and_others_do_not(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    other = signal.SIGINT if number == signal.SIGTERM else signal.SIGTERM
    try:
        with Signals() as signals:
            signal.raise_signal(number)
            assert signals.received is None
            signal.raise_signal(other)
            assert signals.received == other
    finally:
        signal.signal(number, before)


def test_threads_train() -> None:
    steps: list[int] = []
    thread = threading.Thread(target=lambda: steps.append(fit(TinyModel(), windows(), None, SETTINGS).steps))
    thread.start()
    thread.join()
    assert steps == [20]


def test_exchange_swaps_or_says_that_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.write_text("file")
    if not exchange(one, other):
        pytest.skip("this file system cannot swap names")
    assert one.is_file()
    assert other.is_dir()
    with pytest.raises(OSError) as caught:
        exchange(one, tmp_path / "nothing")
    assert caught.value.errno == errno.ENOENT
    monkeypatch.setattr("seqloom.storage.exchange._renameat2", lambda: None)
    assert not exchange(one, other)
    assert os.listdir(tmp_path)
