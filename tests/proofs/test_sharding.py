"""The services work wallet by wallet (docs/ledger.md, "Ready to be spread over machines").

Every statement that they send to a table about a wallet names its wallet; those that read over all wallets are listed.
"""

import re
from datetime import timedelta

from django.utils import timezone

from groups.autotransfers.models import AutoTransferRun
from groups.disputes.selectors import held_of
from groups.disputes.services import (
    approve_legal_hold,
    approve_release,
    ask_legal_hold,
    ask_release,
    decide_dispute,
    decline_legal_hold,
    decline_release,
    end_legal_holds,
    expire_disputes,
)
from groups.exits.services import leave_group, pay_out_former_members
from groups.funding.models import Claim
from groups.funding.services import collect_claim, contribute, withdraw
from groups.members.models import Group
from groups.members.services import change_group, decline_invitation, invite, withdraw_invitation
from tests.autotransfers.conftest import order_in, order_out, sweep
from tests.books import run
from tests.cast import Person, Shop, World, agree, buy, found, join, link, meet, money, settle_on, show_code, stakes_of
from tests.disputes.conftest import contest_transfer, take_out
from tests.proofs.sharding import captured, names_its_wallet, wallet_tables
from tests.rails.bank import START
from wallet.identity.models import User
from wallet.ledger.models import Entry
from wallet.rails.reconciling import reconcile
from yields.services import ensure_demo_fund

#: Read over all wallets, one query each, by beat: the rows they find are then taken wallet by wallet.
OVER_ALL_WALLETS = [
    r'SELECT .* FROM "rails_transfer" WHERE .*"next_step_at" <=',
    r'SELECT .* FROM "rails_transfer" .*"booked_at" >= ',
    r"(?s)WITH due AS MATERIALIZED .* FROM autotransfers_\w+ WHERE sweep_at <=",
    r'SELECT .* FROM "autotransfers_autotransfer" WHERE .*"autotransfers_autotransfer"."source_id" = ',
    r'SELECT MIN\("rails_transfer"\."next_step_at"\)',  # the tests' own clock
    r'SELECT DISTINCT "ledger_account"\."wallet_id".*"members_membership"\."left_at" IS NOT NULL',
    r'SELECT .* FROM "disputes_dispute" WHERE \(?.*"disputes_dispute"\."deadline_at" <=',
    r'SELECT .* FROM "disputes_legalhold" WHERE \(?.*"disputes_legalhold"\."ends_at" <=',
    # Of one person over all their groups: by the person, who is not a wallet's.
    r'FROM "members_membership" .*WHERE \(?.*"members_membership"\."user_id" = ',
    r'FROM "rails_transfer" WHERE \("rails_transfer"\."final_at" IS NULL AND "rails_transfer"\."source_id" = ',
]


def test_every_statement_names_its_wallet(
    world: World, group: Group, owner: Person, member: Person, viewer: Person, stranger: Person, shop: Shop
) -> None:
    with captured() as statements:
        found(stranger, now=world.now)
        assert owner.source is not None
        assert member.source is not None
        contribute(actor=owner.user, group_id=group.pk, source_id=owner.source.pk, amount=300_00, now=world.now)
        contribute(actor=member.user, group_id=group.pk, source_id=member.source.pk, amount=100_00, now=world.now)
        world.wait()
        share_anew(group, owner, shop)
        asked = {"source": str(owner.source.pk), "amount": money(20_00)}
        owner.api.post(f"/groups/{group.pk}/contributions", asked, key="k" * 20).expect(201)
        owner.api.post(f"/groups/{group.pk}/contributions", asked, key="k" * 20).expect(201)
        world.wait()
        number = buy(owner, group, shop, 40_00)
        shop.refund(number, 11_00).expect(201)
        shop.refund(number, 11_00).expect(201)
        shop.charge(show_code(owner, group), 9_000_00).expect(422, "insufficient_funds")
        hold_and_give_back(world, group, owner, member, shop)
        change_group(actor=owner.user, group_id=group.pk, name="我们的小家", now=world.now)
        settle_on(owner, group, "change_sharing", {"weights": [{"user": str(member.id), "weight": 3}]})
        guest = meet("赵六", "+8613800000066", now=world.now)
        join(group, owner, guest, now=world.now)
        declined = invite(actor=owner.user, group_id=group.pk, now=world.now)
        decline_invitation(user=stranger.user, code=declined.code, now=world.now)
        taken_back = invite(actor=owner.user, group_id=group.pk, now=world.now)
        withdraw_invitation(actor=owner.user, group_id=group.pk, invitation_id=taken_back.invitation.pk, now=world.now)
        order_and_run(world, group, owner)
        settle_on(owner, group, "remove_member", {"user": str(guest.id)})
        owe(world, group, owner, shop)
        earn(world, group, owner)
        late = link(member, "late_failed", now=world.now)
        leave_group(actor=member.user, group_id=group.pk, source_id=late.pk, now=world.now)
        world.wait(100_000)
        pay_out_former_members(now=world.now)
        world.wait()
        reconcile(rail="sandbox", day=START.date(), now=world.now)
        for path in ("", "/members", "/contributions", "/payments", "/disputes", "/invitations", "/entries", "/events",
                     "/snapshot", "/auto-transfers", "/payees"):  # fmt: skip
            owner.api.get(f"/groups/{group.pk}{path}").expect(200)
    assert stakes_of(group)
    assert wrong_ones(statements) == []
    assert len(statements) > 300


