"""Make the files of this folder anew from Unicode's own data; see README.md.

python tests/data/text/vocabularies/unicode/make.py /usr/share/unicode
"""

from __future__ import annotations

import sys
import unicodedata
import xml.etree.ElementTree as xml
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parent
PICTURES = ("😀", "👩‍🚀", "👍🏽", "🇺🇳")


def script_of(text: str) -> str:
    """The script of most letters, by the first word of their names: DEVANAGARI, CJK, …"""
    letters = [unicodedata.name(character, "?").split()[0] for character in text if character.isalpha()]
    return Counter(letters).most_common(1)[0][0] if letters else ""


def sentence(path: Path, annotations: Path) -> str:
    """A few sentences from what a locale calls countries, months, days and pictures, in its own marks."""
    locale = xml.parse(path).getroot()

    def names(place: str, most: int) -> list[str]:
        found = [node.text for node in locale.iterfind(place) if node.text and "alt" not in node.attrib]
        return list(dict.fromkeys(found))[:most]

    def first(place: str, default: str) -> str:
        return next(iter(names(place, 1)), default)

    def listed(parts: list[str]) -> str:
        pattern = ".//listPatterns/listPattern/listPatternPart"
        text = first(f"{pattern}[@type='end']", "{0}, {1}").replace("{1}", parts[-1])
        middle = first(f"{pattern}[@type='middle']", "{0}, {1}")
        for part in reversed(parts[1:-1]):
            text = text.replace("{0}", middle.replace("{1}", part))
        return text.replace("{0}", parts[0])

    calendar = ".//calendar[@type='gregorian']"
    months = names(f"{calendar}//monthContext[@type='format']/monthWidth[@type='wide']/month", 12)
    days = names(f"{calendar}//dayContext[@type='format']/dayWidth[@type='wide']/day", 7)
    places = names(".//territories/territory", 40)[-6:]
    languages = names(".//languages/language", 5)
    if len(months) < 12 or len(days) < 7 or len(places) < 6 or len(languages) < 5:
        return ""
    opening, closing = first(".//quotationStart", "“"), first(".//quotationEnd", "”")
    pattern = first(".//localeDisplayPattern/localePattern", "{0} ({1})")
    text = f"{opening}{listed(places)}{closing}: " + pattern.replace("{0}", languages[0]).replace("{1}", days[0])
    text += f". {' '.join(days)}! {listed(months)}? 3.5 {languages[1]}, {languages[2]} — {languages[3]}…"
    if annotations.exists():
        spoken = {node.get("cp"): node.text for node in xml.parse(annotations).iterfind(".//annotation[@type='tts']")}
        text += "".join(f" {picture} {spoken[picture]}" for picture in PICTURES if spoken.get(picture))
    return text


def main(unicode: Path) -> None:
    common = unicode / "cldr" / "common"
    richest: dict[str, tuple[str, str]] = {}
    for path in sorted((common / "main").glob("*.xml")):
        text = sentence(path, common / "annotations" / path.name)
        script = script_of(text)
        if text and len(set(text)) > len(set(richest.get(script, ("", ""))[1])):
            richest[script] = (path.stem, text)
    lines = [f"{script}\t{locale}\t{text}\n" for script, (locale, text) in sorted(richest.items())]
    (FOLDER / "sentences.tsv").write_text("".join(lines), encoding="utf-8", newline="")
    cases = (unicode / "auxiliary" / "WordBreakTest.txt").read_text(encoding="utf-8").splitlines()
    kept = [line.split("#")[0].strip() for line in cases]
    (FOLDER / "WordBreakTest.txt").write_text("\n".join(filter(None, [cases[0], *kept])) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
