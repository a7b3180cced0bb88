"""Sharing a payment anew, by agreement of those concerned: balances after every step, and what is refused.

Three of a family have 100.00 each. 王芳 pays 90.00, borne by all three alike.
"""

import uuid
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groups.exits.services import leave_group
from groups.members.models import Group
from groups.members.services import accept_invitation, invite
from groups.proposals.models import Proposal
from groups.spending.models import Payment
from tests.cast import (
    Answer,
    Person,
    Shop,
    World,
    agree,
    buy,
    join,
    kinds_since,
    meet,
    money,
    open_shop,
    pay_in,
    sequence_of,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)
from wallet.ledger.models import Account, Entry, Event
from wallet.ledger.remains import read_shares
from wallet.refusals import get_refusal


@pytest.fixture
def number(world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop) -> str:
    for person in (owner, member, viewer):
        pay_in(world, person, group, yuan(100))
    return buy(member, group, shop, yuan(90))


@pytest.fixture
def payment(group: Group, number: str) -> Payment:
    return Payment.objects.get(group=group, out_trade_no=number)


def ask(person: Person, payment: Payment, rule: str = "equal", *people: Person, **more: Any) -> Answer:
    """Let somebody propose to share a payment anew."""
    named = {"participants": [str(each.id) for each in people]} if people else {}
    path = f"/groups/{payment.group_id}/payments/{payment.pk}/reshare"
    return person.api.post(path, {"sharing_rule": rule, **named, **more}, proof=True)


def share_anew(person: Person, payment: Payment, rule: str = "equal", *people: Person, **more: Any) -> Proposal:
    """Propose it, and let everybody agree whom it concerns."""
    asked = ask(person, payment, rule, *people, **more).expect(202)
    agree(payment.group)
    return Proposal.objects.get(group=payment.group_id, pk=asked["id"])


def weigh(*weights: tuple[Person, int]) -> list[dict[str, Any]]:
    return [{"user": str(person.id), "weight": weight} for person, weight in weights]


def approve(person: Person, payment: Payment, proposal: str, choice: str = "approve") -> Answer:
    path = f"/groups/{payment.group_id}/proposals/{proposal}/votes"
    return person.api.post(path, {"choice": choice}, proof=True)


def bears(payment: Payment) -> dict[str, int]:
    """Who bears what of it (fen), by name."""
    names = dict(Account.objects.filter(wallet=payment.group_id).values_list("holder_id", "holder__name"))
    assert payment.entry_id is not None
    return {names[holder]: part for holder, part in read_shares(payment.group_id, payment.entry_id).items()}


# --- a worked example -------------------------------------------------------------------------------------------------
def test_paid_shared_anew_given_back_and_shared_back(
    group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, number: str, payment: Payment
) -> None:
    assert stakes_of(group) == {"张伟": yuan(70), "王芳": yuan(70), "李梅": yuan(70)}

    # It was for 王芳 alone.
    assert share_anew(member, payment, "payer").status == "approved"
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(10), "李梅": yuan(100)}
    assert bears(payment) == {"王芳": yuan(90)}

    # A part comes back: to her, who bears it now.
    shop.refund(number, yuan(29.99), "r1").expect(201)
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(39.99), "李梅": yuan(100)}

    # What is left, 60.01, was for all three after all: the odd fen falls to the first account.
    share_anew(member, payment)
    assert sorted(bears(payment).values()) == [yuan(20), yuan(20), yuan(20.01)]
    left = bears(payment)
    assert stakes_of(group) == {
        "张伟": yuan(100) - left["张伟"],
        "王芳": yuan(100) - left["王芳"],
        "李梅": yuan(100) - left["李梅"],
    }

    # Everything comes back: every stake is as if it had never been.
    shop.refund(number, yuan(60.01), "r2").expect(201)
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(100), "李梅": yuan(100)}
    assert bears(payment) == {}
    ask(member, payment, "payer").expect(422, "nothing_to_reshare")


def test_who_has_left_bears_what_they_bore_and_the_rest_is_shared_anew(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, number: str, payment: Payment
) -> None:
    leave_group(actor=viewer.user, group_id=group.pk, now=world.now)
    world.wait()
    assert stakes_of(group) == {"张伟": yuan(70), "王芳": yuan(70)}
    share_anew(member, payment, weights=weigh((owner, 2), (member, 1)), rule="weights")
    assert bears(payment) == {"李梅": yuan(30), "张伟": yuan(40), "王芳": yuan(20)}
    assert stakes_of(group) == {"张伟": yuan(60), "王芳": yuan(80)}

    # A refund finds who has left, by her old share, and the others by their new ones.
    shop.refund(number, yuan(45)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(80), "王芳": yuan(90), "李梅": yuan(15)}
    world.send_late_money()
    assert stakes_of(group) == {"张伟": yuan(80), "王芳": yuan(90)}
    ask(member, payment, "equal", viewer).expect(422, "participant_unknown")


