"""What disputes and legal holds refuse, to members and to operators."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class DisputeNotFound(NotFound):
    """There is no such dispute in this group."""

    code = "dispute_not_found"


class OwnPayment(Refusal):
    """Nobody contests what they paid themselves."""

    code = "own_payment"
    status = 403
    title = _("Your own payment")
    detail = _("You made this payment yourself; only the others can contest it.")


class OwnTransfer(Refusal):
    """Nobody contests a transfer that went to themselves."""

    code = "own_transfer"
    status = 403
    title = _("Your own transfer")
    detail = _("This transfer goes to you; only the others can contest it.")


class TransferNotLeft(Refusal):
    """The transfer still waits for objections, and an objection is what stops it."""

    code = "transfer_not_left"
    status = 409
    title = _("Not left yet")
    detail = _("This transfer has not left yet; object to it instead.")


class NothingToContest(Refusal):
    """The member bore nothing of it, or has all of it back."""

    code = "nothing_to_contest"
    title = _("Nothing to contest")
    detail = _("You bear no share of it.")


class ContestedTooMuch(Refusal):
    """More than what the member bears of it and has not had back."""

    code = "contested_too_much"
    title = _("More than your share")
    detail = _("You can contest no more than your own share, %(left)s.")
    fen = ("left",)


class DisputeWindowOver(Refusal):
    """The payment or the transfer is too long ago."""

    code = "dispute_window_over"
    title = _("Too late")
    detail = _("A payment or a transfer can be contested within %(days)s days.")


class ContestedBefore(Refusal):
    """The member has contested this payment or transfer, however that ended."""

    code = "contested_before"
    status = 409
    title = _("Contested before")
    detail = _("You have contested this before; that is possible once.")


class DisputeNotYours(Refusal):
    """Only the respondent concedes, and only who contested withdraws."""

    code = "dispute_not_yours"
    status = 403
    title = _("Not yours to answer")
    detail = _("Only who made the payment or the transfer can concede, and only who contested it can withdraw.")


class DisputeClosed(Refusal):
    """The dispute has ended already, or its deadline has passed."""

    code = "dispute_closed"
    status = 409
    title = _("Dispute closed")
    detail = _("This dispute is over.")


class AwardTooLarge(Refusal):
    """An operator would award more than was contested."""

    code = "award_too_large"
    title = _("More than was contested")
    detail = _("No more than the contested %(contested)s can be awarded.")
    fen = ("contested",)


class ReasonMissing(Refusal):
    """An operator decides without saying why."""

    code = "decision_reason_missing"
    title = _("Reason missing")
    detail = _("Say why; the members of the group will read it.")


class LegalHoldNotFound(NotFound):
    """There is no such legal hold on this wallet."""

    code = "legal_hold_not_found"


class LegalHoldEndWrong(Refusal):
    """A hold without an end that is still to come, or with one too far away."""

    code = "legal_hold_end_wrong"
    title = _("End not possible")
    detail = _("A legal hold ends in the future, and within %(days)s days.")


class LegalHoldNeedsAnother(Refusal):
    """Who asked for something cannot answer it."""

    code = "legal_hold_needs_another"
    status = 403
    title = _("Another person must answer")
    detail = _("You asked for this yourself; another operator answers it.")


class LegalHoldTooLarge(Refusal):
    """The member's stake is smaller than what shall be held."""

    code = "legal_hold_too_large"
    title = _("More than there is")
    detail = _("This member's share holds only %(available)s.")
    fen = ("available",)


class LegalHoldStepClosed(Refusal):
    """The hold is not in a state in which this can be done: somebody was faster, or its end has come."""

    code = "legal_hold_step_closed"
    status = 409
    title = _("Not possible any more")
    detail = _("This legal hold has moved on; that cannot be done any more.")
