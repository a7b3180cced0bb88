"""What the fund's side refuses, to operators and to the tasks that call it."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class NotATradingDay(Refusal):
    """Nothing is ordered on a day on which the fund does not trade."""

    code = "not_a_trading_day"
    title = _("Not a trading day")
    detail = _("The fund %(fund)s does not trade on %(date)s.")


class CutNotOver(Refusal):
    """The flows of a trading day are not complete before 15:00, and some minutes, in Shanghai."""

    code = "cut_not_over"
    status = 409
    title = _("Too early for an order")
    detail = _("The order of %(date)s is made some minutes after 15:00.")


class CompanyUnavailable(Refusal):
    """The fund company does not answer, or this installation has none for the fund; nothing was learned."""

    code = "fund_company_unavailable"
    status = 503
    title = _("Fund company out of reach")
    detail = _("The fund company of %(fund)s gives no answer for %(date)s.")
