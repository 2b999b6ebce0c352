"""Settings of a command, from flags or a TOML file: one table, one reader, all problems reported at once."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.errors import UsageError, did_you_mean, raise_together
from seqloom.settings import Setting

__all__ = ["collect_settings", "read_settings", "read_toml", "takes_settings"]


def read_settings(table: Sequence[Setting], flags: Mapping[str, object | None], config: Path | None) -> dict[str, Any]:
    """Return the settings that were given, by key; a flag wins over the file.

    Every problem of both is collected into one :class:`UsageError`.
    """
    given, problems = collect_settings(table, flags, read_toml(config) if config else {}, config)
    raise_together(problems)
    return given


def collect_settings(
    table: Sequence[Setting], flags: Mapping[str, object | None], written: Mapping[str, Any], config: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the good settings and the problems of the others; ``written`` is what the file ``config`` holds."""
    problems: list[str] = []
    known = {setting.key: setting for setting in table}
    given: dict[str, Any] = {}
    for key, value in written.items():
        name = key.replace("-", "_")
        if name not in known:
            problems.append(f"{config}: unknown setting {key!r}.{did_you_mean(name, known)}")
        else:
            _read(known[name], value, f"{config}: {key}", given, problems)
    for name, value in flags.items():
        if value is not None:
            _read(known[name], value, known[name].flag, given, problems)
    return given, problems


def takes_settings(
    table: Iterable[Setting], defaults: bool = False, shown: Container[str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command whose last parameter is ``**flags`` one option for every setting of ``table``.

    With ``defaults`` the help ends with them; without, what is not given is picked by the command. The help has those
    whose keys are ``shown`` (None: all).
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def with_options(*values: Any, **named: Any) -> None:
            command(*values, **named)

        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        options = [
            inspect.Parameter(
                s.key,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=_option(s, _default(s) * defaults, hidden=shown is not None and s.key not in shown),
            )
            for s in table
        ]
        with_options.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
        with_options.__annotations__ = {p.name: p.annotation for p in [*own, *options]}
        return with_options

    return decorate


def _option(setting: Setting, default: str, hidden: bool) -> Any:
    text = setting.help.removesuffix(".") + default + "."
    switch = setting.kind.metavar == ""
    name = f"{setting.flag}/--no-{setting.flag[2:]}" if switch else setting.flag
    metavar = None if switch else setting.kind.metavar
    option = typer.Option(name, metavar=metavar, help=text, rich_help_panel=setting.section, hidden=hidden)
    return Annotated[bool | None if switch else str | None, option]


def _default(setting: Setting) -> str:
    """The default as a person would give it: `` (default: no-cosine)``; nothing for None."""
    value = setting.default
    if isinstance(value, bool):
        value = ("" if value else "no-") + setting.flag[2:]
    elif isinstance(value, float):
        value = f"{value:g}"
    return "" if value is None else f" (default: {value})"


def _read(setting: Setting, value: object, where: str, given: dict[str, Any], problems: list[str]) -> None:
    try:
        given[setting.key] = setting.read(value, where)
    except UsageError as error:
        problems += error.problems


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises ``UsageError`` for one that cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such configuration file.") from None
    except OSError as error:
        raise UsageError(f"{path}: the configuration cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start}).") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
