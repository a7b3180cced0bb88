"""What standing orders refuse."""

from django.utils.translation import gettext_lazy as _

from groups.autotransfers.models import AutoTransferRun
from wallet.refusals import NotFound, Refusal


class AutoTransferNotFound(NotFound):
    """There is no such standing order in this group."""

    code = "auto_transfer_not_found"


class AutoTransferRunNotFound(NotFound):
    """There is no such run in this group."""

    code = "auto_transfer_run_not_found"


class AutoTransferTooLarge(Refusal):
    """More than a standing order may move at a time."""

    code = "auto_transfer_too_large"
    title = _("Too much at once")
    detail = _("An auto-transfer moves no more than %(limit)s at a time.")
    fen = ("limit",)


class TooManyAutoTransfers(Refusal):
    """The group has as many standing orders as there may be."""

    code = "too_many_auto_transfers"
    title = _("Too many auto-transfers")
    detail = _("No more than %(limit)s auto-transfers of a group can be in force at once.")


class TooManyOwnAutoTransfers(Refusal):
    """The person has as many standing orders in this group as one may have."""

    code = "too_many_own_auto_transfers"
    title = _("Too many auto-transfers of your own")
    detail = _("No more than %(limit)s of your auto-transfers in a group can be in force at once.")


class AutoTransferOver(Refusal):
    """The standing order has ended."""

    code = "auto_transfer_over"
    status = 409
    title = _("Already ended")
    detail = _("This auto-transfer has ended.")


class AutoTransferPaused(Refusal):
    """The standing order is paused: it has no next occurrence."""

    code = "auto_transfer_paused"
    status = 409
    title = _("Paused")
    detail = _("This auto-transfer is paused; there is nothing to skip.")


class NeverDue(Refusal):
    """By its dates the order would never be due any more."""

    code = "never_due"
    title = _("Never due")
    detail = _("With these dates this auto-transfer would never be due.")


class GoalBehind(Refusal):
    """As much as the goal has come in already, or is on its way."""

    code = "goal_behind"
    title = _("Goal already reached")
    detail = _("So much has come in already.")


class RunNotUnpaid(Refusal):
    """The run is neither missed nor waiting for its next try."""

    code = "run_not_unpaid"
    status = 409
    title = _("Nothing to pay")
    detail = _("This run is not unpaid: %(status)s.")

    def describe(self) -> str:
        words = dict(AutoTransferRun.Status.choices)
        return str(self.detail) % {"status": words.get(self.data["status"], self.data["status"])}


class RunNotMissed(RunNotUnpaid):
    """Only a missed contribution can be excused."""

    code = "run_not_missed"
    title = _("Nothing to excuse")
    detail = _("Only a contribution that was missed can be excused: %(status)s.")


class AutoTransferNeeds(Refusal):
    """A standing order uses the source or the payee."""

    code = "auto_transfer_needs"
    title = _("An auto-transfer needs it")
    detail = _("An auto-transfer uses it. End that first, or let it use another.")
