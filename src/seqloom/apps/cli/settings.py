"""Settings of a command, from flags or a TOML file: one table, one reader, all problems reported at once."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from seqloom.apps.cli.kinds import Kind
from seqloom.errors import UsageError, did_you_mean, raise_together

__all__ = ["Setting", "collect_settings", "read_settings", "takes_settings"]


@dataclass(frozen=True)
class Setting:
    """One setting: ``batch_size`` in the TOML file is ``--batch-size`` on the command line."""

    name: str
    kind: Kind
    help: str
    panel: str = "Options"

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


def read_settings(table: Sequence[Setting], flags: Mapping[str, object | None], config: Path | None) -> dict[str, Any]:
    """Return the settings that were given; a flag wins over the file.

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
    known = {setting.name: setting for setting in table}
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


def takes_settings(table: Sequence[Setting]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command whose last parameter is ``**flags`` one option for every setting of ``table``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        options = [
            inspect.Parameter(s.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(s))
            for s in table
        ]
        command.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in [*own, *options]}
        return command

    return decorate


def _option(setting: Setting) -> Any:
    if setting.kind.metavar == "":
        names = (f"{setting.flag}/--no-{setting.flag[2:]}",)
        return Annotated[bool | None, typer.Option(*names, help=setting.help, rich_help_panel=setting.panel)]
    option = typer.Option(setting.flag, metavar=setting.kind.metavar, help=setting.help, rich_help_panel=setting.panel)
    return Annotated[str | None, option]


def _read(setting: Setting, value: object, where: str, given: dict[str, Any], problems: list[str]) -> None:
    try:
        given[setting.name] = setting.kind.read(value)
    except ValueError as error:
        problems.append(f"{where}: {error}")


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
