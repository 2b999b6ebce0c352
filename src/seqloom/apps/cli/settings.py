"""Settings of a command, from flags or a TOML file: one table, one reader, all problems reported at once."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.errors import UsageError, did_you_mean, raise_together
from seqloom.settings import Setting

__all__ = ["collect_settings", "read_settings", "takes_settings"]


def read_settings(table: Sequence[Setting], flags: Mapping[str, object | None], config: Path | None) -> dict[str, Any]:
    """Return the settings that were given, by key; a flag wins over the file.

    Every problem of both is collected into one :class:`UsageError`.
    """
    given, problems = collect_settings(table, flags, config)
    raise_together(problems)
    return given


def collect_settings(
    table: Sequence[Setting], flags: Mapping[str, object | None], config: Path | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the good settings and the problems of the others; only a file that cannot be read is raised."""
    problems: list[str] = []
    known = {setting.key: setting for setting in table}
    given: dict[str, Any] = {}
    for key, value in (_read_toml(config) if config else {}).items():
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
    table: Sequence[Setting], defaults: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command whose last parameter is ``**flags`` one option for every setting of ``table``.

    With ``defaults`` the help ends with them; without, what is not given is picked by the command.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        options = [
            inspect.Parameter(
                s.key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(s, _default(s) * defaults)
            )
            for s in table
        ]
        command.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in [*own, *options]}
        return command

    return decorate


def _option(setting: Setting, default: str) -> Any:
    text = setting.help.removesuffix(".") + default + "."
    if setting.kind.metavar == "":
        names = (f"{setting.flag}/--no-{setting.flag[2:]}",)
        return Annotated[bool | None, typer.Option(*names, help=text, rich_help_panel=setting.section)]
    option = typer.Option(setting.flag, metavar=setting.kind.metavar, help=text, rich_help_panel=setting.section)
    return Annotated[str | None, option]


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


def _read_toml(path: Path) -> dict[str, Any]:
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
