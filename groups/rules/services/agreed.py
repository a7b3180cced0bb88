"""What is done when everybody has agreed, under the lock of the vote that decided it. Each step has its event."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from groups.members.models import Group, SharingRule
from groups.members.selectors import list_members
from groups.members.services import change_member, set_sharing_rule
from groups.rules import events
from groups.rules.errors import DebtsOpen
from groups.rules.judging import Tier
from groups.rules.models import ApprovalTier, Rulebook, SpendingLimit
from groups.rules.selectors import list_blocks, list_limits, list_pauses
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.services import record_event


def write_limit(
    *,
    wallet: Wallet,
    group: Group,
    limit: str,
    user_id: uuid.UUID | None,
    amount: int | None,
    actor: User | None,
    now: datetime,
) -> None:
    """Write a limit (fen) down, or take it away (None)."""
    known = list_limits(wallet.pk).filter(limit=limit, member=user_id)
    if amount is None:
        known.delete()
    elif not known.update(amount=amount):
        SpendingLimit.objects.create(group=group, limit=limit, member_id=user_id, amount=amount)
    changed = events.limit_changed(actor=actor, limit=limit, user=user_id, amount=amount)
    record_event(wallet=wallet, event=changed, now=now)


def unblock_category(*, wallet: Wallet, category: str, user_id: uuid.UUID | None, actor: User, now: datetime) -> None:
    """Pay for a category again."""
    list_blocks(wallet.pk).filter(category=category, member=user_id).delete()
    record_event(wallet=wallet, event=events.category_unblocked(actor=actor, category=category, user=user_id), now=now)


def resume_spending(*, wallet: Wallet, user_id: uuid.UUID | None, actor: User, now: datetime) -> None:
    """Let spending go on."""
    list_pauses(wallet.pk).filter(member=user_id).delete()
    record_event(wallet=wallet, event=events.spending_resumed(actor=actor, user=user_id), now=now)


def write_sharing(
    *,
    wallet: Wallet,
    group: Group,
    rule: SharingRule | None,
    weights: Mapping[uuid.UUID, int],
    owe_max: int | None,
    payers_choose: bool | None,
    actor: User,
    now: datetime,
) -> None:
    """Change how spends are borne: the rule, weights by member, how much a member may owe (fen), who else chooses.

    :raises DebtsOpen: when somebody owes more than that.
    """
    if rule is not None and rule != group.sharing_rule:
        set_sharing_rule(wallet=wallet, group=group, sharing_rule=rule, actor=actor, now=now)
    for member in list_members(wallet.pk).filter(user__in=weights):
        change_member(wallet=wallet, member=member, weight=weights[member.user_id], actor=actor, now=now)
    if owe_max is not None:
        _write_owe_max(wallet, owe_max, actor, now)
    if payers_choose is not None:
        Rulebook.objects.filter(group=wallet.pk).update(payers_choose=payers_choose)
        record_event(wallet=wallet, event=events.choosing_changed(actor=actor, payers_choose=payers_choose), now=now)


def _write_owe_max(wallet: Wallet, owe_max: int, actor: User, now: datetime) -> None:
    members = list_members(wallet.pk).values("user")
    stakes = Account.objects.filter(wallet=wallet, kind=Account.Kind.STAKE, holder__in=members)
    if stakes.filter(balance__lt=-owe_max).exists():
        raise DebtsOpen
    stakes.update(floor=-owe_max)
    Rulebook.objects.filter(group=wallet.pk).update(owe_max=owe_max)
    record_event(wallet=wallet, event=events.owing_changed(actor=actor, owe_max=owe_max), now=now)


def write_voting(
    *,
    wallet: Wallet,
    group: Group,
    tiers: Sequence[Tier],
    part_percent: int,
    objection_hours: int,
    actor: User,
    now: datetime,
) -> None:
    """Change from which amounts on how many must approve, and how transfers out of the pool are guarded."""
    ApprovalTier.objects.filter(group=wallet.pk).delete()
    ApprovalTier.objects.bulk_create(
        ApprovalTier(group=group, above=tier.above, approvals=tier.approvals) for tier in tiers
    )
    row = Rulebook.objects.filter(group=wallet.pk)
    row.update(part_percent=part_percent, objection_hours=objection_hours)
    changed = events.voting_changed(
        actor=actor,
        tiers=[{"above": tier.above, "approvals": tier.approvals} for tier in tiers],
        part_percent=part_percent,
        objection_hours=objection_hours,
    )
    record_event(wallet=wallet, event=changed, now=now)
