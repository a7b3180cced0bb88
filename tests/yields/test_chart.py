"""What a chart of yield is drawn from: days, months and the total, the group's and one's own, in three queries."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from groups.members.models import Group
from tests.cast import Person, World, found, join, meet, money
from tests.yields.conftest import Desk, at, correct_rate, days_from, enter_correct_rate, move, pay, run, switch_on
from wallet.ledger.selectors import get_stake
from yields.chart import choose_range, get_chart
from yields.models import Fund
from yields.services import end_enrollment, enter_rate, publish_correction, run_correction

pytestmark = pytest.mark.django_db
THU, FRI, SAT, SUN, MON, TUE, WED = days_from(date(2026, 10, 29), 7)  # November begins on the Sunday
NOW = at(TUE, "11:00")
PER_10K, ANNUALIZED = "1.2345", "4.609"


@pytest.fixture
def earning(world: World, group: Group, owner: Person, member: Person, fund: Fund, desk: Desk) -> Group:
    """The owner has ¥7,000 and the member ¥3,000 that earn since Friday; Monday is credited, Tuesday published."""
    move(group.pk, {owner.id: 7_000_00, member.id: 3_000_00}, at(THU, "09:00"))
    switch_on(group, owner, fund, at(THU, "10:00"))
    desk.publish_days(fund, THU - timedelta(days=7), 13)
    for day in (THU, FRI, SAT, SUN, MON):
        run(fund, day)
    world.bank.now = NOW
    return group


def chart_of(person: Person, group: Group, **asked: Any) -> dict[str, Any]:
    told: dict[str, Any] = person.api.get(f"/groups/{group.pk}/yield/chart", **asked).expect(200)
    return told


def day(on: date, income: int | None, mine: int | None, rate: str = PER_10K, annualized: str = ANNUALIZED) -> Any:
    """Write a day as the chart does."""
    earned = {"income": income, "mine": mine}
    shown = {name: None if amount is None else money(amount) for name, amount in earned.items()}
    figures = {"yield_per_10k": rate, "annualized_7d": annualized}
    return {"date": on.isoformat(), "fund": "T0001", **shown, **figures}


def month(name: str, income: int, mine: int) -> dict[str, Any]:
    return {"month": name, "income": money(income), "mine": money(mine)}


# --- what is drawn ----------------------------------------------------------------------------------------------------
def test_days_months_and_the_total(earning: Group, member: Person) -> None:
    """¥10,000 × 1.2345 ÷ 10,000 are 123.45 fen a day: 123, of which 37 for three parts of ten."""
    told = chart_of(member, earning, since=THU, until=TUE)
    assert told["days"] == [
        day(THU, 0, 0),
        day(FRI, 123, 37),
        day(SAT, 123, 37),
        day(SUN, 123, 37),
        day(MON, 123, 37),
        day(TUE, None, None),
    ]
    assert told["months"] == [month("2026-10", 246, 74), month("2026-11", 246, 74)]
    assert (told["total"], told["mine"]) == (money(492), money(148))
    assert (told["since"], told["until"]) == ("2026-10-29", "2026-11-03")
    assert told["funds"] == [{"code": "T0001", "name": "测试货币", "is_sandbox": False}]
    assert "Past performance" in told["notice"]


def test_a_corrected_day_is_drawn_as_it_stands(earning: Group, member: Person, fund: Fund, desk: Desk) -> None:
    """Saturday paid twice as much: 246.90 fen, 246 of them for the group and 74 for the member."""
    correct_rate(fund, SAT, desk.clerk, desk.chief, NOW)
    told = chart_of(member, earning, since=FRI, until=SUN)
    assert told["days"] == [day(FRI, 123, 37), day(SAT, 246, 74, "2.4690", "5.284"), day(SUN, 123, 37)]
    assert told["months"] == [month("2026-10", 369, 111), month("2026-11", 123, 37)]
    assert (told["total"], told["mine"]) == (money(492), money(148))
    # It is what the list of days says, and what the member's stake has grown by.
    listed = member.api.get(f"/groups/{earning.pk}/yield/days").expect(200)["data"]
    drawn = chart_of(member, earning)
    assert {each["date"]: (each["income"], each["yield_per_10k"]) for each in listed} == {
        each["date"]: (each["income"], each["yield_per_10k"]) for each in drawn["days"] if each["income"]
    }
    assert get_stake(earning.pk, member.id).balance == 3_000_00 + drawn["mine"]["amount"]


def test_a_day_corrected_to_nothing_is_nobodys(earning: Group, member: Person, fund: Fund, desk: Desk) -> None:
    for rate, income, mine in (("0.0000", 0, 0), ("1.2345", 123, 37), ("1.2346", 123, 37)):
        correct_rate(fund, SAT, desk.clerk, desk.chief, NOW, Decimal(rate))
        (drawn,) = chart_of(member, earning, since=SAT, until=SAT)["days"]
        assert (drawn["income"], drawn["mine"], drawn["yield_per_10k"]) == (money(income), money(mine), rate)


def test_a_correction_shows_when_it_has_reached_the_wallet(
    earning: Group, member: Person, fund: Fund, desk: Desk
) -> None:
    """Entered or published, a credited day has the figures that it was credited by."""
    entered = enter_correct_rate(fund, SAT, Decimal("2.4690"), desk.clerk, NOW)
    assert chart_of(member, earning, since=SAT, until=SAT)["days"] == [day(SAT, 123, 37)]
    publish_correction(actor=desk.chief, correction_id=entered.pk, now=NOW)
    assert chart_of(member, earning, since=SAT, until=SAT)["days"] == [day(SAT, 123, 37)]
    run_correction(correction_id=entered.pk, now=NOW)
    assert chart_of(member, earning, since=SAT, until=SAT)["days"] == [day(SAT, 246, 74, "2.4690", "5.284")]


def test_each_has_their_own_part(earning: Group, owner: Person, viewer: Person) -> None:
    assert chart_of(owner, earning)["mine"] == money(4 * 86)
    told = chart_of(viewer, earning)
    assert (told["total"], told["mine"]) == (money(492), money(0))


# --- which days -------------------------------------------------------------------------------------------------------
def test_by_itself_it_is_thirty_days_up_to_today(earning: Group, member: Person) -> None:
    told = chart_of(member, earning)
    assert (told["since"], told["until"]) == ("2026-10-05", "2026-11-03")
    # What the fund had published before the group came is its figures alone.
    assert told["days"][0]["date"] == "2026-10-22"
    assert [each["date"] for each in told["days"] if each["income"] is None] == [
        *(each.isoformat() for each in days_from(THU - timedelta(days=7), 7)),
        TUE.isoformat(),
    ]


def test_one_end_is_enough(earning: Group, member: Person) -> None:
    assert chart_of(member, earning, since=SUN)["until"] == "2026-11-03"
    assert chart_of(member, earning, until=SUN)["since"] == "2026-10-03"
    assert [each["date"] for each in chart_of(member, earning, until=FRI)["days"]][-1] == "2026-10-30"


def test_today_is_shanghais(world: World, group: Group, owner: Person) -> None:
    world.bank.now = at(WED, "00:30")  # in UTC it is still Tuesday
    assert chart_of(owner, group)["until"] == "2026-11-04"


def test_days_to_come_have_no_points(earning: Group, member: Person) -> None:
    told = chart_of(member, earning, since=MON, until=MON + timedelta(days=60))
    assert [each["date"] for each in told["days"]] == ["2026-11-02", "2026-11-03"]
    told = chart_of(member, earning, since="2030-01-01")
    assert (told["until"], told["days"], told["months"]) == ("2030-01-01", [], [])


@pytest.mark.parametrize(
    "asked",
    [{"until": "0001-01-01"}, {"until": "0001-01-20"}, {"since": "9999-12-31"}, {"since": SUN, "until": SUN}],
)
def test_the_ends_of_the_calendar_can_be_asked_for(earning: Group, member: Person, asked: dict[str, Any]) -> None:
    assert chart_of(member, earning, **asked)["since"] >= "0001-01-01"


def test_a_range_has_a_limit(earning: Group, member: Person) -> None:
    path = f"/groups/{earning.pk}/yield/chart"
    year = timedelta(days=365)
    chart_of(member, earning, since=TUE - year, until=TUE)
    for asked in ({"since": TUE - year, "until": WED}, {"since": TUE - year - timedelta(days=1)}):
        assert member.api.get(path, **asked).expect(422, "chart_too_long")["data"] == {"limit": 366}
    member.api.language = "zh-Hans"
    refused = member.api.get(path, since="2020-01-01").expect(422, "chart_too_long")
    assert refused["detail"] == "收益图一次最多显示 366 天。"


@pytest.mark.parametrize("asked", [{"since": MON, "until": SUN}, {"since": "2026-02-30"}, {"until": "today"}])
def test_what_is_no_range(group: Group, owner: Person, asked: dict[str, Any]) -> None:
    owner.api.get(f"/groups/{group.pk}/yield/chart", **asked).expect(400, "invalid")


def test_the_default_is_within_the_limit() -> None:
    assert choose_range(None, None, NOW) == (date(2026, 10, 5), TUE)


# --- which fund -------------------------------------------------------------------------------------------------------
def test_without_yield_there_is_nothing_to_draw(earning: Group, stranger: Person, world: World) -> None:
    other = found(stranger, now=world.now)
    told = chart_of(stranger, other)
    assert (told["days"], told["months"], told["funds"]) == ([], [], [])
    assert (told["total"], told["mine"]) == (money(0), money(0))


def test_figures_alone_are_those_in_force(
    earning: Group, stranger: Person, world: World, fund: Fund, desk: Desk
) -> None:
    """Who comes into the fund today sees what it paid, and nobody else's income."""
    other = found(stranger, now=world.now)
    switch_on(other, stranger, fund, world.now)
    correct_rate(fund, SAT, desk.clerk, desk.chief, NOW)
    correct_rate(fund, SAT, desk.clerk, desk.chief, NOW)
    told = chart_of(stranger, other, since=FRI, until=SUN)
    assert [(each["date"], each["yield_per_10k"], each["income"]) for each in told["days"]] == [
        ("2026-10-30", "1.2345", None),
        ("2026-10-31", "4.9380", None),
        ("2026-11-01", "1.2345", None),
    ]
    assert told["months"] == [month("2026-10", 0, 0), month("2026-11", 0, 0)]


