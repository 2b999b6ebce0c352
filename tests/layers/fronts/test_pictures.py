"""Fronts of pictures: a vector for each cell, which knows its place."""

from __future__ import annotations

import pytest
import torch

from seqloom.errors import UsageError
from seqloom.layers import Grid, Patches, PictureFront, Rows, parse_encoder_decoder, parse_spec, spec_of
from seqloom.layers.fronts.grid import NormOver
from seqloom.layers.fronts.picture import sine_positions
from seqloom.layers.spec import front_of

FRONTS = {
    "grid": lambda: Grid(10, 7, 3, 16, cell=4),
    "a deep grid": lambda: Grid(10, 7, 3, 12, cell=2, depth=3),
    "a grid of pixels": lambda: Grid(10, 7, 3, 8, cell=1),
    "a grid of cells by themselves": lambda: Grid(10, 7, 3, 16, cell=4, norm=NormOver.CELL),
    "patches": lambda: Patches(10, 7, 3, size=4, features=6),
}


MOVING = {"a grid of what moves": lambda: Grid(10, 7, 3, 16, cell=4, frames=3)}
ROWS = {"rows": lambda: Rows(10, 7, 3), "rows, three at once": lambda: Rows(10, 7, 3, 3)}


@pytest.fixture(params=FRONTS | ROWS)
def still(request: pytest.FixtureRequest) -> PictureFront:
    torch.manual_seed(0)
    return (FRONTS | ROWS)[request.param]()


@pytest.fixture(params=FRONTS | MOVING | ROWS)
def front(request: pytest.FixtureRequest) -> PictureFront:
    torch.manual_seed(0)
    return (FRONTS | MOVING | ROWS)[request.param]()


def test_a_picture_becomes_its_cells(front: PictureFront) -> None:
    y = front(torch.randn(2, 10, 7, 3))
    assert y.shape == (2, front.cells, front.out_features)
    assert front.lengths_after(None) is None


def test_the_number_of_cells() -> None:
    assert {name: make().cells for name, make in (FRONTS | ROWS).items()} == {
        "grid": 3 * 2,
        "a deep grid": 5 * 4,
        "a grid of pixels": 70,
        "a grid of cells by themselves": 3 * 2,
        "patches": 3 * 2,
        "rows": 10,
        "rows, three at once": 4,
    }


def test_rows_are_the_pixels_from_above_down() -> None:
    x = torch.randn(2, 10, 7, 3)
    assert torch.equal(Rows(10, 7, 3)(x), x.flatten(2))
    three = Rows(10, 7, 3, 3)(x)
    assert torch.equal(three[:, :3].reshape(2, 9, 21), x[:, :9].flatten(2))
    assert torch.equal(three[:, 3], torch.cat([x[:, 9].flatten(1), torch.zeros(2, 42)], 1))


def test_a_video_is_its_frames_one_after_the_other(still: PictureFront) -> None:
    x, lengths = torch.randn(2, 3, 10, 7, 3), torch.tensor([3, 2], dtype=torch.uint8)
    after = still.lengths_after(lengths)
    assert after is not None
    assert after.tolist() == [3 * still.cells, 2 * still.cells]
    y = still(x, lengths)
    for frame in range(3):
        alone = still(x[:, frame])
        found = y[:, frame * still.cells : (frame + 1) * still.cells]
        torch.testing.assert_close(found[0], alone[0])
        torch.testing.assert_close(found[1], alone[1] if frame < 2 else torch.zeros_like(alone[1]))


def test_cells_of_what_moves_see_the_frames_about_their_own() -> None:
    torch.manual_seed(0)
    front, x, lengths = MOVING["a grid of what moves"](), torch.randn(2, 5, 10, 7, 3), torch.tensor([5, 4])
    other = x.clone()
    other[:, 1] += 1
    before, after = (front(one, lengths).unflatten(1, (5, front.cells)) for one in (x, other))
    changed = (before != after).flatten(2).any(-1)
    assert changed.tolist() == [[True, True, True, False, False]] * 2
    assert (front(x[:, :4]).flatten(1)[1] == front(x, lengths)[1, : 4 * front.cells].flatten()).all()


