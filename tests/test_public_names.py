from __future__ import annotations

import subprocess
import sys

import pytest

import seqloom


def test_every_public_name_is_there() -> None:
    for name in seqloom.__all__:
        assert getattr(seqloom, name) is not None
        assert name in dir(seqloom)
    with pytest.raises(AttributeError, match="no attribute 'LanguageModle'"):
        seqloom.LanguageModle  # type: ignore[attr-defined] # noqa: B018


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import seqloom", {"torch", "lightning_fabric", "rich", "tokenizers"}),
        ("import seqloom.apps.cli.main", {"torch", "numpy", "lightning_fabric"}),
        (
            "from seqloom.tasks import LanguageModel",
            {"lightning_fabric", "tokenizers", "matplotlib", "sklearn", "scipy"},
        ),
        (
            "from seqloom import LanguageModel",
            {"lightning_fabric", "tokenizers", "matplotlib", "sklearn", "scipy", "typer"},
        ),
        (
            "from seqloom import Classifier, Regressor, Tagger",
            {
                "lightning_fabric",
                "tokenizers",
                "matplotlib",
                "sklearn",
                "scipy",
                "typer",
                "narwhals",
                "openpyxl",
                "pyarrow",
            },
        ),
    ],
)
def test_heavy_packages_wait_until_they_are_needed(statement: str, absent: set[str]) -> None:
    code = f"{statement}; import sys; print(*sorted({absent!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
