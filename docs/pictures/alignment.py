"""Draw the picture of "Turn one text into another": where a model of pairs looked while it wrote.

python reproductions/translation/run.py "fra_eng attention" ../shared/data/fra_eng --keep models/french
python docs/pictures/alignment.py models/french docs/pictures/alignment.png
"""

import sys
from pathlib import Path

from seqloom import Seq2Seq
from seqloom.inspection.attention import draw_alignment

looked = Seq2Seq.load(sys.argv[1]).alignments(["He bought a pair of black shoes yesterday."])[0]
draw_alignment(looked.weights, looked.source, looked.target, Path(sys.argv[2]))
