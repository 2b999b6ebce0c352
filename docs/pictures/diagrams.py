"""Draw the pictures of "Draw a model".

python docs/pictures/diagrams.py docs/pictures
"""

import sys
from pathlib import Path

import torch

from seqloom import LanguageModel
from seqloom.cells import LSTM
from seqloom.inspection.diagrams import draw_backward, draw_cell, draw_model, draw_shifted, draw_translation, values_of
from seqloom.layers import Recurrent, parse_encoder_decoder, parse_spec

folder = Path(sys.argv[1])
torch.manual_seed(0)

words = "conv(64, stride=2) + 2*lstm(64) bidirectional + attention(128) + pool(mean)"
draw_model(parse_spec(words).build_pooled(40)).save(folder / "diagram_model.svg")

layer, x = Recurrent(LSTM, 3, 8), torch.randn(6, 3)
draw_cell(layer.graph, "forget_gate", values_of(layer, x, step=5, unit=2)).save(folder / "diagram_cell.svg")

draw_backward(parse_spec("elman(16)").build(4)).save(folder / "diagram_backward.svg")

text = "the cat sat on the mat. the dog sat on the log. " * 12
brief = {"epochs": 20, "learning_rate": 0.02, "device": "cpu", "seed": 0}
model = LanguageModel("lstm(24)", window=16, training=brief).fit([text], progress=False)
draw_shifted(model.model_, model.vocabulary_, "the cat").save(folder / "diagram_training.svg")

pair = parse_encoder_decoder("2*gru(64) bidirectional -> luong(64)").build(32, 32)
source, target = ["the", "red", "cat"], ["le", "chat", "rouge", "<eos>"]
draw_translation(*pair, source, target).save(folder / "diagram_translation.svg")
