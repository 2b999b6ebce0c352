from __future__ import annotations

import pytest

from seqloom.decoding import seed_of_row
from seqloom.errors import UsageError


def test_no_two_seeds_share_a_row() -> None:
    seeds = [seed_of_row(seed, row) for seed in range(51) for row in range(20)]
    assert len(set(seeds)) == 51 * 20


def test_the_first_row_has_the_seed_itself_and_others_fit_into_any_json() -> None:
    for seed in (0, 7, 2**40 + 1, 2**64 - 1):
        assert seed_of_row(seed, 0) == seed
        assert all(0 <= seed_of_row(seed, row) < 2**53 for row in range(1, 50))
    assert seed_of_row(2**63, 1) != seed_of_row(2**63 + 2**32, 1) != seed_of_row(0, 1)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(UsageError, match="seed: expected a whole number"):
        seed_of_row(seed, 3)
