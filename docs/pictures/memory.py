"""Draw the pictures of "Look inside a model": how far back the model of the demo looks.

seqloom demo --out models/demo
python docs/pictures/memory.py models/demo ../shared/data/tinyshakespeare/input.txt docs/pictures
"""

import sys
from pathlib import Path

import seqloom
from seqloom.inspection.memory.pictures import draw_context, draw_influence
from seqloom.tasks.inspecting.looking_back import memory_of

_CHARACTERS = 60_000

text = Path(sys.argv[2]).read_text(encoding="utf-8")[-_CHARACTERS:]
memory = memory_of(seqloom.load(sys.argv[1]).subject([text]))
draw_influence(memory.inputs, Path(sys.argv[3]) / "influence.png")
draw_context(memory.contexts, memory.unit, Path(sys.argv[3]) / "context.png")
