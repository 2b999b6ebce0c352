"""From prompts to text: the prompt is read once, then each token is decoded to text as it comes."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seqloom.data import IncrementalDecoder, Start, Vocabulary
from seqloom.data.text.lanes import ZERO
from seqloom.decoding import (
    BeamSearch,
    Filter,
    Sampling,
    beam_search,
    sample,
    sample_compiled,
    seed_of_row,
    top_k_sampling_of,
)
from seqloom.decoding.protocol import Step
from seqloom.errors import UsageError, listed
from seqloom.kernels.token_steps import TOKEN_STEPS
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of, states_of
from seqloom.tasks.language.files import Fitted
from seqloom.tasks.language.scoring import read_prompts
from seqloom.tasks.language.writing import Text, Writing

__all__ = ["Beam", "encode_prompt", "generate", "likeliest", "opening"]


class Beam(NamedTuple):
    """One text that beam search found, without the prompt; ``log_probability`` is of the text given the prompt."""

    text: str
    log_probability: float
    score: float
    finished: bool


def encode_prompt(vocabulary: Vocabulary, prompt: str, ignore_unknown: bool) -> list[int]:
    """The ids of a prompt; what the model has never seen is left out, or a UsageError that names it."""
    unknown = vocabulary.unknown(prompt)
    if unknown and not ignore_unknown:
        raise UsageError(
            f"The prompt holds {vocabulary.kind} that the model has never seen: {listed(unknown)}. Leave them out, let "
            "--ignore-unknown do so (in Python ignore_unknown=True), or train a model with the tokens 'bytes' or "
            "'bpe', to which nothing is unknown."
        )
    return vocabulary.without_unknown(vocabulary.encode_start(prompt))


def opening(fitted: Fitted) -> list[int]:
    """The ids after which every text is read, written and scored: the start, and if one text was learned, a newline.

    A model of one text saw its start only once, but many lines that begin, if there were any.
    """
    vocabulary, boundaries = fitted.vocabulary, fitted.boundaries
    start = vocabulary.eos if boundaries.start is Start.EOS else ZERO
    if boundaries.ends or vocabulary.unknown("\n"):
        return [start]
    newline = vocabulary.encode("\n")
    return [start, *newline] if all(fitted.baselines.count(token) for token in newline) else [start]


def generate(
    fitted: Fitted,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    length: int,
    ends: bool,
    stop_at: Sequence[str] = (),
) -> Writing:
    """Continue prompts of ids, all in one batch; with ``ends`` a text may end in ``<eos>``."""
    model, vocabulary = fitted.model, fitted.vocabulary
    filters = sampling.filters(_forbidden(vocabulary, ends))
    seeds = [seed_of_row(sampling.seed, row) for row in range(len(prompts))]
    texts = [Text(_decoder_after(vocabulary, prompt), stop_at) for prompt in prompts]
    done: set[int] = set()
    start = opening(fitted)
    rows = [[*start, *prompt] for prompt in prompts]
    tokens = _draw(model, rows, seeds, length, vocabulary.eos if ends else None, filters, _seen(prompts, model), done)
    return Writing(tokens, done, texts, length, seeds)


@torch.no_grad()
def _draw(
    model: TokenModel,
    rows: Sequence[Sequence[int]],
    seeds: Sequence[int],
    limit: int,
    end: int | None,
    filters: Sequence[Filter],
    seen: Tensor,
    done: Container[int],
) -> Iterator[tuple[int, int]]:
    """Draw by the fastest way that there is for this model and these filters; all ways draw the same tokens."""
    model.eval()
    logits, state = read_prompts(model, rows)
    step: Step = model.step
    network, sampling = network_of(model), top_k_sampling_of(filters)
    compiled = None if network is None else TOKEN_STEPS.choose(network)
    if network is not None and compiled is not None:
        steps, state = compiled.run(network), states_of(model, state)
        if sampling is not None:
            yield from sample_compiled(
                steps, logits, state, seeds=seeds, limit=limit, end=end, sampling=sampling, done=done
            )
            return
        step = steps
    yield from sample(
        step, select, logits, state, seeds=seeds, limit=limit, end=end, filters=filters, seen=seen, done=done
    )


@torch.no_grad()
def likeliest(fitted: Fitted, prompt: Sequence[int], how: BeamSearch, length: int, ends: bool) -> list[Beam]:
    """The likeliest continuations of a prompt, best first."""
    model, vocabulary = fitted.model, fitted.vocabulary
    model.eval()
    logits, state = read_prompts(model, [[*opening(fitted), *prompt]])
    found = beam_search(
        model.step,
        select,
        logits,
        state,
        width=how.width,
        limit=length,
        end=vocabulary.eos if ends else None,
        alpha=how.length_penalty,
        forbid=_forbidden(vocabulary, ends),
    )
    beams = []
    for one in found:
        decoder = _decoder_after(vocabulary, prompt)
        text = "".join([decoder.feed(token) for token in one.tokens]) + decoder.finish()
        beams.append(Beam(text, one.log_probability, one.score, one.finished))
    return beams


def _forbidden(vocabulary: Vocabulary, ends: bool) -> tuple[int, ...]:
    unknown = () if vocabulary.unk is None else (vocabulary.unk,)
    return unknown if ends else (*unknown, vocabulary.eos)


def _decoder_after(vocabulary: Vocabulary, prompt: Sequence[int]) -> IncrementalDecoder:
    """A decoder that has already written the prompt, so that spaces fall right after it."""
    decoder = vocabulary.decoder()
    for token in prompt:
        decoder.feed(token)
    return decoder


def _seen(prompts: Sequence[Sequence[int]], model: TokenModel) -> Tensor:
    device = next(model.parameters()).device
    seen = torch.zeros(len(prompts), model.out_features, dtype=torch.bool, device=device)
    for row, prompt in enumerate(prompts):
        seen[row, list(prompt)] = True
    return seen
