"""Why a day is not credited: the run waits, or one wallet of it does."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


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
