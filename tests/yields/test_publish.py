"""A day's figures: entered by one, checked by arithmetic, published by another, and then as they are for ever."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from tests.yields.conftest import RATE, Desk, at, days_from
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from yields.errors import (
    RateAlreadyPublished,
    RateMismatch,
    RateNeedsAnother,
    RateNotEntered,
    RateOutOfOrder,
    RateUnreadable,
)
from yields.models import Fund, FundDay
from yields.services import (
    ensure_fund_000198,
    enter_rate,
    import_rates,
    load_published_days,
    publish_rate,
)
from yields.services.funds import PUBLISHED_000198

pytestmark = pytest.mark.django_db
FIRST = date(2013, 7, 1)
NOW = at(date(2014, 9, 1))


def enter(desk: Desk, fund: Fund, day: date, annualized: str = "4.500", by: User | None = None) -> FundDay:
    return enter_rate(
        actor=by or desk.clerk, fund=fund, day=day, yield_per_10k=RATE, annualized_7d=Decimal(annualized), now=NOW
    )


def test_all_published_seven_day_figures_pass_the_check(fund: Fund, desk: Desk) -> None:
    lines = PUBLISHED_000198.read_text("utf-8").splitlines()
    entered = import_rates(actor=desk.clerk, fund=fund, lines=lines, now=NOW)
    assert len(entered) == 427
    for each in entered:
        publish_rate(actor=desk.chief, fund=fund, day=each.date, now=NOW)
    assert fund.days.filter(state="published").count() == 427


def test_no_published_seven_day_figure_passes_with_its_last_digit_changed(fund: Fund, desk: Desk) -> None:
    """The control: the check looks at every one of the 421, to the last of its three decimals."""
    with PUBLISHED_000198.open(encoding="utf-8", newline="") as file:
        rows = [(date.fromisoformat(row["date"]), row) for row in csv.DictReader(file)]
    refused = 0
    for index, (day, row) in enumerate(rows):
        rate, annualized = Decimal(row["yield_per_10k"]), Decimal(row["annualized_7d"])
        figures = {"yield_per_10k": rate, "annualized_7d": annualized + Decimal("0.001")}
        enter_rate(actor=desk.clerk, fund=fund, day=day, now=NOW, **figures)
        if index >= 6:
            with pytest.raises(RateMismatch):
                publish_rate(actor=desk.chief, fund=fund, day=day, now=NOW)
            refused += 1
            enter_rate(actor=desk.clerk, fund=fund, day=day, yield_per_10k=rate, annualized_7d=annualized, now=NOW)
        publish_rate(actor=desk.chief, fund=fund, day=day, now=NOW)
    assert refused == 421


def test_a_mistyped_rate_shows(fund: Fund, desk: Desk) -> None:
    desk.publish_days(fund, FIRST, 6)
    day = FIRST + timedelta(days=6)
    enter_rate(
        actor=desk.clerk, fund=fund, day=day, yield_per_10k=Decimal("1.3245"), annualized_7d=Decimal("4.609"), now=NOW
    )
    with pytest.raises(RateMismatch) as refused:
        publish_rate(actor=desk.chief, fund=fund, day=day, now=NOW)
    assert refused.value.data == {"date": "2013-07-07", "entered": "4.609", "computed": "4.658"}


def test_one_person_cannot_do_both(fund: Fund, desk: Desk) -> None:
    enter(desk, fund, FIRST)
    with pytest.raises(RateNeedsAnother):
        publish_rate(actor=desk.clerk, fund=fund, day=FIRST, now=NOW)
    published = publish_rate(actor=desk.chief, fund=fund, day=FIRST, now=NOW)
    assert (published.state, published.published_by, published.published_at) == ("published", desk.chief, NOW)


def test_the_database_knows_that_it_takes_two(fund: Fund, desk: Desk) -> None:
    entered = enter(desk, fund, FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        FundDay.objects.filter(pk=entered.pk).update(state="published", published_by=desk.clerk, published_at=NOW)


def test_who_corrects_has_entered(fund: Fund, desk: Desk) -> None:
    enter(desk, fund, FIRST)
    enter(desk, fund, FIRST, by=desk.chief)
    with pytest.raises(RateNeedsAnother):
        publish_rate(actor=desk.chief, fund=fund, day=FIRST, now=NOW)
    assert FundDay.objects.count() == 1


def test_what_is_published_never_changes(fund: Fund, desk: Desk) -> None:
    published = desk.publish(fund, FIRST)
    with pytest.raises(RateAlreadyPublished):
        enter(desk, fund, FIRST)
    with pytest.raises(RateAlreadyPublished):
        publish_rate(actor=desk.chief, fund=fund, day=FIRST, now=NOW)
    for change in ({"yield_per_10k": Decimal(9)}, {"state": "entered", "published_at": None, "published_by": None}):
        with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
            FundDay.objects.filter(pk=published.pk).update(**change)
    with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
        published.delete()


def test_days_are_published_one_after_the_other(fund: Fund, desk: Desk) -> None:
    desk.publish(fund, FIRST)
    enter(desk, fund, FIRST + timedelta(days=2))
    with pytest.raises(RateOutOfOrder) as refused:
        publish_rate(actor=desk.chief, fund=fund, day=FIRST + timedelta(days=2), now=NOW)
    assert refused.value.data["missing"] == "2013-07-02"
    with pytest.raises(RateNotEntered):
        publish_rate(actor=desk.chief, fund=fund, day=FIRST + timedelta(days=1), now=NOW)


def test_a_loss_can_be_published(fund: Fund, desk: Desk) -> None:
    """Money-market funds have had such days. Publishing says what was; whether it is posted is another question."""
    for day in days_from(FIRST, 8):
        desk.publish(fund, day, Decimal("-0.2000") if day == FIRST else RATE)
    assert FundDay.objects.get(date=FIRST).yield_per_10k == Decimal("-0.2000")


def test_operators_need_the_right(fund: Fund, desk: Desk) -> None:
    clerk = User.objects.create(username="trainee", is_staff=True)
    with pytest.raises(OperatorNotAllowed):
        enter(desk, fund, FIRST, by=clerk)
    enter(desk, fund, FIRST)
    with pytest.raises(OperatorNotAllowed):
        publish_rate(actor=clerk, fund=fund, day=FIRST, now=NOW)


def test_a_file_is_entered_whole_or_not_at_all(fund: Fund, desk: Desk) -> None:
    head = "date,yield_per_10k,annualized_7d"
    for wrong in ("2013-07-02,1.2,", "2013-07-32,1.2,4.5", "2013-07-02,one,4.5", "2013-07-02"):
        with pytest.raises(RateUnreadable) as refused:
            import_rates(actor=desk.clerk, fund=fund, lines=[head, "2013-07-01,1.5787,6.307", wrong], now=NOW)
        assert refused.value.data == {"row": 3}
    assert not FundDay.objects.exists()


def test_the_fund_that_comes_with_the_project_has_all_its_days() -> None:
    fund = ensure_fund_000198()
    assert fund.days.filter(state="published").count() == 427
    assert ensure_fund_000198() == fund
    assert load_published_days(fund, PUBLISHED_000198) == 0
    assert not fund.runs_nightly


def test_a_file_whose_figures_do_not_agree_is_not_loaded(fund: Fund, tmp_path: Path) -> None:
    rows = PUBLISHED_000198.read_text("utf-8").splitlines()[:9]
    broken = tmp_path / "rates.csv"
    broken.write_text("\n".join([*rows[:3], rows[3].replace("1.4670", "1.4760"), *rows[4:]]))
    with pytest.raises(RateMismatch):
        load_published_days(fund, broken)
    assert not fund.days.exists()
