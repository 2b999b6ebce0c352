"""What a layer is called: the words that build it, or its class where none do."""

from __future__ import annotations

from itertools import groupby

from torch import nn

from seqloom.errors import UsageError
from seqloom.layers.bidirectional import Bidirectional
from seqloom.layers.decoder_spec import decoder_term_of
from seqloom.layers.decoders.decoder import Decoder
from seqloom.layers.fronts.picture import PictureFront
from seqloom.layers.head import StepHead
from seqloom.layers.pooling import Pooled, Pooling
from seqloom.layers.protocol import SequenceLayer
from seqloom.layers.recurrent import Recurrent
from seqloom.layers.spec import front_of, pool_of, spec_of, term_of
from seqloom.layers.stack import Stack

__all__ = ["called", "in_short", "width_of"]


def called(module: nn.Module) -> str:
    """The words that build a part, or its class and width where none do.

    >>> called(StepHead(4, 3))
    'linear(3) + softmax'
    """
    if isinstance(module, StepHead):
        return f"linear({module.linear.out_features}) + {module.link}"
    if isinstance(module, nn.Linear):
        return f"linear({module.out_features})"
    try:
        match module:
            case PictureFront():
                return str(front_of(module))
            case Pooling():
                return str(pool_of(module))
            case Decoder():
                return str(decoder_term_of(module))
            case Stack() | Pooled():
                return str(spec_of(module))
            case SequenceLayer():
                return str(term_of(module))
    except UsageError:
        pass
    return _by_parts(module)


def in_short(module: nn.Module) -> str:
    """A layer in one line: its class, its words, the widths of what it reads and gives, its weights.

    >>> from seqloom.layers import parse_spec
    >>> in_short(parse_spec("2*lstm(8) + gru(4)").build(3))
    '<CausalStack 2*lstm(8) + gru(4): 3 → 4 features, 1,088 weights>'
    """
    kind, name = type(module).__name__, called(module)
    words = module.extra_repr() if name.partition("(")[0] == kind else name
    weights = sum(weight.numel() for weight in module.parameters())
    return f"<{kind}{words and ' '}{words}: {module.in_features} → {module.out_features} features, {weights:,} weights>"


def _by_parts(module: nn.Module) -> str:
    """What has no words of its own, by those of what is in it."""
    match module:
        case Bidirectional():
            return f"{called(module.forward_layer)} bidirectional"
        case Pooled():
            return f"{called(module.body)} + {called(module.pooling)}"
        case Stack():
            runs = ((name, len(list(run))) for name, run in groupby(map(called, module.layers)))
            return " + ".join(f"{count}*{name}" if count > 1 else name for name, count in runs)
        case Recurrent(cell=cell) if cell is not None:
            return f"{type(cell).__name__}({module.out_features})"
        case _:
            width = width_of(module)
            return type(module).__name__ + (f"({width})" if width else "")


def width_of(module: nn.Module) -> int | None:
    """The features of what a module gives, if it says, or its map to scores does.

    >>> width_of(StepHead(4, 3)), width_of(nn.Sequential(nn.Linear(4, 3)))
    (3, None)
    """
    for owner in (module, getattr(module, "linear", None), getattr(module, "scores", None)):
        if isinstance(width := getattr(owner, "out_features", None), int):
            return width
    return None
