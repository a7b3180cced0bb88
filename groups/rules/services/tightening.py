"""Changes of rules: what tightens takes effect at once, what loosens is proposed.

Everybody may tighten for themselves, whoever may spend can stop all spending, and the owner may tighten for everybody.
Each of these commands returns the proposal that it had to make instead, or None when it is done.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from groups.members.errors import NotAllowed
from groups.members.models import Membership
from groups.members.rights import RIGHTS, Right
from groups.members.selectors import Access, access_group, get_member
from groups.members.services import change_member
from groups.proposals.models import Proposal
from groups.proposals.services import open_proposal
from groups.rules import events
from groups.rules.errors import NothingToChange, TooManyBlocks
from groups.rules.models import CategoryBlock, Pause
from groups.rules.selectors import list_blocks, list_limits, list_pauses
from groups.rules.services.agreed import write_limit
from wallet.identity.models import User
from wallet.ledger.models import Wallet
from wallet.ledger.services import lock_wallet, record_event


@transaction.atomic
def set_limit(
    *, actor: User, group_id: uuid.UUID, limit: str, user_id: uuid.UUID | None, amount: int | None, now: datetime
) -> Proposal | None:
    """Set what may be spent (fen) a payment, a member and month, or a group and month; None takes the limit away.

    Lowering a limit takes effect at once. Setting, raising or taking one away is proposed to everybody.

    :raises NothingToChange: when it is so already.
    :raises NotAllowed: when the actor may not lower this one, or not propose.
    :raises MemberNotFound: when it is about somebody who is not in the group.
    """
    wallet, access = _begin(actor, group_id, user_id)
    known = list_limits(group_id).filter(limit=limit, member=user_id).first()
    before = known.amount if known else None
    if amount == before:
        raise NothingToChange
    if amount is not None and before is not None and amount < before:
        _check_may_tighten(access, user_id)
        write_limit(
            wallet=wallet, group=access.group, limit=limit, user_id=user_id, amount=amount, actor=actor, now=now
        )
        return None
    return _propose(wallet, access, "set_limit", {"limit": limit, "user": user_id, "amount": amount}, now)


@transaction.atomic
def set_block(
    *, actor: User, group_id: uuid.UUID, category: str, user_id: uuid.UUID | None, blocked: bool, now: datetime
) -> Proposal | None:
    """Block a category of merchants at once, or propose to everybody to pay for it again.

    :raises NothingToChange: when it is so already.
    :raises TooManyBlocks: when `CATEGORY_BLOCKS_MAX` are blocked.
    :raises NotAllowed: when the actor may not block this, or not propose.
    """
    wallet, access = _begin(actor, group_id, user_id)
    if list_blocks(group_id).filter(category=category, member=user_id).exists() == blocked:
        raise NothingToChange
    if not blocked:
        return _propose(wallet, access, "unblock_category", {"category": category, "user": user_id}, now)
    _check_may_tighten(access, user_id)
    if list_blocks(group_id).count() >= settings.CATEGORY_BLOCKS_MAX:
        raise TooManyBlocks(limit=settings.CATEGORY_BLOCKS_MAX)
    CategoryBlock.objects.create(group=access.group, category=category, member_id=user_id)
    record_event(wallet=wallet, event=events.category_blocked(actor=actor, category=category, user=user_id), now=now)
    return None


@transaction.atomic
def set_pause(
    *, actor: User, group_id: uuid.UUID, user_id: uuid.UUID | None, paused: bool, now: datetime
) -> Proposal | None:
    """Stop a member's spending, or everybody's, at once; or propose to everybody that it goes on.

    :raises NothingToChange: when it is so already.
    :raises NotAllowed: when the actor may not stop this member, or not propose.
    """
    wallet, access = _begin(actor, group_id, user_id)
    if list_pauses(group_id).filter(member=user_id).exists() == paused:
        raise NothingToChange
    if not paused:
        return _propose(wallet, access, "resume_spending", {"user": user_id}, now)
    if user_id is not None or Right.SPEND not in RIGHTS[access.membership.role]:
        _check_may_tighten(access, user_id)
    Pause.objects.create(group=access.group, member_id=user_id, paused_by=actor, paused_at=now)
    record_event(wallet=wallet, event=events.spending_paused(actor=actor, user=user_id), now=now)
    return None


@transaction.atomic
def change_role(*, actor: User, group_id: uuid.UUID, user_id: uuid.UUID, role: str, now: datetime) -> Proposal | None:
    """Become a viewer oneself at once; propose that a viewer may spend, or that another member only looks on.

    The latter takes a vote away from somebody, so the others decide it. To stop somebody at once there is `set_pause`.

    :raises NothingToChange: when it is so already.
    :raises OwnerMustStay: when it is the owner.
    :raises NotAllowed: when the actor may not propose.
    """
    wallet, access = _begin(actor, group_id, user_id)
    member = get_member(group_id, user_id)
    if role == member.role:
        raise NothingToChange
    if role == Membership.Role.MEMBER and member.role == Membership.Role.VIEWER:
        return _propose(wallet, access, "add_spender", {"user": user_id}, now)
    if user_id != actor.pk and member.role != Membership.Role.OWNER:
        return _propose(wallet, access, "make_viewer", {"user": user_id}, now)
    change_member(wallet=wallet, member=member, role=role, actor=actor, now=now)
    return None


@transaction.atomic
def change_weight(*, actor: User, group_id: uuid.UUID, user_id: uuid.UUID, weight: int, now: datetime) -> Proposal:
    """Propose to everybody that a member bears more or less of what is shared by weights.

    :raises NothingToChange: when it is so already.
    :raises NotAllowed: when the actor may not propose.
    """
    wallet, access = _begin(actor, group_id, user_id)
    if get_member(group_id, user_id).weight == weight:
        raise NothingToChange
    weights = [{"user": user_id, "weight": weight}]
    return _propose(wallet, access, "change_sharing", {"weights": weights}, now)


def _begin(actor: User, group_id: uuid.UUID, user_id: uuid.UUID | None) -> tuple[Wallet, Access]:
    wallet = lock_wallet(group_id)
    access = access_group(actor, group_id, Right.WITHDRAW)  # more than reading, so not of a closed group
    if user_id is not None:
        get_member(group_id, user_id)
    return wallet, access


def _check_may_tighten(access: Access, user_id: uuid.UUID | None) -> None:
    """For oneself everybody may; for others and for all, the owner."""
    if user_id != access.user.pk and Right.TIGHTEN not in RIGHTS[access.membership.role]:
        raise NotAllowed(right=Right.TIGHTEN.value)


def _propose(wallet: Wallet, access: Access, kind: str, payload: dict[str, object], now: datetime) -> Proposal:
    if Right.PROPOSE not in RIGHTS[access.membership.role]:
        raise NotAllowed(right=Right.PROPOSE.value)
    return open_proposal(wallet=wallet, group=access.group, proposer=access.user, kind=kind, payload=payload, now=now)


@transaction.atomic
def change_sharing_rule(*, actor: User, group_id: uuid.UUID, sharing_rule: str, now: datetime) -> Proposal:
    """Propose to everybody that spends are borne in another way.

    :raises NothingToChange: when it is so already.
    :raises NotAllowed: when the actor may not propose.
    """
    wallet, access = _begin(actor, group_id, None)
    if access.group.sharing_rule == sharing_rule:
        raise NothingToChange
    return _propose(wallet, access, "change_sharing", {"sharing_rule": sharing_rule}, now)
