"""Which columns a file of tagged words has is told from its first lines."""

from __future__ import annotations

import pytest

from seqloom.data.tagged.layout import UNIVERSAL, find_layout
from seqloom.errors import DataError

UNIVERSAL_LINE = "1\tA\ta\tDET\tDT\t_\t2\tdet\t_\t_"


@pytest.mark.parametrize(
    ("line", "word", "tags", "separator"),
    [
        ("dog", "1", (), " "),
        ("dog\tO", "1", ("2",), "\t"),
        ("New York\tB-LOC", "1", ("2",), "\t"),
        ("dog NN B-NP O", "1", ("4",), " "),
        (UNIVERSAL_LINE, "FORM", ("UPOS",), "\t"),
        ("1 A a DET DT _ 2 det _ _", "FORM", ("UPOS",), " "),
    ],
)
def test_columns(line: str, word: str, tags: tuple[str, ...], separator: str) -> None:
    layout = find_layout([line])
    assert (layout.names[layout.word], layout.separator) == (word, separator)
    assert tuple(layout.names[place] for place in layout.tags) == tags


def test_named_columns_of_a_kin_of_conllu() -> None:
    layout = find_layout(["# global.columns = ID FORM UPOS PARSEME:MWE", "1\tA\tDET\t*"])
    assert layout.names == ("ID", "FORM", "UPOS", "PARSEME:MWE")
    assert (layout.word, layout.tags, layout.numbered) == (1, (2,), True)


def test_columns_by_name_and_number() -> None:
    layout = find_layout([UNIVERSAL_LINE]).choose("LEMMA", ["XPOS", 6])
    assert (layout.word, layout.tags) == (2, (4, 5))
    assert find_layout(["a b c d"]).choose(2, ["1"]).tags == (0,)
    assert find_layout([UNIVERSAL_LINE]).choose(None, ()).tags == ()


@pytest.mark.parametrize(
    ("word", "tags", "message"),
    [
        (None, ["UPSO"], "There is no column 'UPSO'; there are ID, FORM, .* Did you mean 'UPOS'"),
        (11, None, "There is no column '11'"),
        (0, None, "There is no column '0'"),
        ("UPOS", None, "UPOS is asked for twice"),
        (None, ["XPOS", 5], "XPOS is asked for twice"),
    ],
)
def test_columns_that_are_not_there(word: str | int | None, tags: list[str | int] | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_layout([UNIVERSAL_LINE]).choose(word, tags)


@pytest.mark.parametrize(
    ("first", "line", "is_one"),
    [
        ("dog\tO", "# a remark", True),
        ("dog\tO", "#dogs\tO", False),
        ("dog\tO", "# newdoc\tx", False),
        ("dog\tO", "-DOCSTART-\tO", True),
        ("dog O", "-DOCSTART-", True),
        ("dog -X- O", "-DOCSTART- -X- O", True),
        ("dog O", "# O", False),
        ("dog _ _ O", "# id 5239d808 domain=en", True),
        ("dog NN O", "# text = dog", True),
        (UNIVERSAL_LINE, "# sent_id = 1", True),
        (UNIVERSAL_LINE, UNIVERSAL_LINE, False),
    ],
)
def test_remarks(first: str, line: str, is_one: bool) -> None:
    assert find_layout([first]).is_remark(line) is is_one


def test_other_tags_leave_the_spaces_as_they_are() -> None:
    assert find_layout([" dog   NN  O "]).choose(None, [3, 2]).replaced(" dog   NN  O ", ["B", "X"]) == " dog   X  B "
    assert find_layout(["dog"]).replaced("dog ", ["B", "X"]) == "dog B X"
    assert UNIVERSAL.index("UPOS") == 3
