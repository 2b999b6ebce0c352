"""``seqloom``: the commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from seqloom import __version__
from seqloom.apps.cli import several
from seqloom.apps.cli.backtest import backtest
from seqloom.apps.cli.console import Page, emit, emit_page, say, use_encoding
from seqloom.apps.cli.data import data
from seqloom.apps.cli.demo import demo
from seqloom.apps.cli.doctor import doctor
from seqloom.apps.cli.evaluate import evaluate
from seqloom.apps.cli.examples import examples_data
from seqloom.apps.cli.explain import explain
from seqloom.apps.cli.generate import generate
from seqloom.apps.cli.inspect import inspect
from seqloom.apps.cli.models import models
from seqloom.apps.cli.predict import predict
from seqloom.apps.cli.probe import probe
from seqloom.apps.cli.score import score
from seqloom.apps.cli.settings import takes_settings
from seqloom.apps.cli.train import train
from seqloom.apps.cli.train_flags import task_asked, train_options
from seqloom.apps.cli.watch import watch
from seqloom.errors import SeqloomError, UsageError
from seqloom.tasks.registry import tasks

__all__ = ["app", "run"]


class _Help:
    """Help goes to stdout as data does: in its encoding, at once, and quietly where the reader has gone."""

    def format_help(self, context: Any, formatter: Any) -> None:
        page = Page()
        with redirect_stdout(page):
            super().format_help(context, formatter)  # type: ignore[misc]
        print(file=page)
        emit_page(page)
        raise typer.Exit


class _Group(_Help, TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """``train`` has the flags of all tasks, and in its help those of the one that is asked for."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _train_command(task_asked(rest)) if name == "train" else command, rest


class _Command(_Help, TyperCommand):
    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Words as values; UsageError where a file or folder has no name: "" would be the folder that one is in."""
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        found = super().parse_args(ctx, args)
        for param in self.params:
            names = given.get(str(param.name))
            if "" in (names if isinstance(names, list | tuple) else [names]) and _is_place(param):
                raise UsageError(
                    f"{max(param.opts, key=len)}: expected the name of a file or folder, got an empty one."
                )
        return found


def _is_place(param: Any) -> bool:
    return param.metavar in _PLACES or getattr(param.type_descriptor, "annotation", None) is Path


_FILES = ("-o", "--out", "--output", "--output-file", "--out-file")
"""Flags by which other programs are told where to write."""
_PLACES = ("FILE", "[FILE]", "FOLDER", "SHARE|FILE")
_CONTEXT = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="seqloom",
    cls=_Group,
    pretty_exceptions_enable=False,
    context_settings=_CONTEXT,
    help="Learn from sequences: train, judge, stream and draw from models of text, series, sound and pictures.",
    epilog="Exit codes: 0 ok, 1 bug, 2 usage, 3 data, 4 model file, 5 diverged, 6 disk or memory, "
    "7 missing extra, 8 another process gone, 129/130/143 stopped by a signal after a checkpoint.",
)
_COMMANDS = (
    demo,
    data,
    takes_settings(())(train),
    predict,
    generate,
    score,
    evaluate,
    backtest,
    inspect,
    watch,
    models,
    explain,
    probe,
    doctor,
)
for command in _COMMANDS:
    app.command(cls=_Command)(command)
_examples = typer.Typer(name="examples", cls=_Group, help="Made data, to try every command on.")
_examples.callback()(lambda: None)
_examples.command("data", cls=_Command)(examples_data)
app.add_typer(_examples)


def _train_command(task: str | None) -> Any:
    options, shown = train_options(task)
    one = typer.Typer(add_completion=False, context_settings=_CONTEXT)
    names = ", ".join(tasks())
    more = None if task else f"Tasks: {names}. All settings of one: seqloom train --task NAME --help."
    one.command("train", cls=_Command, epilog=more)(takes_settings(options, shown=shown)(train))
    return typer.main.get_command(one)


def _print_version(wanted: bool) -> None:
    if wanted:
        emit(f"seqloom {__version__}")
        raise typer.Exit


def _use_encoding(name: str | None) -> None:
    if name is not None:
        use_encoding(name)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", metavar="NAME", callback=_use_encoding, is_eager=True, help="Write stdout in it: utf-8, …"
        ),
    ] = None,
) -> None:
    del version, debug, encoding


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing but Ctrl-C at once leaves as an exception. No word is --help.

    >>> run(["--version"])
    seqloom 0.1.0
    0
    """
    commands = ["examples", *(command.__name__ for command in _COMMANDS)]
    asked = next((word for word in arguments if word in commands), None)
    debug = "--debug" in takewhile(lambda word: word not in commands, arguments)
    try:
        several.begin(asked)
        code = app(args=list(arguments) or ["--help"], prog_name="seqloom", standalone_mode=False)
    except SeqloomError as error:
        return _fail(str(error), error.exit_code, debug)
    except typer.TyperException as error:
        return _fail(_with_hint(error), error.exit_code, debug)
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        return _fail("Out of memory. Choose a smaller --batch-size, --window or --model.", 6, debug)
    except OSError as error:
        return _fail(f"{error.filename or 'Input or output'}: {error.strerror or error}.", 6, debug)
    except Exception as error:
        if debug:
            traceback.print_exc()
        hint = "" if debug else " Run it again as `seqloom --debug …` for the traceback."
        return _fail(f"This is a bug in {_owner(error)}: {type(error).__name__}: {error}.{hint}", 1, False)
    return code if isinstance(code, int) else 0


def _owner(error: Exception) -> str:
    """The package where an error arose: that of a task that somebody added, or seqloom."""
    added = {place.partition(".")[0].partition(":")[0] for place in tasks().values()} - {"seqloom"}
    called = [
        str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    return next((f"the package {name!r}" for name in reversed(called) if name in added), "seqloom")


def _fail(message: str, code: int, debug: bool) -> int:
    code = several.end(code)
    if debug:
        traceback.print_exc()
    say(f"Error: {message}" if code < 128 else message, style="red" if code < 128 else "yellow")
    return code


def _with_hint(error: typer.TyperException) -> str:
    message, context = error.format_message(), getattr(error, "ctx", None)
    if context is None:
        return message
    asked, command = getattr(error, "option_name", None), context.command_path
    if asked in _FILES and not any("--out" in one.opts for one in context.command.params):
        return f"No such option: {asked}. What is found goes to standard output; into a file: {command} … > FILE"
    stop = "" if message.endswith((".", "?", "!")) else "."
    return f"{message}{stop} See `{command} --help`."
