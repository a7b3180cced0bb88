"""What a group's rules refuse."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class ParticipantUnknown(Refusal):
    """Somebody who is to bear a share is not in the group."""

    code = "participant_unknown"
    title = _("Not a member")
    detail = _("Somebody named here is not a member of this group.")


class PayerMustShare(Refusal):
    """Whoever pays is among those who bear it."""

    code = "payer_must_share"
    title = _("You must bear a share")
    detail = _("Name yourself among those who share what you pay.")


class SharingNotAgreed(Refusal):
    """Another would bear more than by the rule that all have agreed on."""

    code = "sharing_not_agreed"
    title = _("Not agreed")
    detail = _(
        "Others would bear more of it than all have agreed. Share it by the group's rule, or bear more yourself."
    )


class SpendingPaused(Refusal):
    """The group, or this member, does not spend at the moment."""

    code = "spending_paused"
    title = _("Spending is paused")
    detail = _("Spending is paused. Everybody has to agree before it goes on.")


class CategoryBlocked(Refusal):
    """The group does not pay for this kind of thing, or this member does not."""

    code = "category_blocked"
    title = _("Not for this")
    detail = _("The group has blocked payments of this category.")


class TooManyBlocks(Refusal):
    """As many categories are blocked as may be."""

    code = "too_many_blocks"
    title = _("Too many blocks")
    detail = _("No more than %(limit)s categories can be blocked.")


class LimitExceeded(Refusal):
    """More than a limit leaves."""

    code = "limit_exceeded"
    title = _("Limit reached")
    detail = _("This is more than a limit of the group leaves.")


class ApprovalRequired(Refusal):
    """So large an amount needs others' approval; it has been asked for."""

    code = "approval_required"
    title = _("Approval needed")
    detail = _("So large an amount needs the approval of others. They have been asked.")


class NothingToChange(Refusal):
    """It is so already."""

    code = "nothing_to_change"
    title = _("Nothing to change")
    detail = _("It is so already.")


class DebtsOpen(Refusal):
    """Somebody owes more than would be allowed."""

    code = "debts_open"
    title = _("Debts are open")
    detail = _("Somebody owes the others more than that. Settle it first.")
