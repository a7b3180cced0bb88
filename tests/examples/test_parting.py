"""Two stories to the end: a couple that parts by agreement, and a flat of four that is left one by one (yuan).

Read from top to bottom: every step is one thing that somebody does in the app, and the line after it is the whole state
of their money. At the end everybody has what is theirs, the pool is empty, and what comes late still finds them.
"""

from datetime import timedelta
from decimal import Decimal

from groups.funding.services import send_waiting
from groups.members.models import Group
from groups.members.scenes import Scene
from tests.cast import (
    Person,
    Shop,
    World,
    agree,
    balance_of,
    buy,
    found,
    join,
    meet,
    money,
    pay_in,
    settle_on,
    show_code,
    stakes_of,
    yuan,
)
from wallet.ledger.models import Account
from wallet.ledger.selectors import balance_as_of, system_account


def whose(group: Group) -> list[Decimal]:
    """Whose is what, in yuan, in the order of joining; and the whole is what the parts sum up to."""
    stakes = stakes_of(group)
    assert balance_of(group) == sum(stakes.values())
    return [Decimal(fen) / 100 for fen in stakes.values()]


def held(world: World, group: Group) -> int:
    return balance_as_of(system_account(group.wallet, Account.Kind.HELD), world.now)


def test_a_couple_from_founding_to_parting(world: World, owner: Person, member: Person, shop: Shop) -> None:
    us = found(owner, now=world.now, name="我俩", scene=Scene.COUPLE)
    join(us, owner, member, now=world.now)
    path = f"/groups/{us.pk}"

    # He puts in 3,000 and she 2,000: three fifths and two fifths.
    pay_in(world, owner, us, yuan(3_000))
    pay_in(world, member, us, yuan(2_000))
    assert whose(us) == [3_000, 2_000]

    # 4,000 a month shall be enough for both. She confirms, and only then it holds.
    limit = {"limit": "group_month", "user": None, "amount": money(yuan(4_000))}
    owner.api.put(f"{path}/limits", limit).expect(202)
    assert member.api.get(f"{path}/limits").expect(200)["mine"]["left"] is None
    agree(us)
    assert member.api.get(f"{path}/limits").expect(200)["mine"]["left"] == money(yuan(4_000))

    # Rent, 2,500, borne by stake: 1,500 and 1,000.
    buy(owner, us, shop, yuan(2_500))
    assert whose(us) == [1_500, 1_000]

    # Another 1,600 would be more than the month leaves. Nothing moves.
    shop.charge(show_code(owner, us), yuan(1_600), "suit").expect(422, "limit_exceeded")
    assert whose(us) == [1_500, 1_000]

    # From 1,000 on they want to ask each other.
    voting = {"tiers": [{"above": money(yuan(1_000)), "approvals": 1}], "part_percent": 50, "objection_hours": 24}
    settle_on(member, us, "change_voting", voting)

    # So the washing machine for 1,200 is refused at the till; he approves on his phone; her next code pays it.
    shop.charge(show_code(member, us), yuan(1_200), "washer-1").expect(422, "approval_required")
    assert whose(us) == [1_500, 1_000]
    (decided,) = agree(us)
    assert (decided.kind, decided.status) == ("approve_payment", "approved")
    washer = buy(member, us, shop, yuan(1_200))
    assert whose(us) == [780, 520]

    # The shop gives 200 back for the delay, by the same shares, and the month has that much room again.
    shop.refund(washer, yuan(200)).expect(201)
    assert whose(us) == [900, 600]
    assert member.api.get(f"{path}/limits").expect(200)["limits"][0]["left"] == money(yuan(500))

    # Her coat is hers alone.
    buy(member, us, shop, yuan(150), sharing_rule="payer")
    assert whose(us) == [900, 450]

    # He buys a console for 300, by stake: 200 and 100. It is the last straw: she contests her 100, which are held of
    # his. The rest of the pool goes on.
    console = buy(owner, us, shop, yuan(300))
    assert whose(us) == [700, 350]
    payment = shop.look_up(console).body["payment"]
    contest = {"payment": payment, "reason": "没有商量过"}
    dispute = member.api.post(f"{path}/disputes", contest).expect(201)
    assert whose(us) == [600, 350]
    assert held(world, us) == yuan(100)

    # He sees that she is right.
    owner.api.post(f"{path}/disputes/{dispute['id']}/concede").expect(200)
    assert whose(us) == [600, 450]
    assert held(world, us) == 0

    # What if she left now? 450, to her own card, and nothing stands in the way.
    what_if = member.api.get(f"{path}/exit").expect(200)
    assert (what_if["pays_out"], what_if["obstacles"]) == (money(yuan(450)), [])

    # They part in good order: one text, signed by both, everybody takes what is theirs.
    agreement = {"version": "2026-11", "text": "好聚好散,各取所得。"}
    settle_on(member, us, "dissolve", agreement)
    assert whose(us) == [0, 0]
    world.wait()
    assert world.bank.book.get_totals().paid_out == yuan(600 + 450)

    # The group can be read and nothing else; who got what is part of it.
    ended = owner.api.get(f"{path}/dissolution").expect(200)
    assert [share["share"] for share in ended["shares"]] == [money(yuan(600)), money(yuan(450))]
    assert owner.api.get(path).expect(200)["archived_at"] is not None
    owner.api.post(f"{path}/payment-codes", {}, proof=True).expect(422, "group_archived")

    # A month later the shop takes the washing machine's delivery off, 100. It still finds both, by their shares.
    world.wait(timedelta(days=30).total_seconds())
    shop.refund(washer, yuan(100), "late").expect(201)
    assert whose(us) == [60, 40]
    assert world.send_late_money() == 2
    assert whose(us) == [0, 0]
    assert world.bank.book.get_totals().paid_out == yuan(600 + 450 + 100)


