"""What members see: yield at a glance, day by day, and each day worked out again before their eyes."""

from datetime import date, timedelta
from typing import Any

import pytest

from groups.members.models import Group
from tests.books import without_triggers
from tests.cast import Person, World, money
from tests.yields.conftest import Desk, at, days_from, move, run, switch_on
from yields.models import Enrollment, Fund, YieldDay
from yields.services import ensure_demo_fund, ensure_sandbox_rates, enter_rate

pytestmark = pytest.mark.django_db
MON, TUE, WED, THU, FRI, SAT, SUN = days_from(date(2026, 11, 2), 7)
NOTICE = "Past performance does not predict future performance. A money-market fund is not a deposit."
ASKED = {
    "fund": "T0001",
    "agreement_version": "2026-11",
    "questionnaire": {
        "risk_level": "R1",
        "answers": [{"question": "horizon", "answer": "any"}],
        "accepted": True,
    },
}


@pytest.fixture
def earning(group: Group, owner: Person, member: Person, fund: Fund, desk: Desk) -> Group:
    """The owner has ¥7,000 and the member ¥2,000 that earn since Tuesday; the member's ¥5,000 since Wednesday."""
    move(group.pk, {owner.id: 7_000_00, member.id: 2_000_00}, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    move(group.pk, {member.id: 5_000_00}, at(MON, "16:00"))
    desk.publish_days(fund, MON, 7)
    return group


def go_to(world: World, moment: Any) -> None:
    """Set the clock; the stories of yield go by their own."""
    world.bank.now = moment


# --- enrollment ------------------------------------------------------------------------------------------------------
def test_switching_on_and_off(world: World, group: Group, owner: Person, member: Person, fund: Fund) -> None:
    path = f"/groups/{group.pk}/enrollment"
    owner.api.get(path).expect(404, "not_enrolled")
    go_to(world, at(MON))
    put = owner.api.call("PUT", path, ASKED).expect(200)
    assert put["fund"] == {"code": "T0001", "name": "测试货币", "is_sandbox": False}
    assert put["questionnaire"] == ASKED["questionnaire"]
    assert (put["enrolled_by"], put["notice"]) == (str(owner.id), NOTICE)
    assert member.api.get(path).expect(200) == put
    go_to(world, at(TUE))
    assert owner.api.call("PUT", path, ASKED).expect(200) == put
    other = {**ASKED, "agreement_version": "2026-12"}
    assert owner.api.call("PUT", path, other).expect(409, "already_enrolled")["data"] == {"fund": "T0001"}
    owner.api.delete(path).expect(204)
    owner.api.delete(path).expect(404, "not_enrolled")
    assert Enrollment.objects.get().ended_at == at(TUE)


def test_who_may_switch(group: Group, member: Person, viewer: Person, stranger: Person, fund: Fund) -> None:
    path = f"/groups/{group.pk}/enrollment"
    for person in (member, viewer):
        person.api.call("PUT", path, ASKED).expect(403, "not_allowed")
        person.api.delete(path).expect(403, "not_allowed")
    for method in ("GET", "PUT", "DELETE"):
        stranger.api.call(method, path, ASKED).expect(404, "group_not_found")
    for rest in ("yield", "yield/days", "yield/days/2026-11-02"):
        stranger.api.get(f"/groups/{group.pk}/{rest}").expect(404, "group_not_found")
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"fund": "NONE"}, 404, "fund_not_found"),
        ({"fund": "T\u0000"}, 400, "invalid"),
        ({"agreement_version": ""}, 400, "invalid"),
        ({"agreement_version": "\ud800"}, 400, "parse_error"),
        ({"questionnaire": None}, 400, "invalid"),
        ({"questionnaire": {"risk_level": "R9", "accepted": True}}, 400, "invalid"),
        (
            {"questionnaire": {"risk_level": "R1", "answers": [{"question": "\u0000"}], "accepted": True}},
            400,
            "invalid",
        ),
        ({"questionnaire": {"risk_level": "R1", "accepted": False}}, 422, "questionnaire_not_accepted"),
    ],
)
def test_what_is_not_asked_properly(
    group: Group, owner: Person, fund: Fund, change: dict[str, Any], status: int, code: str
) -> None:
    owner.api.call("PUT", f"/groups/{group.pk}/enrollment", {**ASKED, **change}).expect(status, code)
    assert not Enrollment.objects.exists()


