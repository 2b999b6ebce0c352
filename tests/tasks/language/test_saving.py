from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.utils import parametrizations, parametrize, prune

import seqloom
from seqloom import LanguageModel
from seqloom.cells import LSTM, Cell, affine, bernoulli, sigmoid, tanh
from seqloom.errors import DataError, ModelFileError, StorageError, UsageError
from seqloom.layers import (
    CausalLayer,
    LearnedEmbedding,
    Norm,
    NormKind,
    Recurrent,
    Window,
    stack,
    tied_head,
)
from seqloom.models.saved import module_from_data
from seqloom.models.token_model import TokenModel
from seqloom.storage.directory import write_directory
from seqloom.storage.reading import read_directory
from seqloom.storage.run import Run
from seqloom.tasks.language.model_files import describe, read_model
from seqloom.tasks.language.version_1 import upgraded
from seqloom.tasks.model_directory import WEIGHTS, read_config
from seqloom.training.snapshot import tensor_bytes
from tests.storage.trees import everything
from tests.tasks.conftest import RHYME, small


@dataclass(frozen=True, kw_only=True)
class Leaky(Cell):
    """A user's own cell."""

    keep: float = 0.5

    def equations(self, x: Any, h: Any) -> Any:
        gate = sigmoid(affine("gate", x, h))
        return self.keep * h + gate * tanh(affine("new", x, h)) * bernoulli("zoneout", 0.9)


def own_body(in_features: int) -> CausalLayer:
    layers = [Recurrent(Leaky, in_features, 5), Window(5, 4, size=3)]
    body = stack(layers, dropout=0.2, residual=True, last_norm=NormKind.LAYER)
    assert isinstance(body, CausalLayer)
    return body


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"spec": "lstm(4, initial=learned) + gru(3, reset=before) + window(2)", "start": "zero"},
        {"tokens": "words", "embedding": "one-hot", "window": 4},
        {"tokens": "bytes", "embedding": 3},
        {"spec": own_body},
    ],
)
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, changes: dict[str, Any]) -> None:
    model = small(**changes).fit([RHYME, RHYME])
    model.save(tmp_path / "model")
    loaded = LanguageModel.load(tmp_path / "model")
    assert loaded.vocabulary_.to_json() == model.vocabulary_.to_json()
    assert loaded.reset_ is model.reset_
    assert loaded.validation_ == model.validation_
    assert loaded.evaluate([RHYME]) == model.evaluate([RHYME])
    assert list(loaded.generate(["", "one"], length=20)) == list(model.generate(["", "one"], length=20))
    kept = {name: value for name, value in model.get_params().items() if name != "spec" or isinstance(value, str)}
    assert {name: loaded.get_params()[name] for name in kept} == kept
    loaded.save(tmp_path / "again")
    first, second = read_directory(tmp_path / "model"), read_directory(tmp_path / "again")
    assert {name for name in first if first[name] != second.get(name)} <= {"metrics.jsonl"}


@pytest.mark.parametrize("spec", ["gru(4)", "2*gru(4)", "2*gru(4) with dropout=0.5 residual=true"])
def test_dropout_between_layers_is_that_of_the_words_or_of_the_model(tmp_path: Path, spec: str) -> None:
    """No warning for a model of one layer: its dropout acts before the head."""
    model = small(spec, dropout=0.25).fit([RHYME])
    model.save(tmp_path / "model")
    body = LanguageModel.load(tmp_path / "model").model_.body
    assert model.model_.body.dropout.p == body.dropout.p == {"gru(4)": 0.0, "2*gru(4)": 0.25}.get(spec, 0.5)
    assert body.residual == ("residual" in spec)


VERSION_1 = Path(__file__).parent / "version_1"


def older_body() -> dict[str, Any]:
    return json.loads((VERSION_1 / "own-cells" / "config.json").read_text())["model"]