def test_a_flat_of_four(world: World, owner: Person, member: Person, shop: Shop) -> None:
    third, fourth = meet("赵敏", "+8613800000005", now=world.now), meet("陈生", "+8613800000006", now=world.now)
    flat = found(owner, now=world.now, name="合租", scene=Scene.FLATMATES)
    for person in (member, third, fourth):
        join(flat, owner, person, now=world.now)
    path = f"/groups/{flat.pk}"

    # Their rooms are of different size: they bear 4, 3, 2 and 1 tenths of everything.
    weights = [{"user": str(who.id), "weight": w} for who, w in ((owner, 4), (member, 3), (third, 2), (fourth, 1))]
    settle_on(owner, flat, "change_sharing", {"sharing_rule": "weights", "weights": weights})
    for person, amount in ((owner, 800), (member, 600), (third, 400), (fourth, 200)):
        pay_in(world, person, flat, yuan(amount))
    assert whose(flat) == [800, 600, 400, 200]

    # Electricity, 100, and a sofa, 500.
    buy(owner, flat, shop, yuan(100))
    assert whose(flat) == [760, 570, 380, 190]
    sofa = buy(third, flat, shop, yuan(500))
    assert whose(flat) == [560, 420, 280, 140]

    # 王芳 has advanced the rent, 700, and takes it out of the pool. That is more than is hers, so it waits a day for
    # objections. Nobody objects; it leaves, borne by all.
    assert member.source is not None
    rent = {"source": str(member.source.pk), "amount": money(yuan(700)), "borne_by": "group", "memo": "十一月房租"}
    assert member.api.post(f"{path}/withdrawals", rent, proof=True).expect(201)["status"] == "waiting"
    assert whose(flat) == [560, 420, 280, 140]
    world.wait(timedelta(hours=24).total_seconds())
    assert send_waiting(now=world.now) == 1
    assert whose(flat) == [280, 210, 140, 70]
    world.wait()

    # 陈生 moves out and takes the 70 that are left to him; nobody is asked.
    assert fourth.api.get(f"{path}/exit").expect(200)["pays_out"] == money(yuan(70))
    fourth.api.post(f"{path}/exit", {"discreet": False}, proof=True).expect(200)
    assert whose(flat) == [280, 210, 140]
    world.wait()

    # The sofa was faulty: 250 come back. A tenth is his, who has left, and goes after him.
    shop.refund(sofa, yuan(250)).expect(201)
    assert whose(flat) == [380, 285, 190, 25]
    assert world.send_late_money() == 1
    assert whose(flat) == [380, 285, 190]

    # The three agree to share equally from now on, and that one may owe the others up to 100.
    settle_on(third, flat, "change_sharing", {"sharing_rule": "equal", "owe_max": money(yuan(100))})
    buy(owner, flat, shop, yuan(300))
    assert whose(flat) == [280, 185, 90]
    buy(member, flat, shop, yuan(360))
    assert whose(flat) == [160, 65, -30]

    # 赵敏 owes 30. She cannot leave with that, and the flat cannot be dissolved over it.
    third.api.post(f"{path}/exit", {"discreet": False}, proof=True).expect(422, "debt_open")
    failed = settle_on(owner, flat, "dissolve", {"version": "1", "text": "退租"})
    assert (failed.status, failed.outcome) == ("failed", {"code": "debts_open"})
    assert whose(flat) == [160, 65, -30]

    # The fewest transfers that make everybody even: she pays one of them, the pool pays the rest.
    plan = third.api.get(f"{path}/settle-up").expect(200)["transfers"]
    assert [(step["debtor"], step["amount"]["amount"]) for step in plan if step["debtor"]] == [
        (str(third.id), yuan(30)),
    ]
    assert len(plan) == 3

    # She gives 王芳 30 in cash, who confirms it.
    settle_on(third, flat, "settle_debt", {"user": str(member.id), "amount": money(yuan(30))})
    assert whose(flat) == [160, 35, 0]

    # Now they can part. Everybody signs, and everybody is paid.
    settle_on(owner, flat, "dissolve", {"version": "2", "text": "退租,两清。"})
    assert whose(flat) == [0, 0, 0]
    world.wait()
    totals = world.bank.book.get_totals()
    assert totals.collected == yuan(2_000)
    assert totals.paid_out == yuan(700 + 70 + 25 + 160 + 35)
    # What did not go back to anybody is what they bought: electricity, half a sofa, 300 and 360.
    assert totals.collected - totals.paid_out == yuan(100 + 250 + 300 + 360)