# --- at a glance -----------------------------------------------------------------------------------------------------
def test_yield_at_a_glance(world: World, earning: Group, member: Person, fund: Fund) -> None:
    for day in (MON, TUE, WED):
        run(fund, day)
    go_to(world, at(THU, "09:00"))
    told = member.api.get(f"/groups/{earning.pk}/yield").expect(200)
    assert told["fund"]["code"] == "T0001"
    assert told["yesterday"] == money(172)
    assert (told["this_month"], told["total"]) == (money(283), money(283))
    assert (told["latest"]["date"], told["latest"]["base"]) == ("2026-11-04", money(14_000_00))
    assert told["published"] == {"date": "2026-11-08", "yield_per_10k": "1.2345", "annualized_7d": "4.609"}
    # Tuesday's income came at 02:00 on Wednesday and is confirmed; Wednesday's is not before Friday.
    assert (told["base"], told["unconfirmed"]) == (money(14_001_11), money(172))
    assert told["unconfirmed_parts"] == [
        {
            "kind": "yield",
            "came_in_at": "2026-11-04T18:00:00Z",
            "amount": money(172),
            "left": money(172),
            "trade_date": "2026-11-05",
            "confirm_date": "2026-11-06",
            "first_credit_date": "2026-11-07",
        }
    ]
    assert told["notice"] == NOTICE


