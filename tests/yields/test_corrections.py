"""A published day was wrong: two people correct it, and every wallet's credit of the day is exchanged, once."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client

from groups.exits.services import leave_group, pay_out_former_members
from groups.members.models import Group, Membership
from tests.books import BOOKS, without_triggers
from tests.books import run as ask
from tests.cast import Person, World, found, join, kinds_since, meet, money, sequence_of, stakes_of
from tests.yields.conftest import RATE, Desk, at, balance_of, days_from, move, pay, run, switch_on
from wallet.identity.errors import OperatorNotAllowed
from wallet.identity.models import User
from wallet.ledger.checks import check_books
from wallet.ledger.models import Account, Entry, Event, Wallet
from wallet.ledger.selectors import get_stake
from wallet.ledger.services import lock_wallet
from yields import base
from yields.correction_totals import count_corrected
from yields.errors import (
    CorrectionChangesNothing,
    CorrectionNeedsAnother,
    CorrectionNegative,
    CorrectionNotEntered,
    CorrectionUnderWay,
    DayNotCredited,
    RateMismatch,
    RateNegative,
    RateNotPublished,
)
from yields.models import CorrectedDay, Fund, FundDay, RateCorrection, YieldDay, YieldException, YieldRun
from yields.rates import annualized_7d
from yields.selectors import read_rates
from yields.services import (
    adjusting,
    correct_due,
    correcting,
    end_enrollment,
    enter_correction,
    enter_rate,
    publish_correction,
    publish_rate,
    run_correction,
    withdraw_correction,
)
from yields.services.corrections import list_disagreements
from yields.tasks import correct_due_days

pytestmark = pytest.mark.django_db
MON, TUE, WED, THU, FRI, SAT, SUN = days_from(date(2026, 11, 2), 7)
HIGHER, LOWER = Decimal("2.4690"), Decimal("0.6172")
NOW = at(MON + timedelta(days=7), "11:00")
PAGE = "/admin/yields/ratecorrection/"


@pytest.fixture
def earning(group: Group, owner: Person, member: Person, fund: Fund, desk: Desk) -> Group:
    """The owner has ¥7,000 and the member ¥3,000 that earn since Tuesday; the days up to Thursday are credited."""
    move(group.pk, {owner.id: 7_000_00, member.id: 3_000_00}, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON - timedelta(days=6), 10)
    for day in (MON, TUE, WED, THU):
        run(fund, day)
    return group


def enter(desk: Desk, fund: Fund, day: date, rate: Decimal, annualized: Decimal | None = None) -> RateCorrection:
    """Enter a correction, with the annualised figure that the rates in force give."""
    rates = read_rates(fund, day - timedelta(days=6), day) | {day: rate}
    week = [rates[each] for each in sorted(rates)]
    computed = annualized or (annualized_7d(week) if len(week) == 7 else Decimal("4.500"))
    figures: dict[str, Any] = {"yield_per_10k": rate, "annualized_7d": computed}
    desk.rates[fund.pk, day] = rate
    return enter_correction(actor=desk.clerk, fund=fund, day=day, reason="基金更正", now=NOW, **figures)


def correct(desk: Desk, fund: Fund, day: date, rate: Decimal, now: Any = NOW) -> RateCorrection:
    """Enter, publish and carry out a correction."""
    entered = enter(desk, fund, day, rate)
    publish_correction(actor=desk.chief, correction_id=entered.pk, now=now)
    return run_correction(correction_id=entered.pk, now=now)


def log_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


# --- what is corrected ------------------------------------------------------------------------------------------------
def test_a_days_credit_is_exchanged_on_the_same_base_and_split(earning: Group, fund: Fund, desk: Desk) -> None:
    before, sequence = stakes_of(earning), sequence_of(earning)
    finished = correct(desk, fund, TUE, HIGHER)
    assert (finished.state, finished.wallets, finished.done, finished.changed) == ("finished", 1, 1, 1)
    assert (finished.income_before, finished.income, finished.note) == (123, 246, "")
    after = stakes_of(earning)
    assert {name: after[name] - before[name] for name in after} == {"张伟": 86, "王芳": 37, "李梅": 0}
    credited, reversal = Entry.objects.filter(wallet=earning.pk, posted_at=NOW).order_by("sequence")
    assert (credited.kind, credited.reference) == ("yield", "yield:2026-11-03:1")
    assert (reversal.kind, reversal.reference) == ("yield_reversal", "yield-reversal:2026-11-03:1")
    assert reversal.reverses is not None
    assert reversal.reverses.reference == "yield:2026-11-03"
    assert kinds_since(earning, sequence) == ["yield_corrected", "yield_reversed"]
    corrected = CorrectedDay.objects.get()
    assert (corrected.base, corrected.income_before, corrected.income) == (10_000_00, 123, 246)
    assert (corrected.entry, corrected.reversal, corrected.cut_off) == (credited, reversal, Decimal("0.9"))
    # The published day and the credited day are what they were.
    assert FundDay.objects.get(date=TUE).yield_per_10k == RATE
    assert YieldDay.objects.get(date=TUE).income == 123
    told = Event.objects.get(wallet=earning.pk, kind="yield_corrected").data
    assert (told["date"], told["number"], told["yield_per_10k"], told["amount"]) == ("2026-11-03", 1, "2.4690", 246)


def test_less_is_taken_back_and_nothing_at_all_too(earning: Group, fund: Fund, desk: Desk) -> None:
    before = balance_of(earning)
    assert correct(desk, fund, TUE, LOWER).state == "finished"
    assert balance_of(earning) == before - 123 + 61
    zero = correct(desk, fund, WED, Decimal("0.0000"))
    assert (zero.state, zero.changed, zero.income) == ("finished", 1, 0)
    assert balance_of(earning) == before - 123 + 61 - 123
    assert CorrectedDay.objects.get(date=WED).entry is None
    back = correct(desk, fund, WED, RATE)
    assert (back.number, back.income_before, back.income) == (2, 0, 123)
    assert CorrectedDay.objects.get(date=WED, number=2).reversal is None
    assert balance_of(earning) == before - 123 + 61


def test_where_the_income_stays_nothing_moves(earning: Group, fund: Fund, desk: Desk) -> None:
    sequence = sequence_of(earning)
    finished = correct(desk, fund, TUE, Decimal("1.2346"))
    assert (finished.state, finished.done, finished.changed) == ("finished", 1, 0)
    assert sequence_of(earning) == sequence
    corrected = CorrectedDay.objects.get()
    assert corrected.entry == YieldDay.objects.get(date=TUE).entry
    assert (corrected.reversal, corrected.yield_per_10k) == (None, Decimal("1.2346"))
    # A day on which nothing was credited stands as it is, too.
    assert correct(desk, fund, MON, HIGHER).changed == 0


def test_a_correction_of_a_correction_takes_back_the_newest(earning: Group, fund: Fund, desk: Desk) -> None:
    before = balance_of(earning)
    correct(desk, fund, TUE, HIGHER)
    second = correct(desk, fund, TUE, LOWER)
    assert (second.number, second.income_before, second.income) == (2, 246, 61)
    third = correct(desk, fund, TUE, Decimal("0.6173"))
    assert (third.number, third.changed) == (3, 0)
    fourth = correct(desk, fund, TUE, RATE)
    assert (fourth.income_before, fourth.income) == (61, 123)
    assert balance_of(earning) == before
    reversals = Entry.objects.filter(wallet=earning.pk, kind="yield_reversal").order_by("sequence")
    assert [(each.reference, each.reverses and each.reverses.reference) for each in reversals] == [
        ("yield-reversal:2026-11-03:1", "yield:2026-11-03"),
        ("yield-reversal:2026-11-03:2", "yield:2026-11-03:1"),
        ("yield-reversal:2026-11-03:4", "yield:2026-11-03:2"),
    ]


def test_the_days_after_earn_as_before_until_the_corrected_money_is_confirmed(
    earning: Group, fund: Fund, desk: Desk
) -> None:
    """The exchange is money in of its own day, and takes nothing out of what earns already."""
    correct(desk, fund, TUE, HIGHER, now=at(FRI, "11:00"))
    desk.publish_days(fund, FRI, 4)
    for day in days_from(FRI, 4):
        run(fund, day)
    bases = dict(YieldDay.objects.filter(group=earning).values_list("date", "base"))
    assert bases[FRI] == 10_000_00 + 123 * 2
    assert bases[SUN + timedelta(days=1)] == 10_000_00 + 123 * 3 + 123


def test_a_former_members_part_follows_them_as_late_money(
    world: World, earning: Group, owner: Person, member: Person, fund: Fund, desk: Desk
) -> None:
    leave_group(actor=member.user, group_id=earning.pk, now=at(FRI))
    stake = get_stake(earning.pk, member.id)
    assert stake.balance == 0
    finished = correct(desk, fund, TUE, HIGHER)
    assert finished.state == "finished"  # an emptied stake is no hindrance to a correction upwards
    stake.refresh_from_db()
    assert stake.balance == 37
    assert pay_out_former_members(now=NOW) == 1
    stake.refresh_from_db()
    assert stake.balance == 0


def test_after_the_group_has_left_the_fund_it_is_still_corrected(
    earning: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    end_enrollment(actor=owner.user, group_id=earning.pk, now=at(FRI))
    before = balance_of(earning)
    assert correct(desk, fund, WED, HIGHER).changed == 1
    assert balance_of(earning) == before + 123


# --- who may, and what is checked -------------------------------------------------------------------------------------
def test_it_takes_two(earning: Group, fund: Fund, desk: Desk) -> None:
    entered = enter(desk, fund, TUE, HIGHER)
    with pytest.raises(CorrectionNeedsAnother):
        publish_correction(actor=desk.clerk, correction_id=entered.pk, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        RateCorrection.objects.update(state="running", published_by=desk.clerk, published_at=NOW)
    trainee = User.objects.create(username="trainee", is_staff=True)
    with pytest.raises(OperatorNotAllowed):
        publish_correction(actor=trainee, correction_id=entered.pk, now=NOW)
    with pytest.raises(OperatorNotAllowed):
        withdraw_correction(actor=trainee, correction_id=entered.pk)
    with pytest.raises(OperatorNotAllowed):
        enter(Desk(trainee, desk.chief), fund, WED, HIGHER)
    assert run_correction(correction_id=entered.pk, now=NOW).state == "entered"
    assert not CorrectedDay.objects.exists()


def test_what_is_entered_is_changed_or_withdrawn_and_what_is_published_is_not(
    earning: Group, fund: Fund, desk: Desk
) -> None:
    first, again = enter(desk, fund, TUE, HIGHER), enter(desk, fund, TUE, LOWER)
    assert (again.pk, again.number, again.yield_per_10k) == (first.pk, 1, LOWER)
    assert withdraw_correction(actor=desk.clerk, correction_id=first.pk).state == "withdrawn"
    with pytest.raises(CorrectionNotEntered):
        publish_correction(actor=desk.chief, correction_id=first.pk, now=NOW)
    second = correct(desk, fund, TUE, HIGHER)
    assert second.number == 2
    with pytest.raises(CorrectionNotEntered):
        publish_correction(actor=desk.chief, correction_id=second.pk, now=NOW)
    with pytest.raises(CorrectionNotEntered):
        withdraw_correction(actor=desk.clerk, correction_id=second.pk)
    for change in ({"yield_per_10k": LOWER}, {"reason": "x"}, {"published_at": at(SUN)}, {"number": 9}):
        with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
            RateCorrection.objects.filter(pk=second.pk).update(**change)
    with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
        first.delete()
    with pytest.raises(ProgrammingError, match="pgtrigger"), transaction.atomic():
        CorrectedDay.objects.update(income=1)


def test_the_seven_days_must_give_the_annualised_figure(earning: Group, fund: Fund, desk: Desk) -> None:
    entered = enter(desk, fund, TUE, HIGHER, annualized=Decimal("4.609"))
    with pytest.raises(RateMismatch) as refused:
        publish_correction(actor=desk.chief, correction_id=entered.pk, now=NOW)
    assert refused.value.data["entered"] == "4.609"
    enter(desk, fund, TUE, HIGHER)
    assert publish_correction(actor=desk.chief, correction_id=entered.pk, now=NOW).state == "running"


def test_corrected_rates_count_for_the_days_after(earning: Group, fund: Fund, desk: Desk) -> None:
    """Two later figures would not follow any more; they are told, corrected in their turn, and a new day is checked."""
    first = correct(desk, fund, TUE, HIGHER)
    assert [each.date for each in list_disagreements(first)] == [WED, THU]
    for day in (WED, THU):
        rates = read_rates(fund, day - timedelta(days=6), day)
        figure = annualized_7d([rates[each] for each in sorted(rates)])
        assert figure in {each.computed for each in list_disagreements(first)}
        told = correct(desk, fund, day, RATE)
        assert (told.annualized_7d, told.changed) == (figure, 0)
    assert list_disagreements(first) == []
    week = [*read_rates(fund, SAT - timedelta(days=7), THU).values(), RATE]
    figures: dict[str, Any] = {"yield_per_10k": RATE, "annualized_7d": annualized_7d(week)}
    enter_rate(actor=desk.clerk, fund=fund, day=FRI, now=NOW, **figures)
    assert publish_rate(actor=desk.chief, fund=fund, day=FRI, now=NOW).state == "published"


def test_what_there_is_nothing_to_correct_of(earning: Group, fund: Fund, desk: Desk) -> None:
    with pytest.raises(RateNotPublished):
        enter(desk, fund, FRI, HIGHER)
    with pytest.raises(CorrectionNegative):
        enter(desk, fund, TUE, Decimal("-0.1000"), Decimal("4.500"))
    with pytest.raises(CorrectionChangesNothing):
        enter(desk, fund, TUE, RATE)
    desk.publish(fund, FRI)
    with pytest.raises(DayNotCredited):
        enter(desk, fund, FRI, HIGHER)
    YieldRun.objects.create(fund=fund, date=FRI, state="waiting", started_at=NOW)
    with pytest.raises(DayNotCredited):
        enter(desk, fund, FRI, HIGHER)


def test_one_after_the_other(earning: Group, fund: Fund, desk: Desk) -> None:
    first = enter(desk, fund, TUE, HIGHER)
    publish_correction(actor=desk.chief, correction_id=first.pk, now=NOW)
    with pytest.raises(CorrectionUnderWay):
        enter(desk, fund, TUE, LOWER)
    run_correction(correction_id=first.pk, now=NOW)
    assert enter(desk, fund, TUE, LOWER).number == 2


# --- what people see --------------------------------------------------------------------------------------------------
def test_members_see_the_day_as_it_stands_and_how_it_came_about(
    world: World, earning: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    world.bank.now = at(FRI, "09:00")
    path = f"/groups/{earning.pk}/yield"
    before = owner.api.get(path).expect(200)
    plain = owner.api.get(f"{path}/days/2026-11-03").expect(200)
    assert (plain["corrections"], plain["income"]) == ([], money(123))
    correct(desk, fund, THU, LOWER)
    correct(desk, fund, TUE, LOWER)
    correct(desk, fund, TUE, HIGHER)
    glance = owner.api.get(path).expect(200)
    for name in ("total", "this_month"):
        assert glance[name] == money(before[name]["amount"] + 123 - 62)
    assert (before["yesterday"], glance["yesterday"]) == (money(123), money(61))
    assert (glance["latest"]["income"], glance["latest"]["correction"]) == (money(61), 1)
    told = owner.api.get(f"{path}/days/2026-11-03").expect(200)
    newest, older = CorrectedDay.objects.filter(date=TUE).order_by("-number")
    assert (told["income"], told["yield_per_10k"], told["agrees"]) == (money(246), "2.4690", True)
    assert (told["entry"], told["base"]) == (str(newest.entry_id), plain["base"])
    assert told["formula"].endswith("fen → 246 fen")
    assert {part["name"]: part["income"] for part in told["members"]} == {"张伟": money(172), "王芳": money(74)}
    steps = [
        (each["number"], each["yield_per_10k_before"], each["yield_per_10k"], each["income_before"], each["income"])
        for each in told["corrections"]
    ]
    assert steps == [
        (1, "1.2345", "0.6172", money(123), money(61)),
        (2, "0.6172", "2.4690", money(61), money(246)),
    ]
    assert [(each["reversal"], each["entry"]) for each in told["corrections"]] == [
        (str(each.reversal_id), str(each.entry_id)) for each in (older, newest)
    ]
    days = owner.api.get(f"{path}/days").expect(200)["data"]
    assert [(each["date"], each["income"], each["correction"]) for each in days][:3] == [
        ("2026-11-05", money(61), 1),
        ("2026-11-04", money(123), None),
        ("2026-11-03", money(246), 2),
    ]
    published = owner.api.get("/funds/T0001/days").expect(200)["data"]
    assert {each["date"]: each["yield_per_10k"] for each in published}["2026-11-03"] == "2.4690"


def test_operators_do_it_on_their_pages(world: World, earning: Group, fund: Fund, desk: Desk) -> None:
    world.bank.now = NOW
    clerk, chief = log_in(desk.clerk), log_in(desk.chief)
    rates = read_rates(fund, TUE - timedelta(days=6), TUE) | {TUE: HIGHER}
    figure = annualized_7d([rates[each] for each in sorted(rates)])
    sent = {"fund": fund.pk, "date": TUE, "yield_per_10k": HIGHER, "annualized_7d": figure, "reason": "基金更正"}
    early = clerk.post(f"{PAGE}add/", {**sent, "date": SUN}, follow=True).content.decode()
    assert "what is only entered can simply be entered again" in early
    assert clerk.post(f"{PAGE}add/", sent).status_code == 302
    entered = RateCorrection.objects.get()
    assert (entered.entered_by, entered.reason) == (desk.clerk, "基金更正")
    chosen = {"action": "publish", "_selected_action": [str(entered.pk)]}
    assert "another operator publishes it" in clerk.post(PAGE, chosen, follow=True).content.decode()
    assert "is published and is being carried out" in chief.post(PAGE, chosen, follow=True).content.decode()
    page = f"{PAGE}{entered.pk}/change/"
    assert "0 wallets done, 1 left" in chief.get(page).content.decode()
    assert "0 under way" not in chief.get("/admin/").content.decode()
    correct_due_days()
    done = chief.get(page).content.decode()
    assert "1 wallets done, 0 left" in done
    assert "2026-11-04" in done  # whose figure does not follow any more
    earned = YieldDay.objects.get(date=TUE)
    told = chief.get(f"/admin/yields/yieldday/{earned.pk}/change/").content.decode()
    assert "Corrections" in told
    assert "¥2.46" in told
    assert "it is what was credited" in told
    assert chief.post(page, {"yield_per_10k": "9"}).status_code == 403
    withdrawn = enter(desk, fund, WED, HIGHER)
    chosen = {"action": "withdraw", "_selected_action": [str(withdrawn.pk), str(entered.pk)]}
    said = clerk.post(PAGE, chosen, headers={"Accept-Language": "zh"}, follow=True).content.decode()
    assert "已撤回" in said
    assert "该更正不在等待发布" in said


def test_who_may_only_look_cannot(earning: Group, fund: Fund, desk: Desk) -> None:
    reader = User.objects.create(username="reader", is_staff=True)
    entered = enter(desk, fund, TUE, HIGHER)
    client = log_in(reader)
    assert client.get(PAGE).status_code == client.get(f"{PAGE}add/").status_code == 403
    client.post(PAGE, {"action": "publish", "_selected_action": [str(entered.pk)]})
    entered.refresh_from_db()
    assert entered.state == "entered"


# --- carried out, whatever happens ------------------------------------------------------------------------------------
@pytest.fixture
def three(world: World, fund: Fund, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Group]:
    """Three groups with ¥10,000 each that earned on Tuesday, worked through two at a time."""
    monkeypatch.setattr(correcting, "CHUNK_WALLETS", 2)
    groups = []
    for number in range(3):
        person = meet(f"户主{number}", f"+861380000020{number}", now=world.now)
        groups.append(found(person, now=world.now, name=f"家{number}"))
        pay(groups[-1], person, 10_000_00, at(MON, "09:00"))
        switch_on(groups[-1], person, fund, at(MON, "10:00"))
    desk.publish_days(fund, MON - timedelta(days=6), 8)
    for day in (MON, TUE):
        run(fund, day)
    return sorted(groups, key=lambda each: each.pk)


def published(desk: Desk, fund: Fund, rate: Decimal = HIGHER) -> RateCorrection:
    entered = enter(desk, fund, TUE, rate)
    return publish_correction(actor=desk.chief, correction_id=entered.pk, now=NOW)


def test_the_second_time_does_nothing(three: list[Group], fund: Fund, desk: Desk) -> None:
    correction = published(desk, fund)
    assert [each.state for each in correct_due(now=NOW)] == ["finished"]
    balances, sequences = [balance_of(each) for each in three], [sequence_of(each) for each in three]
    assert balances == [10_002_46] * 3
    assert correct_due(now=NOW) == []
    assert run_correction(correction_id=correction.pk, now=NOW).state == "finished"
    assert [sequence_of(each) for each in three] == sequences


def test_killed_in_the_middle_it_goes_on(
    three: list[Group], fund: Fund, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    correction = published(desk, fund)
    adjust, calls = adjusting.adjust_wallet, []

    def die(**kwargs: Any) -> CorrectedDay:
        calls.append(kwargs["wallet"].pk)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return adjust(**kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(correcting, "adjust_wallet", die)
        with pytest.raises(KeyboardInterrupt):
            run_correction(correction_id=correction.pk, now=NOW)
    assert [balance_of(each) for each in three] == [10_002_46, 10_002_46, 10_001_23]
    assert RateCorrection.objects.get().state == "running"
    assert [each.state for each in correct_due(now=NOW)] == ["finished"]
    assert [balance_of(each) for each in three] == [10_002_46] * 3


@pytest.mark.django_db(transaction=True)
def test_two_workers_exchange_a_credit_once(three: list[Group], fund: Fund, desk: Desk) -> None:
    correction = published(desk, fund)
    race(lambda: run_correction(correction_id=correction.pk, now=NOW))
    assert correct_due(now=NOW) in ([], [correction])
    assert RateCorrection.objects.get().state == "finished"
    assert [balance_of(each) for each in three] == [10_002_46] * 3


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_and_the_second_look_two_workers_are_in_each_others_way(
    three: list[Group], fund: Fund, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what keeps the story above quiet is that a wallet is looked at again under its lock.

    The references in the books still let nothing be credited twice; the second worker ends on the list of exceptions.
    """
    correction = published(desk, fund)
    started, pending = threading.Barrier(2), correcting.list_pending
    seen = list(pending(correction).select_related("fund", "entry"))

    def stale(_correction: RateCorrection) -> Any:
        return pending(_correction) | YieldDay.objects.filter(pk__in=[each.pk for each in seen])

    def work() -> None:
        chunk = correcting._next_chunk(correction, None)
        started.wait()
        for wallet_id in chunk:
            correcting._adjust_busy(correction, wallet_id, NOW)

    monkeypatch.setattr(correcting, "list_pending", stale)
    errors = race(work)
    assert errors or YieldException.objects.filter(resolved_at__isnull=True).exists()


