"""Files of tagged words are known by their lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from seqloom.tasks.tagging.claims import claims_tagged
from tests.data.writing import written

CONLL = "EU\tB-ORG\nrejects\tO\nthe\tO\ncall\tO\n\nPeter\tB-PER\nleft\tO\nfor\tO\nEU\tB-ORG\n"
UNIVERSAL = "# text = A b\n1\tA\ta\tDET\t_\t_\t2\tdet\t_\t_\n2\tb\tb\tNOUN\t_\t_\t0\troot\t_\t_\n\n"
POEM = "two roads\ndiverged in\na yellow\nwood and\n\nsorry I\ncould not\ntravel both\n"

FILES: list[tuple[str, str | bytes, str | None]] = [
    ("a.conll", CONLL, ".conll"),
    ("a.conllu", UNIVERSAL, ".conllu"),
    ("a.conllu.gz", gzip.compress(UNIVERSAL.encode(), mtime=0), ".conllu"),
    ("train.txt", UNIVERSAL + UNIVERSAL, "column UPOS"),
    ("train.txt", CONLL, "column 2,"),
    ("train.txt", CONLL.replace("\t", " X "), "column 3,"),
    ("a.tsv", "O\tthe\nO\tdog\n\nX\tsees\nO\tit\n", "column 1,"),
    ("a.tsv", CONLL, "column 2,"),
    ("a.iob2", "one O\n", ".iob2"),
    ("a.conll", "one\ntwo\n", ".conll"),
    ("a.txt", POEM, None),
    ("a.txt", "the lazy dog.\n\n" * 30, None),
    ("a.txt", "It was a day.\n\nAnother one came.\n", None),
    ("a.tsv", "text\tlabel\nfine\t1\n", None),
    ("a.csv", CONLL, None),
    ("a.conll", "", ".conll"),
    ("a.conll", "a O\nb O\nnot of this kind\nnor this\n", ".conll"),
    ("a.conll", b"\x1f\x8b\0\0", ".conll"),
]


@pytest.mark.parametrize(("name", "content", "said"), FILES)
def test_what_is_claimed(tmp_path: Path, name: str, content: str | bytes, said: str | None) -> None:
    claim = claims_tagged(written(tmp_path, {name: content}) / name, {})
    assert (claim is not None) is (said is not None)
    assert claim is None or str(said) in claim.reason


def test_no_folder_and_no_file(tmp_path: Path) -> None:
    assert claims_tagged(tmp_path, {}) is None
    assert claims_tagged(tmp_path / "none.conll", {}) is None
