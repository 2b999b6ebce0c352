"""Files as people have them, with odd names of columns, and what each is to be taken for."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

GOOD = ["lovely", "great", "fine", "superb", "warm", "clever", "bright", "charming"]
BAD = ["awful", "dull", "weak", "cold", "tedious", "poor", "grim", "clumsy"]
THINGS = ["film", "book", "meal", "hotel", "phone", "song", "game", "train", "room", "chair"]
DRAW = random.Random(7)


class Case(NamedTuple):
    """A file: its name and bytes; the task, the inputs and the target, or the words of an error that asks."""

    name: str
    data: bytes
    task: str = ""
    inputs: tuple[str, ...] = ()
    target: str = ""
    asks: tuple[str, ...] = ()


def sentence(good: bool, words: int = 9) -> str:
    draw = DRAW.choices(GOOD if good else BAD, k=2)
    fill = " ".join(DRAW.choices(["it", "was", "really", "so", "and", "the", "we", "found", "again"], k=words - 3))
    return f"The {DRAW.choice(THINGS)} {draw[0]} {fill}, {draw[1]}."


def moods(count: int = 40) -> list[bool]:
    return [place % 3 > 0 for place in range(count)]


def rows(*columns: Callable[[int, bool], object], count: int = 40) -> list[list[str]]:
    return [[str(column(place, good)) for column in columns] for place, good in enumerate(moods(count))]


def page(head: Sequence[str] | None, body: Iterable[Sequence[str]], **dialect: object) -> str:
    out = io.StringIO()
    writer = csv.writer(out, **{"lineterminator": "\n"} | dialect)  # type: ignore[arg-type]
    writer.writerows([*([head] if head else []), *body])
    return out.getvalue()


def lines(keys: Sequence[str], *columns: Callable[[int, bool], object]) -> str:
    made = ([column(place, good) for column in columns] for place, good in enumerate(moods()))
    return "".join(json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) + "\n" for row in made)


def text(place: int, good: bool) -> str:
    return sentence(good)


def mood(place: int, good: bool) -> str:
    return "positive" if good else "negative"


def binary(place: int, good: bool) -> int:
    return int(good)


def number(place: int, good: bool) -> int:
    return place


def stars(place: int, good: bool) -> int:
    return 4 + place % 2 if good else 1 + place % 2


def amount(place: int, good: bool) -> str:
    return f"{(3 + place * 1.37) * (2 if good else 1):.2f}"


def day(place: int, good: bool) -> str:
    return f"2024-{1 + place % 12:02d}-{1 + place % 28:02d}"


def topic(place: int, good: bool) -> str:
    return ["sports", "politics", "science", "arts"][place % 4]


def user(place: int, good: bool) -> str:
    return f"user{place % 11}"


def code(place: int, good: bool) -> str:
    return f"AX-{place:05d}"


def genres(place: int, good: bool) -> str:
    return ["Drama|Comedy", "Action", "Comedy", "Drama|Action|Crime", "Crime"][place % 5]


def name(place: int, good: bool) -> str:
    return "".join(DRAW.choices("aeioumnrst" if good else "kzgtpuoiax", k=6)).title()


def title(place: int, good: bool) -> str:
    return f"On the {DRAW.choice(THINGS)} of {DRAW.choice(GOOD if good else BAD)} days"


def german(value: str) -> str:
    return value.replace(".", ",")


C, R = "classification", "regression"


def cases() -> list[Case]:
    """The files, the same each time."""
    DRAW.seed(7)
    return [
        Case("reviews.csv", page(["text", "label"], rows(text, mood)).encode(), C, ("text",), "label"),
        Case("imdb.csv", page(["review", "sentiment"], rows(text, mood)).encode(), C, ("review",), "sentiment"),
        Case(
            "pandas.csv",
            page(["", "Review Text", "Recommended IND"], rows(number, text, binary)).encode(),
            C,
            ("Review Text",),
            "Recommended IND",
        ),
        Case("spam.csv", page(["Category", "Message"], rows(mood, text)).encode(), C, ("Message",), "Category"),
        Case(
            "SMSSpamCollection.txt",
            page(None, rows(mood, text), delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None).encode(),
            C,
            ("column 2",),
            "column 1",
        ),
        Case(
            "v1v2.csv",
            page(["v1", "v2", "", ""], [[*row, "", ""] for row in rows(mood, text)]).encode("cp1252"),
            C,
            ("v2",),
            "v1",
        ),
        Case("headless.csv", page(None, rows(text, mood)).encode(), C, ("column 1",), "column 2"),
        Case(
            "ag_news.csv",
            page(["Class Index", "Description"], rows(lambda p, g: 1 + p % 4, text)).encode(),
            C,
            ("Description",),
            "Class Index",
        ),
        Case(
            "signs.csv",
            page(["tweet", "sentiment"], rows(text, lambda p, g: p % 3 - 1)).encode(),
            C,
            ("tweet",),
            "sentiment",
        ),
        Case(
            "titled.csv",
            ("Umfrage 2024;;\n" + page(["Nr", "Antwort", "Gruppe"], rows(number, text, mood), delimiter=";")).encode(),
            C,
            ("Antwort",),
            "Gruppe",
        ),
        Case(
            "last_or_named.csv",
            page(["text", "language", "won"], rows(text, topic, mood)).encode(),
            asks=("--target language", "--target won"),
        ),
        Case("labels04.csv", page(["text", "label"], rows(text, lambda p, g: p % 4)).encode(), C, ("text",), "label"),
        Case(
            "stars.csv",
            page(["review", "stars"], rows(text, stars)).encode(),
            asks=("whole numbers from 1 to 5", "--task classification", "--task regression"),
        ),
        Case(
            "ratings.jsonl",
            lines(["reviewText", "overall"], text, lambda p, g: float(stars(p, g))).encode(),
            asks=("whole numbers from 1", "--task regression"),
        ),
        Case("price.csv", page(["description", "price"], rows(text, amount)).encode(), R, ("description",), "price"),
        Case(
            "preis.csv",
            page(["Beschreibung", "Preis"], [[a, german(b)] for a, b in rows(text, amount)], delimiter=";").encode(
                "cp1252"
            ),
            R,
            ("Beschreibung",),
            "Preis",
        ),
        Case(
            "klasse.csv",
            (
                "\ufeff"
                + page(["Nr", "Satz", "Klasse"], rows(number, text, mood), delimiter=";", lineterminator="\r\n")
            ).encode(),
            C,
            ("Satz",),
            "Klasse",
        ),
        Case(
            "sep.csv",
            ("sep=;\n" + page(["Kommentar", "Stimmung"], rows(text, mood), delimiter=";")).encode(),
            C,
            ("Kommentar",),
            "Stimmung",
        ),
        Case(
            "export.txt",
            page(["ID", "Comment", "Status"], rows(code, text, mood), delimiter="\t").encode("utf-16"),
            C,
            ("Comment",),
            "Status",
        ),
        Case(
            "toxic.tsv",
            page(["id", "comment_text", "toxic"], rows(code, text, binary), delimiter="\t").encode(),
            C,
            ("comment_text",),
            "toxic",
        ),
        Case("intents.jsonl", lines(["utterance", "intent"], text, topic).encode(), C, ("utterance",), "intent"),
        Case(
            "nested.jsonl",
            lines(
                ["data", "meta"], lambda p, g: {"text": text(p, g)}, lambda p, g: {"label": mood(p, g), "n": p}
            ).encode(),
            C,
            ("data.text",),
            "meta.label",
        ),
        Case(
            "multi.jsonl",
            lines(["text", "labels"], text, lambda p, g: [topic(p, g), mood(p, g)]).encode(),
            C,
            ("text",),
            "labels",
        ),
        Case("genres.csv", page(["plot", "genres"], rows(text, genres)).encode(), C, ("plot",), "genres"),
        Case(
            "fasttext.txt", "".join(f"__label__{m} {t}\n" for m, t in rows(mood, text)).encode(), C, ("text",), "label"
        ),
        Case(
            "train.ft",
            "".join(f"__label__{p} __label__{m} {t}\n" for p, m, t in rows(topic, mood, text)).encode(),
            C,
            ("text",),
            "label",
        ),
        Case(
            "tweets.csv",
            page(["tweet_id", "created_at", "tweet", "airline_sentiment"], rows(code, day, text, mood)).encode(),
            C,
            ("tweet",),
            "airline_sentiment",
        ),
        Case(
            "support.csv",
            page(["ticket_id", "user", "body", "queue"], rows(code, user, text, topic)).encode(),
            C,
            ("body",),
            "queue",
        ),
        Case(
            "mails.csv",
            page(["subject", "body", "label"], rows(title, text, mood)).encode(),
            asks=("several columns of text", "--input subject", "--input body", "--input subject,body"),
        ),
        Case(
            "pairs.csv",
            page(["sentence1", "sentence2", "label"], rows(text, text, binary)).encode(),
            asks=("several columns of text", "--input sentence1"),
        ),
        Case(
            "answers.csv",
            page(["question", "answer", "quality"], rows(title, text, mood)).encode(),
            asks=("several columns of text", "--input question", "--input answer", "--input question,answer"),
        ),
        Case(
            "essays.csv",
            page(["the task", "the essay", "grade"], rows(title, lambda p, g: sentence(g, 40), topic)).encode(),
            asks=("several columns of text", "--input 'the task'", "--input 'the task,the essay'"),
        ),
        Case(
            "two_targets.csv",
            page(["text", "sentiment", "topic"], rows(text, mood, topic)).encode(),
            asks=("several columns to predict", "--target sentiment", "--target topic"),
        ),
        Case(
            "codes.csv", page(["text", "label_id", "label"], rows(text, binary, mood)).encode(), C, ("text",), "label"
        ),
        Case("names.csv", page(["name", "nationality"], rows(name, topic)).encode(), C, ("name",), "nationality"),
        Case("unknown_names.csv", page(["alpha", "beta"], rows(text, topic)).encode(), C, ("alpha",), "beta"),
        Case(
            "zielgroesse.csv",
            page(["eingabe", "ziel"], rows(text, amount), delimiter="|").encode(),
            R,
            ("eingabe",),
            "ziel",
        ),
        Case(
            "hours.csv",
            page(["Task Description", "Hours Spent"], rows(text, lambda p, g: f"{p * 0.25:.2f}")).encode(),
            R,
            ("Task Description",),
            "Hours Spent",
        ),
        Case(
            "percent.csv",
            page(["headline", "click rate"], rows(title, lambda p, g: f"{p * 0.37:.1f}%")).encode(),
            R,
            ("headline",),
            "click rate",
        ),
        Case(
            "dollars.csv",
            page(["item", "cost"], rows(text, lambda p, g: f"$1,{100 + p}.50")).encode(),
            R,
            ("item",),
            "cost",
        ),
        Case(
            "split.csv",
            page(
                ["split", "text", "label"], rows(lambda p, g: ["train", "train", "dev", "test"][p % 4], text, mood)
            ).encode(),
            C,
            ("text",),
            "label",
        ),
        Case("dated.csv", page(["Date", "Note", "Outcome"], rows(day, text, mood)).encode(), C, ("Note",), "Outcome"),
        Case(
            "quoted.csv",
            page(
                ["text", "label"], rows(lambda p, g: f'He said "{text(p, g)}",\nand went', mood), quoting=csv.QUOTE_ALL
            ).encode(),
            C,
            ("text",),
            "label",
        ),
        Case(
            "booleans.csv",
            page(["comment", "is_spam"], rows(text, lambda p, g: not g)).encode(),
            C,
            ("comment",),
            "is_spam",
        ),
        Case(
            "yes_no.csv",
            page(["Complaint", "Resolved?"], rows(text, lambda p, g: "yes" if g else "no")).encode(),
            C,
            ("Complaint",),
            "Resolved?",
        ),
        Case(
            "gaps.csv",
            page(["text", "label"], [[t, m if p % 9 else ""] for p, (t, m) in enumerate(rows(text, mood))]).encode(),
            C,
            ("text",),
            "label",
        ),
        Case(
            "length.csv",
            page(["text", "words", "label"], rows(text, lambda p, g: 5 + p % 7, mood)).encode(),
            C,
            ("text",),
            "label",
        ),
        Case(
            "features_last.csv",
            page(
                ["review", "country", "channel", "won"], rows(text, user, topic, lambda p, g: "Y" if g else "N")
            ).encode(),
            C,
            ("review",),
            "won",
        ),
        Case(
            "spaces.csv",
            page([" text ", " label"], rows(text, lambda p, g: f" {mood(p, g)}")).encode(),
            C,
            ("text",),
            "label",
        ),
        Case("mac.csv", page(["text", "label"], rows(text, mood)).replace("\n", "\r").encode(), C, ("text",), "label"),
        Case(
            "kaggle.tsv",
            page(
                ["PhraseId", "SentenceId", "Phrase", "Sentiment"],
                rows(number, lambda p, g: p // 3, text, lambda p, g: p % 5),
                delimiter="\t",
            ).encode(),
            asks=("whole numbers from 0 to 4", "--task classification"),
        ),
        Case(
            "emotions.txt",
            page(None, rows(lambda p, g: text(p, g).replace(".", ""), topic), delimiter=";").encode(),
            C,
            ("column 1",),
            "column 2",
        ),
        Case(
            "Tweets.csv",
            page(
                ["tweet_id", "airline_sentiment", "airline", "name", "retweet_count", "text", "user_timezone"],
                rows(number, mood, topic, user, lambda p, g: p % 3, text, topic),
            ).encode(),
            C,
            ("text",),
            "airline_sentiment",
        ),
        Case(
            "sarcasm.json",
            lines(
                ["article_link", "headline", "is_sarcastic"], lambda p, g: f"https://news.example/{p}", title, binary
            ).encode(),
            C,
            ("headline",),
            "is_sarcastic",
        ),
        Case(
            "quora.csv",
            page(["qid", "question_text", "target"], rows(code, text, binary)).encode(),
            C,
            ("question_text",),
            "target",
        ),
        Case(
            "disaster.csv",
            page(["id", "keyword", "location", "text", "target"], rows(number, topic, name, text, binary)).encode(),
            C,
            ("text",),
            "target",
        ),
        Case(
            "hate.csv",
            page(
                ["", "count", "hate_speech", "neither", "class", "tweet"],
                rows(number, lambda p, g: 3 + p % 3, lambda p, g: p % 4, lambda p, g: p % 2, lambda p, g: p % 3, text),
            ).encode(),
            C,
            ("tweet",),
            "class",
        ),
        Case("languages.csv", page(["Text", "Language"], rows(text, topic)).encode(), C, ("Text",), "Language"),
        Case(
            "liked.tsv", page(["Review", "Liked"], rows(text, binary), delimiter="\t").encode(), C, ("Review",), "Liked"
        ),
        Case("phrasebank.csv", page(None, rows(mood, text)).encode("latin-1"), C, ("column 2",), "column 1"),
        Case(
            "amazon.csv",
            page(["Id", "ProductId", "Score", "Summary", "Text"], rows(number, code, stars, title, text)).encode(),
            asks=("--input Summary", "--input Text"),
        ),
        Case(
            "list.json",
            json.dumps(
                [{"id": p, "sentence": sentence(g), "intent": topic(p, g)} for p, g in enumerate(moods())]
            ).encode(),
            C,
            ("sentence",),
            "intent",
        ),
        Case("semis.txt", "".join(f"{sentence(g)}; {sentence(g)}; and so on\n" for g in moods()).encode()),
        Case("poem.txt", ("\n".join(sentence(good) for good in moods()) + "\n").encode()),
        Case("log.txt", ("\n".join(f"{day(p, True)} INFO worker {p}: done" for p in range(40)) + "\n").encode()),
        Case("prose.txt", ('He said, "well", and left;\n\nthen, later, he came back.\n' * 20).encode()),
        Case(
            "translations.tsv",
            page(None, rows(text, text), delimiter="\t").encode(),
            task="translation",
        ),
        Case(
            "numbers.csv",
            page(["a", "b", "label"], rows(amount, amount, mood)).encode(),
            asks=("no column of text", "--input"),
        ),
        Case("alone.csv", page(["text"], rows(text)).encode(), asks=("no column to predict", "--task language-model")),
        Case(
            "tagged.tsv",
            "".join(
                f"{n}\t{word}\t{word}\tX\n" + "\n" * (n == 5)
                for p in range(9)
                for n, word in enumerate(["the", "loom", "is", "so", "fine", "."])
            ).encode(),
            "tagging",
        ),
    ]
