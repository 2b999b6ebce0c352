"""From prompts to text: the prompt is read once, then each token is decoded to text as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqloom.data import Decoder, Vocabulary
from seqloom.decoding import (
    Filter,
    Forbid,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopP,
    beam_search,
    choice_of,
    sample,
    sample_compiled,
)
from seqloom.decoding.protocol import Step
from seqloom.errors import UsageError
from seqloom.kernels.generation import TokenSteps, runs_compiled
from seqloom.layers.state import select
from seqloom.models.token_model import TokenModel
from seqloom.models.token_network import network_of, states_of
from seqloom.tasks.baselines import Baselines
from seqloom.tasks.scoring import read_prompts

__all__ = ["Beam", "encode_prompt", "generate", "is_one_stream", "make_filters", "new_text", "search"]


class Beam(NamedTuple):
    """One text that beam search found, without the prompt; ``log_probability`` is of the text given the prompt."""

    text: str
    log_probability: float
    score: float
    finished: bool


def make_filters(
    vocabulary: Vocabulary,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    repetition_penalty: float,
    stop: bool,
) -> list[Filter]:
    """The filters in their order: what may not come, the penalty, the temperature, then the truncations."""
    filters: list[Filter] = [Forbid(_forbidden(vocabulary, stop))]
    filters += [RepetitionPenalty(repetition_penalty), Temperature(temperature)]
    filters += [TopK(top_k)] if top_k is not None else []
    filters += [TopP(top_p)] if top_p is not None else []
    return filters


def encode_prompt(vocabulary: Vocabulary, prompt: str) -> list[int]:
    """The ids of a prompt; UsageError naming the characters or words that the model has never seen."""
    unknown = vocabulary.unknown(prompt)
    if unknown:
        shown = ", ".join(repr(part) for part in unknown[:10]) + (" …" if len(unknown) > 10 else "")
        raise UsageError(
            f"The prompt holds {vocabulary.kind} that the model has never seen: {shown}. Leave them out, "
            "or train a model with the tokens 'bytes' or 'bpe', to which nothing is unknown."
        )
    return vocabulary.encode_start(prompt)


def is_one_stream(vocabulary: Vocabulary, baselines: Baselines) -> bool:
    """Whether a model learned from one long text, so that it cannot know where a text ends or how one begins.

    Its ``<eos>`` came at most twice: before the text, and after it where nothing was held out.
    """
    return baselines.count(vocabulary.eos) <= 2


def new_text(vocabulary: Vocabulary, baselines: Baselines) -> list[int]:
    """The ids that a text without a prompt begins after: of one stream a newline, if it had any."""
    if not is_one_stream(vocabulary, baselines) or vocabulary.unknown("\n"):
        return []
    newline = vocabulary.encode("\n")
    return newline if all(baselines.count(token) for token in newline) else []


@torch.no_grad()
def generate(
    model: TokenModel,
    vocabulary: Vocabulary,
    start: int,
    prompts: Sequence[Sequence[int]],
    filters: Sequence[Filter],
    seeds: Sequence[int],
    length: int,
    stop: bool,
) -> Iterator[tuple[int, str]]:
    """Yield ``(row, piece)``; a piece is text that no later token changes. All rows run in one batch."""
    model.eval()
    logits, state = read_prompts(model, [[start, *prompt] for prompt in prompts])
    decoders = [_decoder_after(vocabulary, prompt) for prompt in prompts]
    end, seen = vocabulary.eos if stop else None, _seen(prompts, logits)
    for row, token in _draw(model, logits, state, seeds, length, end, filters, seen):
        piece = decoders[row].feed(token)
        if piece:
            yield row, piece
    for row, decoder in enumerate(decoders):
        rest = decoder.finish()
        if rest:
            yield row, rest


def _draw(
    model: TokenModel,
    logits: Tensor,
    state: Any,
    seeds: Sequence[int],
    limit: int,
    end: int | None,
    filters: Sequence[Filter],
    seen: Tensor,
) -> Iterator[tuple[int, int]]:
    """Draw by the fastest way that there is for this model and these filters; all ways draw the same tokens."""
    step: Step = model.step
    network, choice = network_of(model), choice_of(filters)
    if network is not None and runs_compiled(network):
        steps, state = TokenSteps(network), states_of(model, state)
        if choice is not None:
            return sample_compiled(steps, logits, state, seeds=seeds, limit=limit, end=end, choice=choice)
        step = steps
    return sample(step, select, logits, state, seeds=seeds, limit=limit, end=end, filters=filters, seen=seen)


@torch.no_grad()
def search(
    model: TokenModel,
    vocabulary: Vocabulary,
    start: int,
    prompt: Sequence[int],
    width: int,
    length: int,
    length_penalty: float,
    stop: bool,
) -> list[Beam]:
    """The likeliest continuations of a prompt, best first."""
    model.eval()
    logits, state = read_prompts(model, [[start, *prompt]])
    found = beam_search(
        model.step,
        select,
        logits,
        state,
        width=width,
        limit=length,
        end=vocabulary.eos if stop else None,
        alpha=length_penalty,
        forbid=_forbidden(vocabulary, stop),
    )
    beams = []
    for one in found:
        decoder = _decoder_after(vocabulary, prompt)
        text = "".join([decoder.feed(token) for token in one.tokens]) + decoder.finish()
        beams.append(Beam(text, one.log_probability, one.score, one.finished))
    return beams


def _forbidden(vocabulary: Vocabulary, stop: bool) -> tuple[int, ...]:
    unknown = () if vocabulary.unk is None else (vocabulary.unk,)
    return unknown if stop else (*unknown, vocabulary.eos)


def _decoder_after(vocabulary: Vocabulary, prompt: Sequence[int]) -> Decoder:
    """A decoder that has already written the prompt, so that spaces fall right after it."""
    decoder = vocabulary.decoder()
    for token in prompt:
        decoder.feed(token)
    return decoder


def _seen(prompts: Sequence[Sequence[int]], logits: Tensor) -> Tensor:
    seen = torch.zeros_like(logits, dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        seen[row, list(prompt)] = True
    return seen