def test_by_stake_it_is_shared_as_if_it_were_paid_now(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    share_anew(member, payment, "payer")
    pay_in(world, owner, group, yuan(160))
    # 260, 100 and 100 without it: of 90.00 that is 50.87, 19.57 and 19.56 or so.
    share_anew(owner, payment, "pro_rata")
    told = bears(payment)
    assert told["张伟"] == yuan(50.87)
    assert sorted((told["王芳"], told["李梅"])) == [yuan(19.56), yuan(19.57)]


# --- who decides ------------------------------------------------------------------------------------------------------
def test_everybody_else_whose_share_changes_has_to_agree(
    group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    before = sequence_of(group)
    asked = ask(member, payment, "weights", weights=weigh((owner, 1), (viewer, 2))).expect(202)
    assert asked["kind"] == "reshare_payment"
    assert asked["status"] == "open"
    assert set(asked["voters"]) == {str(viewer.id)}, "nothing changes for 张伟"
    assert asked["payload"]["shares"] == [
        {"user": str(person.id), "before": money(yuan(30)), "after": money(yuan(after))}
        for person, after in sorted(((member, 0), (viewer, 60)), key=lambda each: each[0].id)
    ]
    assert asked["effect"] == {
        "shares": {str(member.id): money(0), str(viewer.id): money(yuan(60))},
        "stakes": {
            str(owner.id): money(yuan(70)),
            str(member.id): money(yuan(100)),
            str(viewer.id): money(yuan(40)),
        },
    }
    approve(owner, payment, asked["id"]).expect(403, "not_eligible")
    done = approve(viewer, payment, asked["id"]).expect(200)
    assert done["status"] == "approved"
    entry = Entry.objects.get(wallet=group.pk, kind="payment_reshared")
    assert done["outcome"] == {"entry": str(entry.pk)}
    assert entry.corrects_id == payment.entry_id
    assert kinds_since(group, before) == ["proposal_made", "vote_cast", "payment_reshared", "proposal_ended"]
    event = Event.objects.get(wallet=group.pk, sequence=entry.sequence)
    assert event.data["before"] == {str(member.id): yuan(30), str(viewer.id): yuan(30)}
    assert event.data["after"] == {str(member.id): 0, str(viewer.id): yuan(60)}
    assert event.data["payment"] == str(payment.pk)


def test_one_rejection_ends_it_and_silence_leaves_the_shares(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    asked = ask(member, payment, "equal", owner, viewer).expect(202)
    assert set(asked["voters"]) == {str(owner.id), str(viewer.id)}
    approve(owner, payment, asked["id"]).expect(200)
    assert approve(viewer, payment, asked["id"], "reject").expect(200)["status"] == "rejected"
    asked = ask(member, payment, "equal", owner, viewer).expect(202)
    world.wait(7 * 24 * 3600)
    approve(owner, payment, asked["id"]).expect(409, "proposal_closed")
    assert bears(payment) == {"张伟": yuan(30), "王芳": yuan(30), "李梅": yuan(30)}


def test_who_may_propose(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, stranger: Person, shop: Shop
) -> None:
    other = meet("赵敏", "+8613800000005", now=world.now)
    join(group, owner, other, now=world.now)
    for person in (owner, member):
        pay_in(world, person, group, yuan(100))
    number = buy(member, group, shop, yuan(10), sharing_rule="payer")
    payment = Payment.objects.get(group=group, out_trade_no=number)
    ask(stranger, payment, "equal", owner).expect(404, "group_not_found")
    ask(viewer, payment, "equal", owner).expect(403, "not_allowed")
    ask(other, payment, "equal", owner).expect(403, "not_concerned")
    ask(owner, payment, "equal", owner).expect(202)  # who would bear it
    ask(member, payment, "equal", owner, member).expect(202)  # who has paid it
    elsewhere = Payment(pk=uuid.uuid4(), group=group)
    ask(member, elsewhere, "equal", owner).expect(404, "payment_not_found")


def test_it_takes_the_pin_of_who_agrees(group: Group, owner: Person, member: Person, payment: Payment) -> None:
    path = f"/groups/{group.pk}/payments/{payment.pk}/reshare"
    member.api.post(path, {"sharing_rule": "payer"}).expect(403, "payment_proof_required")
    asked = ask(member, payment, "payer").expect(202)
    votes = f"/groups/{group.pk}/proposals/{asked['id']}/votes"
    owner.api.post(votes, {"choice": "approve"}).expect(403, "payment_proof_required")
    owner.api.post(f"/groups/{group.pk}/proposals", {"kind": "reshare_payment", "payload": {}}, proof=True).expect(
        422, "proposal_kind_unknown"
    )


def test_the_same_request_again_is_the_same_proposal(group: Group, member: Person, payment: Payment) -> None:
    path, body = f"/groups/{group.pk}/payments/{payment.pk}/reshare", {"sharing_rule": "payer"}
    first = member.api.post(path, body, key="k" * 16, proof=True).expect(202)
    again = member.api.post(path, body, key="k" * 16).expect(202)
    assert again["id"] == first["id"]
    member.api.post(path, body, proof=True).expect(409, "proposal_open_already")


# --- what may happen between the proposal and the last vote -----------------------------------------------------------
def test_given_back_meanwhile_what_is_left_is_split_by_what_was_agreed(
    group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, number: str, payment: Payment
) -> None:
    ask(member, payment, "weights", weights=weigh((owner, 2), (viewer, 1))).expect(202)  # 60.00 and 30.00
    shop.refund(number, yuan(45)).expect(201)
    agree(group)
    # Nothing was to change for 李梅. What the two others bear by then, 30.00, is 张伟's, who had agreed to 60.00.
    assert bears(payment) == {"张伟": yuan(30), "李梅": yuan(15)}
    shop.refund(number, yuan(45), "r2").expect(201)
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(100), "李梅": yuan(100)}


def test_a_stake_that_does_not_reach_is_refused_and_judged_again(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, payment: Payment
) -> None:
    ask(member, payment, "equal", owner).expect(202)
    buy(owner, group, shop, yuan(15), sharing_rule="payer")
    (shown,) = member.api.get(f"/groups/{group.pk}/proposals").expect(200)["data"]
    assert shown["effect"]["code"] == "insufficient_funds"
    (decided,) = agree(group)
    decided.refresh_from_db()
    assert (decided.status, decided.outcome) == ("failed", {"code": "insufficient_funds"})
    assert stakes_of(group) == {"张伟": yuan(55), "王芳": yuan(70), "李梅": yuan(70)}
    ask(member, payment, "equal", owner).expect(422, "insufficient_funds")
    # Where members may owe each other, it goes as far as that.
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(5))})
    share_anew(member, payment, "equal", owner)
    assert stakes_of(group) == {"张伟": yuan(-5), "王芳": yuan(100), "李梅": yuan(100)}


