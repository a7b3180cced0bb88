"""The order in one statement, against the slow and obvious: one event after the other, wallet by wallet."""

import itertools
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.members.models import Group
from tests.cast import Person, found
from tests.yields.conftest import at, pay, switch_on
from tests.yields.test_base import CLOCKS, STARTS
from wallet.ledger.models import Account
from wallet.ledger.selectors import get_stake, system_account
from wallet.ledger.services import EventDraft, Line, lock_wallet, post_entry
from yields.base import derive_bases
from yields.calendar import SHANGHAI_TIME, confirmation, day_end, unconfirmed_since
from yields.fundside.checks import count_from_holdings
from yields.fundside.flows import count_leaving, count_parts
from yields.fundside.trading import window_of
from yields.models import Enrollment, Fund
from yields.selectors import enrolled_at_end_of, find_enrollment
from yields.services import end_enrollment

pytestmark = pytest.mark.django_db
DAYS = 14
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Act:
    """Something that happens to a wallet: money (fen), income (fen), or its fund (a code, or none)."""

    at: datetime
    wallet: int
    money: int = 0
    income: int = 0
    fund: str | None = ""


@st.composite
def histories(draw: st.DrawFn) -> tuple[date, list[Act]]:
    start = draw(st.sampled_from(STARTS))
    clocks = st.sampled_from(CLOCKS) | st.times()
    moments = draw(st.lists(st.tuples(st.integers(0, DAYS - 1), clocks), min_size=2, max_size=18).map(sorted))
    balances, acts = [0, 0], []
    for offset, clock in moments:
        moment = datetime.combine(start + timedelta(days=offset), clock, SHANGHAI_TIME)
        wallet = draw(st.integers(0, 1))
        what = draw(st.sampled_from(["money", "money", "income", "A", "A", "B", None]))
        if what == "money":
            change = draw(st.integers(-balances[wallet], 900_00))
            balances[wallet] += change
            acts.append(Act(moment, wallet, money=change))
        elif what == "income":
            income = draw(st.integers(1, 9_00))
            balances[wallet] += income
            acts.append(Act(moment, wallet, income=income))
        else:
            acts.append(Act(moment, wallet, fund=what))
    # A moment belongs to what follows it: who switches at it has done so when money of that moment flows.
    return start, sorted(acts, key=lambda act: (act.at, act.fund == ""))


def walk(acts: list[Act], fund: Fund) -> dict[date, int]:
    """Order by trade date what each act changes of the shares that a wallet has in the fund."""
    orders: dict[date, int] = defaultdict(int)
    balance, place, last = [0, 0], ["", ""], ["", ""]
    for act in acts:
        w, ordered = act.wallet, 0
        if act.fund != "":
            before, after = place[w], act.fund or ""
            if after == before:
                continue
            ordered = balance[w] * ((after == fund.pk) - (before == fund.pk))
            place[w], last[w] = after, after or last[w]
        else:
            if place[w] == fund.pk:
                ordered = act.money  # its income is reinvested by the fund
            elif last[w] == fund.pk:
                ordered = -act.income  # stayed behind as shares
            balance[w] += act.money + act.income
        orders[confirmation(act.at, fund.trading_days).trade_date] += ordered
    return orders


def play(acts: list[Act], groups: list[Group], owner: Person, funds: dict[str, Fund]) -> None:
    for act in acts:
        group = groups[act.wallet]
        if act.money:
            pay(group, owner, act.money, act.at)
        elif act.income:
            correct(group.pk, owner.id, act.income, act.at)
        elif act.fund != "":
            here = find_enrollment(group.pk)
            if here is not None and here.fund_id != act.fund:
                end_enrollment(actor=owner.user, group_id=group.pk, now=act.at)
            if act.fund and (here is None or here.fund_id != act.fund):
                switch_on(group, owner, funds[act.fund], act.at)


def correct(wallet_id: uuid.UUID, holder: uuid.UUID, income: int, moment: datetime) -> None:
    """Let income come in that belongs to no day."""
    with transaction.atomic():
        wallet = lock_wallet(wallet_id)
        lines = [
            Line(get_stake(wallet_id, holder).pk, income),
            Line(system_account(wallet, Account.Kind.FUND).pk, -income),
        ]
        event = EventDraft("contribution_settled", {"contribution": "", "user": "", "source": "", "amount": 1})
        post_entry(
            wallet=wallet, kind="moved", reference=f"corrected:{next(_numbers)}", lines=lines, event=event, now=moment
        )


@pytest.fixture
def funds(db: None) -> dict[str, Fund]:
    return {code: Fund.objects.create(code=code, name=code, calendar="shanghai") for code in ("A", "B")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_the_order_equals_the_walk_and_the_holdings(
    owner: Person, funds: dict[str, Fund], settings: object, told: tuple[date, list[Act]]
) -> None:
    settings.GROUPS_PER_USER_MAX = 10_000  # type: ignore[attr-defined]
    start, acts = told
    with transaction.atomic():
        groups = [found(owner, now=at(start - timedelta(days=30))) for _ in range(2)]
        play(acts, groups, owner, funds)
        for fund in funds.values():
            walked, day = walk(acts, fund), fund.trading_days.previous_trading_day(start)
            while day < start + timedelta(days=DAYS + 12):
                window = window_of(fund, day)
                ordered = count_parts(fund, window.since, window.until).amount
                assert ordered == walked.pop(day, 0), (fund.pk, day)
                assert ordered == count_from_holdings(fund, window), (fund.pk, day)
                day = fund.trading_days.next_trading_day(day)
            assert walked == {}
            assert_bases_and_leaving_are_what_was_held(fund, start)
        transaction.set_rollback(True)


def assert_bases_and_leaving_are_what_was_held(fund: Fund, start: date) -> None:
    """What earns on a day, and what has left of it since the cut, are what the enrolled wallets held at the cut."""
    for offset in range(DAYS + 4):
        day = start + timedelta(days=offset)
        since = unconfirmed_since(day, fund.trading_days)
        enrolled_at = dict(enrolled_at_end_of(fund, day).values_list("group", "enrolled_at"))
        derived = derive_bases(day=day, calendar=fund.trading_days, enrolled_at=enrolled_at)
        bases = sum(each.wallet.base for each in derived.values())
        assert bases + count_leaving(fund, since, day_end(day)) == held_at(fund, since)


def held_at(fund: Fund, cut: datetime) -> int:
    held = 0
    for each in Enrollment.objects.filter(fund=fund, enrolled_at__lt=cut):
        if each.ended_at is None or each.ended_at >= cut:
            held += sum(
                posting.amount
                for posting in each.group.wallet.postings.filter(account__kind="STAKE", entry__posted_at__lt=cut)
            )
    return held
