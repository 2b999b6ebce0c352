"""``seqloom demo``: train on the carried excerpt of Shakespeare, compare with baselines, write some."""

from __future__ import annotations

import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from seqloom.apps.cli.console import emit, emit_json, quoted, say
from seqloom.apps.cli.generate import stream
from seqloom.decoding.settings import Sampling
from seqloom.errors import Interrupted, UsageError

__all__ = ["demo"]

_MODEL = "lstm(256)"
_EPOCHS = 8
_HELD_OUT = 0.1
_SAMPLE = 600


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The run directory; an earlier demo in it is replaced.", readable=False)
    ] = Path("models/demo"),
    minutes: Annotated[float, typer.Option(min=0.01, help="Train for at most so long.")] = 1.5,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Train a character model on 350 kB of Shakespeare in a minute and a half, score it, and let it write."""
    began = time.monotonic()
    text = files("seqloom.apps.cli").joinpath("corpus/shakespeare.txt").read_text(encoding="utf-8")
    cut = int(len(text) * (1 - _HELD_OUT))
    say(f"Training {_MODEL} on {cut:,} characters of Shakespeare; {len(text) - cut:,} are held out for the score.")
    from seqloom.apps.cli.report import print_evaluation
    from seqloom.tasks import LanguageModel
    from seqloom.training.settings import TrainingSettings

    _refuse_another_run(out, text[:cut])
    training = TrainingSettings(learning_rate=4e-3, epochs=_EPOCHS, minutes=minutes, patience=4)
    model = LanguageModel(_MODEL, dropout=0.2, batch_size=16, window=32, training=training)
    try:
        model.fit([text[:cut]], run=out, force=True, progress=not quiet)
    except Interrupted as stopped:
        # The demo replaces its run, so the advice to resume is of no use here.
        raise Interrupted(
            stopped.signal_number,
            f"Stopped. What it has learned is in {out} (seqloom generate {quoted(out)}); a new demo begins anew.",
        ) from stopped
    evaluation = model.evaluate([text[cut:]])
    seconds = time.monotonic() - began
    gain = evaluation.per_character(evaluation.baselines["bigram"]) - evaluation.nats_per_character
    pieces = model.generate("", length=_SAMPLE, sampling=Sampling(temperature=0.8, seed=1))
    if as_json:
        sample = "".join(piece for _, piece in pieces)
        emit_json({"directory": str(out), "seconds": round(seconds, 1), **evaluation.to_mapping(), "sample": sample})
        return
    say("")
    print_evaluation(evaluation, _MODEL)
    emit(f"{gain:.2f} nats/character better than the bigram model, after {seconds:.0f} s.")
    say("\nA sample, drawn at temperature 0.8:")
    stream("", pieces)
    say(f"More of it:  seqloom generate {quoted(out)}      Your own text:  seqloom train FILE")


def _refuse_another_run(out: Path, text: str) -> None:
    """Raise ``UsageError`` where ``out`` holds a run that is not a demo's."""
    from seqloom.data import Corpus
    from seqloom.storage.run import newest_valid, versions
    from seqloom.tasks.language.files import read_fitted

    if not versions(out):
        return
    _, fitted = read_fitted(newest_valid(out).files)
    if not fitted.fingerprint.startswith(Corpus.from_texts([text], fitted.vocabulary).facts.source_sha256):
        raise UsageError(f"--out: {out} holds a run on another text, which the demo does not replace. Choose another.")
