"""Verdicts on planted faults and on healthy trainings, and what the first cure does.

    python reproductions/verdicts/run.py

Five cases of each of eight kinds, and a hundred healthy ones, all of seeds that no threshold was set by. Each case is
trained, measured and judged; where the verdict is right and its first cure is a setting, it is trained again with it,
and the cure helps where the loss on unseen rows falls by a twentieth, and by two standard errors. Figures go to
results.json as they come.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from cases import PLANTED, healthy
from training import cured, trained

from seqloom import __version__
from seqloom.inspection.verdict import judge

RESULTS = Path(__file__).parent / "results.json"
UNSEEN, HEALTHY = range(1000, 1005), range(2000, 2100)
_BETTER, _SIGMAS = 0.05, 2.0


def planted(make: Any, seed: int) -> dict[str, Any]:
    """A planted case: what was said of it, and what its first cure did."""
    case = make(seed)
    before = trained(case, seed)
    verdict = judge(before.evidence)
    found = {"kind": case.kind, "seed": seed, "model": case.model, "said": verdict.kind, "why": verdict.says}
    found |= {"loss": round(before.loss, 4), "processor_seconds": round(before.seconds, 1)}
    if verdict.kind != case.kind or not verdict.cures or not verdict.cures[0].settings:
        return found
    after = trained(cured(case, verdict.cures[0]), seed)
    less, noise = before.loss - after.loss, (before.error**2 + after.error**2) ** 0.5
    helps = less > max(_BETTER * before.loss, _SIGMAS * noise)
    return found | {"cure": dict(verdict.cures[0].settings), "loss_then": round(after.loss, 4), "helps": helps}


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
    faults: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    for seed in UNSEEN:
        for make in PLANTED:
            faults.append(planted(make, seed))
            print(faults[-1], flush=True)
            _write(faults, alarms)
    for seed in HEALTHY:
        alarms.append(sound(seed))
        print(alarms[-1], flush=True)
        _write(faults, alarms)


def _write(faults: list[dict[str, Any]], healthy_ones: list[dict[str, Any]]) -> None:
    cures = [case["helps"] for case in faults if "helps" in case]
    summary = {
        "right": sum(case["said"] == case["kind"] for case in faults),
        "planted": len(faults),
        "by_kind": dict(Counter(case["kind"] for case in faults if case["said"] == case["kind"])),
        "false_alarms": sum(case["said"] != "healthy" for case in healthy_ones),
        "healthy": len(healthy_ones),
        "first_cures": len(cures),
        "that_help": sum(cures),
    }
    versions = {"version": __version__, "torch": torch.__version__}
    RESULTS.write_text(json.dumps({**versions, **summary, "faults": faults, "sound": healthy_ones}, indent=1) + "\n")


if __name__ == "__main__":
    main()
