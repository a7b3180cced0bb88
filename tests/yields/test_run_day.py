"""A day is credited: to the fen, once, in order, to every wallet that can be, and never by guessing."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction

from groups.exits.services import leave_group
from groups.members.models import Group
from tests.books import without_triggers
from tests.cast import Person, World, found, join, kinds_since, meet, sequence_of, stakes_of
from tests.yields.conftest import RATE, Desk, at, balance_of, days_from, move, pay, run, switch_on
from tests.yields.test_calendar import slow_base
from wallet.ledger.checks import check_books
from wallet.ledger.models import Entry, Event, Posting, Wallet
from wallet.ledger.money import split
from wallet.ledger.services import lock_wallet
from yields.base import derive_bases
from yields.calendar import SHANGHAI
from yields.errors import DayNotOver, DayOutOfOrder, RateMissing, RateNegative
from yields.models import Fund, FundDay, YieldDay, YieldException, YieldRun
from yields.rates import daily_income
from yields.services import credits, end_enrollment, ensure_fund_000198, run_day, run_due
from yields.totals import count_totals

pytestmark = pytest.mark.django_db

MON = date(2026, 11, 2)
TUE, WED, THU, FRI, SAT, SUN = (MON + timedelta(days=n) for n in range(1, 7))


@pytest.fixture
def earning(group: Group, owner: Person, fund: Fund, desk: Desk) -> Group:
    """A group that is enrolled since Monday morning with ¥10,000 of the owner's, in a fund that paid all week."""
    pay(group, owner, 10_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 7)
    return group


def income_of(group: Group) -> list[int]:
    return list(YieldDay.objects.filter(group=group).order_by("date").values_list("income", flat=True))


def test_the_first_income_is_credited_on_the_day_that_the_calendar_says(earning: Group, fund: Fund) -> None:
    for day in (MON, TUE, WED, THU):
        run(fund, day)
    # In on Monday before 15:00: confirmed on Tuesday, credited on Wednesday.
    assert income_of(earning) == [0, 123, 123, 123]
    assert balance_of(earning) == 10_000_00 + 3 * 123
    first = Entry.objects.filter(wallet=earning.pk, kind="yield").earliest("sequence")
    assert (first.reference, first.posted_at) == ("yield:2026-11-03", at(WED, "02:00"))


def test_credited_income_is_money_in_like_any_other(earning: Group, fund: Fund, desk: Desk) -> None:
    for day in days_from(MON, 7):
        run(fund, day)
    bases = list(YieldDay.objects.filter(group=earning).order_by("date").values_list("base", flat=True))
    # Wednesday's credit (02:00) is confirmed on Thursday; Friday's, Saturday's and Sunday's wait for Monday and on.
    assert bases == [0, 1_000_000, 1_000_000, 1_000_123, 1_000_246, 1_000_246, 1_000_246]


