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
