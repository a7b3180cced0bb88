"""What parting refuses."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class DebtOpen(Refusal):
    """The member owes the others something, which is settled first."""

    code = "debt_open"
    title = _("A debt is open")
    detail = _("You owe the group %(owed)s. Pay it in, or settle it with those you owe; then you can leave.")
    fen = ("owed",)


class LeavingAlready(Refusal):
    """The member's leaving is under way."""

    code = "leaving_already"
    status = 409
    title = _("Already leaving")
    detail = _("You are leaving already; it is done when your money has arrived.")


class NotTheOwner(Refusal):
    """Only the owner hands a group over; the others can elect another owner."""

    code = "not_the_owner"
    status = 403
    title = _("Not the owner")
    detail = _("Only the owner can hand the group over. The others can elect another owner.")


class HeirUnfit(Refusal):
    """Whoever shall own the group is its owner already, or only looks on."""

    code = "heir_unfit"
    title = _("Cannot be the owner")
    detail = _("Only a member who may spend can become the owner.")


class NotOwed(Refusal):
    """There is no such debt to settle."""

    code = "not_owed"
    title = _("Nothing owed")
    detail = _("No more can be settled than is owed: %(owed)s.")
    fen = ("owed",)
