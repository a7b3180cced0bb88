"""What is refused to an owner who switches yield on or off."""

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