def test_an_older_model_of_one_layer_that_has_a_dropout_between_layers_loads() -> None:
    data = older_body()
    del data["body"]["layers"][1:]
    model = module_from_data(upgraded(data), TokenModel)
    assert isinstance(model.body, CausalLayer)


def test_a_body_of_before_last_norms_has_it_among_its_layers() -> None:
    data = older_body()
    del data["body"]["last_norm"]
    data["body"]["layers"].append({"spec": "norm(4)", "graph": None, "hidden_size": None})
    body: Any = module_from_data(upgraded(data), TokenModel).body
    assert [type(layer) for layer in body.layers] == [Recurrent, Window, Norm]
    assert body.last_norm is None


OLDER_DAMAGES: list[tuple[list[Any], Any]] = [
    (["embedding"], 10**9),
    (["embedding"], []),
    (["vocabulary_size"], True),
    (["tied"], "yes"),
    (["tied"], True),
    (["scale"], 0),
    (["dropout"], 2.0),
    (["body"], {}),
    (["body"], None),
    (["body", "layers"], []),
    (["body", "layers", 0], {"spec": "gru(8)"}),
    (["body", "layers", 0, "spec"], 7),
    (["body", "layers", 0, "graph"], [1]),
    (["body", "layers", 1, "spec"], "window(4) bidirectional"),
    (["body", "layers", 1, "spec"], "2*window(4)"),
    (["body", "last_norm"], "batch"),
    (["body", "residual"], 1),
]


@pytest.mark.parametrize(("path", "value"), OLDER_DAMAGES)
def test_damaged_data_of_version_1_are_refused(path: list[Any], value: Any) -> None:
    data = place = older_body()
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ModelFileError, match=r"config\.json"):
        module_from_data(upgraded(data), TokenModel)


def test_the_words_of_a_body_made_by_hand_are_saved_whole(tmp_path: Path) -> None:
    def body(in_features: int) -> CausalLayer:
        made = stack([Recurrent(LSTM, in_features, 4), Recurrent(LSTM, 4, 4)], dropout=0.5, residual=True)
        assert isinstance(made, CausalLayer)
        return made

    small(body, dropout=0.25).fit([RHYME]).save(tmp_path / "model")
    assert LanguageModel.load(tmp_path / "model").spec == "2*lstm(4) with dropout=0.5 residual=true"


@pytest.mark.parametrize(
    "way",
    [
        lambda body: parametrizations.weight_norm(body.weights.update, "weight_1"),
        lambda body: prune.l1_unstructured(body.weights.update, "weight_1", 0.5),
    ],
)
def test_computed_weights_are_made_permanent_before_they_are_saved(tmp_path: Path, way: Callable[[Any], Any]) -> None:
    """Saved as they are, they could not be loaded again."""
    made = small("gru(4)").fit([RHYME])
    way(made.model_.body.layers[0])
    with pytest.raises(UsageError, match=r"update.*make them permanent first"):
        made.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    update = made.model_.body.layers[0].weights.update
    if parametrize.is_parametrized(update):
        parametrize.remove_parametrizations(update, "weight_1")
    else:
        prune.remove(update, "weight_1")
    made.save(tmp_path / "model")
    again = LanguageModel.load(tmp_path / "model").model_
    torch.testing.assert_close(again.state_dict(), made.model_.state_dict())


def test_tied_maps_are_loaded_with_the_same_values(tmp_path: Path) -> None:
    made = small("lstm(4)").fit([RHYME])
    weights = made.model_.body.layers[0].weights
    weights.output, weights.forget.weight_1 = weights.input, weights.input.weight_1
    made.save(tmp_path / "model")
    again = LanguageModel.load(tmp_path / "model").model_
    x = torch.randn(2, 5, again.body.in_features)
    torch.testing.assert_close(again.body(x), made.model_.body(x))


