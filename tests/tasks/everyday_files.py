"""Files as people have them, and what each is to be taken for; all were written before any of them was tried."""

from __future__ import annotations

import csv
import io
import json
import random

import numpy as np

D = random.Random(20)
SUBJECT = [
    "The delivery",
    "My order",
    "Your support team",
    "This app",
    "The new update",
    "The hotel room",
    "Checkout",
    "The invoice",
    "Our router",
    "The printer in room 4",
]
BAD = [
    "never arrived",
    "was broken on arrival",
    "keeps crashing",
    "was rude to me",
    "charged me twice",
    "does not work at all",
    "is far too slow",
    "made me furious",
]
GOOD = [
    "arrived a day early",
    "works like a charm",
    "was very friendly",
    "saved me a lot of time",
    "is well worth its price",
    "looks great",
    "solved it in minutes",
    "could not be better",
]
TAIL = [
    "and I told my colleagues about it.",
    "since Monday.",
    "- see the attached screenshot.",
    "after the last release, as I wrote before.",
    "so thanks for nothing.",
    "which I did not expect!",
    "; will I order again? Let's see.",
    "in spite of what the website says.",
]
DE_GOOD = [
    "schnell geliefert, alles bestens",
    "sehr freundliche Beratung, gerne wieder",
    "schöne Räume und gutes Frühstück",
    "für den Preis völlig in Ordnung",
]
DE_BAD = [
    "Lieferung kam zu spät und beschädigt",
    "unfreundlich, nie wieder!",
    "das Zimmer war schmutzig und laut",
    "viel zu teuer für so wenig Qualität",
]
WORDS = [
    "the",
    "of",
    "and",
    "a",
    "to",
    "in",
    "is",
    "was",
    "he",
    "for",
    "it",
    "with",
    "as",
    "his",
    "on",
    "be",
    "at",
    "by",
    "had",
    "not",
    "are",
    "but",
    "from",
    "or",
    "have",
    "an",
    "they",
    "which",
    "one",
    "you",
    "were",
    "all",
    "her",
    "she",
    "there",
    "would",
    "their",
    "we",
    "him",
    "been",
    "has",
    "when",
    "who",
    "will",
    "no",
    "more",
    "if",
    "out",
    "so",
    "up",
    "said",
    "what",
    "its",
    "about",
    "than",
    "into",
    "them",
    "can",
    "only",
    "other",
    "time",
    "new",
    "some",
    "could",
    "these",
    "two",
    "may",
    "first",
    "then",
    "do",
]


def says(good, n=0):
    s = f"{D.choice(SUBJECT)} {D.choice(GOOD if good else BAD)} {D.choice(TAIL)}"
    return s if not n else s + " " + " ".join(D.choices(WORDS, k=n)) + "."


def german(good):
    return f"{D.choice(DE_GOOD if good else DE_BAD)} ({D.randint(1, 99)})"


def table(head, rows, **dialect):
    out = io.StringIO(newline="")
    writer = csv.writer(out, **({"lineterminator": "\r\n"} | dialect))
    writer.writerows([*([head] if head else []), *rows])
    return out.getvalue()


def wave(kind, n, channels=1):
    f = {0: 0.1, 1: 0.35, 2: 0.8}[kind]
    return [[round(np.sin(f * t + c) + D.gauss(0, 0.2), 3) for c in range(channels)] for t in range(n)]


def comma(x):
    return str(x).replace(".", ",")


def xlsx(rows):
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def parquet(columns):
    import pyarrow
    from pyarrow import parquet as files

    out = io.BytesIO()
    files.write_table(pyarrow.table(columns), out)
    return out.getvalue()


N = 60
FILES: dict[str, bytes | dict[str, bytes]] = {}
"""By name: a file, or the files of a folder."""
WANTED: dict[str, tuple[str, ...]] = {}
"""The task, and words that the report has (with a ! before: has not); or "asks", and words of the question."""

