"""What the recogniser shows of itself before anything heavy is imported."""

from __future__ import annotations

from seqloom.tasks.door import Door
from seqloom.tasks.recognition.claims import claims_transcribed
from seqloom.tasks.recognition.settings import RecognizerSettings

__all__ = ["DOOR"]

DOOR = Door(
    "seqloom.tasks.recognition.recognizer:Recognizer",
    RecognizerSettings,
    claims=claims_transcribed,
    then="Transcribe with it:  seqloom predict {run} FOLDER",
)