def test_a_tied_head_is_saved_and_loaded_as_one_weight(model: LanguageModel) -> None:
    vocabulary = model.vocabulary_
    embedding = LearnedEmbedding(vocabulary.size, 4, scale=2.0)
    tied = TokenModel(embedding, stack([Recurrent(LSTM, 4, 4)]), tied_head(embedding)).eval()
    files = describe(tied, vocabulary, {}, {}) | {WEIGHTS: tensor_bytes(tied.state_dict())}
    loaded, _ = read_model(files, read_config(files))
    assert loaded.tied
    tokens = torch.randint(0, vocabulary.size, (2, 5))
    assert torch.equal(loaded(tokens)[0], tied(tokens)[0])


def test_a_model_with_a_cell_of_ones_own_loads_without_its_code(tmp_path: Path) -> None:
    small(own_body).fit([RHYME]).save(tmp_path / "model")
    loaded = LanguageModel.load(tmp_path / "model")
    layer = loaded.model_.body.layers[0]  # type: ignore[union-attr,index]
    assert isinstance(layer, Recurrent)
    assert layer.cell is None
    assert loaded.spec is None
    with pytest.raises(UsageError, match="spec"):
        loaded.fit([RHYME])


class Doubled(Recurrent):
    """Another layer than its parent, though its weights have the same names."""

    def forward(self, x: Any, state: Any = None, lengths: Any = None) -> Any:
        y, state = super().forward(x, state, lengths)
        return 2 * y, state


def test_layers_that_cannot_be_saved_say_so_before_training(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="A Doubled cannot be saved"):
        small(lambda width: Doubled(LSTM, width, 4)).fit([RHYME], run=tmp_path / "run")


def test_a_model_in_another_number_format_is_refused_when_it_is_saved(model: LanguageModel, tmp_path: Path) -> None:
    model = copy.deepcopy(model)
    model.model_.double()
    with pytest.raises(UsageError, match=r"torch\.float64.*float\(\)"):
        model.save(tmp_path / "model")


@pytest.mark.parametrize("kind", ["register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook"])
def test_hooks_are_refused(model: LanguageModel, tmp_path: Path, kind: str) -> None:
    model = copy.deepcopy(model)
    handle = getattr(model.model_.body, kind)(lambda *_: None)
    with pytest.raises(UsageError, match=r"a hook looks on in 'body'"):
        model.save(tmp_path / "model")
    handle.remove()
    model.save(tmp_path / "model")


def change(files: dict[str, bytes], path: list[Any], value: Any) -> None:
    config = json.loads(files["config.json"])
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    files["config.json"] = json.dumps(config).encode()


