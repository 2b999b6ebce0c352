"""An echo-state network: a reservoir that is drawn, and a readout that is solved for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor

from seqloom.errors import UsageError
from seqloom.layers.padding import real_steps_only
from seqloom.layers.protocol import CausalLayer, check_sequence
from seqloom.layers.state import map_state, where
from seqloom.models.readout import Readout
from seqloom.models.ridge import Ridge
from seqloom.models.sequences import paired, sequences

__all__ = ["EchoStateNetwork", "EchoStateNetworkState"]

CHUNK = 4096
"""States of the reservoir, over rows and steps, that are in memory at once."""


class EchoStateNetworkState(NamedTuple):
    """The reservoir's state, and the output that it hears next: ``feedback`` (B, K), or (B, 0) without feedback."""

    reservoir: Any
    feedback: Tensor


class _Heard(NamedTuple):
    """A piece of a sequence that the reservoir heard."""

    h: Tensor  # (B, T, F)
    targets: Tensor  # (B, T, K)
    state: EchoStateNetworkState


class EchoStateNetwork(CausalLayer):
    """y_t = W h_t + b with h = reservoir([x_t, y_{t-1}]): only W and b are learned (Jaeger, 2001).

    x (B, T, D) → y (B, T, K), K = ``out_features``. ``reservoir`` is any causal layer, as a rule an ``EchoState``. With
    ``feedback`` it hears the last output beside x: the true one, as a teacher, while it learns, its own ones when it
    runs free. So it has D + K inputs, and with D = 0 the network continues a series by itself.

    ``readout`` is a ``Ridge`` (default) or ``RecursiveLeastSquares``; the first ``washout`` steps of each sequence
    (default 100) only drive the reservoir. ``noise`` (default 0) is the deviation of what is added to the
    reservoir's state after each step of ``fit``, against errors that grow when the network runs free.

    Everything runs in float64: in float32, the error of a closed form has a floor near 1e-4. ``state_dict`` holds the
    reservoir, W and b, but not the readout's memory of the rows.

    >>> import torch
    >>> from seqloom.layers import EchoState
    >>> wave = torch.sin(torch.arange(400) / 5)
    >>> network = EchoStateNetwork(EchoState(1, 50), out_features=1, feedback=True).fit(wave)
    >>> _, state = network.listen(wave[:300])
    >>> y, state = network.generate(20, state)
    >>> bool((y[0, :, 0] - wave[300:320]).abs().max() < 0.01)
    True
    """

    fitted_: Tensor
    weight_: Tensor
    bias_: Tensor

    def __init__(
        self,
        reservoir: CausalLayer,
        out_features: int,
        *,
        feedback: bool = False,
        readout: Readout | None = None,
        washout: int = 100,
        noise: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = reservoir.in_features - out_features * feedback, out_features
        if out_features < 1 or self.in_features < 0:
            raise UsageError(
                f"The reservoir should hear the inputs and, with feedback, {out_features} outputs; "
                f"it has in_features={reservoir.in_features}."
            )
        if washout < 0 or not noise >= 0:
            raise UsageError(f"washout and noise are at least 0; got {washout!r} and {noise!r}.")
        self.reservoir = reservoir.double()
        self.feedback = feedback
        self.feedback_features = out_features * feedback
        self.readout = Ridge() if readout is None else readout
        self.washout = washout
        self.noise = noise
        self.register_buffer("fitted_", torch.tensor(False))
        self.register_buffer("weight_", torch.zeros(out_features, reservoir.out_features, dtype=torch.float64))
        self.register_buffer("bias_", torch.zeros(out_features, dtype=torch.float64))

    def initial_state(self, batch_size: int) -> EchoStateNetworkState:
        """The reservoir's initial state, and zeros as the output before the first step."""
        feedback = self.bias_.new_zeros(batch_size, self.feedback_features)
        return EchoStateNetworkState(self.reservoir.initial_state(batch_size), feedback)

    def fit(self, x: Any, y: Any = None) -> Self:
        """Learn to answer x with y, or, without y, to continue the series x.

        x is one sequence (T, D), or (T,) when D = 1, a batch (B, T, D), or an iterable of sequences of any lengths,
        which are read one by one; y is the same with K in place of D. Raises UsageError for other shapes, for numbers
        that are not finite, and for a sequence that the washout leaves nothing of.
        """
        self.readout.reset()
        return self.partial_fit(x, y)

    @torch.no_grad()
    def partial_fit(self, x: Any, y: Any = None) -> Self:
        """Learn from more sequences, each from its beginning, without forgetting those before."""
        heard_any = False
        for inputs, targets in self._pairs(x, y):
            heard_any = True
            if inputs.shape[1] <= self.washout:
                raise UsageError(
                    f"A sequence of {inputs.shape[1]} steps is too short for a washout of {self.washout}; "
                    "lower washout=… or give longer sequences."
                )
            skip = self.washout
            for heard in self._hear(inputs, targets, None, noisy=self.noise > 0):
                self.readout.partial_fit(heard.h[:, skip:], heard.targets[:, skip:])
                skip = max(0, skip - heard.h.shape[1])
        if not heard_any:
            raise UsageError("There is nothing to learn from: no sequence was given.")
        self._take_weights()
        return self

    @torch.no_grad()
    def adapt(self, x: Any, y: Any = None, state: Any = None) -> tuple[Tensor, EchoStateNetworkState]:
        """Predict the steps of y, then learn from them, and return the predictions (B, T, K) and the state.

        Made for a stream, step by step or in pieces, with ``RecursiveLeastSquares``; no washout, no noise.
        """
        inputs, targets = self._one_pair(x, y)
        predicted = []
        for heard in self._hear(inputs, targets, state):
            predicted.append(self._read(heard.h))
            self.readout.partial_fit(heard.h, heard.targets)
        self._take_weights()
        return torch.cat(predicted, dim=1), heard.state

    @torch.no_grad()
    def listen(self, x: Any, y: Any = None, state: Any = None) -> tuple[Tensor, EchoStateNetworkState]:
        """Predict each step of y with the true outputs before it as feedback; the state is ready to run free."""
        self._check_fitted()
        inputs, targets = self._one_pair(x, y)
        predicted = []
        for heard in self._hear(inputs, targets, state):
            predicted.append(self._read(heard.h))
        return torch.cat(predicted, dim=1), heard.state

    @torch.no_grad()
    def generate(self, steps: int, state: Any = None) -> tuple[Tensor, EchoStateNetworkState]:
        """Run free for ``steps``, without inputs: y (B, steps, K) and the state."""
        if self.in_features:
            raise UsageError(f"This network needs {self.in_features} inputs a step; call network(x, state).")
        rows = 1 if state is None else len(state.feedback)
        y, state = self(self.bias_.new_zeros(rows, steps, 0), state)
        return y, state

    def forward(
        self, x: Tensor, state: Any = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, EchoStateNetworkState]:
        """x (B, T, D) → y (B, T, K), hearing its own outputs where it has feedback."""
        self._check_fitted()
        lengths = check_sequence(self, x, self.in_features, lengths)
        state = self.initial_state(len(x)) if state is None else EchoStateNetworkState(*state)
        x = real_steps_only(x.to(self.bias_.dtype), lengths)
        if self.feedback:
            return self._run_free(x, state, lengths)
        h, reservoir = self.reservoir(x, state.reservoir, lengths)
        return real_steps_only(self._read(h), lengths), EchoStateNetworkState(reservoir, state.feedback)

    def step(self, x_t: Tensor, state: Any) -> tuple[Tensor, EchoStateNetworkState]:
        """x_t (B, D) → y_t (B, K)."""
        self._check_fitted()
        return self._step(x_t.to(self.bias_.dtype), state)

    def _step(self, x_t: Tensor, state: Any) -> tuple[Tensor, EchoStateNetworkState]:
        h_t, reservoir = self.reservoir.step(torch.cat([x_t, state.feedback], dim=-1), state.reservoir)
        y_t = self._read(h_t)
        return y_t, EchoStateNetworkState(reservoir, y_t[:, : self.feedback_features])

    def _run_free(
        self, x: Tensor, state: EchoStateNetworkState, lengths: Tensor | None
    ) -> tuple[Tensor, EchoStateNetworkState]:
        outputs = [x.new_zeros(len(x), 0, self.out_features)]
        for t in range(x.shape[1]):
            y_t, new = self._step(x[:, t], state)
            state = new if lengths is None else where(t < lengths, new, state)
            outputs.append(y_t[:, None])
        return real_steps_only(torch.cat(outputs, dim=1), lengths), state

    def _check_fitted(self) -> None:
        if not self.fitted_:
            raise UsageError("This EchoStateNetwork has learned nothing yet. Call fit, or load a state_dict, first.")

    def _read(self, h: Tensor) -> Tensor:
        return h @ self.weight_.mT + self.bias_

    def _hear(self, x: Tensor, y: Tensor, state: Any, noisy: bool = False) -> Iterator[_Heard]:
        """Run the reservoir over x (B, T, D) with y (B, T, K) as the teacher, in pieces of at most CHUNK states."""
        feedback, reservoir = self.initial_state(len(x))[::-1] if state is None else state[::-1]
        run = self._run_with_noise if noisy else self.reservoir
        steps = max(1, CHUNK // max(1, len(x)))
        for x_piece, targets in zip(x.split(steps, dim=1), y.split(steps, dim=1), strict=True):
            taught = torch.cat([feedback[:, None], targets[..., : self.feedback_features]], dim=1)  # one step late
            h, reservoir = run(torch.cat([x_piece, taught[:, :-1]], dim=-1), reservoir)
            feedback = taught[:, -1]
            yield _Heard(h, targets, EchoStateNetworkState(reservoir, feedback))

    def _run_with_noise(self, heard: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The reservoir, step by step, its state shaken after each one."""
        outputs = []
        for heard_t in heard.unbind(1):
            h_t, state = self.reservoir.step(heard_t, state)
            state = map_state(self._shaken, state)
            outputs.append(h_t)
        return torch.stack(outputs, dim=1), state

    def _shaken(self, leaf: Tensor) -> Tensor:
        return leaf + self.noise * torch.randn_like(leaf) if leaf.is_floating_point() else leaf

    def _take_weights(self) -> None:
        self.weight_.copy_(self.readout.weight_)
        self.bias_.copy_(self.readout.bias_)
        self.fitted_.fill_(True)

    def _one_pair(self, x: Any, y: Any) -> tuple[Tensor, Tensor]:
        """The only sequence, or batch of them, that there is."""
        pairs = list(self._pairs(x, y))
        if len(pairs) != 1:
            raise UsageError(f"One sequence, or one batch of equally long ones, is heard at a time; got {len(pairs)}.")
        return pairs[0]

    def _pairs(self, x: Any, y: Any) -> Iterator[tuple[Tensor, Tensor]]:
        if y is None and self.in_features:
            raise UsageError(f"This network has {self.in_features} inputs: give the inputs and the targets.")
        if y is None:
            return ((series[..., :0], series) for series in sequences(x, self.out_features, "the series"))
        return paired(sequences(x, self.in_features, "x"), sequences(y, self.out_features, "y"))
