"""The laws a layer must obey, for our tests and for yours."""

from seqloom.testing.laws import check_layer
from seqloom.testing.tolerance import assert_close, assert_same_state, tolerance

__all__ = ["assert_close", "assert_same_state", "check_layer", "tolerance"]
