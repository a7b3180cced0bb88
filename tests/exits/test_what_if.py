"""What if I leave now: the answer is what happens afterwards. And leaving so that the others learn of it last."""

from datetime import datetime, timedelta
from typing import Any

from groups.exits.models import Leaving
from groups.members.models import Group
from tests.cast import (
    Person,
    World,
    buy,
    kinds_since,
    link,
    money,
    open_shop,
    pay_in,
    sequence_of,
    settle_on,
    stakes_of,
    yuan,
)


def what_if(person: Person, group: Group) -> Any:
    return person.api.get(f"/groups/{group.pk}/exit").expect(200)


def leave(person: Person, group: Group, **asked: Any) -> Any:
    return person.api.post(f"/groups/{group.pk}/exit", asked, proof=True)


def test_what_would_be_paid_where_and_by_when(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(80))
    told = what_if(member, group)
    assert member.source is not None
    assert told == {
        "stake": money(yuan(80)),
        "held": money(0),
        "coming_in": money(0),
        "going_out": money(0),
        "owes": money(0),
        "pays_out": money(yuan(80)),
        "source": member.source.label,
        "speed": "fast",
        "fast_left": None,
        "expected_at": None,
        "arrives_by": told["arrives_by"],
        "obstacles": [],
    }
    assert datetime.fromisoformat(told["arrives_by"]) == world.now + timedelta(hours=24)
    parting = leave(member, group).expect(200)
    assert parting["withdrawal"]["amount"] == told["pays_out"]
    assert parting["left_at"] is not None


def test_what_is_under_way_and_what_stands_in_the_way(
    world: World, group: Group, owner: Person, member: Person, viewer: Person
) -> None:
    pay_in(world, member, group, yuan(80))
    assert member.source is not None
    body = {"source": str(member.source.pk), "amount": money(yuan(30))}
    member.api.post(f"/groups/{group.pk}/withdrawals", body, proof=True).expect(201)
    member.api.post(f"/groups/{group.pk}/contributions", body).expect(201)
    told = what_if(member, group)
    assert (told["stake"], told["going_out"], told["coming_in"]) == (money(yuan(50)), money(yuan(30)), money(yuan(30)))
    assert told["obstacles"] == ["money_under_way"]
    leave(member, group).expect(422, "money_under_way")

    assert what_if(owner, group)["obstacles"] == ["owner_must_stay"]
    leave(owner, group).expect(422, "owner_must_stay")

    pay_in(world, viewer, group, yuan(1))
    assert viewer.source is not None
    viewer.api.delete(f"/me/sources/{viewer.source.pk}", proof=True).expect(204)
    told = what_if(viewer, group)
    assert (told["obstacles"], told["source"]) == (["source_missing"], None)
    leave(viewer, group).expect(422, "source_missing")


def test_debts_come_first(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, owner, group, yuan(100))
    settle_on(owner, group, "change_sharing", {"owe_max": money(yuan(50)), "payers_choose": True})
    buy(owner, group, open_shop("店", now=world.now), yuan(90), sharing_rule="equal")
    assert stakes_of(group) == {"张伟": yuan(70), "王芳": yuan(-30), "李梅": yuan(-30)}
    told = what_if(member, group)
    assert (told["owes"], told["pays_out"], told["obstacles"]) == (money(yuan(30)), money(0), ["debt_open"])
    refused = leave(member, group).expect(422, "debt_open")
    assert refused["data"] == {"owed": yuan(30)}
    pay_in(world, member, group, yuan(30))
    leave(member, group).expect(200)
    assert stakes_of(group) == {"张伟": yuan(70), "李梅": yuan(-30)}


def test_to_a_card_of_ones_own_choice(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, member, group, yuan(80))
    other = link(member, "settles", now=world.now)
    assert owner.source is not None
    leave(member, group, source=str(owner.source.pk)).expect(404, "source_not_found")
    leave(member, group, source=str(other.pk)).expect(200)
    world.wait()
    account = next(row for row in world.bank.book.list_accounts() if row.token == other.token)
    assert account.balance > yuan(80)


# --- discreetly -------------------------------------------------------------------------------------------------------
def test_discreetly_the_others_learn_after_the_money_has_arrived(
    world: World, group: Group, owner: Person, member: Person
) -> None:
    pay_in(world, member, group, yuan(80))
    before = sequence_of(group)
    parting = leave(member, group, discreet=True).expect(200)
    assert parting["left_at"] is None
    # To the others it is a payout like any other, and 王芳 is still there.
    assert kinds_since(group, before) == ["withdrawal_requested"]
    names = [row["name"] for row in owner.api.get(f"/groups/{group.pk}/members").expect(200)["data"]]
    assert "王芳" in names
    leave(member, group, discreet=True).expect(409, "leaving_already")
    world.wait()
    assert kinds_since(group, before)[-2:] == ["withdrawal_settled", "member_left"]
    member.api.get(f"/groups/{group.pk}").expect(404, "group_not_found")


def test_a_payout_that_comes_back_leaves_the_member_where_they_were(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(80))
    blocked = link(member, "late_failed", now=world.now)
    leave(member, group, source=str(blocked.pk), discreet=True).expect(200)
    world.wait(60)
    assert stakes_of(group)["王芳"] == yuan(80)
    assert Leaving.objects.get().ended_at is not None
    assert member.api.get(f"/groups/{group.pk}").expect(200)["my_role"] == "member"
    leave(member, group).expect(200)


def test_with_nothing_to_pay_there_is_nothing_to_wait_for(group: Group, member: Person) -> None:
    before = sequence_of(group)
    assert leave(member, group, discreet=True).expect(200)["left_at"] is not None
    assert kinds_since(group, before) == ["member_left"]
    assert not Leaving.objects.exists()


def test_who_inherits_the_group_while_leaving_stays(world: World, group: Group, owner: Person, member: Person) -> None:
    pay_in(world, member, group, yuan(80))
    leave(member, group, discreet=True).expect(200)
    settle_on(owner, group, "hand_over", {"user": str(member.id)})
    world.wait()
    assert member.api.get(f"/groups/{group.pk}").expect(200)["my_role"] == "owner"


def test_leaving_again_under_the_same_key_is_answered_alike(world: World, group: Group, member: Person) -> None:
    pay_in(world, member, group, yuan(80))
    body = {"discreet": True}
    path = f"/groups/{group.pk}/exit"
    first = member.api.post(path, body, key="k" * 20, proof=True)
    first.expect(200)
    again = member.api.post(path, body, key="k" * 20)
    assert (again.status, again.raw) == (200, first.raw)
