"""Reads of contributions and withdrawals."""

import uuid

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from groups.funding.errors import ContributionNotFound, WithdrawalNotFound
from groups.funding.models import CONTRIBUTION, WITHDRAWAL, Claim, Contribution, Withdrawal
from wallet.rails.models import FundingSource, Payee, Transfer
from wallet.rails.selectors import other_side


def list_contributions(group_id: uuid.UUID) -> QuerySet[Contribution]:
    """List the contributions of a group, those under way and failed included."""
    contributions = Contribution.objects.filter(group=group_id).select_related("source")
    return contributions.annotate(transfer_status=_status_at_the_rail(CONTRIBUTION))


def get_contribution(group_id: uuid.UUID, contribution_id: uuid.UUID) -> Contribution:
    """Get a contribution of a group.

    :raises ContributionNotFound: when there is none.
    """
    contribution = list_contributions(group_id).filter(pk=contribution_id).first()
    if contribution is None:
        raise ContributionNotFound
    return contribution


def list_withdrawals(group_id: uuid.UUID) -> QuerySet[Withdrawal]:
    """List the withdrawals of a group, out of own stakes and out of everybody's."""
    # The table that is joined names the wallet too, so that the join stays on one shard.
    own = Q(payee__isnull=True) | Q(payee__wallet=group_id)
    withdrawals = Withdrawal.objects.filter(own, group=group_id).select_related("source", "payee")
    return withdrawals.annotate(transfer_status=_status_at_the_rail(WITHDRAWAL))


def receiver_of(withdrawal: Withdrawal) -> FundingSource | Payee:
    """Read where a withdrawal's money goes."""
    if "payee" in withdrawal._state.fields_cache and withdrawal.payee is not None:
        return withdrawal.payee
    return other_side(withdrawal.group_id, withdrawal.source, withdrawal.payee_id)


def _status_at_the_rail(purpose: str) -> Subquery:
    transfers = Transfer.objects.filter(wallet=OuterRef("group"), purpose=purpose, subject_id=OuterRef("pk"))
    return Subquery(transfers.values("status"))


def transfer_status_of(movement: Contribution | Withdrawal) -> str | None:
    """Read how far a movement is at the rail; None while the rail has no part in it. The lists have read it along."""
    if "transfer_status" in vars(movement):
        read: str | None = vars(movement)["transfer_status"]
        return read
    purpose = CONTRIBUTION if isinstance(movement, Contribution) else WITHDRAWAL
    transfers = Transfer.objects.filter(wallet=movement.group_id, purpose=purpose, subject_id=movement.pk)
    return transfers.values_list("status", flat=True).first()


def get_withdrawal(group_id: uuid.UUID, withdrawal_id: uuid.UUID) -> Withdrawal:
    """Get a withdrawal of a group.

    :raises WithdrawalNotFound: when there is none.
    """
    withdrawal = list_withdrawals(group_id).filter(pk=withdrawal_id).first()
    if withdrawal is None:
        raise WithdrawalNotFound
    return withdrawal


def claimed_of(group_id: uuid.UUID, user_id: uuid.UUID) -> int:
    """Sum what is outstanding of the claims on a member (fen); it is taken before anything of the stake is paid out."""
    open_ones = Claim.objects.filter(group=group_id, user=user_id, closed_at__isnull=True)
    return open_ones.aggregate(sum=Sum("outstanding"))["sum"] or 0
