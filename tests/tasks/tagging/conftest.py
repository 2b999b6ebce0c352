from __future__ import annotations

import pytest

from seqloom.tasks import Tagger
from tests.tasks.tagging.sentences import small, tagged


@pytest.fixture(scope="session")
def tagger() -> Tagger:
    return small().fit(*tagged(), validation=0.25, progress=False)
