"""What is held is in no stake, so it earns nothing; back, it counts as money that came in on that day."""

from datetime import date, timedelta

import pytest

from groups.disputes.models import LegalHold
from groups.disputes.services import approve_legal_hold, end_legal_holds
from groups.members.models import Group
from tests.cast import Person, World, pay_in, yuan
from tests.disputes.conftest import ask
from wallet.identity.models import User
from yields.explanation import explain_day
from yields.models import YieldDay
from yields.services import enroll, run_due
from yields.services.funds import ensure_demo_fund


@pytest.fixture
def earning(world: World, group: Group, owner: Person, member: Person) -> Group:
    """张伟's 3,000.00 and 王芳's 1,000.00 earn since ten days."""
    pay_in(world, owner, group, yuan(3_000))
    pay_in(world, member, group, yuan(1_000))
    fund = ensure_demo_fund(world.now.date() - timedelta(days=20))
    enroll(
        actor=owner.user,
        group_id=group.pk,
        fund=fund,
        agreement_version="2026-11",
        questionnaire={"risk_level": "R1", "accepted": True},
        now=world.now,
    )
    sleep(world, 10)
    return group


def sleep(world: World, nights: int) -> None:
    for _ in range(nights):
        world.wait(timedelta(days=1).total_seconds())
        run_due(now=world.now)


def bases(group: Group, day: date) -> dict[str, int]:
    """What of whom earned on a day, in hundreds of yuan: what was earned before is less than that."""
    told = explain_day(YieldDay.objects.get(group=group, date=day))
    assert told.agrees
    return {part.name: part.standing.base // 100_00 for part in told.members}


def last_day(group: Group) -> date:
    return YieldDay.objects.filter(group=group).order_by("-date")[0].date


def test_what_is_held_earns_nothing(world: World, earning: Group, member: Person, clerk: User, chief: User) -> None:
    assert bases(earning, last_day(earning)) == {"张伟": 30, "王芳": 10}
    hold: LegalHold = ask(world, clerk, earning, member, yuan(400), world.now + timedelta(days=5))
    approve_legal_hold(operator=chief, group_id=earning.pk, hold_id=hold.pk, now=world.now)
    sleep(world, 4)
    assert bases(earning, last_day(earning)) == {"张伟": 30, "王芳": 6}
    sleep(world, 1)
    back_on = world.now.date()
    assert end_legal_holds(now=world.now) == 1
    sleep(world, 7)
    assert bases(earning, back_on)["王芳"] == 6, "what came in today is not confirmed"
    assert bases(earning, last_day(earning)) == {"张伟": 30, "王芳": 10}