def race(work: Any) -> list[Exception]:
    """Let two workers do the same at once; give what they fell over."""
    start, errors = threading.Barrier(2), []

    def body() -> None:
        start.wait()
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=body) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return errors


@pytest.mark.django_db(transaction=True)
def test_people_win_over_it(three: list[Group], fund: Fund, desk: Desk) -> None:
    """A wallet that somebody holds is left for the end, and is an exception when it is held all the time."""
    published(desk, fund)
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
        (short,) = correct_due(now=NOW)
    finally:
        done.set()
        holder.join()
    assert (short.state, short.done, short.note) == ("short", 2, "1 of 3 wallets are not done")
    assert YieldException.objects.get().reason == "wallet_busy"
    (finished,) = correct_due(now=NOW)
    assert (finished.state, finished.done) == ("finished", 3)
    assert not YieldException.objects.filter(resolved_at__isnull=True).exists()


def test_who_has_been_left_with_nothing_is_for_people_to_decide(three: list[Group], fund: Fund, desk: Desk) -> None:
    poor = three[1]
    person = Membership.objects.get(group=poor).user
    move(poor.pk, {person.pk: -10_001_23 + 40}, at(WED))
    published(desk, fund, LOWER)
    (short,) = correct_due(now=NOW)
    assert (short.state, short.done, short.changed) == ("short", 2, 2)
    exception = YieldException.objects.get()
    assert (exception.group, exception.reason) == (poor, "stake_not_covered")
    assert "¥0.22 more" in exception.detail
    assert [balance_of(each) for each in three] == [10_000_61, 40, 10_000_61]
    move(poor.pk, {person.pk: 1_00}, NOW)
    (finished,) = correct_due(now=NOW)
    assert (finished.state, finished.changed, balance_of(poor)) == ("finished", 3, 1_40 - 62)


