from __future__ import annotations

import re

import pytest
import torch

from seqloom import LanguageModel
from seqloom.data import Characters
from seqloom.tasks import TextScore
from tests.tasks.conftest import small

LEARNED = "Der Bär saß im Tal.\n\n  Wolf\u3000und\u00a0Fuchs,\tBär €5 \n"
WORD = re.compile(r"\s*\S+|\s+$")


@pytest.fixture(scope="module")
def models() -> dict[str, LanguageModel]:
    return {
        tokens: small(tokens=tokens, steps=1).fit([LEARNED * 3], validation=0.0)
        for tokens in ("characters", "bytes", "bpe", "words")
    }


@pytest.mark.parametrize("tokens", ["characters", "bytes", "bpe"])
@pytest.mark.parametrize("text", [LEARNED, "Bär", " Bär", "  ", "naïve 猫\u2003猫 \t x"])
@pytest.mark.parametrize("end", [False, True])
def test_words_are_those_between_white_space_of_the_text(
    models: dict[str, LanguageModel], tokens: str, text: str, end: bool
) -> None:
    (score,) = models[tokens].score_texts([text], end=end)
    words = score.by_word()
    assert [word for word, _ in words] == WORD.findall(text) + ["<eos>"] * end
    assert sum(nats for _, nats in words) == pytest.approx(-score.log_probability)


def test_the_nats_of_a_word_are_those_of_its_tokens() -> None:
    nats = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0], dtype=torch.float64)
    score = TextScore(Characters("ab \n"), "ab ?\na", [2, 3, 4, 1, 5, 2, 0], nats)
    assert score.by_word() == [("ab", 3.0), (" ?", 12.0), ("\na", 48.0), ("<eos>", 64.0)]
    assert score.by_token()[3:5] == [("<unk>", 8.0), ("\n", 16.0)]
    assert score.unknown_share == 1 / 7


def test_words_of_words_are_as_the_tokens_write_them(models: dict[str, LanguageModel]) -> None:
    (score,) = models["words"].score_texts(["Der Bär saß im Hause, Wolf."])
    assert [word for word, _ in score.by_word()] == ["Der", " Bär", " saß", " im", " <unk>,", " Wolf."]
    assert sum(nats for _, nats in score.by_word()) == pytest.approx(-score.log_probability)
