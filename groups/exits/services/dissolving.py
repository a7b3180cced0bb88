"""A group parts: what runs is stopped, everybody is paid what is theirs, and the group can be read for ever.

Money that comes later (a refund, a contribution that was under way, a day's yield, what a dispute had held) finds its
people by the original sharing and follows them. Whoever has no source linked, or one whose rail is not served, keeps
their stake until there is one.
"""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from groups.exits import events
from groups.exits.models import Dissolution
from groups.exits.selectors import agreed_shares
from groups.funding.errors import ArrivalUnknown
from groups.funding.services import pay_out, set_off_claims
from groups.funding.services.waiting import stop_waiting
from groups.members.changes import closing
from groups.members.models import Group
from groups.members.selectors import list_members
from groups.members.services import archive_group
from groups.proposals.models import Proposal
from groups.proposals.services import cancel_open
from groups.rules.errors import DebtsOpen
from groups.rules.sharing import Stake, list_shareable
from wallet.identity.models import User
from wallet.ledger.models import Account, Wallet
from wallet.ledger.services import credit_account, debit_account, lock_wallet, post_entry, record_event
from wallet.ledger.sweeps import sweep
from wallet.rails.selectors import find_payout_source


def dissolve(
    *,
    wallet: Wallet,
    group: Group,
    reason: Dissolution.Reason = Dissolution.Reason.AGREED,
    proposal: Proposal | None = None,
    weights: Mapping[uuid.UUID, int] | None = None,
    version: str = "",
    text: str = "",
    actor: User | None = None,
    now: datetime,
) -> Dissolution:
    """Dissolve a group under the lock that the caller holds: by the stakes, or as everybody has agreed (`weights`).

    :raises DebtsOpen: while somebody owes the others something.
    :raises ArrivalUnknown: when a stake is too much for the fast way, and the ordinary one has no day yet.
    """
    stop_waiting(wallet=wallet, now=now)
    cancel_open(wallet=wallet, reason="group_archived", now=now)
    closing.tell(wallet, group, now)
    if any(stake.balance < 0 for stake in list_shareable(wallet.pk)):
        raise DebtsOpen
    for member in list_members(wallet.pk):
        set_off_claims(wallet, member.user, now)  # before anything is shared out: nobody else's part pays for it
    if weights:
        _share_out(wallet, weights, actor, now)
    shares = {str(stake.user_id): stake.balance for stake in list_shareable(wallet.pk)}
    dissolution = Dissolution.objects.create(
        group=group,
        reason=reason,
        proposal=proposal,
        version=version,
        text=text,
        shares=shares,
        dissolved_at=now,
    )
    _pay_everybody(wallet, group, actor, now)
    archive_group(wallet=wallet, group=group, actor=actor, now=now)
    return dissolution


def dissolve_if_even(wallet: Wallet, group: Group, reason: Dissolution.Reason, now: datetime) -> bool:
    """Dissolve by the stakes, unless somebody owes the others something, or a payout has no day yet; say whether."""
    try:
        with transaction.atomic():
            dissolve(wallet=wallet, group=group, reason=reason, now=now)
    except (DebtsOpen, ArrivalUnknown):
        return False
    return True


def _share_out(wallet: Wallet, weights: Mapping[uuid.UUID, int], actor: User | None, now: datetime) -> None:
    """Move between stakes what the agreement says; one entry that corrects, and no fen is lost or made."""
    stakes = list_shareable(wallet.pk)
    changes = _changes(stakes, weights)
    if not changes:
        return
    holders = {stake.account_id: stake.user_id for stake in stakes}
    balances = {stake.account_id: stake.balance for stake in stakes}
    event = events.shares_agreed(
        actor=actor, shares={holders[key]: balances[key] + change for key, change in changes.items()}
    )
    lines = [
        credit_account(key, change) if change > 0 else debit_account(key, -change) for key, change in changes.items()
    ]
    post_entry(
        wallet=wallet, kind="shares_agreed", reference=f"dissolution:{wallet.pk}", lines=lines, event=event, now=now
    )


def _changes(stakes: list[Stake], weights: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    shares = agreed_shares(stakes, weights)
    changes = {stake.account_id: shares[stake.account_id] - stake.balance for stake in stakes}
    return {key: change for key, change in changes.items() if change}


def _pay_everybody(wallet: Wallet, group: Group, actor: User | None, now: datetime) -> None:
    stakes = {stake.user_id: stake.balance for stake in list_shareable(wallet.pk)}
    for member in list_members(wallet.pk):
        source = find_payout_source(member.user)
        if source is not None and stakes[member.user_id] > 0:
            pay_out(
                wallet=wallet,
                group=group,
                user=member.user,
                source=source,
                amount=stakes[member.user_id],
                actor=actor,
                now=now,
            )


# --- event groups -----------------------------------------------------------------------------------------------------
def list_ending(by: date) -> QuerySet[Group]:
    """List the open groups whose last day is a day or before it, in whatever zone."""
    return Group.objects.filter(archived_at__isnull=True, ends_on__lte=by).order_by("pk")


def announce_endings(*, now: datetime, limit: int = 500) -> int:
    """Tell groups `ENDING_NOTICE_DAYS` ahead that their last day is near, once for each last day; say how many."""
    ahead = now.date() + timedelta(days=settings.ENDING_NOTICE_DAYS + 1)
    due = list_ending(ahead).exclude(ending_told=True).values_list("pk")
    return sweep(due[:limit], partial(_announce_ending, now=now))


@transaction.atomic
def _announce_ending(group_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    group = Group.objects.get(pk=group_id)
    notice = timedelta(days=settings.ENDING_NOTICE_DAYS)
    if group.ends_on is None or group.ending_told or _today(group, now) + notice < group.ends_on:
        return False
    Group.objects.filter(pk=group_id).update(ending_told=True)
    record_event(wallet=wallet, event=events.group_ending(ends_on=group.ends_on), now=now)
    return True


def dissolve_ended(*, now: datetime, limit: int = 200) -> int:
    """Dissolve groups whose last day is over, one wallet at a time; say how many. While debts are open they wait."""
    in_debt = Account.objects.filter(kind=Account.Kind.STAKE, balance__lt=0).values("wallet")
    due = list_ending(now.date() + timedelta(days=1)).exclude(pk__in=in_debt).values_list("pk")
    return sweep(due[:limit], partial(_dissolve_ended, now=now))


@transaction.atomic
def _dissolve_ended(group_id: uuid.UUID, now: datetime) -> bool:
    wallet = lock_wallet(group_id)
    group = Group.objects.get(pk=group_id)
    if group.archived_at is not None or group.ends_on is None or _today(group, now) <= group.ends_on:
        return False
    return dissolve_if_even(wallet, group, Dissolution.Reason.LAST_DAY, now)


def _today(group: Group, now: datetime) -> date:
    return now.astimezone(ZoneInfo(group.time_zone)).date()
