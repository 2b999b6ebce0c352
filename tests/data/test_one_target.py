"""Several columns to predict are refused, with what to do, whatever kind of file has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqloom.errors import DataError, UsageError
from seqloom.tasks import Classifier, Tagger

FILES = {
    "rows.csv": ("text,colour,size\n" + "a red thing,red,small\na blue thing,blue,large\n" * 9, "colour,size"),
    "words.conllu": ("1\tHi\thi\tINTJ\tUH\t_\t0\troot\t_\t_\n\n" * 9, "UPOS, XPOS"),
    "words.conll": ("Hi UH B-X\n\n" * 9, "2,3"),
    "tokens.csv": ("sentence_id,word,pos,tag\n" + "".join(f"{k},Hi,UH,O\n" for k in range(9)), "pos,tag"),
    "steps.csv": (
        "id,time,x,state,mode\n" + "".join(f"{k},{t},1.5,a,b\n" for k in range(9) for t in (1, 2)),
        "state,mode",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_several_targets_of_a_file_are_refused(name: str, tmp_path: Path) -> None:
    text, target = FILES[name]
    (tmp_path / name).write_text(text)
    one, other = (part.strip() for part in target.split(","))
    kind = Classifier if name == "rows.csv" else Tagger
    group = {"group": "id"} if name == "steps.csv" else {}
    with pytest.raises(UsageError, match=rf"expected one column, got 2.*--target {one}, then --target {other}"):
        kind(target=target, **group).fit(tmp_path / name)


def test_a_name_with_a_comma_is_one_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        'text,a,b,"a,b"\n' + "".join(f"{k * 'x'} y z,1,2,u\nz y {k * 'x'},3,4,v\n" for k in range(1, 21))
    )
    model = Classifier("gru(2)", target="a,b", training={"steps": 1}).fit(tmp_path / "a.csv", progress=False)
    assert model.classes_.tolist() == ["u", "v"]


def test_several_tags_of_a_step_are_refused() -> None:
    with pytest.raises(DataError, match=r"got \('DET', 'DT'\). Of several tags a step, train a tagger for each"):
        Tagger().fit([["the"]] * 4, [[("DET", "DT")]] * 4)
