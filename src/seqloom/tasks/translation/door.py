"""What a model of pairs shows of itself before anything heavy is imported."""

from __future__ import annotations

from seqloom.tasks.door import Door
from seqloom.tasks.translation.claims import claims_pairs
from seqloom.tasks.translation.settings import Seq2SeqSettings

__all__ = ["DOOR"]

DOOR = Door("seqloom.tasks.translation.seq2seq:Seq2Seq", Seq2SeqSettings, claims=claims_pairs)