# spreadsheets
g = [D.random() < 0.5 for _ in range(N)]
FILES["Kundenfeedback.csv"] = table(
    ["Nr", "Datum", "Filiale", "Kommentar", "Bewertung"],
    [
        [
            i + 1,
            f"{1 + i % 28:02d}.{1 + i % 12:02d}.2023",
            ["Köln", "Bonn", "Düsseldorf"][i % 3],
            german(x),
            "gut" if x else "schlecht",
        ]
        for i, x in enumerate(g)
    ],
    delimiter=";",
).encode("cp1252")
WANTED["Kundenfeedback.csv"] = ("classification", "Kommentar", "Bewertung")
likert = ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"]
FILES["Employee survey 2023.csv"] = (
    "\ufeff"
    + table(None, [["Employee survey 2023 - raw export"] + [""] * 4, [""] * 5])
    + table(
        ["Respondent ID", "Submitted", "Department", "I would recommend working here", "What should we change?"],
        [
            [
                118000 + i * 7,
                f"2023-05-{1 + i % 28:02d} 1{i % 10}:03",
                ["Sales", "R&D", "Ops"][i % 3],
                likert[min(4, 3 * x + D.randint(0, 1))],
                says(x, 5),
            ]
            for i, x in enumerate(g)
        ],
    )
).encode()
WANTED["Employee survey 2023.csv"] = ("asks", "Department", "I would recommend working here")
FILES["tickets_export.tsv"] = table(
    ["Ticket #", "Created", "Subject", "Description", "Priority"],
    [
        [
            f"INC{100200 + i}",
            f"{1 + i % 12}/{1 + i % 28}/2022 {i % 12 + 1}:15 PM",
            D.choice(SUBJECT),
            says(x, 12),
            ["High", "Low", "Medium"][0 if not x else 1 + i % 2],
        ]
        for i, x in enumerate(g)
    ],
    delimiter="\t",
).encode("utf-16")
WANTED["tickets_export.tsv"] = ("classification", "Description", "Priority")
FILES["helpdesk.jsonl"] = "".join(
    json.dumps(
        {
            "id": i,
            "subject": D.choice(SUBJECT),
            "body": says(x, 9),
            "queue": ["billing", "tech", "sales"][i % 3],
            "language": ["en", "de"][i % 2],
        }
    )
    + "\n"
    for i, x in enumerate(g)
).encode()
WANTED["helpdesk.jsonl"] = ("asks", "--target queue", "--target language")
FILES["tweets_labelled.csv"] = table(
    ["", "tweet", "sentiment"], [[i, says(x) + " @acme #fail\U0001f620" * (not x), int(x)] for i, x in enumerate(g)]
).encode()
WANTED["tweets_labelled.csv"] = ("classification", "tweet", "sentiment")
FILES["Product reviews.xlsx"] = xlsx(
    [["Exported on 3 May 2021", None, None, None], ["Product", "Reviewer", "Review text", "Stars"]]
    + [
        [
            D.choice(["Kettle", "Toaster", "Lamp"]),
            D.choice(["Ann", "Bob", "Cy", "Di"]),
            says(x),
            (4 if x else 1) + i % 2,
        ]
        for i, x in enumerate(g)
    ]
)
WANTED["Product reviews.xlsx"] = ("asks", "--task classification", "--task regression")
FILES["listings.parquet"] = parquet(
    {
        "listing_id": list(range(5000, 5000 + N)),
        "description": [says(x, 15) for x in g],
        "price": [round(80 + 60 * x + D.gauss(0, 9), 2) for x in g],
    }
)
WANTED["listings.parquet"] = ("regression", "description", "price")
FILES["wine.csv"] = table(
    ["", "country", "description", "points", "price", "variety"],
    [
        [
            i,
            ["Italy", "France", "US"][i % 3],
            says(x, 8),
            80 + i % 17,
            10.0 + i % 30 if i % 7 else "",
            ["Merlot", "Pinot Noir", "Riesling", "White Blend"][i % 4],
        ]
        for i, x in enumerate(g)
    ],
).encode()
WANTED["wine.csv"] = ("asks", "--target price", "--target variety", "--target country")
FILES["spam.csv"] = table(
    ["v1", "v2", "", "", ""],
    [["ham" if x else "spam", says(x) + ("" if x else " Win £1000 now!"), "", "", ""] for x in g],
).encode("latin-1")
WANTED["spam.csv"] = ("classification", "v2", "v1")
FILES["toxic.csv"] = table(
    ["id", "comment_text", "toxic", "obscene", "threat"],
    [
        [f"{D.getrandbits(64):016x}", says(x).replace(". ", ".\n\n"), int(not x), int(not x and i % 2), int(i % 9 == 0)]
        for i, x in enumerate(g)
    ],
    quoting=csv.QUOTE_MINIMAL,
).encode()
WANTED["toxic.csv"] = ("asks", "--target toxic", "--target obscene", "--target threat")
G = ["Drama", "Comedy|Drama", "Horror", "Horror|Thriller", "Comedy"]
FILES["movies.csv"] = table(
    ["movieId", "title", "overview", "genres"],
    [
        [i, f"{D.choice(WORDS).title()} {D.choice(WORDS).title()} ({1960 + i})", says(i % 2, 14), G[i % 5]]
        for i in range(N)
    ],
).encode()
WANTED["movies.csv"] = ("asks", "--input title", "--input overview")
FILES["intents.json"] = json.dumps(
    [
        {
            "text": D.choice(["book me a table", "what is the weather", "play some jazz"]) + " " + D.choice(WORDS),
            "intent": ["BookRestaurant", "GetWeather", "PlayMusic"][i % 3],
        }
        for i in range(N)
    ],
    indent=1,
).encode()
WANTED["intents.json"] = ("classification", "text", "intent")
FILES["faq.csv"] = table(
    ["question", "answer"], [[f"How do I {D.choice(WORDS)} the {D.choice(WORDS)} {i}?", says(1, 6)] for i in range(N)]
).encode()
WANTED["faq.csv"] = ("translation", "question", "answer")
FILES["Mails.csv"] = table(
    ["Mail", "Spam?"],
    [[f'Hallo,\r\n\r\n{german(x)}\r\n\r\nViele Grüße\r\n"Team {i}"', "nein" if x else "ja"] for i, x in enumerate(g)],
    delimiter=";",
).encode("utf-8-sig")
WANTED["Mails.csv"] = ("classification", "Mail", "Spam?")
FILES["Buecher.csv"] = table(
    ["ISBN", "Klappentext", "Seiten", "Preis"],
    [
        [
            f"978-3-{D.randint(10**8, 10**9)}",
            german(i % 2) + " " + german(i % 3 == 0),
            90 + i * 3,
            f"{comma(round(7 + i * 0.45 + D.random(), 2))} €",
        ]
        for i in range(N)
    ],
    delimiter=";",
).encode("cp1252")
WANTED["Buecher.csv"] = ("asks", "--target Seiten", "--target Preis")
FILES["ag_news_train.csv"] = table(
    None,
    [[1 + i % 4, f"{D.choice(SUBJECT)} {i}", says(i % 2, 15)] for i in range(N)],
    quoting=csv.QUOTE_ALL,
    lineterminator="\n",
).encode()
WANTED["ag_news_train.csv"] = ("asks", "column 2", "column 3")
FILES["amazon.ft.txt"] = "".join(
    f"__label__{1 + x} {D.choice(GOOD if x else BAD).title()}: {says(x)}\n" for x in g
).encode()
WANTED["amazon.ft.txt"] = ("classification",)
FILES["cooking.txt"] = "".join(
    f"__label__{['sauce', 'bread', 'eggs'][i % 3]} {'__label__storage ' if i % 4 == 0 else ''}"
    f"How do I keep {D.choice(WORDS)} {D.choice(WORDS)}?\n"
    for i in range(N)
).encode()
WANTED["cooking.txt"] = ("classification", "labels (label)", "storage")
FILES["abstracts.csv"] = table(
    ["pmid", "title", "abstract", "journal", "year", "label"],
    [
        [
            30000000 + i * 13,
            D.choice(SUBJECT) + " in mice",
            says(x, 30),
            D.choice(["BMJ", "Lancet"]),
            2000 + i % 20,
            "included" if x else "excluded",
        ]
        for i, x in enumerate(g)
    ],
).encode()
WANTED["abstracts.csv"] = ("asks", "--input title", "--input abstract")
FILES["essays.tsv"] = table(
    ["essay_id", "essay_set", "essay", "domain1_score"],
    [[i, 1, says(x, 40), round(2 + x * 3 + D.random() * 2, 1)] for i, x in enumerate(g)],
    delimiter="\t",
).encode("latin-1")
WANTED["essays.tsv"] = ("regression", "essay", "domain1_score")
# folders and text
FILES["aclImdb"] = {
    f"{part}/{c}/{i}_{7 if c == 'pos' else 2}.txt": says(c == "pos", 20).encode()
    for part in ("train", "test")
    for c in ("pos", "neg")
    for i in range(20)
} | {"README": b"Large Movie Review Dataset v1.0\n", "imdb.vocab": b"the\nand\n"}
WANTED["aclImdb"] = ("asks", "seqloom train", "train", "--test")
FILES["20_newsgroups"] = {
    f"{c}/{50000 + i}": f"From: a{i}@b.edu\nSubject: {D.choice(SUBJECT)}\n\n{says(i % 2, 25)} caf\xe9\n".encode(
        "latin-1"
    )
    for c in ("comp.graphics", "rec.autos", "sci.med")
    for i in range(20)
}
WANTED["20_newsgroups"] = ("classification", "3 classes")
FILES["bbc"] = {
    f"{c}/{i:03d}.txt": f"{D.choice(SUBJECT)}\n\n{says(i % 2, 25)} It cost £{i}m.\n".encode("cp1252")
    for c in ("business", "sport", "tech")
    for i in range(20)
}
WANTED["bbc"] = ("classification", "3 classes")
FILES["moby.txt"] = ("\r\n".join(" ".join(D.choices(WORDS, k=11)).capitalize() + "." for _ in range(400))).encode()
WANTED["moby.txt"] = ("language-model",)
FILES["lyrics"] = {
    f"song {i}.txt": (
        "\n".join(" ".join(D.choices(WORDS, k=6)) for _ in range(12))
        + "\n\n"
        + "\n".join(" ".join(D.choices(WORDS, k=6)) for _ in range(12))
    ).encode()
    for i in range(20)
}
WANTED["lyrics"] = ("language-model",)
FILES["app.log"] = "".join(
    f"2024-02-{1 + i % 28:02d} 10:{i % 60:02d}:07,{i % 1000:03d} {D.choice(['INFO', 'WARN', 'ERROR'])} "
    f"[worker-{i % 4}] {D.choice(WORDS)} {D.choice(WORDS)}: took {D.randint(1, 900)} ms\n"
    for i in range(400)
).encode()
WANTED["app.log"] = ("language-model",)
# series
FILES["har"] = {
    f"{c}/subject{i // 4:02d}_{i % 4}.csv": table(
        ["timestamp", "acc_x", "acc_y", "acc_z"], [[1600000000 + t * 20, *w] for t, w in enumerate(wave(k, 30 + i, 3))]
    ).encode()
    for k, c in enumerate(["sitting", "walking", "stairs down"])
    for i in range(12)
}
WANTED["har"] = ("classification", "acc_x", "acc_y", "acc_z", "!'timestamp'")
FILES["Lagerschaden"] = {
    f"{c}/Messung {i}.txt": "".join(f"{comma(a)};{comma(b)}\r\n" for a, b in wave(k, 40, 2)).encode()
    for k, c in enumerate(["in Ordnung", "defekt"])
    for i in range(12)
}
WANTED["Lagerschaden"] = ("classification", "2 classes")
rows = [
    [f"rec_{i:03d}", t * 4, *w, ["rest", "task"][i % 2]] for i in range(24) for t, w in enumerate(wave(i % 2, 25, 3))
]
FILES["eeg_epochs.csv"] = table(["epoch_id", "time_ms", "Fz", "Cz", "Pz", "condition"], rows).encode()
WANTED["eeg_epochs.csv"] = ("classification", "Fz", "Cz", "Pz", "condition", "!'time_ms', 'missing'")
rows = [
    [
        f"M{i}",
        f"{1 + i:02d}.03.2024 {t // 60:02d}:{t % 60:02d}",
        comma(round(w[0] * 5 + 60, 1)),
        comma(round(900 + w[1] * 30, 1)),
        "Stillstand" if (t // 9) % 3 == 0 else "Betrieb" if (t // 9) % 3 == 1 else "Störung",
    ]
    for i in range(6)
    for t, w in enumerate(wave(1, 60, 2))
]
FILES["Maschinen.csv"] = table(
    ["Maschine", "Zeitstempel", "Temperatur", "Drehzahl", "Status"], rows, delimiter=";"
).encode("cp1252")
WANTED["Maschinen.csv"] = ("tagging", "Temperatur", "Drehzahl", "Status")
FILES["ECG200_TRAIN.tsv"] = "".join(
    "\t".join(map(str, [[-1, 1][i % 2], *(w[0] for w in wave(i % 2, 48))])) + "\n" for i in range(40)
).encode()
WANTED["ECG200_TRAIN.tsv"] = ("classification", "48 steps", "column 1")
FILES["heartbeats.csv"] = table(
    ["patient_id", *(f"t{k}" for k in range(32)), "diagnosis"],
    [[f"P{i:04d}", *(w[0] for w in wave(i % 2, 32)), ["normal", "abnormal"][i % 2]] for i in range(40)],
).encode()
WANTED["heartbeats.csv"] = ("classification", "32 steps", "diagnosis")
FILES["insects"] = {
    f"audio_features/f{i:03d}.csv": table(["centroid", "energy"], wave(i % 3, 25, 2)).encode() for i in range(24)
} | {
    "labels.csv": table(
        ["filename", "species"], [[f"audio_features/f{i:03d}.csv", ["bee", "fly", "wasp"][i % 3]] for i in range(24)]
    ).encode()
}
WANTED["insects"] = ("classification", "centroid", "energy")
FILES["gesture_TRAIN.ts"] = (
    "#collected in 2010\n@problemName gesture\n@timestamps false\n@missing false\n@univariate false\n"
    "@dimensions 2\n@equalLength true\n@seriesLength 20\n@classLabel true up down\n@data\n"
    + "".join(
        ":".join(",".join(map(str, c)) for c in zip(*wave(i % 2, 20, 2), strict=True))
        + ":"
        + ["up", "down"][i % 2]
        + "\n"
        for i in range(20)
    )
).encode()
WANTED["gesture_TRAIN.ts"] = ("classification",)
out = io.BytesIO()
np.savez(out, X=np.array([wave(i % 2, 20, 3) for i in range(24)]), y=np.array([i % 2 for i in range(24)]))
FILES["windows.npz"] = out.getvalue()
WANTED["windows.npz"] = ("classification",)
rows = [
    [f"B{i:02d}", c, round(3.7 + w[0] / 10, 3), round(25 + w[1], 2), 400 + 37 * i]
    for i in range(30)
    for c, w in enumerate(wave(i % 3, 20, 2))
]
FILES["battery.csv"] = table(["cell_id", "cycle", "voltage", "temperature", "cycles_to_failure"], rows).encode()
WANTED["battery.csv"] = ("regression", "voltage", "temperature", "cycles_to_failure")
rows = [
    [
        f"u{i:03d}",
        f"2024-01-{1 + t:02d}T08:{t:02d}:00Z",
        D.choice(["login", "view", "cart", "pay"] if i % 2 else ["login", "complain"]),
        round(D.random() * 90, 2) if t % 3 == 0 else "",
        i % 2,
    ]
    for i in range(40)
    for t in range(D.randint(4, 12))
]
FILES["events.csv"] = table(["user_id", "event_time", "event", "amount", "churned"], rows).encode()
WANTED["events.csv"] = ("classification", "event", "amount", "churned")
rows = [[1 + i, c + 1, *(round(x, 2) for x in w), 25 - c] for i in range(8) for c, w in enumerate(wave(1, 25, 3))]
FILES["turbofan_rul.csv"] = table(["unit_nr", "time_cycles", "s_1", "s_2", "s_3", "RUL"], rows).encode()
WANTED["turbofan_rul.csv"] = ("asks", "Which has the label?", "'s_1'", "'RUL'")


# tagged
def sent(i):
    return [(D.choice(["Anna", "Berlin", "IBM"]) if k % 5 == 2 else D.choice(WORDS), None) for k in range(5 + i % 6)]


NE = {"Anna": "PER", "Berlin": "LOC", "IBM": "ORG"}


def bio(w):
    return f"B-{NE[w]}" if w in NE else "O"


FILES["eng.train.txt"] = (
    "-DOCSTART- -X- O O\n\n"
    + "\n".join("".join(f"{w} NN I-NP {bio(w).replace('B-', 'I-')}\n" for w, _ in sent(i)) for i in range(30))
).encode()
WANTED["eng.train.txt"] = ("tagging",)
FILES["sample.conllu"] = "".join(
    f"# sent_id = s{i}\n# text = x\n"
    + "".join(
        f"{k + 1}\t{w}\t{w}\t{'PROPN' if w in NE else 'X' if len(w) > 3 else 'DET'}\t_\t_\t{k}\tdep\t_\t_\n"
        for k, (w, _) in enumerate(sent(i))
    )
    + "\n"
    for i in range(30)
).encode()
WANTED["sample.conllu"] = ("tagging", "UPOS")
FILES["ner_dataset.csv"] = table(
    ["Sentence #", "Word", "POS", "Tag"],
    [
        [
            f"Sentence: {i + 1}" if k == 0 else "",
            w,
            "NNP" if w in NE else "NN",
            bio(w).lower().replace("b-", "B-").replace("o", "O"),
        ]
        for i in range(30)
        for k, (w, _) in enumerate(sent(i))
    ],
).encode("latin-1")
WANTED["ner_dataset.csv"] = ("tagging", "Tag")
FILES["tokens_gold.tsv"] = table(
    ["doc_id", "sent_id", "token_id", "token", "pos", "ner"],
    [
        [f"d{i // 5}", i, k, w, "NNP" if w in NE else "NN", bio(w)]
        for i in range(30)
        for k, (w, _) in enumerate(sent(i))
    ],
    delimiter="\t",
).encode()
WANTED["tokens_gold.tsv"] = ("tagging", "ner", "token")
FILES["train.bio"] = ("\n".join("".join(f"{w} {bio(w)}\n" for w, _ in sent(i)) for i in range(30))).encode()
WANTED["train.bio"] = ("tagging",)
FILES["ner.jsonl"] = "".join(
    json.dumps({"id": str(i), "tokens": [w for w, _ in s], "ner_tags": [bio(w) for w, _ in s]}) + "\n"
    for i in range(30)
    for s in [sent(i)]
).encode()
WANTED["ner.jsonl"] = ("tagging", "ner_tags")
FILES["slots.txt"] = "".join("".join(f"{w}\t{bio(w)}\r\n" for w, _ in sent(i)) + "\r\n" for i in range(30)).encode(
    "utf-8-sig"
)
WANTED["slots.txt"] = ("tagging",)
