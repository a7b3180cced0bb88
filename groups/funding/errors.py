"""What contributions and withdrawals refuse."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class ContributionTooLarge(Refusal):
    """More than may come in by hand at a time."""

    code = "contribution_too_large"
    title = _("Too much at once")
    detail = _("No more than %(limit)s can be paid in at a time.")
    fen = ("limit",)


class ContributionDayLimit(Refusal):
    """More than a member may pay in by hand in a day."""

    code = "contribution_day_limit"
    title = _("Day's limit reached")
    detail = _("No more than %(limit)s can be paid in a day; %(left)s are left for today.")
    fen = ("limit", "left")


class ContributionNotFound(NotFound):
    """There is no such contribution in this group."""

    code = "contribution_not_found"


class SourceMissing(Refusal):
    """Nothing is linked to which the member's money could go."""

    code = "source_missing"
    title = _("No card linked")
    detail = _("Link a card first; your money needs somewhere to go.")


class StakeCovers(Refusal):
    """Part of the stake stays for a short time, for what others bear of a transfer that they could not object to."""

    code = "stake_covers"
    title = _("Not yet")
    detail = _("Others bear part of a transfer that left at once. Until %(until)s, %(cover)s of your stake stay.")
    fen = ("cover",)


class FastAllowanceExceeded(Refusal):
    """More than may still go out fast today of the fund money of the owner's groups. Paying at shops does not count."""

    code = "fast_allowance_exceeded"
    title = _("Not so much fast")
    detail = _(
        "No more than %(limit)s a day go out fast, over all groups of the owner; %(left)s are left for today."
        " The ordinary way has no limit and arrives on a later trading day."
    )
    fen = ("limit", "left")


class ArrivalUnknown(Refusal):
    """The day on which an ordinary payout arrives lies past the last year whose trading days are known."""

    code = "arrival_unknown"
    status = 409
    title = _("Ordinary way closed")
    detail = _("The trading days around %(date)s are not known yet, so nobody can say when the money would arrive.")


class TooManyWaiting(Refusal):
    """The member has as many transfers waiting as may wait."""

    code = "too_many_waiting"
    title = _("Too many wait")
    detail = _("No more than %(limit)s transfers wait for objections at a time.")


class WithdrawalNotFound(NotFound):
    """There is no such withdrawal in this group."""

    code = "withdrawal_not_found"


class NotWaiting(Refusal):
    """The withdrawal does not wait any more: it has left, or was stopped."""

    code = "not_waiting"
    status = 409
    title = _("Too late")
    detail = _("This withdrawal does not wait any more: %(status)s.")


class ClaimNotFound(NotFound):
    """There is no such claim in this group."""

    code = "claim_not_found"


class NothingToCollect(Refusal):
    """The claim is closed, or there is nothing in the stake that it could be collected from."""

    code = "nothing_to_collect"
    status = 409
    title = _("Nothing to collect")
    detail = _("Nothing is owed any more, or there is nothing in the stake.")
