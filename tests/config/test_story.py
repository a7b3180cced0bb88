"""The family's story: the same numbers every time, nothing the second time; a killed replay ends like a whole one."""

from datetime import UTC, date, datetime
from typing import NoReturn

import pytest

from groups.exits.services import pay_out_former_members
from groups.members.models import Group
from groups.members.selectors import stakes_by_holder
from wallet.config.story import family
from wallet.config.story.player import Player, Story
from wallet.config.story.statement import write_statement
from wallet.identity.selectors import find_user_by_phone
from wallet.ledger.models import Entry
from yields.services import ensure_fund_000198

FIRST, LAST = date(2013, 7, 1), date(2013, 7, 31)
LAST_CREDIT_FEN = 1_84
PRESENT = datetime(2026, 11, 2, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def tell(last: date = LAST) -> Story:
    return Story(fund=ensure_fund_000198(), first=FIRST, last=last, group_name="回放")


def play(story: Story) -> int:
    return Player(story, present=PRESENT).play(lambda day: None)


def state_of(story: Story) -> dict[str, int]:
    """Say what everybody has in the end, and how many events led there."""
    stakes = stakes_by_holder(story.group_id)
    people = {who: find_user_by_phone(story.phone(who)) for who in family.NAMES}
    owned = {who: stakes.get(user.pk, 0) for who, user in people.items() if user is not None}
    group = Group.objects.select_related("wallet").get(pk=story.group_id)
    return owned | {"balance": group.wallet.balance, "events": group.wallet.sequence}


def test_the_same_numbers_every_time_and_nothing_the_second_time() -> None:
    story = tell()
    assert play(story) == 31
    lines = list(write_statement(Group.objects.get(pk=story.group_id), FIRST, LAST))
    assert [" ".join(line.split()) for line in lines[1:2]] == [
        "2013-07 18,086.51 2,909.13 47.68 15,225.06 7,755.67 7,469.39"
    ]
    before = state_of(story)
    assert play(story) == 0
    assert state_of(story) == before


def test_every_day_of_the_fund_credits_income() -> None:
    story = tell()
    play(story)
    credited = Entry.objects.filter(wallet=story.group_id, kind="yield").count()
    # Paid in on Monday before 15:00: confirmed on Tuesday, so the first day earns nothing.
    assert credited == 30


def test_a_killed_replay_goes_on_and_ends_like_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    story = tell()

    class Killed(BaseException):
        pass

    def die(*args: object, **kwargs: object) -> NoReturn:
        raise Killed

    with monkeypatch.context() as patch:
        calls = iter(range(1000))
        real = pay_out_former_members
        patch.setattr(
            "wallet.config.story.player.pay_out_former_members",
            lambda **kwargs: die() if next(calls) == 15 else real(**kwargs),
        )
        with pytest.raises(Killed):
            play(story)
    assert play(story) == 31 - 16
    resumed = state_of(story)
    # The end of July, as printed above, and the credit of its last day.
    assert resumed["owner"] + resumed["member"] == resumed["balance"] == 15_225_06 + LAST_CREDIT_FEN
