"""What is refused to members who look at what was earned."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class YieldDayNotFound(NotFound):
    """Nothing was computed for that day: the group was not enrolled, or the day is still to come."""

    code = "yield_day_not_found"


class ChartTooLong(Refusal):
    """More days are asked for than one chart shows."""

    code = "chart_too_long"
    title = _("Too many days")
    detail = _("A chart shows no more than %(limit)s days at a time.")
