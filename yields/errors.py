"""What the rooms of yield refuse: to members, to operators, and to a run that must not go on."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class FundNotFound(NotFound):
    """There is no such fund."""

    code = "fund_not_found"


class NotEnrolled(NotFound):
    """The group's balance does not earn at present."""

    code = "not_enrolled"
    title = _("Yield is off")
    detail = _("This group's balance is not in a fund.")


class YieldDayNotFound(NotFound):
    """Nothing was computed for that day: the group was not enrolled, or the day is still to come."""

    code = "yield_day_not_found"


class AlreadyEnrolled(Refusal):
    """The group is in a fund already, or in this one on other terms."""

    code = "already_enrolled"
    status = 409
    title = _("Yield is on already")
    detail = _("This group's balance is in the fund %(fund)s. Switch yield off first.")


class FundNotOffered(Refusal):
    """A sandbox fund pays play money; only sandboxes may enroll in it."""

    code = "fund_not_offered"
    title = _("Fund not offered")
    detail = _("This fund is not offered to your group.")


class QuestionnaireNotAccepted(Refusal):
    """The owner has not confirmed the result of the risk questionnaire."""

    code = "questionnaire_not_accepted"
    title = _("Questionnaire not confirmed")
    detail = _("Confirm the result of the risk questionnaire first.")


class RateAlreadyPublished(Refusal):
    """The day's figures are published; they never change."""

    code = "rate_already_published"
    status = 409
    title = _("Published already")
    detail = _("The figures of %(date)s are published and never change.")


class RateNotEntered(Refusal):
    """Nobody has entered the day's figures."""

    code = "rate_not_entered"
    title = _("Nothing entered")
    detail = _("Nobody has entered the figures of %(date)s.")


class RateNeedsAnother(Refusal):
    """Who entered the figures cannot publish them."""

    code = "rate_needs_another"
    status = 403
    title = _("Another person must publish")
    detail = _("You entered these figures yourself; another operator publishes them.")


class RateMismatch(Refusal):
    """The annualised figure does not follow from the seven days, so one of the figures is mistyped."""

    code = "rate_mismatch"
    title = _("Figures do not agree")
    detail = _("Of %(date)s the annualised figure is entered as %(entered)s; the last seven days give %(computed)s.")


class RateOutOfOrder(Refusal):
    """Days are published one after the other, so that seven days can always be checked."""

    code = "rate_out_of_order"
    status = 409
    title = _("A day is missing")
    detail = _("Publish %(missing)s before %(date)s.")


class RateUnreadable(Refusal):
    """A row of an imported file is not a day's figures."""

    code = "rate_unreadable"
    title = _("File not readable")
    detail = _("Row %(row)s is not a day with its two figures.")


class RateMissing(Refusal):
    """The fund has not published the day; its run waits."""

    code = "rate_missing"
    status = 409
    title = _("Rate missing")
    detail = _("The fund %(fund)s has published nothing for %(date)s. The day waits.")


class RateNegative(Refusal):
    """The fund lost money on the day; no run takes from people by itself, an operator decides."""

    code = "rate_negative"
    status = 409
    title = _("Rate negative")
    detail = _("The fund %(fund)s published a negative rate for %(date)s. The day waits for an operator.")


class CalendarMissing(Refusal):
    """The day lies past the last year whose closures are loaded; a guessed holiday would be paid out."""

    code = "calendar_missing"
    status = 409
    title = _("Calendar missing")
    detail = _("The trading days around %(date)s are not loaded. The day waits for an operator.")


class DayNotOver(Refusal):
    """The day is not over in Shanghai."""

    code = "day_not_over"
    status = 409
    title = _("Day not over")
    detail = _("%(date)s is not over yet.")


class DayOutOfOrder(Refusal):
    """A day is credited only after the day before it."""

    code = "day_out_of_order"
    status = 409
    title = _("The day before first")
    detail = _("%(date)s cannot be credited before %(missing)s.")


class PreviousDayMissing(Refusal):
    """This wallet has not been credited for the day before."""

    code = "previous_day_missing"
    detail = _("The day before has not been credited to this wallet.")


class WalletClosed(Refusal):
    """Money would be credited to a wallet that is closed."""

    code = "wallet_closed"
    detail = _("This wallet is closed and still earns.")
