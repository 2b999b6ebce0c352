"""``seqloom generate``: text from a model, piece by piece as it is drawn, or music."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqloom.apps.cli.composing import compose
from seqloom.apps.cli.console import emit, emit_json
from seqloom.apps.cli.flags import refuse_without_effect
from seqloom.apps.cli.loading import load_writer, say_unknown
from seqloom.apps.cli.settings import read_settings, takes_settings
from seqloom.decoding.settings import BeamSearch, Sampling
from seqloom.settings import LARGEST, flat, nested

if TYPE_CHECKING:
    from seqloom.tasks import Beam, Writing

__all__ = ["generate", "stream"]


_DRAWING, _SEARCHING = flat(Sampling), flat(BeamSearch)
_ONLY_DRAWN = ("temperature", "top_k", "top_p", "seed")
"""What changes nothing where the likeliest token is always taken."""
_TOKENS, _STEPS = 500, 128
_MUSIC = ("music", "music-events")


@takes_settings(_SEARCHING)
@takes_settings(_DRAWING, defaults=True)
def generate(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    prompt: Annotated[
        list[str] | None,
        typer.Option("--prompt", "-p", help="How the text begins, or a file of music; repeat it for more of them."),
    ] = None,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Let the model not read what it has never seen in a prompt.")
    ] = False,
    length: Annotated[
        int | None,
        typer.Option(
            "--length",
            "-l",
            min=1,
            max=LARGEST,
            help="The most tokens of a text, or the steps of a piece of music.",
            show_default="500, or 128",
        ),
    ] = None,
    stop: Annotated[
        list[str] | None,
        typer.Option("--stop", metavar="STRING", help="End a text right before this; repeat it for more."),
    ] = None,
    endless: Annotated[
        bool | None,
        typer.Option(
            "--endless/--no-endless",
            help="Go on to the full length, or end a text where the model does. Left out: end it, if the model "
            "learned from more than one document.",
            show_default=False,
        ),
    ] = None,
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Texts, or pieces, for each prompt.")] = 1,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the likeliest token.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Of music: the MIDI file; a wav file and a picture come with it."),
    ] = None,
    bars: Annotated[int, typer.Option("--bars", min=1, help="Of music: how many bars of the prompt are kept.")] = 1,
    label: Annotated[
        str | None, typer.Option("--label", help="Of music that was learned under labels: pieces of this one.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each text; its end says why it ended.")
    ] = False,
    **flags: Any,
) -> None:
    """Write text that continues the prompts, or a new text where there is no prompt; of a model of music, pieces."""
    given = read_settings(_DRAWING + _SEARCHING, flags, None)
    loaded = load_writer(model)
    if loaded.task in _MUSIC:
        drawn = {name: given[name] for name in ("temperature", "seed") if name in given}
        drawn |= {"temperature": 0.0} if greedy else {}
        compose(
            context,
            loaded,
            prompt or [],
            out,
            as_json,
            {"count": samples, "steps": length or _STEPS, "bars": bars, "label": label, **drawn},
        )
        return
    searched, drawing = "beam" in given, tuple(setting.key for setting in _DRAWING)
    refuse_without_effect(
        context,
        [
            (searched, "beside --beam", ("samples", *drawing, "greedy", "stop")),
            (not searched, "without --beam", ("length_penalty",)),
            (not searched and greedy, "beside --greedy", ("samples", *_ONLY_DRAWN)),
            (not prompt, "without --prompt", ("ignore_unknown",)),
            (
                True,
                "for a model of text, whose words go to standard output (into a file: … > FILE)",
                ("out", "bars", "label"),
            ),
        ],
    )
    prompts = [one for one in prompt or [""] for _ in range(samples)]
    length = length or _TOKENS
    if ignore_unknown:
        say_unknown("Not read", loaded, prompts)
    ends = None if endless is None else not endless
    if searched:
        search = BeamSearch(**nested(BeamSearch, given))
        for one in prompts:
            found = loaded.beam_search(one, length, search=search, stop=ends, ignore_unknown=ignore_unknown)
            _print_beams(one, found, as_json)
        return
    sampling = Sampling(**nested(Sampling, given) | ({"temperature": 0.0} if greedy else {}))
    pieces = loaded.generate(
        prompts, length, sampling=sampling, stop=ends, stop_at=stop or (), ignore_unknown=ignore_unknown
    )
    if as_json or len(prompts) > 1:
        _collect(prompts, pieces, as_json)
    else:
        stream(prompts[0], pieces)


def stream(prompt: str, pieces: Iterable[tuple[int, str]]) -> None:
    """Write one text on stdout as it comes."""
    emit(prompt, end="")
    for _, piece in pieces:
        emit(piece, end="")
    emit("")


def _print_beams(prompt: str, found: Iterable[Beam], as_json: bool) -> None:
    for rank, one in enumerate(found):
        record = {"prompt": prompt, "rank": rank, "text": one.text, "log_probability": one.log_probability}
        if as_json:
            emit_json(record | {"finished": one.finished})
        else:
            emit(f"{one.log_probability:.3f}\t{prompt + one.text}")


def _collect(prompts: list[str], pieces: Writing, as_json: bool) -> None:
    texts = [""] * len(prompts)
    for row, piece in pieces:
        texts[row] += piece
    between = "\n---\n" if any("\n" in text for text in (*prompts, *texts)) else ""
    for row, (prompt, text) in enumerate(zip(prompts, texts, strict=True)):
        if as_json:
            emit_json({"prompt": prompt, "text": text, "end": pieces.endings[row], "seed": pieces.seeds[row]})
        else:
            emit((between if row else "") + prompt + text)