@pytest.mark.parametrize(
    ("base", "rate", "income"),
    [
        (20383, "1.1203", 2),
        (5088, "1.2920", 0),
        (14410, "1.1133", 1),
        (103931, "1.4962", 15),
        (626785, "1.4962", 93),
        (1005615, "1.1206", 112),
        (550465, "1.0997", 60),
        (3040110, "1.2889", 391),
        (21886041, "1.4962", 3274),
    ],
)
def test_a_day_pays_what_real_accounts_were_paid(
    group: Group, owner: Person, fund: Fund, desk: Desk, base: int, rate: str, income: int
) -> None:
    pay(group, owner, base, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish(fund, MON)
    desk.publish(fund, TUE, Decimal(rate))
    run(fund, MON)
    finished = run(fund, TUE)
    assert (finished.state, finished.base, finished.income) == ("finished", base, income)
    assert balance_of(group) == base + income
    earned = YieldDay.objects.get(group=group, date=TUE)
    assert earned.income + earned.cut_off == base * Decimal(rate) / 10_000
    assert (earned.entry is None) == (income == 0)


def test_an_income_of_nothing_is_a_day_and_moves_nothing(group: Group, owner: Person, fund: Fund, desk: Desk) -> None:
    pay(group, owner, 5_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 2)
    before = sequence_of(group)
    run(fund, MON)
    assert run(fund, TUE).state == "finished"
    assert sequence_of(group) == before
    assert YieldDay.objects.get(group=group, date=TUE).cut_off == Decimal("0.06172500")


def test_the_second_run_of_a_day_does_nothing(earning: Group, fund: Fund) -> None:
    run(fund, MON)
    first = run(fund, TUE)
    state = (balance_of(earning), sequence_of(earning), YieldDay.objects.count())
    again = run_day(fund=fund, day=TUE, now=at(SAT))
    assert (again.pk, again.state, again.checked_at) == (first.pk, "finished", first.checked_at)
    assert (balance_of(earning), sequence_of(earning), YieldDay.objects.count()) == state


def test_the_books_refuse_a_second_credit_even_when_the_run_forgets(earning: Group, fund: Fund) -> None:
    run(fund, MON)
    run(fund, TUE)
    with without_triggers("yields_yieldday"):
        YieldDay.objects.filter(date=TUE).delete()
    balance = balance_of(earning)
    assert run_day(fund=fund, day=TUE, now=at(WED, "02:00")).state == "finished"
    assert balance_of(earning) == balance


def test_the_members_share_by_their_bases(group: Group, owner: Person, member: Person, fund: Fund, desk: Desk) -> None:
    move(group.pk, {owner.id: 7_000_00, member.id: 2_000_00}, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    pay(group, member, 5_000_00, at(MON, "16:00"))
    desk.publish_days(fund, MON, 2)
    run(fund, MON)
    before = sequence_of(group)
    run(fund, TUE)
    # 9,000.00 earn ¥1.11105: 111 fen, by 7 : 2. The 5,000.00 of after 15:00 earn nothing yet.
    assert stakes_of(group) == {"张伟": 7_000_86, "王芳": 7_000_25, "李梅": 0}
    assert kinds_since(group, before) == ["yield_credited"]
    told = Event.objects.get(wallet=group.pk, kind="yield_credited").data
    assert told["shares"] == {str(owner.id): 86, str(member.id): 25}
    assert (told["base"], told["amount"], told["date"], told["balance"]) == (9_000_00, 111, "2026-11-03", 14_001_11)


def test_where_no_member_has_a_base_they_share_by_their_stakes(
    group: Group, owner: Person, member: Person, fund: Fund, desk: Desk
) -> None:
    pay(group, owner, 9_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    move(group.pk, {owner.id: -9_000_00, member.id: 9_000_00}, at(TUE, "11:00"))
    desk.publish_days(fund, MON, 2)
    run(fund, MON)
    run(fund, TUE)
    assert stakes_of(group) == {"张伟": 0, "王芳": 9_001_11, "李梅": 0}


def test_who_left_after_the_day_gets_what_their_money_earned_on_it(
    world: World, group: Group, owner: Person, member: Person, fund: Fund, desk: Desk
) -> None:
    move(group.pk, {owner.id: 7_000_00, member.id: 2_000_00}, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 2)
    run(fund, MON)
    leave_group(actor=member.user, group_id=group.pk, now=at(WED, "01:00"))
    run(fund, TUE)
    assert stakes_of(group) == {"张伟": 7_000_86, "王芳": 25, "李梅": 0}


def test_what_is_posted_after_the_day_does_not_count(earning: Group, owner: Person, fund: Fund) -> None:
    run(fund, MON)
    pay(earning, owner, -9_999_00, at(WED, "00:00"))
    assert run(fund, TUE).income == 123


def test_a_day_is_not_run_before_it_is_over(earning: Group, fund: Fund) -> None:
    with pytest.raises(DayNotOver):
        run_day(fund=fund, day=MON, now=at(MON, "23:59:59.999999"))
    assert run_day(fund=fund, day=MON, now=at(TUE, "00:00")).state == "finished"


def test_days_go_in_order(earning: Group, fund: Fund) -> None:
    with pytest.raises(DayOutOfOrder) as refused:
        run(fund, TUE)
    assert refused.value.data == {"date": "2026-11-03", "missing": "2026-11-02"}
    run(fund, MON)
    with pytest.raises(DayOutOfOrder):
        run(fund, WED)
    assert YieldRun.objects.count() == 1
    assert run(fund, TUE).state == "finished"


def test_nobody_enrolled_the_day_before_is_no_gap(earning: Group, owner: Person, fund: Fund, desk: Desk) -> None:
    """Days on which nobody was in the fund need no run: somebody may come back later."""
    run(fund, MON)
    end_enrollment(actor=owner.user, group_id=earning.pk, now=at(TUE, "12:00"))
    switch_on(earning, owner, fund, at(THU, "09:00"))
    assert run(fund, THU).state == "finished"


def test_missed_days_are_caught_up_in_order(earning: Group, owner: Person, fund: Fund) -> None:
    caught_up = run_due(now=at(SUN, "03:00"))
    assert [(each.date, each.state) for each in caught_up] == [(day, "finished") for day in days_from(MON, 6)]
    assert income_of(earning) == [0] + [123] * 5
    posted = Entry.objects.filter(wallet=earning.pk, kind="yield").order_by("sequence").values_list("reference")
    assert [reference for (reference,) in posted] == [f"yield:{day}" for day in days_from(TUE, 5)]
    assert run_due(now=at(SUN, "03:15")) == []


def test_midnight_has_to_pass_first(earning: Group, fund: Fund) -> None:
    """What began before midnight may be committed after it; the run would not have seen it."""
    run(fund, MON)
    assert run_due(now=at(WED, "00:04:59")) == []
    assert [each.date for each in run_due(now=at(WED, "00:05"))] == [TUE]


def test_a_day_past_the_loaded_calendar_waits(group: Group, owner: Person, fund: Fund, desk: Desk) -> None:
    last, first = date(2026, 12, 31), date(2027, 1, 1)
    switch_on(group, owner, fund, at(last))
    desk.publish_days(fund, last, 2)
    assert run(fund, last).state == "finished"
    assert run_due(now=at(date(2027, 1, 3))) == []
    assert YieldRun.objects.get(date=first).note == "calendar_missing"


def test_what_is_due_is_cheap_when_nothing_is(earning: Group, fund: Fund, django_assert_max_num_queries: Any) -> None:
    run_due(now=at(SUN, "03:00"))
    with django_assert_max_num_queries(6):
        assert run_due(now=at(SUN, "03:15")) == []


def test_a_rate_that_comes_late_is_waited_for(earning: Group, fund: Fund, desk: Desk) -> None:
    run_due(now=at(MON + timedelta(days=7), "03:00"))
    next_monday = MON + timedelta(days=7)
    assert run_due(now=at(next_monday + timedelta(days=1), "03:00")) == []
    assert not YieldRun.objects.filter(date=next_monday).exists()
    # A day and a half after its end it is missing, and somebody must look.
    assert run_due(now=at(next_monday + timedelta(days=2), "13:00")) == []
    waiting = YieldRun.objects.get(date=next_monday)
    assert (waiting.state, waiting.note) == ("waiting", "rate_missing")
    desk.publish_days(fund, next_monday, 2)
    caught_up = run_due(now=at(next_monday + timedelta(days=2), "14:00"))
    assert [(each.date, each.state) for each in caught_up] == [
        (next_monday, "finished"),
        (next_monday + timedelta(days=1), "finished"),
    ]


def test_a_rate_that_is_only_entered_pays_nothing(group: Group, owner: Person, fund: Fund, desk: Desk) -> None:
    switch_on(group, owner, fund, at(MON, "10:00"))
    FundDay.objects.create(
        fund=fund, date=MON, yield_per_10k=RATE, annualized_7d=Decimal(4), entered_by=desk.clerk, entered_at=at(TUE)
    )
    with pytest.raises(RateMissing):
        run(fund, MON)


def test_a_negative_rate_is_never_posted_and_stops_the_days_after_it(
    group: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    pay(group, owner, 9_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    for day, rate in ((MON, RATE), (TUE, Decimal("-0.3000")), (WED, RATE)):
        desk.publish(fund, day, rate)
    run(fund, MON)
    with pytest.raises(RateNegative):
        run(fund, TUE)
    assert run_due(now=at(FRI)) == []
    with pytest.raises(DayOutOfOrder):
        run(fund, WED)
    assert balance_of(group) == 9_000_00
    assert YieldRun.objects.get(date=TUE).note == "rate_negative"


@pytest.fixture
def three(world: World, owner: Person, fund: Fund, desk: Desk, settings: Any) -> list[Group]:
    """Three groups that earn, each a chunk of its own."""
    settings.YIELD_CHUNK_WALLETS = 1
    groups = [found(owner, now=at(MON, "08:00"), name=f"家{n}") for n in range(3)]
    for each in groups:
        pay(each, owner, 10_000_00, at(MON, "09:00"))
        switch_on(each, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON, 3)
    run(fund, MON)
    return sorted(groups, key=lambda group: group.pk)


def fail_for(monkeypatch: pytest.MonkeyPatch, group: Group, error: BaseException) -> None:
    credit = credits._credit

    def credit_or_fail(paying: credits.Paying, **values: Any) -> credits.Credited:
        done = credit(paying, **values)
        if done.last == group.pk and done.days:
            raise error
        return done

    monkeypatch.setattr(credits, "_credit", credit_or_fail)


def test_a_run_that_is_killed_is_completed_by_the_next(
    three: list[Group], fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_for(patch, three[1], KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            run(fund, TUE)
    assert [balance_of(each) for each in three] == [10_001_23, 10_000_00, 10_000_00]
    assert YieldRun.objects.get(date=TUE).state == "running"
    finished = run(fund, TUE, "03:00")
    assert (finished.state, finished.enrolled, finished.income) == ("finished", 3, 3 * 123)
    assert [balance_of(each) for each in three] == [10_001_23] * 3


def test_a_wallet_that_fails_stops_nobody_else_and_the_run_says_so(
    three: list[Group], fund: Fund, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_for(patch, three[1], ValueError("broken"))
        short = run(fund, TUE)
    assert (short.state, short.note, short.done) == ("short", "1 of 3 wallets are not done", 2)
    assert [balance_of(each) for each in three] == [10_001_23, 10_000_00, 10_001_23]
    failed = YieldException.objects.get()
    assert (failed.group_id, failed.reason, failed.detail) == (three[1].pk, "ValueError", "broken")
    # The next day goes on for the others; the one that failed is held back, for its days go in order too.
    with monkeypatch.context() as patch:
        fail_for(patch, three[1], ValueError("broken"))
        assert run(fund, WED).done == 2
    assert YieldException.objects.get(date=WED).reason == "previous_day_missing"
    caught_up = run_due(now=at(THU, "03:00"))
    assert [(each.date, each.state) for each in caught_up] == [(TUE, "finished"), (WED, "finished")]
    assert [balance_of(each) for each in three] == [10_002_46] * 3
    assert not YieldException.objects.filter(resolved_at__isnull=True).exists()


def test_a_frozen_wallet_earns_and_a_closed_one_is_an_exception(three: list[Group], fund: Fund) -> None:
    Wallet.objects.filter(pk=three[0].pk).update(status=Wallet.Status.FROZEN)
    Wallet.objects.filter(pk=three[1].pk).update(status=Wallet.Status.CLOSED)
    assert run(fund, TUE).state == "short"
    assert [balance_of(each) for each in three] == [10_001_23, 10_000_00, 10_001_23]
    assert YieldException.objects.get().reason == "wallet_closed"


@pytest.mark.django_db(transaction=True)
def test_people_win_over_the_run(three: list[Group], fund: Fund) -> None:
    """A wallet that somebody holds is left for the end, and is an exception when it is held all the time."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            lock_wallet(three[1].pk)
            held.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        short = run(fund, TUE)
    finally:
        done.set()
        holder.join()
    assert (short.state, short.done) == ("short", 2)
    assert YieldException.objects.get().reason == "wallet_busy"
    assert run(fund, TUE, "03:00").state == "finished"


@pytest.mark.django_db(transaction=True)
def test_two_workers_credit_a_day_once(three: list[Group], fund: Fund) -> None:
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        run(fund, TUE)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert run(fund, TUE, "03:00").state == "finished"
    assert [balance_of(each) for each in three] == [10_001_23] * 3


@pytest.mark.plants_a_fault
@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("income = income + 1", "yield_entry"),
        ("cut_off = cut_off / 2", "yield_income"),
        ("date = date + 5", "yield_day_gap"),
    ],
)
def test_a_falsified_day_is_found(three: list[Group], fund: Fund, column: str, code: str) -> None:
    run(fund, TUE)
    assert check_books() == []
    with without_triggers("yields_yieldday"), connection.cursor() as cursor:
        cursor.execute(f"UPDATE yields_yieldday SET {column} WHERE wallet_id = %s AND date = %s", [three[0].pk, TUE])
    assert code in {finding.code for finding in check_books()}
    assert count_totals(fund, TUE, RATE).find_fault() or column.startswith("cut_off")


@pytest.mark.plants_a_fault
def test_the_independent_total_finds_a_credit_that_the_books_do_not_have(three: list[Group], fund: Fund) -> None:
    run(fund, TUE)
    assert count_totals(fund, TUE, RATE).find_fault() == ""
    assert count_totals(fund, TUE, Decimal("1.2444")).find_fault() == "income 369, computed 372, booked 369"
    with without_triggers("ledger_posting"):
        Posting.objects.filter(wallet=three[0].pk, entry__kind="yield").delete()
    assert count_totals(fund, TUE, RATE).find_fault() == "income 369, computed 369, booked 246"


@pytest.fixture
def autumn(world: World, fund: Fund) -> Group:
    """A group of 2013, before National Day, in the fund 000198."""
    start = at(date(2013, 9, 20), "08:00")
    return found(meet("周阿姨", "+8613800000099", now=start), now=start)


def test_weeks_of_published_rates_equal_a_calculation_by_hand(autumn: Group) -> None:
    """Real rates, salaries and shopping around National Day 2013: every day's income by the slow simulation."""
    fund = ensure_fund_000198()
    owner = Person(autumn.memberships.get().user, None, None)  # type: ignore[arg-type]
    first, days = date(2013, 9, 20), days_from(date(2013, 9, 20), 35)
    flows = [(at(first, "09:00"), 30_000_00)]
    pay(autumn, owner, 30_000_00, flows[0][0])
    switch_on(autumn, owner, fund, at(first, "09:30"))
    expected = []
    for day in days:
        for clock, amount in (
            ("14:59:59.999999", 70_00),
            ("15:00", -123_45),
            ("19:30", 9_999 if day.day % 3 else -45_67),
        ):
            pay(autumn, owner, amount, at(day, clock))
            flows.append((at(day, clock), amount))
        published = FundDay.objects.get(fund=fund, date=day)
        expected.append(daily_income(slow_base(flows, day, SHANGHAI), published.yield_per_10k))
        assert run(fund, day).state == "finished"
        if expected[-1]:
            flows.append((at(day + timedelta(days=1), "02:00"), expected[-1]))
    assert income_of(autumn) == expected
    assert sum(expected) > 100_00


def test_who_joins_the_group_later_shares_from_their_first_base_on(
    earning: Group, owner: Person, stranger: Person, fund: Fund
) -> None:
    run(fund, MON)
    join(earning, owner, stranger, now=at(TUE, "09:00"))
    pay(earning, stranger, 10_000_00, at(TUE, "09:30"))
    for day in (TUE, WED):
        run(fund, day)
    assert stakes_of(earning)["陈生"] == 10_000_00 + 123
    assert stakes_of(earning)["张伟"] == 10_000_00 + 123 + 123


@pytest.mark.parametrize("seed", range(12))
def test_the_database_computes_and_splits_as_the_arithmetic_does(
    world: World, owner: Person, fund: Fund, desk: Desk, seed: int
) -> None:
    """Wallets of up to six people, with equal stakes, small ones, and money that is not confirmed, in one chunk."""
    chance, groups = Random(seed), []
    people = [owner, *(meet(f"人{n}", f"+86138000010{n:02}", now=at(MON, "08:00")) for n in range(5))]
    for number in range(6):
        group = found(owner, now=at(MON, "08:00"), name=f"家{number}")
        those = people[: chance.randint(1, 6)]
        for person in those[1:]:
            join(group, owner, person, now=at(MON, "08:00"))
        some = chance.choice([1, 99, 10_000_00, 3_333_33])
        move(
            group.pk,
            {each.id: chance.choice([some, some, chance.randint(1, 9_999_99)]) for each in those},
            at(MON, "09:00"),
        )
        switch_on(group, owner, fund, at(MON, "10:00"))
        for each in those:
            if chance.random() < 0.4:
                move(
                    group.pk,
                    {each.id: chance.randint(1, 5_000_00)},
                    at(TUE, chance.choice(["09:00", "15:00", "22:00"])),
                )
        groups.append(group)
    rate = chance.choice([Decimal("1.2345"), Decimal("0.0001"), Decimal("6.7640")])
    desk.publish(fund, MON, rate)
    desk.publish(fund, TUE, rate)
    run(fund, MON)
    enrolled_at = {group.pk: at(MON, "10:00") for group in groups}
    bases = derive_bases(day=TUE, calendar=fund.trading_days, enrolled_at=enrolled_at)
    assert run(fund, TUE).state == "finished"
    for group in groups:
        day = YieldDay.objects.get(group=group, date=TUE)
        income = daily_income(bases[group.pk].wallet.base, rate)
        assert (day.base, day.income) == (bases[group.pk].wallet.base, income)
        assert day.income + day.cut_off == Decimal(day.base) * rate / 10_000
        stakes = Posting.objects.filter(entry=day.entry, amount__gt=0)
        expected = split(income, bases[group.pk].weights()) if income else {}
        assert dict(stakes.values_list("account", "amount")) == {key: part for key, part in expected.items() if part}
