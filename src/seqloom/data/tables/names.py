"""Names that people give to columns, by what such a column is for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = [
    "CODES",
    "GROUPS",
    "IDENTIFIERS",
    "INPUTS",
    "PARTS",
    "SECOND_INPUTS",
    "TIMES",
    "is_identifier",
    "is_likely_target",
    "is_scale",
    "is_target",
    "known_name",
    "meant",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TARGETS: Final = _words(
    "label labels target targets class classes y gold gold_label annotation outcome category categories class_name "
    "classlabel class_label category_name label_text label_id label_name klasse kategorie etikett etiqueta clase "
    "categoria categorie étiquette etiquette classe etichetta verdict intent sentiment polarity emotion topic topics"
)
"""What is to be predicted, by a name that says hardly anything else."""
LIKELY_TARGETS: Final = _words(
    "genre genres stance diagnosis language lang rating ratings score stars star grade spam toxic toxicity sarcasm "
    "price overall stimmung bewertung sentimento sentimiento airline_sentiment tag tags department queue priority "
    "calificacion voto puntuacion severity emotions ziel"
)
"""What may be, where nothing else is."""
CODES: Final = _words(
    "label labels class classes category categories label_id class_label class_id class_index labelid classid y target "
    "gold"
)
"""Whole numbers under such a name are classes."""
INPUTS: Final = _words(
    "text texts sentence sentences review reviews comment comments content contents message messages tweet utterance "
    "document doc phrase question query description body post x input inputs transcript abstract snippet review_text "
    "review_body reviewtext comment_text tweet_text full_text clean_text raw_text text_raw text_clean sms email "
    "lyrics article satz kommentar nachricht rezension beschreibung texto frase comentario mensaje reseña texte "
    "commentaire avis phrase_text testo recensione frage mail_text news complaint consumer_complaint_narrative"
)
SECOND_INPUTS: Final = _words("title headline subject summary name word pros cons titel betreff titre titulo question2")
"""Texts that stand beside another one."""
IDENTIFIERS: Final = _words(
    "id ids index idx row rownum row_id uid uuid guid key no nr num number unnamed phraseid phrase_id sentence_id "
    "sentenceid review_id text_id doc_id tweet_id item_id sample_id ticket_id url link href permalink filename file "
    "path"
)
GROUPS: Final = _words("group user user_id userid username author author_id speaker speaker_id patient patient_id")
TIMES: Final = _words("date time timestamp datetime created created_at posted_at day datum fecha year month")
SCALE: Final = frozenset(
    f"{strength}{word}"
    for strength in ("", "strongly ", "somewhat ", "very ", "extremely ", "not at all ", "slightly ")
    for word in ("agree", "disagree", "satisfied", "dissatisfied", "likely", "unlikely", "important", "unimportant")
) | {"neutral", "neither agree nor disagree", "neither", "undecided", "always", "often", "sometimes", "rarely", "never"}
"""What a survey lets people answer."""
PARTS: Final = _words("split set subset partition fold part")
_BETWEEN: Final = re.compile(r"[\s\-./]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def meant(name: str) -> str:
    """A name without its ways of writing.

    >>> meant(" Review Text"), meant("isSpam"), meant("Étiquette")
    ('review_text', 'is_spam', 'étiquette')
    """
    return _BETWEEN.sub("_", _HUMP.sub("_", name.strip())).lower().strip("_")


def is_target(name: str) -> bool:
    """Whether a name says that a column is to be predicted.

    >>> is_target("Airline Sentiment"), is_target("classroom")
    (True, False)
    """
    plain = meant(name)
    return plain in TARGETS or plain.endswith(("_label", "_class", "_category", "_sentiment", "_target"))


def is_likely_target(name: str) -> bool:
    """The same with less certainty.

    >>> is_likely_target("isSpam"), is_likely_target("Rating"), is_likely_target("island")
    (True, True, False)
    """
    plain = meant(name)
    return plain in LIKELY_TARGETS or plain.startswith(("is_", "has_"))


def is_scale(values: Iterable[str]) -> bool:
    """Whether values are answers on the scale of a survey (Likert, 1932).

    >>> is_scale(["Agree", "Strongly agree", "Neutral"]), is_scale(["often", "red"]), is_scale([])
    (True, False, False)
    """
    said = {value.strip().lower() for value in values if value.strip()}
    return len(said) > 1 and said <= SCALE


def is_identifier(name: str) -> bool:
    """Whether a name is one of a column that only tells rows apart.

    >>> is_identifier("ReviewId"), is_identifier("Unnamed: 0"), is_identifier("valid")
    (True, True, False)
    """
    plain = meant(name)
    return plain in IDENTIFIERS or plain.endswith(("_id", "_url", "_link")) or plain.startswith("unnamed:")


def known_name(name: str) -> bool:
    """Whether a name is one that columns often have."""
    known = INPUTS | SECOND_INPUTS | GROUPS | TIMES | PARTS
    return is_identifier(name) or is_target(name) or is_likely_target(name) or meant(name) in known
