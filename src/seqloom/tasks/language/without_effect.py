"""Arguments that a fit takes and makes nothing of, in words."""

from __future__ import annotations

from collections.abc import Iterator

from seqloom.data import Document, Files, Tokens, Vocabulary
from seqloom.tasks.language.settings import LanguageSettings
from seqloom.training.settings import OptimiserName, TrainingSettings

__all__ = ["without_effect"]


def without_effect(settings: LanguageSettings, data: object, nothing_held_out: bool, preview: bool) -> Iterator[str]:
    """Yield a sentence for every argument that was changed and has no effect beside the others; ``data`` is the source.

    >>> from seqloom.tasks import LanguageModel
    >>> model = LanguageModel(tokens="bytes", minimum_count=5)
    >>> list(without_effect(LanguageSettings.from_mapping(model.get_params(deep=False)), None, False, False))
    ["minimum_count: no effect with the tokens 'bytes'."]
    """
    tokens, training = settings.tokens, settings.training
    usual = TrainingSettings()
    given = isinstance(tokens, Vocabulary)
    kind = "of a vocabulary that was given" if given else f"'{tokens}'"
    if settings.minimum_count > 1 and (given or tokens in (Tokens.BYTES, Tokens.BPE)):
        yield f"minimum_count: no effect with the tokens {kind}."
    if settings.vocabulary_size is not None and (given or tokens is Tokens.BYTES):
        yield f"vocabulary_size: no effect with the tokens {kind}."
    if settings.document is not Document.FILE and not isinstance(data, Files):
        yield "document: no effect on a list of texts, each of which is a document."
    if training.momentum != usual.momentum and training.optimiser is not OptimiserName.SGD:
        yield f"momentum: no effect with the optimiser '{training.optimiser.value}', only with 'sgd'."
    if nothing_held_out and training.evaluate_every is not None:
        yield "evaluate_every: no effect, as nothing is held out to evaluate on."
    if nothing_held_out and preview:
        yield "preview: no effect, as nothing is held out and so nothing evaluated."