def test_just_enrolled_everything_waits(world: World, group: Group, owner: Person, fund: Fund) -> None:
    move(group.pk, {owner.id: 100_00}, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    go_to(world, at(MON, "11:00"))
    told = owner.api.get(f"/groups/{group.pk}/yield").expect(200)
    assert (told["yesterday"], told["latest"], told["total"]) == (None, None, money(0))
    assert (told["base"], told["unconfirmed"]) == (money(0), money(100_00))
    (part,) = told["unconfirmed_parts"]
    assert (part["kind"], part["left"], part["confirm_date"]) == ("enrollment", money(100_00), "2026-11-03")


def test_without_enrollment_nothing_earns(group: Group, owner: Person) -> None:
    move(group.pk, {owner.id: 100_00}, at(MON, "09:00"))
    told = owner.api.get(f"/groups/{group.pk}/yield").expect(200)
    assert (told["fund"], told["published"], told["base"], told["unconfirmed"]) == (None, None, money(0), money(100_00))


def test_past_the_loaded_calendar_dates_are_left_open(world: World, group: Group, owner: Person, fund: Fund) -> None:
    late = at(date(2026, 12, 31), "10:00")
    move(group.pk, {owner.id: 100_00}, late)
    switch_on(group, owner, fund, at(MON, "10:00"))
    go_to(world, late + timedelta(hours=1))
    (part,) = owner.api.get(f"/groups/{group.pk}/yield").expect(200)["unconfirmed_parts"]
    assert (part["left"], part["confirm_date"], part["first_credit_date"]) == (money(100_00), None, None)


def test_in_a_year_that_is_not_loaded_nobody_guesses(world: World, group: Group, owner: Person, fund: Fund) -> None:
    move(group.pk, {owner.id: 100_00}, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    go_to(world, at(date(2027, 1, 1)))
    told = owner.api.get(f"/groups/{group.pk}/yield").expect(200)
    assert (told["base"], told["unconfirmed"], told["unconfirmed_parts"]) == (None, None, [])


def test_the_sandbox_is_marked(group: Group, owner: Person) -> None:
    demo = ensure_demo_fund(MON)
    switch_on(group, owner, demo, at(MON, "10:00"))
    assert owner.api.get(f"/groups/{group.pk}/yield").expect(200)["fund"]["is_sandbox"] is True
    assert owner.api.get("/funds/DEMO").expect(200)["is_sandbox"] is True


# --- day by day ------------------------------------------------------------------------------------------------------
def test_days_are_paged_by_date(earning: Group, owner: Person, fund: Fund) -> None:
    for day in days_from(MON, 7):
        run(fund, day)
    path = f"/groups/{earning.pk}/yield/days"
    first = owner.api.get(path, limit=3).expect(200)
    assert [each["date"] for each in first["data"]] == ["2026-11-08", "2026-11-07", "2026-11-06"]
    second = owner.api.get(path, limit=100, after=first["next"]).expect(200)
    assert [each["date"] for each in second["data"]] == ["2026-11-05", "2026-11-04", "2026-11-03", "2026-11-02"]
    assert second["next"] is None
    assert (second["data"][-1]["income"], second["data"][-1]["entry"]) == (money(0), None)
    for wrong in ("yesterday", "2026-11-31", "5"):
        owner.api.get(path, after=wrong).expect(400, "invalid")


def test_a_day_is_worked_out_again(earning: Group, owner: Person, member: Person, fund: Fund) -> None:
    for day in (MON, TUE, WED):
        run(fund, day)
    told = member.api.get(f"/groups/{earning.pk}/yield/days/2026-11-03").expect(200)
    assert told["formula"] == "900000 fen × 1.2345 ÷ 10,000 = 111.10500000 fen → 111 fen"
    assert (told["balance"], told["unconfirmed"], told["base"]) == (money(14_000_00), money(5_000_00), money(9_000_00))
    assert (told["income"], told["cut_off_fen"], told["split_by"]) == (money(111), "0.10500000", "bases")
    (part,) = told["unconfirmed_parts"]
    assert (part["kind"], part["trade_date"], part["confirm_date"]) == ("moved", "2026-11-03", "2026-11-04")
    parts = {each["name"]: each for each in told["members"]}
    assert set(parts) == {"张伟", "王芳"}
    assert (parts["张伟"]["base"], parts["张伟"]["income"]) == (money(7_000_00), money(86))
    assert parts["王芳"] == {
        "user": str(member.id),
        "name": "王芳",
        "stake": money(7_000_00),
        "unconfirmed": money(5_000_00),
        "base": money(2_000_00),
        "income": money(25),
    }
    assert (told["agrees"], told["notice"]) == (True, NOTICE)


def test_every_day_of_a_week_is_explained_by_itself(earning: Group, owner: Person, member: Person, fund: Fund) -> None:
    for day in days_from(MON, 7):
        move(earning.pk, {owner.id: -12_34, member.id: 5_67}, at(day, "15:00"))
        run(fund, day)
    for day in days_from(MON, 7):
        told = owner.api.get(f"/groups/{earning.pk}/yield/days/{day}").expect(200)
        assert told["agrees"] is True
        assert sum(each["income"]["amount"] for each in told["members"]) == told["income"]["amount"]
        assert sum(part["left"]["amount"] for part in told["unconfirmed_parts"]) == told["unconfirmed"]["amount"]


@pytest.mark.plants_a_fault
def test_an_explanation_says_when_it_differs(earning: Group, owner: Person, fund: Fund) -> None:
    run(fund, MON)
    run(fund, TUE)
    with without_triggers("yields_yieldday"):
        YieldDay.objects.filter(date=TUE).update(base=8_999_00)
    assert owner.api.get(f"/groups/{earning.pk}/yield/days/2026-11-03").expect(200)["agrees"] is False


def test_days_that_are_not_there(earning: Group, owner: Person) -> None:
    path = f"/groups/{earning.pk}/yield/days"
    owner.api.get(f"{path}/2026-11-03").expect(404, "yield_day_not_found")
    for wrong in ("2026-02-30", "0000-00-00", "today", "2026-11-3"):
        owner.api.get(f"{path}/{wrong}").expect(404, "not_found")


# --- funds -----------------------------------------------------------------------------------------------------------
def test_a_fund_and_what_it_published(stranger: Person) -> None:
    fund = ensure_demo_fund(MON)
    assert stranger.api.get("/funds/DEMO").expect(200)["latest"] is None
    ensure_sandbox_rates(at(SUN))
    told = stranger.api.get("/funds/DEMO").expect(200)
    # The sixth of the series, as 000198 published it for 2013-07-06.
    assert told["latest"] == {"date": "2026-11-07", "yield_per_10k": "1.3674", "annualized_7d": "5.582"}
    page = stranger.api.get("/funds/DEMO/days", limit=2).expect(200)
    assert [each["date"] for each in page["data"]] == ["2026-11-07", "2026-11-06"]
    rest = stranger.api.get("/funds/DEMO/days", after=page["next"]).expect(200)
    assert rest["data"][-1] == {"date": "2026-11-02", "yield_per_10k": "1.5787", "annualized_7d": "6.307"}
    assert fund.days.count() == 6


def test_what_is_only_entered_is_not_shown(stranger: Person, fund: Fund, desk: Desk) -> None:
    desk.publish(fund, MON)
    figures: dict[str, Any] = {"yield_per_10k": desk.rates[fund.pk, MON], "annualized_7d": desk.rates[fund.pk, MON]}
    enter_rate(actor=desk.clerk, fund=fund, day=TUE, now=at(WED), **figures)
    assert stranger.api.get("/funds/T0001").expect(200)["latest"]["date"] == "2026-11-02"
    assert len(stranger.api.get("/funds/T0001/days").expect(200)["data"]) == 1


def test_unknown_funds(stranger: Person) -> None:
    for path in ("/funds/NONE", "/funds/NONE/days"):
        stranger.api.get(path).expect(404, "fund_not_found")
    stranger.api.get("/funds/a%00b").expect(404, "not_found")


def test_nothing_is_called_what_it_is_not(world: World, earning: Group, owner: Person, fund: Fund) -> None:
    """A fund's yield is neither a bank's interest nor guaranteed, and no text may say so."""
    run(fund, MON)
    owner.api.language = "zh-Hans"
    for path in (f"/groups/{earning.pk}/yield", f"/groups/{earning.pk}/yield/days/2026-11-02", "/funds/T0001"):
        text = owner.api.get(path).raw.decode()
        assert "过往业绩不代表未来表现" in text
        assert not any(word in text for word in ("利息", "保本", "interest", "risk-free", "guarantee"))