def owe(world: World, group: Group, owner: Person, shop: Shop) -> None:
    """Let two payouts fail and arrive after all; what was spent of one is owed, and collected."""
    take_out(world, owner, group, 2_00, "late_success")
    world.wait(24 * 3_600)  # until then the own stake stands for what the others bear
    stake = stakes_of(group)["张伟"]
    source = link(owner, "late_success", now=world.now)
    withdraw(actor=owner.user, group_id=group.pk, source_id=source.pk, amount=stake, now=world.now)
    world.wait(10)
    buy(owner, group, shop, stake - 5_00, sharing_rule="payer")
    world.wait(70)
    contribute(actor=owner.user, group_id=group.pk, source_id=source.pk, amount=stake, now=world.now)
    world.wait(70)
    clerk = User.objects.create_superuser("collector")
    claim = Claim.objects.filter(group=group, user=owner.user)[0]
    collect_claim(operator=clerk, group_id=group.pk, claim_id=claim.pk, now=world.now)


def earn(world: World, group: Group, owner: Person) -> None:
    """Let the balance earn; take some of it out fast, which fails, and some by the ordinary way."""
    fund = ensure_demo_fund(world.now.date())
    terms = {"risk_level": "R1", "answers": [{"question": "a", "answer": "b"}], "accepted": True}
    body = {"fund": fund.pk, "agreement_version": "2026-11", "questionnaire": terms}
    owner.api.put(f"/groups/{group.pk}/enrollment", body).expect(200)
    failing = link(owner, "late_failed", now=world.now)
    for speed in ("fast", "ordinary"):
        asked = {"source": str(failing.pk), "amount": money(1_00), "speed": speed}
        owner.api.post(f"/groups/{group.pk}/withdrawals", asked, proof=True).expect(201)
    world.wait(60)
    owner.api.get(f"/groups/{group.pk}/exit").expect(200)


def order_and_run(world: World, group: Group, owner: Person) -> None:
    """Order money in and out; one comes, one is skipped, one is paused, one comes back and is tried again."""
    minute = f"{timezone.localtime(world.now + timedelta(minutes=1)):%H:%M}"
    empty = link(owner, "insufficient", now=world.now)
    missing = order_in(world, group, owner, amount=5_00, at=minute, source=empty.pk)
    out = order_out(world, group, owner, "late_failed", amount=4_00, at=minute)
    world.wait(60)
    assert sweep(world) == 2
    world.wait(3_600)
    assert sweep(world) == 2
    run_id = AutoTransferRun.objects.get(group=group, order=missing).pk
    source = owner.source
    assert source is not None
    world.wait(60)
    path = f"/groups/{group.pk}/auto-transfers/{missing.pk}"
    owner.api.post(f"{path}/runs/{run_id}/contribution", {"source": str(source.pk)}).expect(201)
    world.wait()
    owner.api.patch(path, {"amount": money(6_00)}).expect(200)
    owner.api.get(f"{path}/runs").expect(200)
    for act in ("skip", "pause", "resume"):
        owner.api.post(f"{path}/{act}").expect(200)
    owner.api.delete(path).expect(204)
    owner.api.delete(f"/groups/{group.pk}/auto-transfers/{out.pk}").expect(204)
    owner.api.delete(f"/groups/{group.pk}/payees/{out.payee_id}").expect(204)
    owner.api.delete(f"/me/sources/{empty.pk}", proof=True).expect(204)