GRAPH = ["model", "body", "layers", 0, "graph"]
DAMAGES: list[tuple[str, Callable[[dict[str, bytes]], Any]]] = [
    ("config.json is missing", lambda f: f.pop("config.json")),
    ("vocabulary.json is missing", lambda f: f.pop("vocabulary.json")),
    ("model.safetensors is missing", lambda f: f.pop("model.safetensors")),
    ("baselines.safetensors is missing", lambda f: f.pop("baselines.safetensors")),
    ("not JSON", lambda f: f.update({"config.json": b"{"})),
    ("not JSON", lambda f: f.update({"vocabulary.json": b"[" * 100_000})),
    ("JSON object", lambda f: f.update({"config.json": b"[]"})),
    ("vocabulary", lambda f: f.update({"vocabulary.json": b'{"kind": "characters", "tokens": [1]}'})),
    ("different models", lambda f: f.update({"vocabulary.json": b'{"kind": "characters", "tokens": ["a"]}'})),
    ("model.safetensors is damaged", lambda f: f.update({"model.safetensors": b"\x80\x04pickle"})),
    ("model.safetensors lacks", lambda f: f.update({"model.safetensors": f["baselines.safetensors"]})),
    ("baselines.safetensors is damaged", lambda f: f.update({"baselines.safetensors": f["model.safetensors"]})),
    ("expected the task", lambda f: change(f, ["task"], "classifier")),
    ("Install a newer", lambda f: change(f, ["version"], 99)),
    ("version", lambda f: change(f, ["version"], "1")),
    ("config.json is damaged", lambda f: change(f, ["learned"], None)),
    ("reset", lambda f: change(f, ["learned", "reset"], 1)),
    ("scores", lambda f: change(f, ["learned", "baselines"], 3)),
    ("embedding.features", lambda f: change(f, ["model", "embedding", "features"], 10**9)),
    ("dropout", lambda f: change(f, ["model", "dropout"], "much")),
    ("dropout", lambda f: change(f, ["model", "dropout"], 2.0)),
    ("scale", lambda f: change(f, ["model", "embedding", "scale"], 0)),
    ("shared", lambda f: change(f, ["model", "shared"], "yes")),
    ("shared", lambda f: change(f, ["model", "shared"], {"head.linear.weight": "__class__"})),
    ("one shape", lambda f: change(f, ["model", "shared"], {"head.linear.bias": "embedding.table"})),
    ("kind", lambda f: change(f, ["model", "body"], {})),
    ("CausalLayer", lambda f: change(f, ["model", "body"], json.loads(f["config.json"])["model"]["head"])),
    ("a list of 1 to 64", lambda f: change(f, ["model", "body", "layers"], [])),
    ("last_norm", lambda f: change(f, ["model", "body", "last_norm"], "batch")),
    ("last_norm", lambda f: change(f, ["model", "body", "last_norm"], [])),
    ("kind", lambda f: change(f, ["model", "body", "layers", 0], {"spec": "gru(8)"})),
    ("built", lambda f: change(f, ["model", "body", "layers", 0, "spec"], "gruu(8)")),
    ("one layer", lambda f: change(f, ["model", "body", "layers", 0, "spec"], "2*gru(8)")),
    ("operation", lambda f: change(f, [*GRAPH, "nodes", -1], {"node": "Pointwise", "operation": "os.system"})),
    ("built", lambda f: change(f, [*GRAPH, "nodes"], 7)),
    ("built", lambda f: change(f, [*GRAPH, "output"], 10**6)),
    ("config.json is damaged", lambda f: change(f, ["parameters", "window"], -1)),
    ("config.json is damaged", lambda f: change(f, ["parameters", "colour"], "red")),
    ("config.json is damaged", lambda f: change(f, ["parameters", "training"], [1])),
    ("config.json is damaged", lambda f: change(f, ["parameters", "training", "steps"], "many")),
]


@pytest.mark.parametrize(("message", "damage"), DAMAGES, ids=[str(k) for k in range(len(DAMAGES))])
def test_files_that_do_not_fit_are_refused(
    model: LanguageModel, tmp_path: Path, message: str, damage: Callable[[dict[str, bytes]], Any]
) -> None:
    model.save(tmp_path / "whole")
    files = read_directory(tmp_path / "whole")
    damage(files)
    write_directory(tmp_path / "model", files)
    with pytest.raises(ModelFileError) as caught:
        LanguageModel.load(tmp_path / "model")
    assert message in str(caught.value)
    assert caught.value.exit_code == 4


