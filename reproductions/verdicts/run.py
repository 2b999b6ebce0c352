"""Verdicts on planted faults and on healthy trainings, and what the first cure does.

    python reproductions/verdicts/run.py

Five cases of each of eight kinds, and a hundred healthy ones, all of seeds that no threshold was set by. Each case is
trained, measured and judged; where the verdict is right and its first cure is a setting, it is trained again with it,
and the cure helps where the loss on unseen rows falls by a twentieth, and by two standard errors. Figures go to
results.json as they come.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from cases import PLANTED, healthy
from training import cured, trained

from seqloom import __version__
from seqloom.inspection.verdict import judge

RESULTS = Path(__file__).parent / "results.json"
UNSEEN, HEALTHY = range(3000, 3005), range(4000, 4100)
_BETTER, _SIGMAS = 0.05, 2.0


def planted(make: Any, seed: int) -> dict[str, Any]:
    """A planted case, and what was said of it."""
    case = make(seed)
    outcome = trained(case, seed)
    verdict = judge(outcome.evidence)
    found = {"kind": case.kind, "seed": seed, "model": case.model, "said": verdict.kind, "why": verdict.says}
    found |= {"loss": round(outcome.loss, 4), "error": round(outcome.error, 4)}
    if verdict.kind == case.kind and verdict.cures and verdict.cures[0].settings:
        found["cure"] = dict(verdict.cures[0].settings)
    return found


def with_cure(found: dict[str, Any]) -> dict[str, Any]:
    """The same, and what the first cure does."""
    case = next(case for make in PLANTED if (case := make(found["seed"])).kind == found["kind"])
    after = trained(cured(case, found["cure"]), found["seed"])
    less, noise = found["loss"] - after.loss, (found["error"] ** 2 + after.error**2) ** 0.5
    helps = bool(less > max(_BETTER * found["loss"], _SIGMAS * noise))
    return found | {"loss_then": round(after.loss, 4), "helps": helps}


def sound(seed: int) -> dict[str, Any]:
    """A healthy training: what was said of it."""
    case = healthy(seed)
    outcome = trained(case, seed)
    verdict = judge(outcome.evidence)
    found = {"seed": seed, "model": case.model, "said": verdict.kind, "loss": round(outcome.loss, 4)}
    return found if verdict.kind == "healthy" else found | {"why": verdict.says}


def main() -> None:
    """Plant, judge, cure, write down."""
    torch.set_num_threads(1)
    began = time.process_time()
    faults: list[dict[str, Any]] = []
    healthy_ones: list[dict[str, Any]] = []

    def noted(found: dict[str, Any]) -> None:
        print(found, flush=True)
        _write(faults, healthy_ones, time.process_time() - began)

    for seed in HEALTHY:
        healthy_ones.append(sound(seed))
        noted(healthy_ones[-1])
    for seed in UNSEEN:
        for make in PLANTED:
            faults.append(planted(make, seed))
            noted(faults[-1])
    for place, found in enumerate(faults):
        if "cure" in found:
            faults[place] = with_cure(found)
            noted(faults[place])


def _write(faults: list[dict[str, Any]], healthy_ones: list[dict[str, Any]], seconds: float) -> None:
    cures = [case["helps"] for case in faults if "helps" in case]
    summary = {
        "right": sum(case["said"] == case["kind"] for case in faults),
        "planted": len(faults),
        "right_by_kind": dict(Counter(case["kind"] for case in faults if case["said"] == case["kind"])),
        "false_alarms": sum(case["said"] != "healthy" for case in healthy_ones),
        "healthy": len(healthy_ones),
        "first_cures": len(cures),
        "that_help": sum(cures),
        "processor_seconds": round(seconds),
    }
    versions = {"version": __version__, "torch": torch.__version__}
    RESULTS.write_text(json.dumps({**versions, **summary, "faults": faults, "sound": healthy_ones}, indent=1) + "\n")


if __name__ == "__main__":
    main()