def share_anew(group: Group, owner: Person, shop: Shop) -> None:
    """Share a payment anew by agreement, give a part of it back, and look at it."""
    number = buy(owner, group, shop, 4_00)
    path = f"/groups/{group.pk}/payments/{shop.look_up(number).expect(200)['payment']}"
    owner.api.post(f"{path}/reshare", {"sharing_rule": "payer"}, proof=True).expect(202)
    owner.api.get(f"/groups/{group.pk}/proposals").expect(200)
    agree(group)
    shop.refund(number, 4_00).expect(201)
    owner.api.get(path).expect(200)


def hold_and_give_back(world: World, group: Group, owner: Person, member: Person, shop: Shop) -> None:
    """Contest and concede, contest and decide, contest and let expire; hold by order, release one and let one end.

    What was conceded is refunded, and a transfer that was conceded fails.
    """
    clerk, chief = (User.objects.create_superuser(name) for name in ("clerk", "chief"))
    here = f"/groups/{group.pk}/disputes"
    ways = []
    numbers = [buy(member, group, shop, 4_00) for _ in range(3)]
    for number in numbers:
        payment = shop.look_up(number).expect(200)["payment"]
        last = owner.api.post(here, {"payment": payment, "reason": "这不是家用"}).expect(201)
        ways.append(last["id"])
    member.api.post(f"{here}/{ways[0]}/concede").expect(200)
    owner.api.get(f"{here}/{ways[0]}").expect(200)
    member.api.post(f"{here}/{ways[0]}/withdraw").expect(403, "dispute_not_yours")
    shop.refund(numbers[0], 2_00).expect(201)
    rent = take_out(world, member, group, 4_00, "late_failed")
    contested = contest_transfer(owner, group, rent).expect(201)["id"]
    member.api.post(f"{here}/{contested}/concede").expect(200)
    world.wait(60)
    decided = {
        "group_id": group.pk,
        "dispute_id": ways[1],
        "uphold": True,
        "amount": 1_00,
        "reason": "收据",
        "now": world.now,
    }
    decide_dispute(operator=clerk, **decided)
    for verb in (decline_legal_hold, approve_legal_hold, approve_legal_hold):
        hold = ask_legal_hold(
            operator=clerk,
            group_id=group.pk,
            user_id=member.id,
            amount=1_00,
            order_reference="(2026)沪0101财保12号",
            reason="preservation",
            ends_at=world.now + timedelta(days=13),
            now=world.now,
        )
        verb(operator=chief, group_id=group.pk, hold_id=hold.pk, now=world.now)
    assert held_of(group.pk, member.id) == last["held"]["amount"] + 2_00
    ask_release(operator=clerk, group_id=group.pk, hold_id=hold.pk, now=world.now)
    decline_release(operator=chief, group_id=group.pk, hold_id=hold.pk, now=world.now)
    ask_release(operator=clerk, group_id=group.pk, hold_id=hold.pk, now=world.now)
    approve_release(operator=chief, group_id=group.pk, hold_id=hold.pk, now=world.now)
    kinds = Entry.objects.filter(wallet=group.pk, kind="dispute_refund")
    assert kinds.count() == 2
    later = world.now + timedelta(days=14)
    assert (expire_disputes(now=later), end_legal_holds(now=later)) == (1, 1)
    assert held_of(group.pk, member.id) == 0


def wrong_ones(statements: list[str]) -> list[str]:
    tables = wallet_tables()
    return [
        statement
        for statement in statements
        if not names_its_wallet(statement, tables) and not any(re.search(form, statement) for form in OVER_ALL_WALLETS)
    ]


def test_a_statement_without_its_wallet_would_be_seen(db: None) -> None:
    with captured() as statements:
        run("SELECT * FROM ledger_entry WHERE reference = 'x'")
        run('UPDATE "spending_payment" SET refunded = 0 WHERE id = gen_random_uuid()')
        wallet_id = "01a20a1d-2d1d-79dd-b0ff-c79d388cb70c"
        run("SELECT * FROM ledger_entry WHERE wallet_id = %s", wallet_id)
        run("SELECT p.* FROM ledger_posting p JOIN ledger_entry e ON e.id = entry_id WHERE p.wallet_id = %s", wallet_id)
    assert [statement[:25] for statement in wrong_ones(statements)] == [
        "SELECT * FROM ledger_entr",
        'UPDATE "spending_payment"',
        "SELECT p.* FROM ledger_po",
    ]