def test_what_is_only_entered_is_not_drawn(earning: Group, member: Person, fund: Fund, desk: Desk) -> None:
    figures: dict[str, Any] = {"yield_per_10k": Decimal("1.0000"), "annualized_7d": Decimal("4.000")}
    enter_rate(actor=desk.clerk, fund=fund, day=WED, now=NOW + timedelta(days=2), **figures)
    assert chart_of(member, earning, since=TUE, until=WED)["days"] == [day(TUE, None, None)]


def test_after_the_fund_was_left_its_credited_days_stay(earning: Group, owner: Person, member: Person) -> None:
    end_enrollment(actor=owner.user, group_id=earning.pk, now=NOW)
    assert [each["date"] for each in chart_of(member, earning)["days"]] == [
        each.isoformat() for each in days_from(THU, 5)
    ]


def test_each_day_has_the_figures_of_the_fund_that_it_earned_in(
    earning: Group, owner: Person, member: Person, desk: Desk
) -> None:
    other = Fund.objects.create(code="T0000", name="另一货币", calendar=Fund.Calendar.SHANGHAI)
    desk.publish_days(other, SUN, 3, Decimal("1.0000"))
    end_enrollment(actor=owner.user, group_id=earning.pk, now=NOW)
    switch_on(earning, owner, other, NOW)
    told = chart_of(member, earning, since=SUN, until=TUE)
    assert [(each["fund"], each["yield_per_10k"]) for each in told["days"]] == [
        ("T0001", "1.2345"),
        ("T0001", "1.2345"),
        ("T0000", "1.0000"),
    ]
    assert [each["code"] for each in told["funds"]] == ["T0000", "T0001"]


# --- how much is asked of the database --------------------------------------------------------------------------------
def test_it_is_three_queries_whatever_the_size(
    earning: Group, owner: Person, member: Person, fund: Fund, desk: Desk, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        assert len(get_chart(earning.pk, member.id, SAT, SAT).days) == 1
    for n in range(5):
        guest = meet(f"客人{n}", f"+861390000100{n}", now=NOW, card=None)
        join(earning, owner, guest, now=NOW)
        pay(earning, guest, 100_00, NOW)
    for each in (FRI, SAT, SUN):
        correct_rate(fund, each, desk.clerk, desk.chief, NOW)
    run(fund, TUE)
    with django_assert_num_queries(3):
        chart = get_chart(earning.pk, member.id, THU - timedelta(days=300), WED)
        assert (len(chart.days), chart.months[0].month, chart.total > chart.mine > 0) == (13, "2026-10", True)
