"""Training on a probe: what ends a run, what is measured, and results that are found again."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom.errors import DataError, UsageError
from seqloom.layers import LearnedEmbedding, OneHot
from seqloom.probes import Adding, AssociativeRecall, Copy, DelayedCopy, EmbeddedReber, Examples, Parity, Probe
from seqloom.tasks.probing.results import End, Point, ProbeResult, load_result, result_path, save_result
from seqloom.tasks.probing.run import build_model, measure_probe, run_probe
from seqloom.tasks.probing.settings import ProbeSettings
from seqloom.tasks.probing.table import run_probes, summarise

EASY = DelayedCopy(delay=1, length=6, symbols=2)
QUICK = ProbeSettings(steps=4, evaluate_every=2, held_out=10, batch_size=4)


class Oracle(nn.Module):
    """Answers from the examples themselves, wrong at the first ``mistakes`` scored steps of all."""

    def __init__(self, probe: Probe, examples: Examples, mistakes: int = 0) -> None:
        super().__init__()
        right = torch.nn.functional.one_hot(examples.targets[examples.scored], probe.answer.outputs).float()
        right[:mistakes] *= -1
        self.answers = list(right.split(examples.scored.sum(1).tolist()))

    def forward(self, x: Tensor, scored: Tensor, lengths: Tensor | None) -> Tensor:
        rows = [self.answers.pop(0) for _ in x]
        return torch.cat(rows)


@pytest.mark.parametrize("rows", [1, 64, 65, 150])
def test_measures_count_steps_and_whole_sequences(rows: int) -> None:
    examples = EASY.draw(rows)
    measured = measure_probe(Oracle(EASY, examples), EASY, examples)
    assert measured[1:] == (1, 1)
    assert measured.loss == pytest.approx(math.log(1 + math.exp(-1)))
    wrong = measure_probe(Oracle(EASY, examples, mistakes=3), EASY, examples)
    assert wrong.accuracy == pytest.approx(1 - 3 / (5 * rows))
    assert wrong.whole == pytest.approx(1 - 1 / rows)


def test_rows_of_different_length_weigh_by_their_steps() -> None:
    probe = EmbeddedReber()
    examples = probe.draw(130)
    model = build_model(probe, "elman(4)")
    measured = measure_probe(model, probe, examples)
    with torch.no_grad():
        predictions = model(examples.inputs, examples.scored, examples.lengths)
    whole = float(probe.answer.loss(predictions, examples.targets[examples.scored]))
    assert measured.loss == pytest.approx(whole, rel=1e-5)


def test_the_front_end_suits_the_probe() -> None:
    assert build_model(Adding(), "gru(3)").embedding is None
    assert isinstance(build_model(Copy(), "gru(3)").embedding, OneHot)
    table = build_model(AssociativeRecall(), "gru(3)").embedding
    assert isinstance(table, LearnedEmbedding)
    assert table.out_features == 64
    chosen = build_model(Copy(), "gru(3)", embedding=5).embedding
    assert isinstance(chosen, LearnedEmbedding)
    assert chosen.out_features == 5


def test_who_sees_the_answers_is_refused() -> None:
    with pytest.raises(UsageError, match="give causal layers"):
        build_model(EmbeddedReber(), "gru(3) bidirectional")
    build_model(Parity(), "gru(3) bidirectional")


def test_an_easy_probe_is_solved_and_the_run_ends_there() -> None:
    result = run_probe(EASY, "elman(8)", ProbeSettings(learning_rate=0.03, evaluate_every=25, held_out=50))
    assert (result.ended, result.solved) == (End.SOLVED, True)
    assert result.solved_at == result.last.step == result.history[-1].step < 1000
    assert result.last.measures.accuracy > 0.99 > 0.9 > result.baseline.accuracy
    assert result.last.training_loss < 0.3


def test_to_the_end_goes_on_after_success() -> None:
    settings = ProbeSettings(learning_rate=0.03, evaluate_every=25, held_out=50, steps=310, to_the_end=True)
    result = run_probe(EASY, "elman(8)", settings)
    assert (result.ended, result.last.step) == (End.STEPS, 310)
    assert result.solved_at is not None
    assert result.solved_at < 310
    assert [point.step for point in result.history] == [*range(25, 301, 25), 310]


def test_equal_settings_give_equal_runs_and_leave_the_seeds_of_others_alone() -> None:
    state = torch.get_rng_state()
    first, again = (run_probe(Parity(length=4, longest=6), "gru(4)", QUICK) for _ in range(2))
    other = run_probe(Parity(length=4, longest=6), "gru(4)", replace(QUICK, seed=1))
    assert torch.equal(state, torch.get_rng_state())
    assert [p._replace(seconds=0) for p in first.history] == [p._replace(seconds=0) for p in again.history]
    assert first.last.measures != other.last.measures


def test_longer_sequences_are_measured_where_the_probe_asks() -> None:
    point = run_probe(Parity(length=4, longest=6), "gru(4)", QUICK).last
    assert point.longer is not None
    assert run_probe(EASY, "gru(4)", QUICK).last.longer is None


def test_time_ends_a_run_with_a_judgement() -> None:
    result = run_probe(EASY, "gru(4)", replace(QUICK, minutes=1e-9))
    assert (result.ended, len(result.history)) == (End.MINUTES, 1)


@pytest.mark.parametrize("cosine", [False, True])
def test_the_rate_follows_the_settings(cosine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = []
    step = torch.optim.Adam.step

    def note(self: Any, *arguments: Any) -> Any:
        rates.append(self.param_groups[0]["lr"])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.Adam, "step", note)
    run_probe(EASY, "gru(4)", replace(QUICK, learning_rate=1.0, warmup_steps=2, cosine=cosine))
    falling = [0.5 * (1 + math.cos(math.pi * k / 4)) if cosine else 1.0 for k in range(4)]
    assert rates == pytest.approx([0.5 * falling[0], *falling[1:]])


def test_a_loss_without_a_number_is_a_result_that_can_be_kept(tmp_path: Path) -> None:
    settings = replace(QUICK, steps=50, learning_rate=1e30, clip_norm=None)
    result = run_probe(Adding(length=4), "elman(4, activation=relu)", settings)
    assert (result.ended, result.solved) == (End.DIVERGED, False)
    save_result(result, tmp_path / "a.json")
    assert "NaN" not in (tmp_path / "a.json").read_text()
    assert load_result(tmp_path / "a.json").ended is End.DIVERGED


def test_results_survive_a_file(tmp_path: Path) -> None:
    result = run_probe(Parity(length=4, longest=6), "gru(4)", QUICK)
    save_result(result, tmp_path / "deep" / "a.json")
    assert load_result(tmp_path / "deep" / "a.json") == result


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": 3}', "\xff"])
def test_a_damaged_result_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=r"a\.json: not a result of a probe"):
        load_result(path)


def test_what_is_there_is_not_run_again(tmp_path: Path) -> None:
    begun: list[tuple[str, int]] = []

    def watch(model: str, seed: int) -> Any:
        begun.append((model, seed))
        return lambda share, point: None

    def all_of(models: list[str], settings: ProbeSettings = QUICK) -> list[ProbeResult]:
        return list(run_probes(EASY, models, range(2), settings, tmp_path, watch))

    first = all_of(["gru(4)"])
    assert begun == [("gru(4)", 0), ("gru(4)", 1)]
    assert all_of(["gru( 4 )", "elman(4)"])[:2] == first
    assert begun[2:] == [("elman(4)", 0), ("elman(4)", 1)]
    all_of(["gru(4)"], replace(QUICK, batch_size=5))
    assert len(begun) == 6


def test_breaking_off_loses_the_present_run_only(tmp_path: Path) -> None:
    def watch(model: str, seed: int) -> Any:
        def show(share: float, point: Point | None) -> None:
            if seed == 1 and point:
                raise KeyboardInterrupt

        return show

    with pytest.raises(KeyboardInterrupt):
        list(run_probes(EASY, ["gru(4)"], range(3), QUICK, tmp_path, watch))
    assert list(tmp_path.iterdir()) == [result_path(tmp_path, EASY, "gru(4)", QUICK)]


def test_seeds_may_be_given_once() -> None:
    probe, settings = Parity(length=2, longest=3), ProbeSettings(steps=1, held_out=4)
    found = list(run_probes(probe, ["gru(2)", "lstm(2)"], iter([0, 1]), settings))
    assert [result.settings.seed for result in found] == [0, 1, 0, 1]


def test_a_wrong_word_is_found_before_the_first_run() -> None:
    with pytest.raises(UsageError, match="Did you mean 'gru'"):
        next(run_probes(EASY, ["elman(4)", "grru(4)"], range(1), QUICK))


def test_summaries_are_medians_over_the_seeds() -> None:
    results = list(run_probes(Parity(length=4, longest=6), ["gru(4)", "elman(3)"], range(3), QUICK))
    one, two = summarise(results)
    assert (one.model, one.runs, one.solved, one.steps) == ("gru(4)", 3, 0, 4)
    assert (two.model, two.parameters) == ("elman(3)", results[-1].parameters)
    assert one.loss == sorted(result.last.measures.loss for result in results[:3])[1]
    assert one.longer_accuracy is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", 0), ("batch_size", 1.5), ("learning_rate", None), ("minutes", -1.0), ("seed", -1), ("embedding", 0)],
)
def test_wrong_settings_are_refused_by_name(name: str, value: object) -> None:
    arguments: dict[str, Any] = {name: value}
    with pytest.raises(UsageError, match=f"{name}: expected a"):
        ProbeSettings(**arguments)
