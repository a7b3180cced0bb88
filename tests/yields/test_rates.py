"""The arithmetic of a day's income, against what the fund published and what real accounts were paid."""

import csv
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import yields
from yields.rates import annualized_7d, base, daily_income, unconfirmed

PUBLISHED = Path(yields.__file__).parent / "data" / "fund_000198_rates.csv"

# (base in fen, 每万份收益, income in fen), read off real accounts
REAL_DAYS = [
    (20383, "1.1203", 2),
    (5088, "1.2920", 0),
    (4009, "1.3221", 0),
    (6443, "1.1216", 0),
    (14410, "1.1133", 1),
    (103931, "1.4962", 15),
    (626785, "1.4962", 93),
    (1005615, "1.1206", 112),
    (550465, "1.0997", 60),
    (3040110, "1.2889", 391),
    (21886041, "1.4962", 3274),
]


def published_days() -> list[tuple[str, Decimal, Decimal]]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return [
            (row["date"], Decimal(row["yield_per_10k"]), Decimal(row["annualized_7d"])) for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize(("base_fen", "rate", "income"), REAL_DAYS)
def test_a_day_pays_what_real_accounts_were_paid(base_fen: int, rate: str, income: int) -> None:
    assert daily_income(base_fen, Decimal(rate)) == income


def test_nothing_earns_nothing() -> None:
    assert daily_income(0, Decimal("1.5787")) == 0
    assert daily_income(1_000_000, Decimal("0.0000")) == 0


def test_the_result_does_not_depend_on_the_decimal_context() -> None:
    with localcontext(prec=2):
        assert daily_income(21886041, Decimal("1.4962")) == 3274
        assert annualized_7d([rate for _, rate, _ in published_days()[:7]]) == published_days()[6][2]


def test_beyond_any_machine_word_it_is_still_exact() -> None:
    assert daily_income(10**30, Decimal("1.2345")) == 12345 * 10**22


@given(st.integers(0, 10**15), st.integers(0, 10**6))
def test_income_is_the_exact_product_cut_down(base_fen: int, rate_units: int) -> None:
    income = daily_income(base_fen, Decimal(rate_units).scaleb(-4))
    assert income * 10**8 <= base_fen * rate_units < (income + 1) * 10**8


@pytest.mark.parametrize("wrong", [1.0, "100", Decimal(100), None, True])
def test_a_base_that_is_no_int_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="base is an int"):
        daily_income(wrong, Decimal("1.1203"))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [1.1203, "1.1203", 1, None])
def test_a_rate_that_is_no_decimal_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="rate is a Decimal"):
        daily_income(100, wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="rate is a Decimal"):
        annualized_7d([Decimal("1.1")] * 6 + [wrong])  # type: ignore[list-item]


@pytest.mark.parametrize("wrong", ["-0.0001", "NaN", "sNaN", "Infinity", "-Infinity", "1.12035"])
def test_a_negative_infinite_or_too_fine_rate_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        daily_income(100, Decimal(wrong))
    with pytest.raises(ValueError, match="rate"):
        annualized_7d([Decimal("1.1")] * 6 + [Decimal(wrong)])


def test_a_negative_base_is_refused() -> None:
    with pytest.raises(ValueError, match="never negative"):
        daily_income(-1, Decimal("1.1203"))


def test_all_421_published_seven_day_figures_are_reproduced() -> None:
    days = published_days()
    figures = [
        (day, annualized_7d([rate for _, rate, _ in days[: n + 1]]), published)
        for n, (day, _, published) in enumerate(days)
        if n >= 6
    ]
    assert len(figures) == 421
    assert [row for row in figures if row[1] != row[2]] == []
    assert all(-figure.as_tuple().exponent == 3 for _, figure, _ in figures)  # type: ignore[operator]


@pytest.mark.parametrize("days", range(7))
def test_seven_days_are_needed(days: int) -> None:
    with pytest.raises(ValueError, match="needs 7 days"):
        annualized_7d([Decimal("1.1203")] * days)


def test_only_the_last_seven_days_count() -> None:
    week = [rate for _, rate, _ in published_days()[:7]]
    assert annualized_7d([Decimal("9.9999"), *week]) == annualized_7d(week)


@pytest.mark.parametrize(
    ("flows", "rest"),
    [
        ([], 0),
        ([500], 500),
        ([-500], 0),
        ([500, -200], 300),
        ([500, -700], 0),
        ([-700, 500], 500),
        ([500, -700, 300], 300),
        ([100, 200, -250, 400, -50], 400),
    ],
)
def test_money_out_takes_unconfirmed_money_first(flows: list[int], rest: int) -> None:
    assert unconfirmed(flows) == rest


@given(st.lists(st.integers(-(10**6), 10**6), max_size=30))
def test_the_largest_suffix_is_the_running_rest(flows: list[int]) -> None:
    rest = 0
    for flow in flows:
        rest = max(0, rest + flow)
    assert unconfirmed(flows) == rest == max([0, *(sum(flows[k:]) for k in range(len(flows)))])


def test_the_base_is_the_balance_without_the_unconfirmed_rest() -> None:
    assert base(1000, []) == 1000
    assert base(1000, [300]) == 700
    assert base(1000, [300, -400]) == 1000
    assert base(-500, []) == 0
    assert base(500, [1000]) == 0
