"""Words and their characters as vectors."""

from __future__ import annotations

import pytest
import torch

from seqloom.tasks.tagging.affixes import affix_rows
from seqloom.tasks.tagging.fronts import UNKNOWN, NumberFront, WordFront, distinct_rows
from seqloom.tasks.tagging.lexicon import LONGEST, Lexicon

SENTENCES = [["The", "cat", "sat", "the"], ["a", "cat"], ["A" * 60 + "b"]]


def front(lexicon: Lexicon, share: float = 0.5) -> WordFront:
    torch.manual_seed(0)
    return WordFront(lexicon.dropped(share), 5, (lexicon.character_ids, 4), "gru(3) bidirectional + pool(last)")


def test_a_word_has_one_vector_wherever_it_stands() -> None:
    lexicon = Lexicon.learned(SENTENCES)
    read = front(lexicon).eval()
    x = torch.nn.utils.rnn.pad_sequence(lexicon.encoded(SENTENCES), batch_first=True)
    lengths = torch.tensor([4, 2, 1])
    found = read(x, lengths)
    assert found.shape == (3, 4, read.out_features) == (3, 4, 11)
    assert torch.equal(found[0, 1], found[1, 1])
    assert torch.equal(found[0, 0, :5], found[0, 3, :5])
    assert not torch.equal(found[0, 0, 5:], found[0, 3, 5:])  # The, the
    assert not found[1, 2:].any()
    for row, length in enumerate(lengths.tolist()):
        torch.testing.assert_close(read(x[row : row + 1, :length], lengths[row : row + 1])[0], found[row, :length])


def test_characters_are_read_once_for_each_distinct_word() -> None:
    lexicon = Lexicon.learned(SENTENCES)
    read, rows = front(lexicon), []
    read.form.register_forward_pre_hook(lambda module, given: rows.append(len(given[0])))
    x = torch.nn.utils.rnn.pad_sequence(lexicon.encoded(SENTENCES), batch_first=True)
    read(x, torch.tensor([4, 2, 1]))
    assert rows == [6]


def test_rare_words_are_taken_for_unknown_in_training() -> None:
    lexicon = Lexicon.learned([["the", "the", "dog"]])
    assert lexicon.dropped(0.5).tolist() == pytest.approx([0.0, 0.0, 1 / 3, 0.5])
    read = front(lexicon)
    x, lengths = torch.cat(lexicon.encoded([["the", "dog"]] * 400))[None], torch.tensor([800])
    unknown = read.words.weight[UNKNOWN]
    before, after = read.eval()(x, lengths)[0], read.train()(x, lengths)[0]
    assert torch.equal(after[:, 5:], before[:, 5:])
    dropped = (after[:, :5] == unknown).all(1).view(400, 2).float().mean(0)
    assert dropped.tolist() == pytest.approx([1 / 3, 0.5], abs=0.1)
    assert not (before[:, :5] == unknown).all(1).any()


def test_a_lexicon_of_before_knows_only_which_words_were_seen_once() -> None:
    lexicon = Lexicon.from_json({"words": ["the", "dog"], "common": 1, "characters": ["t"]})
    assert lexicon.dropped(0.5).tolist() == [0.0, 0.0, 0.0, 0.5]
    assert Lexicon.learned([["dog"]]).dropped(0.0).tolist() == [0.0] * 3


def test_beginnings_and_ends_have_vectors_of_their_own() -> None:
    lexicon = Lexicon.learned(SENTENCES)
    with_affixes = WordFront(
        lexicon.dropped(0.5), 5, (lexicon.character_ids, 4), "gru(3) + pool(last)", affixes=(2, 64)
    )
    assert with_affixes.out_features == 5 + 3 + 4
    read, lengths = with_affixes.eval(), torch.tensor([3])
    alone = read(lexicon.encoded([["cat", "sat", "the"]])[0][None], lengths)[0, :, -4:]
    beside = read(lexicon.encoded([["the", "A" * 30, "cat"]])[0][None], lengths)[0, :, -4:]
    torch.testing.assert_close(alone[[0, 2]], beside[[2, 0]])
    alone.sum().backward()
    assert read.affixes is not None
    assert read.affixes.table.weight.grad is not None
    touched = read.affixes.table.weight.grad.any(1).sum()
    assert 7 <= touched <= 10  # c-, ca-, -t, -at, s-, sa-, t-, th-, -e, -he; two may share a row


@pytest.mark.parametrize("longest", [1, 2, 5])
def test_affixes_are_the_same_rows_wherever_words_end(longest: int) -> None:
    """Against words written out: rows agree where the beginnings or the ends do, and only there."""
    words = ["a", "ab", "ba", "abc", "cbc", "abcabc", "bcabc", "c"]
    known = Lexicon.learned([words])
    characters = known.encoded([words])[0][:, 1:].long()
    sizes = torch.tensor([len(word) for word in words])
    rows = affix_rows(characters, sizes, longest, 1 << 31)
    wider = torch.nn.functional.pad(characters, (0, 9))
    assert torch.equal(affix_rows(wider, sizes, longest, 1 << 31), rows)
    names = [
        [("begins", word[:n].ljust(n)) for n in range(1, longest + 1)]
        + [("ends", word[-n:].rjust(n)) for n in range(1, longest + 1)]
        for word in words
    ]
    by_name = {
        name: row
        for of_word, found in zip(names, rows.tolist(), strict=True)
        for name, row in zip(of_word, found, strict=True)
    }
    assert [[by_name[name] for name in of_word] for of_word in names] == rows.tolist()
    assert len(set(by_name.values())) == len(by_name)


def test_a_lexicon_comes_back_and_long_words_keep_their_ends() -> None:
    lexicon = Lexicon.learned(SENTENCES)
    assert Lexicon.from_json(lexicon.to_json()) == lexicon
    long = lexicon.encoded(SENTENCES)[2][0, 1:].tolist()
    assert len(long) == LONGEST
    b = lexicon.characters.index("b") + 2
    assert long[-1] == b
    assert lexicon.encoded([["b"]])[0].tolist() == [[UNKNOWN, b]]
    assert lexicon.encoded([["ß"]])[0].tolist() == [[UNKNOWN, UNKNOWN]]


def test_rows_that_are_alike_are_found() -> None:
    rows = torch.randint(3, (500, 4), generator=torch.Generator().manual_seed(0))
    first, which = distinct_rows(rows)
    assert len(first) == len(torch.unique(rows, dim=0)) == 81
    assert torch.equal(rows[first][which], rows)


def test_numbers_are_moved_and_scaled() -> None:
    x = torch.tensor([[[1.0, 10.0], [3.0, 30.0]]])
    read = NumberFront([2.0, 20.0], [1.0, 10.0])
    assert read(x, torch.tensor([2])).tolist() == [[[-1.0, -1.0], [1.0, 1.0]]]
    assert not read.state_dict()