def test_a_floor_below_zero_lets_no_correction_make_a_debt(
    earning: Group, member: Person, fund: Fund, desk: Desk
) -> None:
    """Members may have agreed to owe each other; what a fund got wrong is no such debt."""
    move(earning.pk, {member.id: -stakes_of(earning)["王芳"]}, at(FRI))
    with without_triggers("ledger_account"):
        Account.objects.filter(wallet=earning.pk, holder=member.user).update(floor=-100_00)
    assert correct(desk, fund, TUE, LOWER).state == "short"
    assert stakes_of(earning)["王芳"] == 0
    with without_triggers("ledger_account"):
        Account.objects.filter(wallet=earning.pk, holder=member.user).update(floor=0)


def test_a_newer_correction_takes_the_place_of_one_that_is_short(three: list[Group], fund: Fund, desk: Desk) -> None:
    poor = three[1]
    person = Membership.objects.get(group=poor).user
    move(poor.pk, {person.pk: -10_001_23}, at(WED))
    first = published(desk, fund, LOWER)
    correct_due(now=NOW)
    second = correct(desk, fund, TUE, HIGHER)
    first.refresh_from_db()
    assert (first.state, second.state) == ("replaced", "finished")
    assert [balance_of(each) for each in three] == [10_002_46, 1_23, 10_002_46]
    standing = {each.group_id: each.income_before for each in CorrectedDay.objects.filter(number=2)}
    assert standing == {three[0].pk: 61, poor.pk: 123, three[2].pk: 61}
    assert run_correction(correction_id=first.pk, now=NOW).state == "replaced"
    assert correct_due(now=NOW) == []


