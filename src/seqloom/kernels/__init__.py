"""From equations to running code: the reference, faster kernels, and the policy that chooses between them."""

from seqloom.kernels.call import Call, Kernel, Randomness
from seqloom.kernels.policy import Explanation, available, explain, run, use
from seqloom.kernels.streaming import Stream

__all__ = ["Call", "Explanation", "Kernel", "Randomness", "Stream", "available", "explain", "run", "use"]
