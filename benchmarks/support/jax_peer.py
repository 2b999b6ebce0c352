"""The LSTM and the GRU as JAX's users write them: lax.scan over time, jit, the gradients of all weights and of x."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from support.harness import Peer, Results

__all__ = ["training"]


def training(cell: str, module: nn.Module, x: Tensor, arriving: Tensor) -> Peer:
    """The peer of ``module``, an nn.LSTM or nn.GRU; raises ModuleNotFoundError without JAX."""
    import jax
    from jax import lax
    from jax import nn as functions
    from jax import numpy as jnp

    def lstm(weights: dict[str, Any], state: Any, of_x: Any) -> tuple[Any, Any]:
        h, c = state
        gates = of_x + h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"]
        i, f, g, o = jnp.split(gates, 4, axis=1)
        c = functions.sigmoid(f) * c + functions.sigmoid(i) * jnp.tanh(g)
        h = functions.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def gru(weights: dict[str, Any], state: Any, of_x: Any) -> tuple[Any, Any]:
        (h,) = state
        r_x, z_x, n_x = jnp.split(of_x, 3, axis=1)
        r_h, z_h, n_h = jnp.split(h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"], 3, axis=1)
        z = functions.sigmoid(z_x + z_h)
        n = jnp.tanh(n_x + functions.sigmoid(r_x + r_h) * n_h)
        h = z * h + (1 - z) * n
        return (h,), h

    step, states = {"LSTM": (lstm, 2), "GRU": (gru, 1)}[cell]

    def loss(weights: dict[str, Any], x: Any, arriving: Any) -> tuple[Any, Any]:
        of_x = jnp.swapaxes(x, 0, 1) @ weights["weight_ih_l0"].T + weights["bias_ih_l0"]
        zeros = jnp.zeros((x.shape[0], weights["weight_hh_l0"].shape[1]), x.dtype)
        _, outputs = lax.scan(lambda state, of_x: step(weights, state, of_x), (zeros,) * states, of_x)
        y = jnp.swapaxes(outputs, 0, 1)
        return (y * arriving).sum(), y

    weights = {name: jnp.asarray(value.detach().numpy()) for name, value in module.named_parameters()}
    x_there, arriving_there = jnp.asarray(x.numpy()), jnp.asarray(arriving.numpy())
    compiled = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))

    def run() -> Any:
        return jax.block_until_ready(compiled(weights, x_there, arriving_there))  # type: ignore[no-untyped-call]

    def read(result: Any) -> Results:
        (_, y), (of_weights, of_x) = result
        return {"y": y, "x": of_x, **of_weights}

    return Peer("JAX lax.scan", run, read)