def test_nothing_older_comes_after_a_newer_one(three: list[Group], fund: Fund, desk: Desk) -> None:
    """A worker that has slept through a newer correction still holds the old one, of which this wallet has no row."""
    poor = three[1]
    person = Membership.objects.get(group=poor).user
    move(poor.pk, {person.pk: -10_001_23}, at(WED))
    first = published(desk, fund, LOWER)
    correct_due(now=NOW)
    correct(desk, fund, TUE, HIGHER)
    move(poor.pk, {person.pk: 10_00}, NOW)
    with transaction.atomic():
        correcting._adjust_locked(first, {poor.pk: lock_wallet(poor.pk)}, NOW)
    assert balance_of(poor) == 1_23 + 10_00
    assert CorrectedDay.objects.get(group=poor).number == 2


def test_a_wallet_that_is_credited_late_comes_under_the_correction(three: list[Group], fund: Fund, desk: Desk) -> None:
    desk.publish(fund, WED)
    Wallet.objects.filter(pk=three[1].pk).update(status=Wallet.Status.CLOSED)
    assert run(fund, WED).state == "short"
    Wallet.objects.filter(pk=three[1].pk).update(status=Wallet.Status.ACTIVE)
    short = correct(desk, fund, WED, HIGHER)
    assert (short.state, short.done, short.note) == ("short", 2, "the day itself is not finished")
    assert run(fund, WED, "03:00").state == "finished"
    (finished,) = correct_due(now=NOW)
    assert (finished.state, finished.done) == ("finished", 3)
    assert len({balance_of(each) for each in three}) == 1


