"""Splitting: nothing is lost, nobody is asked for more than their weight, and it comes out the same everywhere."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet.ledger.money import split

WEIGHTS = st.dictionaries(st.integers(0, 50), st.integers(0, 10**13), min_size=1, max_size=12).filter(
    lambda weights: sum(weights.values()) > 0
)
AMOUNTS = st.integers(0, 10**13)


@given(AMOUNTS, WEIGHTS)
def test_the_parts_equal_the_whole(amount: int, weights: dict[int, int]) -> None:
    parts = split(amount, weights)
    assert sum(parts.values()) == amount
    assert parts.keys() == weights.keys()


@given(AMOUNTS, WEIGHTS)
def test_every_part_is_within_a_fen_of_its_share(amount: int, weights: dict[int, int]) -> None:
    total = sum(weights.values())
    for key, part in split(amount, weights).items():
        exact = amount * weights[key]
        assert exact // total <= part <= -(-exact // total)


@given(WEIGHTS, st.data())
def test_no_part_is_more_than_its_weight(weights: dict[int, int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights.values())))
    assert all(part <= weights[key] for key, part in split(amount, weights).items())


@given(AMOUNTS, WEIGHTS)
def test_the_order_of_the_keys_changes_nothing(amount: int, weights: dict[int, int]) -> None:
    assert split(amount, dict(reversed(weights.items()))) == split(amount, weights)


@given(st.integers(1, 10**6), st.integers(1, 12))
def test_equal_weights_differ_by_a_fen_at_most_and_the_first_get_it(amount: int, people: int) -> None:
    parts = list(split(amount, dict.fromkeys(range(people), 1)).values())
    assert parts == sorted(parts, reverse=True)
    assert parts[0] - parts[-1] <= 1


@given(AMOUNTS, WEIGHTS, st.integers(1, 1000))
def test_only_the_proportion_counts(amount: int, weights: dict[int, int], factor: int) -> None:
    assert split(amount, {key: weight * factor for key, weight in weights.items()}) == split(amount, weights)


@given(WEIGHTS)
def test_everything_is_split_into_the_weights(weights: dict[int, int]) -> None:
    assert split(sum(weights.values()), weights) == weights


def test_known_cases() -> None:
    assert split(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert split(2, {"a": 1, "b": 1, "c": 1}) == {"a": 1, "b": 1, "c": 0}
    assert split(10, {"a": 1, "b": 2}) == {"a": 3, "b": 7}
    assert split(0, {"a": 5}) == {"a": 0}
    assert split(7, {"a": 0, "b": 3}) == {"a": 0, "b": 7}


def test_ties_go_to_the_smaller_account() -> None:
    low, high = uuid.UUID(int=1), uuid.UUID(int=2)
    assert split(1, {high: 1, low: 1}) == {high: 0, low: 1}


@pytest.mark.parametrize(("amount", "weights"), [(-1, {"a": 1}), (1, {}), (1, {"a": 0}), (1, {"a": 2, "b": -1})])
def test_what_makes_no_sense_is_refused(amount: int, weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot split"):
        split(amount, weights)
