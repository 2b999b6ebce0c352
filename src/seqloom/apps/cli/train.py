"""``seqloom train``: from a text file to a model directory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.console import emit_json, quoted, say
from seqloom.apps.cli.defaults import LIMITS, pick_defaults
from seqloom.apps.cli.inputs import INPUTS, inputs_name, read_inputs
from seqloom.apps.cli.settings import collect_settings, takes_settings
from seqloom.apps.cli.train_settings import FIT_SETTINGS, TRAIN_SETTINGS
from seqloom.apps.cli.warned import warnings_said
from seqloom.errors import UsageError, raise_together
from seqloom.settings import flattened, nested
from seqloom.tasks.language.settings import LanguageSettings

if TYPE_CHECKING:
    from seqloom.tasks import LanguageModel

__all__ = ["build_model", "train"]

_SETTING = re.compile(r"^( *)(\w+)(?=:)", re.MULTILINE)


@takes_settings(TRAIN_SETTINGS)
def train(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE", help=INPUTS, show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The run directory (default: models/NAME OF FIRST FILE).", readable=False),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A TOML file of settings.", readable=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of the run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
    **flags: Any,
) -> None:
    """Train a language model on the text of FILEs. No other word is needed: what is not given is picked by its size."""
    from seqloom.apps.cli.messages import Messages

    given, problems = collect_settings(TRAIN_SETTINGS, flags, config)
    run = out or Path("models") / inputs_name(files)
    source = read_inputs(context, files)
    begun, before = _run_before(run, given) if resume else (None, {})
    picked = {} if before else pick_defaults(source.size, given)
    settings = before | picked | given
    fitting = {setting.name: settings.pop(setting.key) for setting in FIT_SETTINGS if setting.key in settings}
    if isinstance(fitting.get("validation"), str):
        fitting["validation"] = read_inputs(context, [fitting["validation"]])
    model = build_model(settings, problems)
    if picked and not quiet:
        say("Picked by the size of the text: " + ", ".join(f"{name} {value}" for name, value in picked.items()))
    try:
        with warnings_said(_as_flag):
            model.fit(source, **fitting, run=run, resume=resume, force=force, progress=Messages() if quiet else True)
    except UsageError as error:
        raise UsageError(_as_flag(str(error))) from error
    if model.history_.steps == begun and not quiet:
        more = "--patience" if model.history_.stopped == "patience" else "--steps, --epochs or --minutes"
        say(f"The run is complete at step {begun:,}; give more {more}.")
    _report(model, run, as_json)


def build_model(settings: dict[str, Any], problems: Sequence[str] = ()) -> LanguageModel:
    """Make the estimator that the settings describe; the problems of all parts come as one error."""
    from seqloom.tasks import LanguageModel

    found = list(problems)
    checked = LanguageSettings()
    try:
        checked = LanguageSettings.from_mapping(nested(LanguageSettings, dict.fromkeys(LIMITS) | settings))
    except UsageError as error:
        found += error.problems
    raise_together(map(_as_flag, found))
    return LanguageModel(**vars(checked))


def _as_flag(problem: str) -> str:
    """The problem, with the flags that set them for the settings that its lines begin with.

    >>> _as_flag("spec: expected words."), _as_flag("The disk is full.")
    ('--model: expected words.', 'The disk is full.')
    """
    flags = {setting.name: setting.flag for setting in TRAIN_SETTINGS}
    return _SETTING.sub(lambda found: found[1] + flags.get(found[2], found[2]), problem)


def _run_before(run: Path, given: Mapping[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """Return the step and the settings of the run in a directory; a limit that is given replaces all of its limits.

    Raises ``UsageError`` where the run was judged by a text of its own, which is not given again.
    """
    from seqloom.storage.run import newest_valid, versions
    from seqloom.tasks.model_directory import read_config

    if not versions(run):
        return None, {}
    newest = newest_valid(run)
    config = read_config(newest.files)
    settings = flattened(LanguageSettings, config.parameters)
    if "held_out" in config.learned:
        settings["validation"] = config.learned["held_out"]
        if settings["validation"] is None and "validation" not in given:
            raise UsageError(f"--validation: {run} is judged by a text of its own. Give its file again.")
    if any(limit in given for limit in LIMITS):
        settings |= dict.fromkeys(LIMITS)
    return newest.step, settings


def _report(model: LanguageModel, run: Path, as_json: bool) -> None:
    from seqloom.apps.cli.report import print_evaluation

    evaluation = getattr(model, "validation_", None)
    if as_json:
        figures = {} if evaluation is None else evaluation.to_mapping()
        emit_json({"directory": str(run), "steps": model.history_.steps, **figures})
        return
    if evaluation is None:
        say("Nothing was held out, so there is no score.")
    else:
        print_evaluation(evaluation, str(run))
    say(f"\nWrite with it:  seqloom generate {quoted(run)}")
