"""The inputs of tasks: one file a kind, from plain values to tensors."""

from seqloom.tasks.inputs.inputs import Inputs
from seqloom.tasks.inputs.kinds import inputs_from_json, learned_inputs
from seqloom.tasks.inputs.pictures import PictureInputs
from seqloom.tasks.inputs.series import SeriesInputs
from seqloom.tasks.inputs.sounds import SoundInputs
from seqloom.tasks.inputs.texts import TextInputs

__all__ = [
    "Inputs",
    "PictureInputs",
    "SeriesInputs",
    "SoundInputs",
    "TextInputs",
    "inputs_from_json",
    "learned_inputs",
]
