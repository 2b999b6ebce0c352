"""Draw the pictures of "Look inside a model" on mistakes and vectors: those of the model of the demo.

seqloom demo --out models/demo
python docs/pictures/mistakes.py models/demo ../shared/data/tinyshakespeare/input.txt docs/pictures
"""

import sys
from pathlib import Path

import seqloom
from seqloom.inspection.embeddings import draw_map
from seqloom.inspection.errors.breakdown import draw_breakdowns
from seqloom.tasks.inspecting.mistakes import section

_CHARACTERS = 30_000

model = seqloom.load(sys.argv[1])
found = model.mistakes([Path(sys.argv[2]).read_text(encoding="utf-8")[-_CHARACTERS:]])
draw_breakdowns(found.breakdowns[:2], Path(sys.argv[3]) / "errors.png")
for tokens in model.token_vectors():
    draw_map(tokens, Path(sys.argv[3]) / "vectors.png")
shown = section(found, "")
print(*shown.says, *(row for table in shown.shown if hasattr(table, "rows") for row in table.rows), sep="\n")
