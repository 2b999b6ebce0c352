"""Settings said once: fields of a record, each with its type, range, help and default; all else is derived.

>>> from dataclasses import dataclass
>>> from typing import Annotated, Literal
>>> @dataclass(frozen=True)
... class Walk(Settings):
...     title = "the walk"
...     steps: Annotated[int, COUNT, "Stop after so many.", Section("Limits")] = 10
...     pace: Annotated[Literal["slow", "fast"], "How to go."] = "slow"
>>> Walk.from_mapping({"steps": 3, "pace": "fast"})
Walk(steps=3, pace='fast')
>>> Walk(pace="fast")
Walk(pace='fast')
>>> Walk.from_mapping({"step": 3, "pace": "fasd"})
Traceback (most recent call last):
...
seqloom.errors.UsageError: 2 problems in the walk:
  step: no such setting. Did you mean 'steps'?
  pace: expected one of slow, fast, got 'fasd'. Did you mean 'fast'?
>>> [(setting.flag, setting.section, setting.help) for setting in flat(Walk)]
[('--steps', 'Limits', 'Stop after so many.'), ('--pace', 'Options', 'How to go.')]
"""

from seqloom.settings.flat import flat, flattened, nested
from seqloom.settings.kinds import LARGEST, Either, Kind, Number, OneOf, Switch, Text, Whole
from seqloom.settings.range import COUNT, POSITIVE, SHARE, Range
from seqloom.settings.record import Settings, code_of
from seqloom.settings.setting import Key, Section, Setting, settings_of
from seqloom.settings.taking import read, take

__all__ = [
    "COUNT",
    "LARGEST",
    "POSITIVE",
    "SHARE",
    "Either",
    "Key",
    "Kind",
    "Number",
    "OneOf",
    "Range",
    "Section",
    "Setting",
    "Settings",
    "Switch",
    "Text",
    "Whole",
    "code_of",
    "flat",
    "flattened",
    "nested",
    "read",
    "settings_of",
    "take",
]
