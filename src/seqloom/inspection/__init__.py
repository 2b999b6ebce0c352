"""To look at what a model computes and what it learned; matplotlib is loaded when something is drawn."""

from seqloom.lazy import TYPE_CHECKING, lazily

if TYPE_CHECKING:
    from seqloom.inspection.traced.record import Trace
    from seqloom.inspection.traced.tracing import trace

__all__ = ["Trace", "trace"]

__getattr__, __dir__ = lazily(
    __name__, {"Trace": "seqloom.inspection.traced.record", "trace": "seqloom.inspection.traced.tracing"}
)
