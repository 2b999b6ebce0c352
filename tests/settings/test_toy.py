"""A record of three fields has its checks, TOML keys, flags and help for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from seqloom.apps.cli.settings import read_settings, takes_settings
from seqloom.errors import UsageError
from seqloom.settings import COUNT, POSITIVE, Section, Settings, flat, flattened, nested


class Pace(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@dataclass(frozen=True)
class Walk(Settings):
    title = "the walk"

    longest_step: Annotated[float | None, POSITIVE, "The longest step, in metres.", Section("Legs")] = None
    steps: Annotated[int, COUNT, "Stop after so many."] = 10
    pace: Annotated[Pace, "How to go."] = Pace.SLOW


def walk(*words: str) -> Walk:
    """What a command of these settings makes of its flags."""
    app, made = typer.Typer(add_completion=False), []

    @app.command()
    @takes_settings(flat(Walk), defaults=True)
    def command(config: Path | None = None, **flags: Any) -> None:
        made.append(Walk(**nested(Walk, read_settings(flat(Walk), flags, config))))

    app(args=list(words), standalone_mode=False)
    return made[0]


def test_flags() -> None:
    assert walk() == Walk()
    assert walk("--longest-step", "2.5", "--steps", "3", "--pace", "fast") == Walk(2.5, 3, Pace.FAST)


def test_wrong_flags_come_together() -> None:
    with pytest.raises(UsageError) as caught:
        walk("--longest-step", "0", "--steps", "2.5", "--pace", "fats")
    assert str(caught.value).splitlines() == [
        "3 problems:",
        "  --longest-step: expected a number above 0, got '0'.",
        "  --steps: expected a whole number of at least 1, got '2.5'.",
        "  --pace: expected one of slow, fast, got 'fats'. Did you mean 'fast'?",
    ]


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "90", "TERMINAL_WIDTH": "90", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(IndexError):
        walk("--help")
    lines = [" ".join(line.strip("│ ").split()) for line in capsys.readouterr().out.splitlines()]
    assert "--steps INT Stop after so many (default: 10)." in lines
    assert "--pace slow|fast How to go (default: slow)." in lines
    legs = next(number for number, line in enumerate(lines) if "Legs" in line)
    assert lines[legs + 1] == "--longest-step NUMBER The longest step, in metres."


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "walk.toml"
    path.write_text('longest-step = 2\nsteps = 4\npace = "fast"\n')
    assert walk("--config", str(path), "--steps", "5") == Walk(2, 5, Pace.FAST)
    path.write_text('step = 2\npace = 3\nsteps = "4"\n')
    with pytest.raises(UsageError) as caught:
        walk("--config", str(path))
    assert str(caught.value).splitlines() == [
        "2 problems:",
        f"  {path}: unknown setting 'step'. Did you mean 'steps'?",
        f"  {path}: pace: expected one of slow, fast, got 3.",
    ]


def test_plain_data_and_back() -> None:
    one = Walk(steps=3, pace=Pace.FAST)
    assert one.to_mapping() == {"longest_step": None, "steps": 3, "pace": "fast"}
    assert Walk.from_mapping(one.to_mapping()) == one
    with pytest.raises(UsageError) as caught:
        Walk.from_mapping({"stepps": 1, "longest_step": "far", "steps": None})
    assert str(caught.value).splitlines() == [
        "3 problems in the walk:",
        "  stepps: no such setting. Did you mean 'steps'?",
        "  longest_step: expected a number above 0 or None, got 'far'.",
        "  steps: expected a whole number of at least 1, got None.",
    ]


@dataclass(frozen=True)
class Journey(Settings):
    name: Annotated[str, "What to call it."] = "home"
    hidden: int = 1
    walk: Walk = Walk()


def test_a_record_inside_is_opened() -> None:
    assert [setting.key for setting in flat(Journey)] == ["name", "longest_step", "steps", "pace"]
    arguments = nested(Journey, {"name": "out", "steps": 3, "unknown": 1})
    assert arguments == {"name": "out", "walk": {"steps": 3}}
    assert Journey(**arguments) == Journey("out", 1, Walk(steps=3))
    assert flattened(Journey, arguments) == {"name": "out", "steps": 3}
    assert Journey.from_mapping(Journey("out").to_mapping()) == Journey("out")
    assert Journey(walk=None).walk == Walk()  # type: ignore[arg-type]
    with pytest.raises(UsageError) as caught:
        Journey.from_mapping({"name": "", "walk": {"steps": 0, "place": 1}})
    assert caught.value.problems == (
        "name: expected text, got ''.",
        "place: no such setting. Did you mean 'pace'?",
        "steps: expected a whole number of at least 1, got 0.",
    )
    with pytest.raises(UsageError, match="walk: expected Walk or None, got 3"):
        Journey(walk=3)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Longer(Walk):
    colour: Annotated[str, "Of the shoes."] = "red"


def test_a_record_of_a_record_has_the_fields_of_both() -> None:
    assert [setting.key for setting in flat(Longer)] == ["longest_step", "steps", "pace", "colour"]


@dataclass(frozen=True)
class Strange(Settings):
    shape: complex = 1j


def test_a_type_that_nobody_can_read_is_told_to_its_author() -> None:
    with pytest.raises(TypeError, match=r"Strange\.shape: no kind of value is known for <class 'complex'>"):
        Strange()
