"""A task over rows of tables, as a package may add one: the class of a text, by its words."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch

from seqloom.data.tables import Sought
from seqloom.data.tables.frames import is_frame
from seqloom.tasks.claims import claims_rows
from seqloom.tasks.columns import ColumnSettings
from seqloom.tasks.door import Door
from seqloom.tasks.examples import ExampleEstimator, Examples, ExampleSettings, Given
from seqloom.tasks.table_rows import held_out_rows, read_rows
from seqloom.training.objectives import Classes

WIDTH = 128


class Bag(torch.nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.layer = torch.nn.Linear(WIDTH, classes)

    def forward(self, x, lengths=None):
        return self.layer(x.sum(1) / lengths[:, None])


@dataclass(frozen=True, kw_only=True)
class MoodSettings(ColumnSettings, ExampleSettings):
    width: Annotated[int, "Nothing."] = 8


class Moods(ExampleEstimator):
    task, settings = "moods", MoodSettings

    def _read(self, X, y, about):
        if isinstance(X, str | Path) or is_frame(X):
            return read_rows(X, vars(self._settled({})), Sought.CLASS, about)
        return Given(X, y)

    def _divide(self, X, y, share, seed):
        return held_out_rows(X, y, share, seed)

    def _learn(self, X, y):
        return {"classes": sorted(set(y))}

    def _examples(self, facts, X, y):
        words = [[word.strip(",.").encode() for word in text.split()] for text in X]
        rows = [torch.eye(WIDTH)[[zlib.crc32(word) % WIDTH for word in text]] for text in words]
        return Examples({"x": rows}, torch.tensor([facts["classes"].index(one) if y else 0 for one in y or X]))

    def _build(self, facts):
        return Bag(len(facts["classes"]))

    def _objective(self, facts):
        return Classes(len(facts["classes"]))

    def _answers(self, facts, module, batch):
        return [facts["classes"][place] for place in module(batch.x, batch.length).argmax(1).tolist()]

    @property
    def classes_(self):
        return np.array(self.facts_["classes"])

    def predict_proba(self, X):
        return torch.cat(list(self._over(X, lambda _, module, batch: module(batch.x, batch.length).softmax(1)))).numpy()


DOOR = Door("tests.tasks.moods:Moods", MoodSettings, claims=claims_rows("class"))
