"""What is refused to operators who correct a published day, and why a wallet's day cannot be corrected."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class RateNotPublished(Refusal):
    """There is nothing to correct: the day's figures are not published."""

    code = "rate_not_published"
    title = _("Not published")
    detail = _("The figures of %(date)s are not published; what is only entered can simply be entered again.")


class DayNotCredited(Refusal):
    """The day is still to be credited, so nothing that was credited can be corrected."""

    code = "day_not_credited"
    status = 409
    title = _("Not credited yet")
    detail = _("%(date)s has not been credited yet.")


class CorrectionNegative(Refusal):
    """A correction never takes more from people than the day gave them."""

    code = "correction_negative"
    title = _("Rate negative")
    detail = _("A correction cannot make a day's rate negative.")


class CorrectionChangesNothing(Refusal):
    """The figures are those that stand."""

    code = "correction_changes_nothing"
    title = _("Nothing to correct")
    detail = _("These are the figures of %(date)s as they stand.")


class CorrectionUnderWay(Refusal):
    """The correction before it is still being carried out."""

    code = "correction_under_way"
    status = 409
    title = _("A correction is under way")
    detail = _("Correction %(number)s of %(date)s is still being carried out.")


class CorrectionNotEntered(Refusal):
    """The correction is not waiting: it is published or withdrawn."""

    code = "correction_not_entered"
    status = 409
    title = _("Not waiting")
    detail = _("This correction is not waiting to be published.")


class CorrectionNeedsAnother(Refusal):
    """Who entered the correction cannot publish it."""

    code = "correction_needs_another"
    status = 403
    title = _("Another person must publish")
    detail = _("You entered this correction yourself; another operator publishes it.")


class StakeNotCovered(Refusal):
    """A member's stake no longer holds what the correction takes back; people decide, and no stake goes below zero."""

    code = "stake_not_covered"
    detail = _("The correction takes back %(amount)s more than a member's stake still holds.")
    fen = ("amount",)


class BaseDiffers(Refusal):
    """The base worked out again is not the base that was credited."""

    code = "base_differs"
    detail = _("The base was %(credited)s and is now worked out as %(derived)s.")
    fen = ("credited", "derived")
