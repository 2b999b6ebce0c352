from __future__ import annotations

import numpy as np

from seqloom.tasks.measures import confusion_counts, confusion_text


def test_counts_have_the_true_class_first() -> None:
    assert confusion_counts(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"]).tolist() == [
        [1, 1, 0],
        [0, 1, 0],
        [0, 0, 0],
    ]


def test_the_table_lines_up_and_long_names_are_cut() -> None:
    text = confusion_text(np.array([[1000, 0], [2, 33]]), ["a very long name", "b"])
    assert text.splitlines() == [
        "true \\ predicted  a very long…   b",
        "a very long…              1000   .",
        "b                            2  33",
    ]


def test_of_many_classes_the_commonest_confusions_are_listed() -> None:
    counts = np.diag(np.full(25, 9))
    counts[3, 4], counts[10, 1], counts[2, 20] = 2, 7, 2
    assert confusion_text(counts, [f"class {k}" for k in range(25)]).splitlines() == [
        "Of 25 classes, those taken for one another most often:",
        "class 10  taken for class 1  7",
        "class 2   taken for class 20  2",
        "class 3   taken for class 4  2",
    ]
    assert confusion_text(np.eye(25, dtype=int), range(25)).count("\n") == 0
