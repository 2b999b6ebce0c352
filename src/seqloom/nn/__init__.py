"""Drop-ins for torch's recurrent modules, over our kernels: change ``torch.nn`` to ``seqloom.nn``, and no more."""

from seqloom.nn.cells import GRUCell, LSTMCell, RNNCell
from seqloom.nn.replacement import replace
from seqloom.nn.sequences import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell", "replace"]
