"""A year of trading days: entered by one, confirmed by another, then known everywhere; and the warning before."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from structlog.testing import capture_logs

from groups.members.models import Group
from tests.cast import Person
from tests.yields.conftest import Desk, at, days_from, pay, run, switch_on
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from wallet.refusals import Refusal
from yields.calendar import SHANGHAI, CalendarNotLoaded
from yields.errors import (
    CalendarMissing,
    ClosureMissing,
    ClosureOdd,
    ClosuresImplausible,
    ClosureUnreadable,
    YearConfirmed,
    YearNeedsAnother,
    YearNotEntered,
    YearNotNext,
)
from yields.models import CalendarYear, Fund, years
from yields.models.years import shanghai
from yields.services import confirm_year, enter_year, look_at_calendar, read_closures
from yields.tasks import look_at_calendar_daily

pytestmark = pytest.mark.django_db
NOW = at(date(2026, 12, 15))
PAGE = "/admin/yields/calendaryear/"
#: What a list for 2027 could look like.
DAYS_2027 = [
    date(2027, 1, 1),
    *days_from(date(2027, 2, 8), 5),
    date(2027, 2, 15),
    date(2027, 4, 5),
    *(date(2027, 5, day) for day in (3, 4, 5)),
    date(2027, 6, 9),
    date(2027, 9, 15),
    date(2027, 10, 1),
    *days_from(date(2027, 10, 4), 4),
]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    years.forget()
    yield
    years.forget()


def load(desk: Desk, year: int = 2027, days: list[date] | None = None) -> CalendarYear:
    enter_year(actor=desk.clerk, year=year, closures=days or DAYS_2027, now=NOW)
    return confirm_year(actor=desk.chief, year=year, now=NOW)


def log_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def test_one_enters_another_confirms_and_the_calendar_goes_on(
    desk: Desk, django_capture_on_commit_callbacks: Any
) -> None:
    assert shanghai() == SHANGHAI
    with django_capture_on_commit_callbacks(execute=True):
        enter_year(actor=desk.clerk, year=2027, closures=DAYS_2027[::-1], now=NOW)
    assert shanghai() == SHANGHAI
    with pytest.raises(YearNeedsAnother):
        confirm_year(actor=desk.clerk, year=2027, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        confirmed = confirm_year(actor=desk.chief, year=2027, now=NOW)
    assert (confirmed.closures, confirmed.confirmed_by, confirmed.confirmed_at) == (DAYS_2027, desk.chief, NOW)
    calendar = shanghai()
    assert calendar.next_trading_day(date(2026, 12, 31)) == date(2027, 1, 4)
    assert calendar.next_trading_day(date(2027, 2, 5)) == date(2027, 2, 16)
    assert not calendar.is_trading_day(date(2027, 10, 2))
    with pytest.raises(CalendarNotLoaded):
        calendar.is_trading_day(date(2028, 1, 3))


def test_another_process_hears_of_it_in_a_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells it (the commit's callbacks do not run here): it looks by itself."""
    clock = [1_000.0]
    monkeypatch.setattr("yields.models.years.time.monotonic", lambda: clock[0])
    assert shanghai().last_year == 2026
    load(desk)
    clock[0] += 59
    assert shanghai().last_year == 2026
    clock[0] += 1
    assert shanghai().last_year == 2027


def test_a_confirmed_year_never_changes(desk: Desk) -> None:
    confirmed = load(desk)
    with pytest.raises(YearConfirmed):
        enter_year(actor=desk.clerk, year=2027, closures=DAYS_2027, now=NOW)
    with pytest.raises(YearConfirmed):
        confirm_year(actor=desk.chief, year=2027, now=NOW)
    for change in ({"closures": DAYS_2027[1:]}, {"year": 2028}, {"confirmed_at": at(date(2026, 12, 16))}):
        with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
            CalendarYear.objects.filter(pk=confirmed.pk).update(**change)
    with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
        confirmed.delete()