def test_directories_that_cannot_be_trusted_are_refused(model: LanguageModel, tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(ModelFileError, match="no such model directory"):
        LanguageModel.load(path)
    model.save(path)
    (path / "model.safetensors").write_bytes((path / "model.safetensors").read_bytes()[:-1])
    with pytest.raises(ModelFileError, match=r"model\.safetensors is cut short"):
        LanguageModel.load(path)
    # The damaged weights might be a person's work, so they are not replaced.
    with pytest.raises(UsageError, match=r"is not replaced.*: model\.safetensors"):
        model.save(path)


def test_a_directory_that_a_person_has_touched_loads(model: LanguageModel, tmp_path: Path) -> None:
    path = tmp_path / "model"
    model.save(path)
    readme = (path / "README.md").read_bytes()
    for content in (b"# Mine\n", readme.replace(b"\n", b"\r\n")):
        (path / "README.md").write_bytes(content)
        assert LanguageModel.load(path).spec == model.spec
    (path / "README.md").unlink()
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._config.json", "config.json~", "weights.pkl"):
        (path / name).write_bytes(b"x")
    assert LanguageModel.load(path).spec == model.spec
    for name in ("config.json", "vocabulary.json"):
        before = (path / name).read_bytes()
        (path / name).write_bytes(before.replace(b"\n", b"\r\n"))
        with pytest.raises(ModelFileError, match=f"{name} is too long"):
            LanguageModel.load(path)
        (path / name).write_bytes(before)


def test_saving_replaces_nothing_that_it_did_not_write(
    model: LanguageModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    (here / "photos").mkdir(parents=True)
    (here / "photos" / "1.jpg").write_bytes(b"mine")
    (here / "notes.txt").write_bytes(b"mine")
    trained = run_of(tmp_path, 2)
    model.save(tmp_path / "other")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    monkeypatch.chdir(here)
    before = everything(tmp_path)
    refused = {
        ".": "is the working directory",
        "..": "is the working directory, or holds it",
        "photos": "is not replaced.*: 1.jpg",
        "notes.txt": "is a file",
        "../link": "is a link",
        "../dangling": "is a link",
        "../run": "holds a run",
        "../run/step-00000002": "is a run, and step-00000002 the name of a checkpoint",
    }
    for place, reason in refused.items():
        with pytest.raises(UsageError, match=reason) as caught:
            trained.save(place)
        assert caught.value.exit_code == 2
    for place in (here, here / "photos", tmp_path / "other", here / "notes.txt"):
        for how in ({}, {"force": True}):
            with pytest.raises(UsageError, match=r"is not a run|saved model|got the file"):
                small().fit([RHYME], run=place, **how)
    assert everything(tmp_path) == before


def test_what_lies_in_a_run_stays_through_resume_and_force(tmp_path: Path) -> None:
    run_of(tmp_path, 2)
    run = tmp_path / "run"
    names = ["notes.txt", "step-1000.pt", ".tmp-step-x", "damaged-x", ".DS_Store", "text.ids"]
    for name in names:
        (run / name).write_bytes(b"mine")
    (run / "replaced").mkdir()
    run_of(tmp_path, 3, resume=True)
    run_of(tmp_path, 2, force=True)
    after = everything(run)
    assert {name for name, content in after.items() if content == b"mine"} == set(names)
    assert after["replaced"] is None


def test_the_score_is_kept_where_the_last_checkpoint_was_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Run.add

    def touched(run: Run, files: dict[str, bytes]) -> None:
        (run.path / "step-00000002" / "notes.txt").write_text("mine")
        real(run, files)

    monkeypatch.setattr(Run, "add", touched)
    model = run_of(tmp_path, 2)
    assert (tmp_path / "run" / "step-00000002" / "notes.txt").read_text() == "mine"
    assert LanguageModel.load(tmp_path / "run").validation_ == model.validation_


def test_saving_replaces_a_model_and_refuses_a_read_only_place(model: LanguageModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    small().fit([RHYME]).save(tmp_path / "model")
    assert LanguageModel.load(tmp_path / "model").spec == "gru(8)"
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        model.save(tmp_path / "file" / "model")


def run_of(tmp_path: Path, steps: int, training: Mapping[str, Any] | None = None, **options: Any) -> LanguageModel:
    text = tmp_path / "text.txt"
    if not text.exists():
        text.write_text(RHYME * 3, encoding="utf-8")
    settings = {f"training__{name}": value for name, value in (training or {}).items()}
    return small(steps=steps).set_params(**settings).fit(text, run=tmp_path / "run", **options)


def test_a_run_directory_loads_with_its_scores(tmp_path: Path) -> None:
    model = run_of(tmp_path, 12)
    loaded = LanguageModel.load(tmp_path / "run")
    assert loaded.validation_ == model.validation_
    for name, value in model.model_.state_dict().items():
        assert torch.equal(value, loaded.model_.state_dict()[name]), name


def test_a_run_that_was_packed_loads_as_it_lies(tmp_path: Path) -> None:
    model = run_of(tmp_path, 2)
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "run")
    assert seqloom.load(archive).validation_ == model.validation_


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    run_of(tmp_path, 3, training={"checkpoint_every_steps": 2})
    newest = max((tmp_path / "run").glob("step-*"))
    (newest / "config.json").write_text("{}")
    with pytest.warns(UserWarning, match=f"Passed over a checkpoint: {re.escape(str(newest))}: config.json") as caught:
        LanguageModel.load(tmp_path / "run")
    assert caught[0].filename == __file__


def test_a_resumed_run_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = run_of(tmp_path / "a", 12, validation=0.0)
    run_of(tmp_path / "b", 5, validation=0.0)
    resumed = LanguageModel.load(tmp_path / "b" / "run").set_params(training__steps=12)
    resumed.fit(tmp_path / "b" / "text.txt", validation=0.0, run=tmp_path / "b" / "run", resume=True)
    assert resumed.history_.steps == 12
    for name, value in whole.model_.state_dict().items():
        assert torch.equal(value, resumed.model_.state_dict()[name]), name


def test_a_second_run_into_the_same_directory_needs_a_word(tmp_path: Path) -> None:
    run_of(tmp_path, 2)
    with pytest.raises(UsageError, match="already holds a run"):
        run_of(tmp_path, 2)
    assert run_of(tmp_path, 3, force=True).history_.steps == 3
    with pytest.raises(UsageError, match="need the directory"):
        small().fit([RHYME], resume=True)


@pytest.mark.parametrize(
    ("text", "spec", "error"),
    [(None, "gru(8)", DataError), (b"\xff" * 500, "gru(8)", DataError), (b"a", "gru(8)", DataError),
     (b"ab" * 200, "gru(8) bidirectional", UsageError), (b"ab" * 200, "grr(8)", UsageError)],
)  # fmt: skip
def test_force_deletes_nothing_before_the_new_run_can_begin(
    tmp_path: Path, text: bytes | None, spec: str, error: type[Exception]
) -> None:
    run_of(tmp_path, 2)
    before = LanguageModel.load(tmp_path / "run").evaluate([RHYME])
    other = tmp_path / "other.txt"
    if text is not None:
        other.write_bytes(text)
    with pytest.raises(error):
        small(spec, tokens="bytes").fit(other, run=tmp_path / "run", force=True)
    assert LanguageModel.load(tmp_path / "run").evaluate([RHYME]) == before
    assert not list(tmp_path.glob(".tmp-*"))


def test_a_run_resumes_only_with_its_own_text(tmp_path: Path) -> None:
    run_of(tmp_path, 2)
    (tmp_path / "text.txt").write_text(RHYME * 4, encoding="utf-8")
    with pytest.raises(UsageError, match="another text"):
        run_of(tmp_path, 4, resume=True)


def test_a_run_resumes_only_with_its_own_model(tmp_path: Path) -> None:
    run_of(tmp_path, 2)
    with pytest.raises(UsageError, match="another model"):
        small("gru(9)", steps=4).fit(tmp_path / "text.txt", run=tmp_path / "run", resume=True)
    with pytest.raises(UsageError, match="another model"):
        small(embedding=5, steps=4).fit(tmp_path / "text.txt", run=tmp_path / "run", resume=True)


def test_what_the_vocabulary_was_learned_with_does_not_change_on_resume(tmp_path: Path) -> None:
    run_of(tmp_path, 2)
    other = small("lstm(8)", tokens="words", document="line", start="zero", minimum_count=2, vocabulary_size=50)
    with pytest.raises(UsageError) as caught:
        other.fit(tmp_path / "text.txt", run=tmp_path / "run", resume=True)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert sorted(line.partition(":")[0] for line in lines) == [
        "document", "minimum_count", "spec", "start", "tokens", "vocabulary_size"
    ]  # fmt: skip
    assert "tokens: the run has 'characters', now 'words' is asked for." in lines
    assert small("1*gru(8)", steps=3).fit(tmp_path / "text.txt", run=tmp_path / "run", resume=True).history_.steps == 3


def test_a_device_that_is_not_there_is_said_before_a_run_is_touched(tmp_path: Path) -> None:
    run_of(tmp_path, 2)
    nowhere = small().set_params(training__device="cuda:99")
    with pytest.raises(UsageError, match="torch sees"):
        nowhere.fit(tmp_path / "text.txt", run=tmp_path / "run", force=True)
    with pytest.raises(UsageError, match="torch sees"):
        nowhere.fit(tmp_path / "text.txt", run=tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_no_memory_is_said_and_keeps_the_old_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    run_of(tmp_path, 2)

    def step(trainer: object) -> None:
        raise error

    monkeypatch.setattr("seqloom.training.trainer.Trainer.checkpoint", step)
    with pytest.raises(StorageError, match=r"Out of memory\. Choose a smaller batch_size, window") as caught:
        run_of(tmp_path, 3, force=True)
    assert caught.value.exit_code == 6
    monkeypatch.undo()
    assert run_of(tmp_path, 3, resume=True).history_.steps == 3


def test_the_shortest_text_holds_out_a_character(tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("abcdefghi")
    model = small(window=8).fit(tmp_path / "n.txt", run=tmp_path / "run")
    assert (model.validation_.tokens, model.validation_.characters) == (1, 1)
    assert LanguageModel.load(tmp_path / "run").validation_ == model.validation_


def test_figures_that_are_no_numbers_are_saved_as_none_and_read_back(model: LanguageModel, tmp_path: Path) -> None:
    model.save(tmp_path / "whole")
    files = read_directory(tmp_path / "whole")
    change(files, ["learned", "nats"], None)
    change(files, ["learned", "baselines"], {"unigram": None})
    write_directory(tmp_path / "model", files)
    found = LanguageModel.load(tmp_path / "model").validation_.to_mapping()
    assert (found["nats"], found["nats_per_token"], found["baselines"]) == (None, None, {"unigram": None})


def without_ends(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same model as older versions wrote it: what was learned of ends is to be guessed."""
    config = json.loads(files["config.json"])
    del config["learned"]["ends"]
    return files | {"config.json": json.dumps(config).encode()}


@pytest.mark.parametrize(("texts", "guessed"), [([RHYME], False), ([RHYME] * 2, False), ([RHYME] * 4, True)])
def test_whether_ends_were_learned_is_written_down_and_of_old_models_guessed(
    tmp_path: Path, texts: list[str], guessed: bool
) -> None:
    model = small(steps=2).fit(texts)
    model.save(tmp_path / "model")
    assert LanguageModel.load(tmp_path / "model").score_texts(["a"])[0].end is (len(texts) > 1)
    write_directory(tmp_path / "old", without_ends(read_directory(tmp_path / "model")))
    assert LanguageModel.load(tmp_path / "old").score_texts(["a"])[0].end is guessed


def test_loading_leaves_torchs_random_numbers_alone(model: LanguageModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    before = torch.get_rng_state()
    LanguageModel.load(tmp_path / "model")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_small_file_cannot_ask_for_much_memory(tmp_path: Path) -> None:
    small("2*window(4)").fit([RHYME]).save(tmp_path / "whole")
    files = read_directory(tmp_path / "whole")
    for layer in (0, 1):
        change(files, ["model", "body", "layers", layer, "spec"], "window(65536, size=64)")
    change(files, ["model", "body", "layers", 1, "in_features"], 65536)
    change(files, ["model", "head", "in_features"], 65536)
    write_directory(tmp_path / "model", files)
    with pytest.raises(ModelFileError, match=r"weight.* config.json asks for \(65536,"):
        LanguageModel.load(tmp_path / "model")
