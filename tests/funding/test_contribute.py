"""Money in: what becomes of it is the bank's to say, later; the stake grows once, when it has settled.

Each test card of the sandbox bank is one story: what the bank says at once, how it ends, and what the group is told.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from groups.funding.models import Contribution
from groups.funding.services import contribute
from groups.members.models import Group
from tests.cast import (
    Answer,
    Person,
    World,
    balance_of,
    kinds_since,
    link,
    money,
    pay_in,
    sequence_of,
    stakes_of,
    yuan,
)
from wallet.ledger.models import Account, Entry, Event
from wallet.ledger.selectors import balance_as_of, system_account
from wallet.rails.models import RailNotice, Transfer

ASKED = ["contribution_requested", "transfer_submitted"]
AMOUNT = yuan(120)


@dataclass(frozen=True)
class Story:
    """A card, how a contribution from it ends, when at the latest (seconds), and what is told meanwhile."""

    card: str
    status: str
    within: float
    kinds: list[str]
    failure_code: str = ""
    notices: tuple[int, ...] = ()


STORIES = [
    Story("settles", "settled", 3, [*ASKED, "contribution_settled"], notices=(204,)),
    Story("refused", "failed", 0, [*ASKED, "contribution_failed"], "card_refused"),
    Story("insufficient", "failed", 3, [*ASKED, "contribution_failed"], "insufficient_funds", (204,)),
    Story("late", "settled", 41, [*ASKED, "contribution_settled"], notices=(204,)),
    Story("late_failed", "failed", 41, [*ASKED, "contribution_failed"], "card_blocked", (204,)),
    Story("unknown_settled", "settled", 11, [*ASKED, "transfer_unknown", "contribution_settled"]),
    Story("unknown_failed", "failed", 11, [*ASKED, "transfer_unknown", "contribution_failed"], "card_blocked"),
    Story("lost", "settled", 13, [*ASKED, "transfer_unknown", "contribution_settled"], notices=(204,)),
    Story("notice_twice", "settled", 5, [*ASKED, "contribution_settled"], notices=(204,) * 5),
    Story("forged_notice", "settled", 5, [*ASKED, "contribution_settled"], notices=(401, 204)),
    Story("stale_notice", "settled", 5, [*ASKED, "contribution_settled"], notices=(401, 204)),
    Story("late_success", "settled", 65, [*ASKED, "contribution_failed", "contribution_settled"], notices=(204, 204)),
]


def ask(person: Person, group: Group, card: str, amount: int, world: World, **more: Any) -> Answer:
    """Link the card and ask for the amount over HTTP."""
    source = link(person, card, now=world.now)
    body = {"source": str(source.pk), "amount": money(amount)}
    return person.api.post(f"/groups/{group.pk}/contributions", body, **more)


def test_every_card_has_its_story() -> None:
    from wallet.rails.sandbox.cards import CARDS

    assert [story.card for story in STORIES] == [card.name for card in CARDS]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.card)
def test_the_story_of_a_card(world: World, group: Group, member: Person, story: Story) -> None:
    before = sequence_of(group)
    asked = ask(member, group, story.card, AMOUNT, world).expect(201)
    assert asked["status"] == "requested"
    assert "6225" not in asked["source"]
    assert stakes_of(group)["王芳"] == 0, "what is under way is not here yet"
    world.wait(story.within)

    contribution = member.api.get(f"/groups/{group.pk}/contributions/{asked['id']}").expect(200)
    assert (contribution["status"], contribution["failure_code"]) == (story.status, story.failure_code)
    assert kinds_since(group, before) == story.kinds
    assert tuple(world.taken) == story.notices
    _check_books(group, AMOUNT if story.status == "settled" else 0)

    # Whatever the bank still says, and however long it takes, happens to nothing any more.
    world.wait(3600)
    assert kinds_since(group, before) == story.kinds
    _check_books(group, AMOUNT if story.status == "settled" else 0)


def _check_books(group: Group, arrived: int) -> None:
    assert stakes_of(group) == {"张伟": 0, "王芳": arrived, "李梅": 0}
    assert balance_of(group) == arrived
    rail = system_account(group.wallet, Account.Kind.RAIL)
    assert balance_as_of(rail, group.created_at.replace(year=2100)) == -arrived
    assert Entry.objects.filter(wallet=group.pk).count() == (1 if arrived else 0)


def test_the_bank_agrees_to_the_fen(world: World, group: Group, member: Person, settings: Any) -> None:
    settings.SOURCES_PER_USER_MAX = 20
    for story in STORIES:
        ask(member, group, story.card, AMOUNT, world).expect(201)
    world.wait(70)
    totals = world.bank.book.get_totals()
    arrived = AMOUNT * sum(story.status == "settled" for story in STORIES)
    assert balance_of(group) == arrived
    assert (totals.opening - totals.balance, totals.collected, totals.paid_out) == (arrived, arrived, 0)


def test_the_event_says_what_the_books_say(world: World, group: Group, member: Person) -> None:
    contribution = pay_in(world, member, group, yuan(88.88))
    event = Event.objects.filter(wallet=group.pk, kind="contribution_settled").get()
    assert event.data["contribution"] == str(contribution.pk)
    assert event.data["amount"] == event.data["balance"] == yuan(88.88)
    assert event.data["stakes"] == {str(member.id): yuan(88.88)}
    entry = Entry.objects.get(pk=event.data["entry"])
    assert (entry.sequence, entry.reference) == (event.sequence, f"contribution:{contribution.pk}")


def test_the_same_notice_is_heard_once(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(10))
    heard = world.bank.heard[-1]
    before = sequence_of(group)
    assert world.take_notice(heard.body, heard.headers) == 204
    assert sequence_of(group) == before
    assert RailNotice.objects.count() == 1


def test_a_forged_notice_changes_nothing(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(10))
    heard = world.bank.heard[-1]
    changed = heard.body.replace(b'"amount": 1000', b'"amount": 9000')
    assert changed != heard.body
    before = sequence_of(group)
    assert world.take_notice(changed, heard.headers) == 401
    assert world.take_notice(heard.body, {}) == 401
    world.bank.now = world.bank.now.replace(year=2027)
    assert world.take_notice(heard.body, heard.headers) == 401
    assert sequence_of(group) == before


def test_a_notice_that_contradicts_what_is_known(world: World, group: Group, member: Person) -> None:
    from wallet.rails.sandbox.signing import SIGNATURE_HEADER, sign_notice

    pay_in(world, member, group, yuan(10))
    before = sequence_of(group)
    told = world.bank.heard[-1].body
    for old, new, status in (
        (b'"amount": 1000', b'"amount": 9000', 409),
        (b'"settled"', b'"failed"', 409),
        (b'"out_no": "', b'"out_no": "f', 404),
        (b'"notice_id"', b'"notice"', 400),
    ):
        # Signed by the bank and in time: only what it says is wrong.
        body = told.replace(old, new).replace(b'"notice_id": "notice_', b'"notice_id": "again_')
        assert body != told
        signature = sign_notice(b"a secret of the tests", world.now, body)
        assert world.take_notice(body, {SIGNATURE_HEADER: signature}) == status, new
    assert sequence_of(group) == before


def test_a_step_that_two_workers_take(world: World, group: Group, member: Person) -> None:
    """Whoever comes second finds the step taken: the bank is asked once."""
    from wallet.rails.services import advance_transfer

    assert member.source is not None
    contribute(actor=member.user, group_id=group.pk, source_id=member.source.pk, amount=100, now=world.now)
    transfer = Transfer.objects.get()
    for _ in range(3):
        advance_transfer(wallet_id=group.pk, transfer_id=transfer.pk, now=world.now)
    transfer.refresh_from_db()
    assert transfer.attempts == 1


def test_a_bank_that_is_away(world: World, group: Group, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from wallet.rails.adapters.base import Unknown

    assert member.source is not None
    with monkeypatch.context() as patch:
        patch.setattr(type(world.bank.adapter), "submit", lambda *_: Unknown("away"))
        patch.setattr(type(world.bank.adapter), "query", lambda *_: Unknown("away"))
        contribute(actor=member.user, group_id=group.pk, source_id=member.source.pk, amount=100, now=world.now)
        world.wait(600)
        assert Transfer.objects.get().status == "unknown"
        assert stakes_of(group)["王芳"] == 0
    world.wait(3600)
    assert stakes_of(group)["王芳"] == 100
    assert kinds_since(group).count("transfer_unknown") == 1


@pytest.mark.parametrize(
    "amount",
    [0, -1, 1.5, 1e3, "100", True, None, 10**13, 10**30, [], {"amount": 1}],
    ids=str,
)
def test_an_amount_is_a_positive_integer_of_fen(world: World, group: Group, member: Person, amount: Any) -> None:
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": {"amount": amount, "currency": "CNY"}}
    member.api.post(f"/groups/{group.pk}/contributions", body).expect(400, "invalid")
    assert not Contribution.objects.exists()


@pytest.mark.parametrize("wrong", [1, "1", None, {"amount": 1}, {"amount": 1, "currency": "USD"}, []], ids=str)
def test_money_has_its_form(world: World, group: Group, member: Person, wrong: Any) -> None:
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": wrong}
    problem = member.api.post(f"/groups/{group.pk}/contributions", body).expect(400, "invalid")
    assert problem["errors"][0]["pointer"] == "/amount"


def test_an_exponent_is_refused(world: World, group: Group, member: Person) -> None:
    assert member.source is not None
    raw = b'{"source": "%s", "amount": {"amount": 1e3, "currency": "CNY"}}' % str(member.source.pk).encode()
    path = f"/groups/{group.pk}/contributions"
    member.api.call("POST", path, raw, headers={"Idempotency-Key": "k" * 16}).expect(400, "invalid")


def test_somebody_elses_card(world: World, group: Group, member: Person, owner: Person) -> None:
    assert owner.source is not None
    body = {"source": str(owner.source.pk), "amount": money(100)}
    member.api.post(f"/groups/{group.pk}/contributions", body).expect(404, "source_not_found")
    assert not Contribution.objects.exists()