def test_a_base_that_is_no_longer_what_it_was_is_for_people(
    three: list[Group], fund: Fund, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive = base.derive_bases

    def skewed(**kwargs: Any) -> Any:
        bases = derive(**kwargs)
        bases.pop(three[0].pk, None)
        other = bases.get(three[1].pk)
        if other:
            other.wallet = type(other.wallet)(balance=7)
        return bases

    published(desk, fund)
    with monkeypatch.context() as patch:
        patch.setattr(correcting, "derive_bases", skewed)
        assert correct_due(now=NOW)[0].done == 1
    assert set(YieldException.objects.values_list("reason", flat=True)) == {"KeyError", "base_differs"}
    assert correct_due(now=NOW)[0].state == "finished"


def test_a_closed_wallet_is_for_people(three: list[Group], fund: Fund, desk: Desk) -> None:
    Wallet.objects.filter(pk=three[2].pk).update(status=Wallet.Status.CLOSED)
    published(desk, fund)
    assert correct_due(now=NOW)[0].state == "short"
    assert YieldException.objects.get().reason == "wallet_closed"


def test_one_that_fails_keeps_no_other_from_going_on(
    three: list[Group], fund: Fund, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(desk, fund)
    monkeypatch.setattr(correcting, "_close", lambda *_: 1 / 0)
    assert correct_due(now=NOW) == []


def test_by_command(three: list[Group], fund: Fund, desk: Desk, capsys: Any) -> None:
    Wallet.objects.filter(pk=three[2].pk).update(status=Wallet.Status.CLOSED)
    published(desk, fund)
    with pytest.raises(CommandError, match="1 of 1 corrections are not finished"):
        call_command("correct_yield")
    Wallet.objects.filter(pk=three[2].pk).update(status=Wallet.Status.ACTIVE)
    call_command("correct_yield")
    assert "3 of 3 wallets, 3 changed; income 369 → 738 fen" in capsys.readouterr().out


# --- planted faults ---------------------------------------------------------------------------------------------------
FIRST, SECOND = ("yields_correctedday SET {} WHERE wallet_id = %s AND number = " + number for number in "12")
FAULTS = [
    (f"UPDATE {FIRST}".format("income = income + 1"), {"yield_entry", "yield_income", "yield_correction"}),
    (f"UPDATE {FIRST}".format("cut_off = cut_off / 2"), {"yield_income"}),
    (f"UPDATE {FIRST}".format("base = base + 100"), {"yield_income"}),
    (f"UPDATE {FIRST}".format("yield_per_10k = 1.9"), {"yield_income"}),
    (f"UPDATE {FIRST}".format("income_before = income_before - 1"), {"yield_correction"}),
    (f"UPDATE {FIRST}".format("number = 9"), {"yield_entry", "yield_income", "yield_correction"}),
    (f"UPDATE {SECOND}".format("reversal_id = entry_id"), {"yield_correction"}),
    (f"UPDATE {SECOND}".format("entry_id = reversal_id"), {"yield_entry"}),
    ("DELETE FROM yields_correctedday WHERE wallet_id = %s AND number = 2", {"yield_entry", "yield_correction"}),
    (
        "UPDATE ledger_entry SET reverses_id = NULL WHERE wallet_id = %s AND reference = 'yield-reversal:2026-11-03:2'",
        {"yield_correction", "chain_broken"},
    ),
]


@pytest.mark.plants_a_fault
@pytest.mark.parametrize(("statement", "codes"), FAULTS)
def test_a_falsified_correction_is_found(
    three: list[Group], fund: Fund, desk: Desk, statement: str, codes: set[str]
) -> None:
    correct(desk, fund, TUE, HIGHER)
    correct(desk, fund, TUE, LOWER)
    assert check_books() == []
    with without_triggers("yields_correctedday", *BOOKS):
        ask(statement, three[0].pk)
    assert {finding.code for finding in check_books()} == codes


@pytest.mark.plants_a_fault
def test_the_independent_total_finds_what_the_books_do_not_have(three: list[Group], fund: Fund, desk: Desk) -> None:
    correction = correct(desk, fund, TUE, HIGHER)
    assert count_corrected(correction).find_fault() == ""
    correction.yield_per_10k = Decimal("2.4790")
    assert count_corrected(correction).find_fault() == "income 738, computed 741"
    correction.yield_per_10k = HIGHER
    with without_triggers():
        ask("DELETE FROM ledger_posting WHERE entry_id = (SELECT id FROM ledger_entry WHERE wallet_id = %s"
            " AND reference = 'yield:2026-11-03:1')", three[0].pk)  # fmt: skip
    assert count_corrected(correction).find_fault() == "changed by 369, booked 123"


def test_a_join_of_its_own_for_who_came_later(
    earning: Group, owner: Person, stranger: Person, fund: Fund, desk: Desk
) -> None:
    """Who joined after the day gets nothing of its correction."""
    join(earning, owner, stranger, now=at(FRI))
    pay(earning, stranger, 50_000_00, at(FRI))
    correct(desk, fund, TUE, HIGHER)
    assert stakes_of(earning)["陈生"] == 50_000_00


def test_a_negative_day_waits_until_two_operators_have_decided(
    group: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    """A loss is never taken from people; what is credited in its place is a correction like any other, made before."""
    pay(group, owner, 10_000_00, at(MON, "09:00"))
    switch_on(group, owner, fund, at(MON, "10:00"))
    for day, rate in ((MON, RATE), (TUE, Decimal("-0.3000")), (WED, RATE)):
        desk.publish(fund, day, rate)
    run(fund, MON)
    with pytest.raises(RateNegative):
        run(fund, TUE)
    decided = enter_correction(
        actor=desk.clerk,
        fund=fund,
        day=TUE,
        yield_per_10k=Decimal("0.0000"),
        annualized_7d=Decimal("4.500"),
        reason="亏损由管理人承担，当日按零计",
        now=at(WED, "09:00"),
    )
    with pytest.raises(RateNegative):
        run(fund, TUE)
    publish_correction(actor=desk.chief, correction_id=decided.pk, now=at(WED, "09:30"))
    assert run(fund, TUE, "10:00").state == "finished"
    assert run(fund, WED).state == "finished"
    assert balance_of(group) == 10_000_00 + 123
    assert [each.state for each in correct_due(now=NOW)] == ["finished"]
    assert read_rates(fund, TUE, TUE) == {TUE: Decimal(0)}
    assert check_books() == []
