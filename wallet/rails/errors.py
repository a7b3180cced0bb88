"""What has to do with outside institutions and is refused."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal, SignatureInvalid, SignatureStale


class SourceNotFound(NotFound):
    """There is no such source, or it is not the caller's."""

    code = "source_not_found"


class RailNotFound(NotFound):
    """There is no such rail."""

    code = "rail_not_found"


class CardRefused(Refusal):
    """The institution does not link this card."""

    code = "card_refused"
    title = _("Card not accepted")
    detail = _("The bank does not accept this card.")


class AccountRefused(Refusal):
    """The institution does not link this account."""

    code = "account_refused"
    title = _("Account not accepted")
    detail = _("The institution does not accept this account.")


class SourceTaken(Refusal):
    """Somebody else has linked the same card or account."""

    code = "source_taken"
    title = _("Linked by somebody else")
    detail = _("Somebody else has linked this card or account.")


class RailUnavailable(Refusal):
    """The institution does not answer; nothing was done."""

    code = "rail_unavailable"
    status = 503
    title = _("Bank out of reach")
    detail = _("The bank does not answer at the moment. Try again later.")
    retry_after_seconds = 30


class TooManySources(Refusal):
    """The person has linked as many sources as there may be."""

    code = "too_many_sources"
    title = _("Too many cards")
    detail = _("No more than %(limit)s cards can be linked.")


class LinkingLimited(Refusal):
    """The person has tried to link more often than people do who know their numbers."""

    code = "too_many_linkings"
    status = 429
    title = _("Too many requests")
    detail = _("Too many cards or accounts were tried. Try again later.")
    retry_after_seconds = 3600


class SourceInUse(Refusal):
    """A transfer through the source is still under way."""

    code = "source_in_use"
    title = _("Card in use")
    detail = _("A transfer with this card is still under way.")


class PayeeNotFound(NotFound):
    """There is no such payee of this wallet."""

    code = "payee_not_found"


class TooManyPayees(Refusal):
    """The wallet has as many payees as there may be."""

    code = "too_many_payees"
    title = _("Too many payees")
    detail = _("No more than %(limit)s payees can be linked.")


class PayeeInUse(Refusal):
    """A transfer to the payee is still under way."""

    code = "payee_in_use"
    title = _("Payee in use")
    detail = _("A transfer to this payee is still under way.")


class NoticeUnsigned(SignatureInvalid):
    """A notice without a right signature."""


class NoticeStale(SignatureStale):
    """A notice whose signature is too old or from the future."""


class NoticeUnknown(NotFound):
    """A notice about a number that was never ours."""

    code = "transfer_not_found"


class NoticeContradicts(Refusal):
    """A notice whose amount or outcome is not what we know to be so."""

    code = "notice_contradicts"
    status = 409
    title = _("Contradiction")
    detail = _("This notice contradicts what is known of the transfer.")


class StatementDayNotOver(Refusal):
    """A day is reconciled when it is over, by the rail's own midnight."""

    code = "statement_day_not_over"
    title = _("Day not over")
    detail = _("%(day)s has not ended there yet.")


class DifferenceNotFound(NotFound):
    """There is no such difference."""

    code = "difference_not_found"


class ExplanationMissing(Refusal):
    """A difference is explained with words."""

    code = "explanation_missing"
    title = _("Explanation missing")
    detail = _("Say why the books differ.")


class AlreadyExplained(Refusal):
    """Somebody has explained the difference, and it stays explained so."""

    code = "already_explained"
    status = 409
    title = _("Explained before")
    detail = _("This difference has been explained.")
