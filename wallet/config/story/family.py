"""What happens in the family, day by day. Pure: the same days give the same story, on every machine.

Two parents keep house together. Both salaries come in on fixed days, the household is paid for daily, something goes
back to them from a shop now and then. After three months a grandmother joins; she leaves after eleven, with what is
hers.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

SEED = 198

OWNER, FATHER, GRANDMOTHER = "owner", "member", "grandmother"
NAMES = {OWNER: "林静", FATHER: "王磊", GRANDMOTHER: "陈秀英"}

FIRST_MONEY_FEN = 5_000_00
SALARY_FEN = {10: (OWNER, 4_200_00), 15: (FATHER, 3_800_00)}
PENSION_FEN = {5: (GRANDMOTHER, 1_500_00)}
GRANDMOTHER_JOINS_AFTER = timedelta(days=92)
GRANDMOTHER_LEAVES_AFTER = timedelta(days=350)
REFUND_DAY = 20

#: subject, category, least and most (fen)
SHOPPING = (
    ("蔬菜水果", "groceries", 18_00, 96_00),
    ("超市", "groceries", 45_00, 260_00),
    ("早餐", "dining", 9_00, 32_00),
    ("地铁充值", "transport", 50_00, 100_00),
    ("药店", "health", 16_00, 88_00),
    ("水电煤", "bills", 80_00, 320_00),
    ("孩子的书", "books", 25_00, 140_00),
)


@dataclass(frozen=True, slots=True)
class Contribute:
    """Somebody pays in (fen)."""

    who: str
    amount: int


@dataclass(frozen=True, slots=True)
class Pay:
    """Somebody pays in a shop (fen)."""

    who: str
    amount: int
    subject: str
    category: str


@dataclass(frozen=True, slots=True)
class Refund:
    """A shop gives back part of what was paid for on a day before (fen)."""

    of: date
    amount: int


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody joins."""

    who: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody leaves with the own stake."""

    who: str


Step = Contribute | Pay | Refund | Join | Leave


@dataclass(frozen=True, slots=True)
class Day:
    """What happens on one day, in this order."""

    date: date
    steps: list[Step]


def tell(first: date, last: date) -> Iterator[Day]:
    """Tell the story from `first` to `last`, both included."""
    chance = random.Random(SEED)  # noqa: S311  (a story, not a secret)
    yesterday: Pay | None = None
    day = first
    while day <= last:
        paid = _shop(chance, day - first)
        steps: list[Step] = [*_comings(day, first), *_incomes(day, first), paid]
        if day.day == REFUND_DAY and yesterday is not None:
            steps.append(Refund(day - timedelta(days=1), yesterday.amount // 2))
        yield Day(day, steps)
        yesterday, day = paid, day + timedelta(days=1)


def _comings(day: date, first: date) -> list[Step]:
    if day == first:
        return [Join(OWNER), Join(FATHER), Contribute(OWNER, FIRST_MONEY_FEN), Contribute(FATHER, FIRST_MONEY_FEN)]
    if day == first + GRANDMOTHER_JOINS_AFTER:
        return [Join(GRANDMOTHER), Contribute(GRANDMOTHER, FIRST_MONEY_FEN // 2)]
    if day == first + GRANDMOTHER_LEAVES_AFTER:
        return [Leave(GRANDMOTHER)]
    return []


def _incomes(day: date, first: date) -> list[Step]:
    incomes = dict(SALARY_FEN)
    if GRANDMOTHER_JOINS_AFTER < day - first < GRANDMOTHER_LEAVES_AFTER:
        incomes |= PENSION_FEN
    return [Contribute(*incomes[day.day])] if day.day in incomes and day != first else []


def _shop(chance: random.Random, since: timedelta) -> Pay:
    subject, category, least, most = chance.choice(SHOPPING)
    who = FATHER if since.days % 3 == 1 else OWNER
    return Pay(who, chance.randrange(least, most + 1), subject, category)