@pytest.mark.parametrize(("norm", "hears"), [(NormOver.PICTURE, True), (NormOver.CELL, False)])
def test_a_cell_hears_of_far_ones_where_all_are_normalised_together(norm: NormOver, hears: bool) -> None:
    torch.manual_seed(0)
    front, x = Grid(64, 64, 1, 16, cell=4, norm=norm), torch.randn(1, 64, 64, 1)
    other = x.clone()
    other[:, :4, :4] += 1
    assert (front(x)[:, -1] != front(other)[:, -1]).any().item() is hears


def test_padding_never_reaches_a_result_or_a_weight(front: PictureFront) -> None:
    x, lengths = torch.randn(2, 3, 10, 7, 3), torch.tensor([3, 1])
    grads = []
    for rest in (0.0, float("nan")):
        x[1, 1:] = rest
        front.zero_grad()
        (front(x.clone().requires_grad_(), lengths).square().sum()).backward()
        grads.append([weight.grad.clone() for weight in front.parameters() if weight.grad is not None])
    assert len(grads[0]) == len(list(front.parameters()))
    torch.testing.assert_close(grads[0], grads[1], rtol=0, atol=0)


def test_pictures_do_not_see_each_other(front: PictureFront) -> None:
    x = torch.randn(3, 10, 7, 3)
    torch.testing.assert_close(front.train()(x)[1], front.eval()(x[1:2])[0])


@pytest.mark.parametrize("name", FRONTS)
def test_equal_cells_are_told_apart_by_their_place(name: str) -> None:
    y = FRONTS[name]()(torch.zeros(1, 10, 7, 3))[0]
    apart = torch.cdist(y, y) + torch.eye(len(y)) * 9
    assert apart.min() > 0.05


@pytest.mark.parametrize(
    "x",
    [
        torch.zeros(2, 10, 7, 1),
        torch.zeros(2, 7, 10, 3),
        torch.zeros(10, 7, 3),
        torch.zeros(2, 10, 7, 3, dtype=torch.uint8),
    ],
)
def test_other_pictures_are_refused(front: PictureFront, x: torch.Tensor) -> None:
    with pytest.raises(UsageError, match=r"expected pictures \(B, 10, 7, 3\)"):
        front(x)


def test_words_build_what_they_are_recognised_by() -> None:
    for text in (
        "grid(16)",
        "grid(12, cell=2, depth=3)",
        "grid(9, norm=cell, frames=3)",
        "patches(4)",
        "patches(2, features=5)",
        "rows(2)",
    ):
        term = parse_spec(text).front
        assert term is not None
        front = term.build((10, 7, 3))
        assert str(front_of(front)) == text
        spec = parse_spec(f"{text} + 2*gru(8) bidirectional + pool(attention)")
        reader = spec.rest.build_pooled(front.out_features)
        assert spec_of(reader, front) == parse_spec(str(spec)) == spec_of(reader, front)
    alone = parse_spec("patches(4) + pool(mean)")
    assert str(spec_of(alone.rest.build_pooled(64), alone.front.build((8, 8, 1)))) == str(alone)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gru(8) + grid(64)", "grid reads pictures, so it stands once and first"),
        ("grid(64) + patches(8)", "patches reads pictures, so it stands once and first"),
        ("2*grid(64)", "grid reads pictures, so it stands once and first"),
        ("grid(64, cells=3)", "Did you mean 'cell'"),
        ("gird(64)", "Did you mean 'grid'"),
    ],
)
def test_a_front_out_of_place_is_pointed_at(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_spec(text)


def test_where_no_pictures_are_it_is_refused() -> None:
    with pytest.raises(UsageError, match="reads pictures, and here are none"):
        parse_spec("grid(64) + gru(8)").build(3)
    with pytest.raises(UsageError, match="frames is odd; got 4"):
        parse_spec("grid(64, frames=4)").front.build((8, 8, 3))  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="cell is 1, 2, 4"):
        parse_spec("grid(64, cell=6)").front.build((8, 8, 3))  # type: ignore[union-attr]


def test_a_pair_may_begin_with_a_front() -> None:
    spec = parse_encoder_decoder("grid(16) -> luong(8)")
    assert str(spec) == "grid(16) -> luong(8)"
    assert not spec.encoder.terms


def test_positions_of_near_cells_are_alike_and_of_all_cells_different() -> None:
    places = sine_positions(5, 7, 16)
    far = torch.cdist(places, places)
    assert (far + torch.eye(35) * 9).min() > 0.1
    assert far[0, 1] < far[0, 4]
    assert sine_positions(2, 2, 3).shape == (4, 3)
