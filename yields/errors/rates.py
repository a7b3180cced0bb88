"""What is refused to operators who enter and publish a day's figures."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


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
