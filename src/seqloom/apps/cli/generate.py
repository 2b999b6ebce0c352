"""``seqloom generate``: text from a model, piece by piece as it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from seqloom.apps.cli.console import emit, emit_json
from seqloom.apps.cli.kinds import LARGEST
from seqloom.apps.cli.loading import load_model
from seqloom.errors import UsageError

__all__ = ["generate", "stream"]


def generate(
    model: Annotated[Path, typer.Argument(help="A model directory.", show_default=False, readable=False)],
    prompt: Annotated[
        list[str] | None, typer.Option("--prompt", "-p", help="How the text begins; repeat it for more texts.")
    ] = None,
    length: Annotated[int, typer.Option("--length", "-l", min=1, max=LARGEST, help="The most tokens of a text.")] = 500,
    samples: Annotated[int, typer.Option("--samples", "-n", min=1, help="Texts for each prompt.")] = 1,
    temperature: Annotated[float, typer.Option(help="Below 1 is safer, above 1 is bolder.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k likeliest tokens.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw from the likeliest tokens of this mass.")] = None,
    repetition_penalty: Annotated[float, typer.Option(help="Above 1 avoids what was said.")] = 1.0,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always take the likeliest token.")] = False,
    endless: Annotated[
        bool | None,
        typer.Option(
            "--endless/--no-endless",
            help="Go on to the full length, or end a text where the model does. Left out: end it, if the model "
            "learned from more than one document.",
            show_default=False,
        ),
    ] = None,
    beam: Annotated[
        int | None, typer.Option(min=1, max=LARGEST, help="Search with so many beams instead of drawing.")
    ] = None,
    length_penalty: Annotated[float, typer.Option(help="Of the beam search; above 0 favours long texts.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, max=LARGEST, help="The same seed draws the same text.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each text.")] = False,
) -> None:
    """Write text that continues the prompts, or a new text where there is no prompt."""
    prompts = [one for one in prompt or [""] for _ in range(samples)]
    if beam is not None and (greedy or samples > 1):
        raise UsageError("--beam searches for the likeliest texts: leave out --greedy and --samples.")
    loaded = load_model(model)
    stop = None if endless is None else not endless
    if beam is not None:
        for one in prompts:
            for rank, found in enumerate(
                loaded.beam_search(one, width=beam, length=length, length_penalty=length_penalty, stop=stop)
            ):
                record = {"prompt": one, "rank": rank, "text": found.text, "log_probability": found.log_probability}
                emit_json(record | {"finished": found.finished}) if as_json else emit(
                    f"{found.log_probability:.3f}\t{one + found.text}"
                )
        return
    pieces = loaded.generate(
        prompts,
        length=length,
        temperature=0.0 if greedy else temperature,
        top_k=top_k,
        top_p=top_p,
        repetition_penalty=repetition_penalty,
        stop=stop,
        seed=seed,
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


def _collect(prompts: list[str], pieces: Iterable[tuple[int, str]], as_json: bool) -> None:
    texts = [""] * len(prompts)
    for row, piece in pieces:
        texts[row] += piece
    between = "\n---\n" if any("\n" in text for text in (*prompts, *texts)) else ""
    for number, (prompt, text) in enumerate(zip(prompts, texts, strict=True)):
        if as_json:
            emit_json({"prompt": prompt, "text": text})
        else:
            emit((between if number else "") + prompt + text)
