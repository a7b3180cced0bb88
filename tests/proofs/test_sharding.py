"""The books and everything about a wallet can be spread by wallet (docs/ledger.md, "Ready to be spread over machines").

Every statement that the services send to a table about a wallet names its wallet; every such table has it, NOT NULL and
in every unique constraint; nothing points from one wallet into another.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models
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
from tests.rails.bank import START
from wallet.identity.models import User
from wallet.ledger.models import Entry
from wallet.rails.reconciling import reconcile
from yields.services import ensure_demo_fund

#: Lead from something known to a wallet, before the wallet is known; and what is not a wallet's.
LOOK_UP = {"spending_codelead", "spending_tradenumber", "rails_transfernumber", "members_invitationcode"}
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


def wallet_tables() -> set[str]:
    """The tables that have a wallet, the wallets themselves included."""
    rows = run(
        "SELECT table_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'wallet_id'"
    )
    return {str(name) for (name,) in rows} - LOOK_UP | {"ledger_wallet"}


TABLE = r"""\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY )?"?([a-z_]+)"?"""
#: A wallet is bound by a value, or by being the same as another table's.
BOUND = r"""\b(?:wallet_id|p_wallet)"?\s*(?:=|IN|= ANY)\s*\(?(?:'|"?\w+"?\."?(?:wallet_id|id)\b)"""
BY_ID = r"""FROM ledger_wallet WHERE id = '|"ledger_wallet"\."id" = '|\bw\.id = '"""
FUNCTION = r"""ledger_(?:post_entry|record_event)\('"""


def names_its_wallet(statement: str, tables: set[str]) -> bool:
    """Say whether a statement binds the wallet of every table about a wallet that it touches."""
    if re.search(FUNCTION, statement):
        return True
    touched = [table for table in re.findall(TABLE, statement) if table in tables]
    if statement.startswith("INSERT"):
        return touched in ([], ["ledger_wallet"]) or "wallet_id" in statement
    return len(touched) <= len(re.findall(BOUND, statement)) + len(re.findall(BY_ID, statement))


@contextmanager
def captured() -> Iterator[list[str]]:
    """Capture the statements of the block, values filled in."""
    statements: list[str] = []

    def note(execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        statements.append(fill_in(statement, values))
        return execute(statement, values, many, context)

    with connection.execute_wrapper(note):
        yield statements


def fill_in(statement: str, values: Any) -> str:
    if isinstance(values, dict):
        return re.sub(r"%\((\w+)\)s", lambda name: f"'{values[name[1]]}'", statement)
    rest = iter(values or ())
    return re.sub(r"%s", lambda _: f"'{next(rest)}'", statement)


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


# --- the schema -------------------------------------------------------------------------------------------------------
def test_a_wallet_is_never_missing(db: None) -> None:
    nullable = run(
        "SELECT table_name::text FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'wallet_id' AND is_nullable = 'YES'"
    )
    assert nullable == []


def test_every_unique_constraint_has_the_wallet(db: None) -> None:
    unique = run(
        """
        SELECT c.relname::text, i.relname::text,
               array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname IS NOT NULL)
        FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(x.indkey)
        WHERE x.indisunique AND NOT x.indisprimary AND c.relname = ANY(%s) GROUP BY 1, 2""",
        sorted(wallet_tables()),
    )
    assert len(unique) >= 12
    assert [(table, index) for table, index, columns in unique if "wallet_id" not in columns] == []


def test_a_primary_key_is_an_id_made_by_the_application_or_the_wallet(db: None) -> None:
    for model in ours():
        key = model._meta.pk
        assert isinstance(key, models.UUIDField | models.OneToOneField | models.CharField), model
        if isinstance(key, models.UUIDField):
            assert callable(key.default), f"{model}: its id is made in the application"


def test_nothing_points_from_a_wallet_to_what_is_spread_otherwise(db: None) -> None:
    """Foreign keys lead to tables of a wallet, which the services keep inside it, or to tables that are everywhere."""
    everywhere = {
        "identity_user", "spending_merchant", "rails_fundingsource", "yields_fund", "yields_fundday", "auth_user",
    }  # fmt: skip
    keys = run(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid = ANY(%s::regclass[])",
        sorted(wallet_tables()),
    )
    tables = wallet_tables()
    odd = {(a, b) for a, b in keys if b not in tables | everywhere and not a.startswith("yields_")}
    assert odd == set()


def test_no_many_to_many_and_no_generic_keys() -> None:
    for model in ours():
        if model._meta.app_label == "identity":
            continue
        assert not model._meta.many_to_many, model
        for field in model._meta.get_fields():
            assert type(field).__name__ != "GenericForeignKey", field
            if isinstance(field, models.OneToOneField):
                assert field.primary_key, f"{field}: a one-to-one is the shared key only"


def test_foreign_keys_protect() -> None:
    """Law 8: nothing with meaning is ever deleted."""
    for model in ours():
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and model._meta.app_label != "identity":
                assert field.remote_field.on_delete is models.PROTECT, field


def ours() -> list[type[models.Model]]:
    roots = ("wallet.", "groups.", "yields")
    return [model for model in apps.get_models() if model.__module__.startswith(roots)]
