"""Who pays in a bench: groups of four with money, a merchant, and codes that were shown beforehand.

People, groups and memberships come from the real services. Only the money does not come from a bank (it is a gift), and
the codes are written in bulk with a long life: making them is not what is measured.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from django.db import transaction
from django.utils import timezone

from groups.funding.events import contribution_settled
from groups.members.models import Group, Membership
from groups.members.scenes import Scene
from groups.members.services import accept_invitation, create_group, invite
from groups.spending.codes import hash_code, make_code
from groups.spending.models import CodeLead, Merchant, PaymentCode
from groups.spending.services import Charge, create_merchant
from tests.cast import agree
from wallet.identity.models import User
from wallet.identity.services import sign_up
from wallet.ledger.models import Account
from wallet.ledger.selectors import list_stakes, system_account
from wallet.ledger.services import credit, debit, lock_wallet, post_entry

STAKE_FEN = 50_000_000_00
AMOUNT_FEN = 12_34
SUBJECT, CATEGORY = "蔬菜水果", "groceries"
CODES_AT_ONCE = 2_000
_phones = count(13_900_000_001)
_numbers = count(1)


@dataclass(frozen=True)
class Payers:
    """Groups of four stakes each, whose owners show codes to one merchant."""

    merchant: Merchant
    groups: list[Group]
    owners: list[User]

    @classmethod
    def load(cls, merchant: Merchant, group_ids: list[uuid.UUID]) -> "Payers":
        """Load groups that another process has founded."""
        found = Group.objects.in_bulk(group_ids)
        members = Membership.objects.select_related("user").filter(role=Membership.Role.OWNER)
        owners = [members.get(group=group_id).user for group_id in group_ids]
        return cls(merchant, [found[group_id] for group_id in group_ids], owners)


def set_scene(groups: int) -> Payers:
    """Found so many groups of four, each stake with money for ten thousands of payments."""
    now = timezone.now()
    merchant = create_merchant(name="市场", category=CATEGORY, now=now)
    founded = [_found(now) for _ in range(groups)]
    return Payers(merchant, [group for group, _ in founded], [owner for _, owner in founded])


def _found(now: datetime) -> tuple[Group, User]:
    people = [sign_up(phone=f"+86{next(_phones)}", name=f"人{number}", now=now) for number in range(4)]
    owner = people[0]
    group = create_group(owner=owner, name="我们的家", scene=Scene.FAMILY, now=now)
    for person in people[1:]:
        code = invite(actor=owner, group_id=group.pk, now=now, role=Membership.Role.MEMBER).code
        accept_invitation(user=person, code=code, now=now)
        agree(group)
    _fund(group, owner, now)
    return group, owner


@transaction.atomic
def _fund(group: Group, owner: User, now: datetime) -> None:
    """Credit every stake, by unequal parts, so that shares have remainders."""
    wallet = lock_wallet(group.pk)
    lines = [credit(stake, STAKE_FEN + number) for number, stake in enumerate(list_stakes(group.pk))]
    total = sum(line.signed_amount for line in lines)
    event = contribution_settled(actor=owner, contribution="bench", user=owner.pk, source="bench", amount=total)
    rail = system_account(wallet, Account.Kind.RAIL)
    post_entry(wallet=wallet, kind="gift", reference="bench", lines=[*lines, debit(rail, total)], event=event, now=now)


def show_codes(payers: Payers, amount: int) -> list[str]:
    """Show codes of the groups in turns, which live long enough; return their digits."""
    now, digits = timezone.now(), [make_code() for _ in range(amount)]
    codes, leads = [], []
    for number, code in enumerate(digits):
        group, owner = payers.groups[number % len(payers.groups)], payers.owners[number % len(payers.groups)]
        shown = PaymentCode(
            group=group, user=owner, sharing_rule="pro_rata", created_at=now, expires_at=now + timedelta(hours=6)
        )
        codes.append(shown)
        leads.append(CodeLead(code_hash=hash_code(code), wallet_id=group.pk, code_id=shown.pk))
    PaymentCode.objects.bulk_create(codes, batch_size=CODES_AT_ONCE)
    CodeLead.objects.bulk_create(leads, batch_size=CODES_AT_ONCE)
    return digits


def ask(code: str) -> Charge:
    """Ask for the amount of every bench, under a fresh number."""
    return Charge(code, AMOUNT_FEN, next_number(), SUBJECT, CATEGORY)


def next_number() -> str:
    """Make a merchant's number that no other process of this bench makes."""
    return f"b{uuid.uuid4().hex[:12]}-{next(_numbers)}"
