"""``seqloom train``: from a file to a model directory, whatever the task."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from seqloom.apps.cli.console import emit_json, quoted, say
from seqloom.apps.cli.inputs import INPUTS, inputs_name, named_file, read_data
from seqloom.apps.cli.settings import collect_settings, read_toml
from seqloom.apps.cli.train_flags import as_flags, flags_of_others, table_of
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import SeqloomWarning, UsageError, raise_together
from seqloom.settings import flat, flattened, nested
from seqloom.tasks.door import Door
from seqloom.tasks.registry import door_of
from seqloom.training.settings import LIMITS

__all__ = ["train"]

_USUAL = "language-model"


def train(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help=INPUTS, show_default=False)],
    task: Annotated[
        str | None, typer.Option("--task", metavar="NAME", help=f"What is to be learned (default: {_USUAL}).")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The run directory (default: models/NAME OF FIRST FILE).", readable=False),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A TOML file of settings.", readable=False)
    ] = None,
    test: Annotated[
        str | None,
        typer.Option("--test", metavar="FILE", help="Score the model on it once, when it is trained.", readable=False),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="Go on from a trained model, with new words and labels; it stays as it is.",
            readable=False,
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
    **flags: Any,
) -> None:
    """Train a model on FILEs. No other word is needed: what is not given is picked by their size."""
    from seqloom.apps.cli.messages import Messages

    run = out or Path("models") / inputs_name(files)
    written = read_toml(config) if config else {}
    before = _run_before(run) if resume else None
    trained = before if before is not None or start_from is None else _model_before(start_from)
    name = task or written.get("task")
    if name is None and trained is None:
        shown = "standard input" if files == ["-"] else files[0]
        files = [str(named_file(context, "-"))] if files == ["-"] else files
        name = _guessed(files, shown, {**written, **flags})
    name = _task(name, trained, run if start_from is None else start_from)
    door = door_of(name)
    table = table_of(door)
    own = {setting.key: flags.get(setting.key) for setting in table}
    given, problems = collect_settings(table, own, written, config)
    problems += flags_of_others(flags, table, name)
    given.pop("task", None)
    source, size = read_data(context, door, files)
    had = {} if trained is None else trained.settings(door, given)
    if before is not None:
        had |= before.held_out(given, run)
    picked = {} if trained is not None else door.pick(size, given)
    settings = had | picked | given
    fitting = {setting.name: settings.pop(setting.key) for setting in flat(door.fitting) if setting.key in settings}
    if isinstance(fitting.get("validation"), str):
        fitting["validation"], _ = read_data(context, door, [fitting["validation"]])
    tests = None if test is None else read_data(context, door, [test])[0]
    model = _build(door, settings, problems)
    if picked and not quiet:
        say("Picked by the size of the text: " + ", ".join(f"{key} {value}" for key, value in picked.items()))
    try:
        with warnings_said(lambda sentence: as_flags(sentence, table)):
            progress = Messages() if quiet else True
            begin = {} if start_from is None else {"start_from": start_from}
            model.fit(source, **fitting, **begin, run=run, resume=resume, force=force, progress=progress)
    except UsageError as error:
        raise UsageError(as_flags(str(error), table)) from error
    if before is not None and model.history_.steps == before.step and not quiet:
        more = "--patience" if model.history_.stopped == "patience" else "--steps, --epochs or --minutes"
        say(f"The run is complete at step {before.step:,}; give more {more}.")
    tested = _tested(model, source, tests, start_from)
    _report(model, door, run, f"test: {test or files[0]}", tested, as_json)


class _Before(NamedTuple):
    """The run that is resumed, or the model that is gone on from: its step, and what its config.json says."""

    step: int
    task: str
    parameters: Mapping[str, Any]
    learned: Mapping[str, Any]

    def settings(self, door: Door, given: Mapping[str, Any]) -> dict[str, Any]:
        """Its settings by key; a limit that is given replaces all of its limits."""
        return flattened(door.settings, self.parameters) | (dict.fromkeys(LIMITS) if _limited(given) else {})

    def held_out(self, given: Mapping[str, Any], run: Path) -> dict[str, Any]:
        """What the ``run`` held out; UsageError where that was data of its own, which is not given again."""
        if "held_out" not in self.learned:
            return {}
        if self.learned["held_out"] is None and "validation" not in given:
            raise UsageError(f"--validation: {run} is judged by a file of its own. Give it again.")
        return {"validation": self.learned["held_out"]}


def _run_before(run: Path) -> _Before | None:
    from seqloom.storage.run import newest_valid, versions
    from seqloom.tasks.model_directory import read_config

    if not versions(run):
        return None
    newest = newest_valid(run)
    config = read_config(newest.files)
    return _Before(newest.step, config.task, config.parameters, config.learned)


def _model_before(path: Path) -> _Before:
    from seqloom.tasks.model_directory import read_config, read_newest

    config = read_config(read_newest(path))
    return _Before(0, config.task, config.parameters, config.learned)


def _task(asked: str | None, before: _Before | None, run: Path) -> str:
    """The task that was asked for, or that of the run that goes on."""
    if before is None:
        return asked or _USUAL
    if asked not in (None, before.task):
        raise UsageError(f"--task: {run} is a run of the task {before.task!r}, not of {asked!r}.")
    return before.task


def _guessed(files: list[str], shown: str, given: Mapping[str, Any]) -> str | None:
    """The task that one file is for; several files are texts."""
    from seqloom.tasks.guess import guess
    from seqloom.tasks.tables.claims import is_table

    if len(files) > 1 and all(is_table(Path(file)) for file in files):
        raise UsageError(
            f"Expected one table, got {len(files)}: {', '.join(files)}. Give the others as --validation or --test, or "
            "read all of them as text with --task language-model."
        )
    if len(files) != 1 or not os.path.exists(files[0]):
        return None
    found = guess(Path(files[0]), {key: value for key, value in given.items() if value is not None})
    if found is None:
        if shown != files[0]:
            say(f"{shown}: text. Taken for {_USUAL}; --task says otherwise.")
        return None
    say(f"{shown}: {found.reason}. Taken for {found.task}; --task, --target and --input say otherwise.")
    return found.task


def _build(door: Door, settings: Mapping[str, Any], problems: list[str]) -> Any:
    """The estimator that the settings describe; the problems of all parts come as one error."""
    arguments = nested(door.settings, {**(dict.fromkeys(LIMITS) if _limited(settings) else {}), **settings})
    found = list(problems)
    try:
        door.settings.from_mapping(arguments)
    except UsageError as error:
        found += error.problems
    raise_together(as_flags(problem, table_of(door)) for problem in found)
    return door.load()(**arguments)


def _limited(settings: Mapping[str, Any]) -> bool:
    return any(limit in settings for limit in LIMITS)


def _tested(model: Any, source: Any, tests: Any, start: Path | None) -> Any:
    """How good a model is on a test file, or on rows for testing in the very file that it learned from, if there are
    any; beside it the model that it began from."""
    from seqloom.tasks.registry import load

    given: tuple[Any, ...] = (tests,)
    if tests is None:
        with warnings.catch_warnings():  # what is to be said of these data is said already
            warnings.simplefilter("ignore", SeqloomWarning)
            given = (model.for_testing(source) if hasattr(model, "for_testing") else None) or ()
        if not given:
            return None
    with warnings_said():
        found = model.evaluate(*given)
    if start is None:
        return found
    with warnings.catch_warnings():  # what is new to it was said of the model that learned it
        warnings.simplefilter("ignore", SeqloomWarning)
        return found.beside(str(start), load(start).evaluate(*given))


def _report(model: Any, door: Door, run: Path, test: str, tested: Any, as_json: bool) -> None:
    from seqloom.apps.cli.report import print_scores

    found = getattr(model, "validation_", None)
    if as_json:
        figures = {} if found is None else found.to_mapping()
        figures |= {} if tested is None else {"test": tested.to_mapping()}
        emit_json({"directory": str(run), "task": model.task, "steps": model.history_.steps, **figures})
        return
    if found is None:
        say("Nothing was held out, so there is no score.")
    else:
        print_scores(found, str(run))
    if tested is not None:
        print_scores(tested, test)
    say(f"\n{door.then.format(run=quoted(run))}")
