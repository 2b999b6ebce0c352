"""The LSTM and the GRU of ONNX Runtime, in its own layout: time first."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from support.harness import Peer

__all__ = ["inference"]

GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}
"""Where ONNX's gates (i o f c; z r h) stand in torch's order (i f g o; r z n)."""
OPSET, FORMAT = 21, 10


def inference(cell: str, module: nn.Module, x: Tensor) -> Peer:
    """The peer of ``module``, an nn.LSTM or nn.GRU; raises ModuleNotFoundError without ONNX or ONNX Runtime."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    batch, time, features = x.shape
    hidden = module.get_parameter("weight_hh_l0").shape[1]

    def ordered(name: str) -> np.ndarray:
        parts = module.get_parameter(name).detach().chunk(len(GATES[cell]))
        return torch.cat([parts[k] for k in GATES[cell]])[None].numpy()

    bias = np.concatenate([ordered("bias_ih_l0"), ordered("bias_hh_l0")], 1)
    tensors = {"W": ordered("weight_ih_l0"), "R": ordered("weight_hh_l0"), "B": bias}
    settings: dict[str, Any] = {"hidden_size": hidden} | ({"linear_before_reset": 1} if cell == "GRU" else {})
    graph = helper.make_graph(
        [helper.make_node(cell, ["X", *tensors], ["Y"], **settings)],
        cell,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [time, batch, features])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [time, 1, batch, hidden])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # or it would disturb those after it
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feed = {"X": x.transpose(0, 1).contiguous().numpy()}
    return Peer("ONNX Runtime", lambda: session.run(None, feed)[0], lambda y: {"y": y[:, 0].swapaxes(0, 1)})