def test_the_database_knows_that_it_takes_two(desk: Desk) -> None:
    enter_year(actor=desk.clerk, year=2027, closures=DAYS_2027, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarYear.objects.update(state="confirmed", confirmed_by=desk.clerk, confirmed_at=NOW)


def test_who_corrects_what_was_entered_has_entered_it(desk: Desk) -> None:
    enter_year(actor=desk.clerk, year=2027, closures=DAYS_2027, now=NOW)
    enter_year(actor=desk.chief, year=2027, closures=DAYS_2027, now=NOW)
    with pytest.raises(YearNeedsAnother):
        confirm_year(actor=desk.chief, year=2027, now=NOW)
    assert CalendarYear.objects.count() == 1


@pytest.mark.parametrize(
    ("year", "days", "refusal"),
    [
        (2026, DAYS_2027, YearNotNext),
        (2028, [day.replace(year=2028) for day in DAYS_2027], YearNotNext),
        (2027, [*DAYS_2027, date(2027, 10, 2)], ClosureOdd),  # a Saturday
        (2027, [*DAYS_2027, date(2028, 1, 3)], ClosureOdd),
        (2027, [*DAYS_2027, DAYS_2027[3]], ClosureOdd),
        (2027, [day for day in DAYS_2027 if day.month < 10], ClosureMissing),
        (2027, DAYS_2027[1:], ClosureMissing),
        (2027, DAYS_2027[:7], ClosuresImplausible),
        (2027, [], ClosuresImplausible),
        (2027, [*DAYS_2027, *days_from(date(2027, 7, 5), 5), *days_from(date(2027, 7, 12), 4)], ClosuresImplausible),
    ],
)
def test_what_cannot_be_a_year_is_refused(desk: Desk, year: int, days: list[date], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        enter_year(actor=desk.clerk, year=year, closures=days, now=NOW)
    assert not CalendarYear.objects.exists()


def test_every_year_of_the_file_passes_what_is_asked_of_a_new_one() -> None:
    """The control of the test above: real years are not refused."""
    for year in range(SHANGHAI.first_year, SHANGHAI.last_year + 1):
        before = type(SHANGHAI)("before", frozenset(), 2000, year - 1)
        days = [day for day in SHANGHAI.closures if day.year == year]
        assert before.with_year(year, days).closures == set(days)
    with pytest.raises(ValueError, match="after 2026 comes 2027"):
        SHANGHAI.with_year(2028, [])
    with pytest.raises(ValueError, match="each once"):
        SHANGHAI.with_year(2027, [date(2027, 1, 2)])
    with pytest.raises(ValueError, match="whole year"):
        SHANGHAI.with_year(2027, DAYS_2027[:9])


def test_operators_need_the_right_and_something_to_confirm(desk: Desk) -> None:
    trainee = User.objects.create(username="trainee", is_staff=True)
    with pytest.raises(OperatorNotAllowed):
        enter_year(actor=trainee, year=2027, closures=DAYS_2027, now=NOW)
    with pytest.raises(OperatorNotAllowed):
        confirm_year(actor=trainee, year=2027, now=NOW)
    with pytest.raises(YearNotEntered):
        confirm_year(actor=desk.chief, year=2027, now=NOW)


def test_a_list_is_read_from_lines_or_a_csv() -> None:
    assert read_closures(["2027-01-01", "", "2027/02/08"]) == [date(2027, 1, 1), date(2027, 2, 8)]
    table = ["\ufeffdate,weekday,holiday", '"2027-01-01",Fri,New Year', "2027-02-08,Mon,Spring Festival"]
    assert read_closures(table) == [date(2027, 1, 1), date(2027, 2, 8)]
    with pytest.raises(ClosureUnreadable) as refused:
        read_closures(["date", "2027-01-01", "2027-13-01"])
    assert refused.value.data == {"row": 3}
    with pytest.raises(ClosuresImplausible):
        read_closures(["2027-01-01"] * 101)


def test_a_run_waits_at_the_end_of_the_calendar_and_goes_on_once_the_year_is_confirmed(
    group: Group, owner: Person, fund: Fund, desk: Desk, django_capture_on_commit_callbacks: Any
) -> None:
    last, new_year = date(2026, 12, 31), date(2027, 1, 1)
    pay(group, owner, 10_000_00, at(last - timedelta(days=3), "09:00"))
    switch_on(group, owner, fund, at(last - timedelta(days=3), "10:00"))
    desk.publish_days(fund, last - timedelta(days=3), 5)
    for day in days_from(last - timedelta(days=3), 4):
        run(fund, day)
    with pytest.raises(CalendarMissing):
        run(fund, new_year)
    with django_capture_on_commit_callbacks(execute=True):
        load(desk)
    assert run(fund, new_year, "03:00").state == "finished"


def test_the_warning_comes_sixty_days_before_the_end(desk: Desk, django_capture_on_commit_callbacks: Any) -> None:
    structlog.reset_defaults()
    with capture_logs() as logs:
        assert look_at_calendar(now=at(date(2026, 10, 31))) == 61
        assert logs == []
        assert look_at_calendar(now=at(date(2026, 11, 1))) == 60
    (warning,) = logs
    assert (warning["event"], warning["log_level"]) == ("trading_calendar_runs_out", "warning")
    assert (warning["days_left"], warning["last_year"]) == (60, 2026)
    load(desk)
    assert look_at_calendar(now=at(date(2026, 12, 20))) == 376
    look_at_calendar_daily()


def test_the_first_page_warns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(date(2026, 11, 2)))
    chief = log_in(desk.chief)
    page = chief.get("/admin/").content.decode()
    assert "Trading calendar" in page
    assert "59 days left, 0 years to confirm" in page
    enter_year(actor=desk.clerk, year=2027, closures=DAYS_2027, now=NOW)
    assert "59 days left, 1 years to confirm" in chief.get("/admin/").content.decode()
    confirm_year(actor=desk.chief, year=2027, now=NOW)
    assert "424 days left, 0 years to confirm" in chief.get("/admin/").content.decode()
    page = chief.get("/admin/", headers={"Accept-Language": "zh"}).content.decode()
    assert "交易日历" in page


def test_operators_do_all_of_it_on_their_pages(desk: Desk) -> None:
    clerk, chief = log_in(desk.clerk), log_in(desk.chief)
    typed = {"year": 2027, "days": "\n".join(map(str, DAYS_2027[1:]))}
    refused = clerk.post(f"{PAGE}add/", typed, follow=True).content.decode()
    assert "closed on 2027-01-01 in every year" in refused
    assert not CalendarYear.objects.exists()
    assert (
        "Row 2 does not begin with a day"
        in clerk.post(f"{PAGE}add/", {"year": 2027, "days": "date\nsoon"}).content.decode()
    )
    text = "date,weekday\n" + "\n".join(f"{day},x" for day in DAYS_2027)
    file = SimpleUploadedFile("2027.csv", text.encode())
    assert clerk.post(f"{PAGE}add/", {"year": 2027, "file": file}).status_code == 302
    entered = CalendarYear.objects.get()
    assert (entered.closures, entered.entered_by) == (DAYS_2027, desk.clerk)
    sent = {"action": "confirm", "_selected_action": [str(entered.pk)]}
    assert "another operator confirms it" in clerk.post(PAGE, sent, follow=True).content.decode()
    assert "2027 is confirmed." in chief.post(PAGE, sent, follow=True).content.decode()
    assert "2027-10-07" in chief.get(f"{PAGE}{entered.pk}/change/").content.decode()
    again = chief.post(PAGE, sent, headers={"Accept-Language": "zh"}, follow=True).content.decode()
    assert "2027 年的交易日已确认" in again


def test_a_file_that_is_no_list_is_said_to_be_none(desk: Desk) -> None:
    clerk = log_in(desk.clerk)
    for content, said in ((b"\xff\xff\xff", "no text in UTF-8"), (b"x" * 100_001, "more than 100000 bytes")):
        file = SimpleUploadedFile("2027.csv", content)
        assert said in clerk.post(f"{PAGE}add/", {"year": 2027, "file": file}).content.decode()


def test_who_may_not_enter_has_no_page_for_it(db: None) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    assert log_in(reader).get(f"{PAGE}add/").status_code == 403
    assert log_in(reader).get(PAGE).status_code == 403
