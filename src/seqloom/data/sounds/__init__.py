"""Sounds: files of waves to one channel of numbers at one rate, read whole or in parts, and decoded when asked for."""

from __future__ import annotations

from seqloom.data.sounds.files import open_sound
from seqloom.data.sounds.resampling import at_rate
from seqloom.data.sounds.saving import save_wav
from seqloom.data.sounds.sound import Sound

__all__ = ["Sound", "at_rate", "open_sound", "save_wav"]