def test_shared_anew_meanwhile_it_is_not_what_was_voted_on(
    group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    late = ask(member, payment, "equal", owner, viewer).expect(202)
    now = ask(owner, payment, "equal", owner, member).expect(202)
    for person in (member, viewer):
        approve(person, payment, now["id"])
    for person in (owner, viewer):
        ended = approve(person, payment, late["id"]).expect(200)
    assert (ended["status"], ended["outcome"]) == ("failed", {"code": "reshared_meanwhile"})
    assert bears(payment) == {"张伟": yuan(45), "王芳": yuan(45)}


def test_who_should_have_borne_nothing_and_leaves_keeps_their_share(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    asked = ask(member, payment, "payer").expect(202)
    leave_group(actor=viewer.user, group_id=group.pk, now=world.now)
    world.wait()
    assert approve(owner, payment, asked["id"]).expect(200)["status"] == "approved"
    assert bears(payment) == {"王芳": yuan(60), "李梅": yuan(30)}
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(40)}


def test_who_should_have_borne_a_part_and_leaves_ends_it(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    asked = ask(member, payment, "equal", viewer, owner).expect(202)
    leave_group(actor=viewer.user, group_id=group.pk, now=world.now)
    world.wait()
    ended = approve(owner, payment, asked["id"]).expect(200)
    assert (ended["status"], ended["outcome"]) == ("failed", {"code": "participant_unknown"})


def test_who_has_left_and_come_back_is_asked_again(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    asked = ask(member, payment, "equal", viewer, owner).expect(202)
    leave_group(actor=viewer.user, group_id=group.pk, now=world.now)
    world.wait()
    code = invite(actor=owner.user, group_id=group.pk, now=world.now, role="viewer").code
    accept_invitation(user=viewer.user, code=code, now=world.now)
    pay_in(world, viewer, group, yuan(20))
    assert approve(owner, payment, asked["id"]).expect(200)["status"] == "open"
    assert approve(viewer, payment, asked["id"]).expect(200)["status"] == "approved"
    assert bears(payment) == {"张伟": yuan(45), "李梅": yuan(45)}
    assert stakes_of(group) == {"张伟": yuan(55), "王芳": yuan(100), "李梅": yuan(5)}


# --- refusals ---------------------------------------------------------------------------------------------------------
def test_nothing_to_change_is_refused(
    group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    ask(member, payment, "equal", owner, member, viewer).expect(422, "nothing_to_change")
    ask(member, payment).expect(422, "nothing_to_change")


def test_a_refused_payment_has_no_shares(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    shop.charge(show_code(owner, group), yuan(10)).expect(422, "insufficient_funds")
    ask(owner, Payment.objects.get(group=group), "payer").expect(422, "payment_not_settled")


def test_a_closed_group_stays_as_it_is(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    settle_on(owner, group, "dissolve", {"version": "1", "text": "再见"})
    world.wait()
    ask(member, payment, "payer").expect(422, "group_archived")


def test_what_is_asked_must_have_sense(
    group: Group, owner: Person, member: Person, stranger: Person, payment: Payment
) -> None:
    ask(member, payment, "payers").expect(400, "invalid")
    ask(member, payment, "equal", weights=weigh((owner, 1))).expect(400, "invalid")
    ask(member, payment, "weights", owner, weights=weigh((owner, 1))).expect(400, "invalid")
    ask(member, payment, "weights", weights=weigh((owner, 1), (owner, 2))).expect(400, "invalid")
    ask(member, payment, "equal", stranger).expect(422, "participant_unknown")


def test_where_the_payer_has_left_it_cannot_be_theirs_alone(
    world: World, group: Group, owner: Person, member: Person, payment: Payment
) -> None:
    leave_group(actor=member.user, group_id=group.pk, now=world.now)
    world.wait()
    ask(owner, payment, "payer").expect(422, "participant_unknown")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("not_concerned", ("Only the payer", "付款人")),
        ("nothing_to_reshare", ("Nothing is left", "重新分摊")),
        ("payment_contested", ("dispute", "争议")),
        ("share_decided", ("dispute", "争议")),
        ("reshared_meanwhile", ("anew", "重新分摊")),
        ("shares_changed", ("changed", "变")),
    ],
)
def test_refusals_speak_both_languages(code: str, words: tuple[str, str]) -> None:
    for language, word in zip(("en", "zh-hans"), words, strict=True):
        with translation.override(language):
            assert word in get_refusal(code)().describe()


# --- disputes ---------------------------------------------------------------------------------------------------------
def contest(person: Person, payment: Payment) -> Answer:
    body = {"payment": str(payment.pk), "reason": "这不是家用"}
    return person.api.post(f"/groups/{payment.group_id}/disputes", body)


def test_a_dispute_is_about_the_new_share(
    group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, number: str, payment: Payment
) -> None:
    share_anew(member, payment, "weights", weights=weigh((owner, 2), (member, 1)))
    contest(viewer, payment).expect(422, "nothing_to_contest")
    dispute = contest(owner, payment).expect(201)
    assert dispute["amount"] == money(yuan(60))
    # While it is undecided the shares stay.
    ask(member, payment, "payer").expect(422, "payment_contested")
    member.api.post(f"/groups/{group.pk}/disputes/{dispute['id']}/concede").expect(200)
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(10), "李梅": yuan(100)}

    # 张伟 has had his 60.00 from 王芳: his share stays, and the rest, 30.00, is shared anew.
    ask(member, payment, "equal", owner, member).expect(422, "share_decided")
    share_anew(member, payment, "equal", member, viewer)
    assert bears(payment) == {"张伟": yuan(60), "王芳": yuan(15), "李梅": yuan(15)}
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(25), "李梅": yuan(85)}

    # What comes back to him is hers, who has made up for it.
    shop.refund(number, yuan(90)).expect(201)
    assert stakes_of(group) == {"张伟": yuan(100), "王芳": yuan(100), "李梅": yuan(100)}


def test_a_dispute_that_comes_between_ends_it(
    group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    asked = ask(member, payment, "equal", viewer).expect(202)
    contest(owner, payment).expect(201)
    told = member.api.get(f"/groups/{group.pk}/proposals/{asked['id']}").expect(200)
    assert told["effect"]["code"] == "payment_contested"
    for person in (owner, viewer):
        ended = approve(person, payment, asked["id"]).expect(200)
    assert (ended["status"], ended["outcome"]) == ("failed", {"code": "payment_contested"})


# --- what members and operators read ----------------------------------------------------------------------------------
def test_a_payment_tells_who_bears_it_and_how_that_came(
    group: Group, owner: Person, member: Person, viewer: Person, payment: Payment
) -> None:
    path = f"/groups/{group.pk}/payments/{payment.pk}"
    people = sorted((owner, member, viewer), key=lambda person: person.id)
    told = owner.api.get(path).expect(200)
    assert told["shares"] == [{"user": str(person.id), "amount": money(yuan(30))} for person in people]
    assert told["reshared"] == []
    done = share_anew(member, payment, "payer")
    told = owner.api.get(path).expect(200)
    assert told["shares"] == [{"user": str(member.id), "amount": money(yuan(90))}]
    (change,) = told["reshared"]
    assert (change["proposal"], change["entry"]) == (str(done.pk), done.outcome["entry"])
    assert change["shares"] == [
        {"user": str(person.id), "before": money(yuan(30)), "after": money(yuan(90) if person is member else 0)}
        for person in people
    ]
    (entry, *_) = owner.api.get(f"/groups/{group.pk}/entries").expect(200)["data"]
    assert (entry["kind"], entry["corrects"], entry["reverses"]) == ("payment_reshared", told["entry"], None)
    statement = owner.api.get(f"/groups/{group.pk}/statement", month=f"{payment.created_at:%Y-%m}").expect(200)
    assert statement["money_out"] == {"payment": money(yuan(90))}, "between stakes nothing comes in or goes out"
    refused = Payment(pk=payment.pk)
    assert refused.pk == payment.pk


def read(client: Client, url: str) -> str:
    return client.get(url, headers={"Accept-Language": "en"}).content.decode()


def test_operators_see_the_shares_and_their_story(
    client: Client, django_user_model: Any, member: Person, payment: Payment
) -> None:
    share_anew(member, payment, "payer")
    clerk = django_user_model.objects.create_user("clerk", None, is_staff=True)
    seen = ("view_payment", "view_posting", "view_entry")
    clerk.user_permissions.set(Permission.objects.filter(codename__in=seen))
    client.force_login(clerk)
    page = read(client, f"/admin/spending/payment/{payment.pk}/change/")
    for words in ("Who bears what is left", "Shared anew", "¥30.00", "¥90.00", "张伟"):
        assert words in page
    page = read(client, f"/admin/ledger/entry/{payment.entry_id}/change/")
    assert "Corrected by" in page
    assert "payment shared anew" in page


def test_a_list_of_proposals_asks_as_often_for_many(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop, payment: Payment
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            viewer.api.get(f"/groups/{group.pk}/proposals").expect(200)
        return len(queries)

    ask(member, payment, "payer").expect(202)
    first = count()
    for amount in (3, 4):
        number = buy(owner, group, shop, yuan(amount))
        ask(owner, Payment.objects.get(group=group, out_trade_no=number), "payer").expect(202)
    assert count() == first


# --- any order --------------------------------------------------------------------------------------------------------
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_refunds_and_sharings_in_any_order(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, data: st.DataObject
) -> None:
    """The shares sum to what is left, none below zero; in the end each has back what was agreed, to the fen."""
    people = [owner, member, viewer]
    shop = open_shop("餐馆", now=world.now)
    for person in people:
        pay_in(world, person, group, yuan(100))
    before = stakes_of(group)
    number = buy(member, group, shop, data.draw(st.integers(3, yuan(90))))
    payment = Payment.objects.get(group=group, merchant=shop.merchant)
    left, changed = payment.amount, Counter({name: -part for name, part in bears(payment).items()})
    for step in range(data.draw(st.integers(1, 5))):
        had = Counter(bears(payment))
        if data.draw(st.booleans()):
            weights = data.draw(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
            named = [(person, weight) for person, weight in zip(people, weights, strict=True) if weight]
            asked = ask(member, payment, "weights", weights=weigh(*named))
            assert asked.status == 202 or asked.body["code"] == "nothing_to_change", asked.body
            agree(group)
            back = {name: had[name] - bears(payment).get(name, 0) for name in before}
            assert sum(back.values()) == 0
        else:
            part = data.draw(st.integers(0, left - 1))
            if part:
                shop.refund(number, part, f"r{step}").expect(201)
            left -= part
            back = {name: had[name] - bears(payment).get(name, 0) for name in before}
            assert all(abs(back[name] - part * had[name] / (left + part)) < 1 for name in before), "by shares as agreed"
        changed.update(back)
        assert sum(bears(payment).values()) == left, "those above zero are all"
        assert stakes_of(group) == {name: before[name] + changed[name] for name in before}
    changed.update(bears(payment))
    shop.refund(number, left, "rest").expect(201)
    assert stakes_of(group) == {name: before[name] + changed[name] for name in before}
    assert sum(changed.values()) == 0
