"""What every room says no with.

A refusal is a class: one stable `code`, one HTTP status, a title and a detail that are translated, and the data a
client needs to explain it. The room that raises it defines it (`errors.py`); `wallet.api.problems` turns it into HTTP,
in one place. A refusal changes nothing: whoever raises one leaves the transaction to be rolled back.
"""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wallet.amounts import yuan

Text = str | Promise


class Refusal(Exception):
    """A command was understood and is not carried out."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    title: ClassVar[Text] = _("Refused")
    detail: ClassVar[Text] = _("This cannot be done.")
    #: What of the data are fen; the detail has them as ¥1,234.56.
    fen: ClassVar[tuple[str, ...]] = ()
    #: Seconds after which trying again makes sense; becomes `Retry-After`.
    retry_after_seconds: int | None = None

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code, data)
        self.data = data

    def describe(self) -> str:
        """Say in the active language why, with the data filled in."""
        shown = self.data | {name: yuan(self.data[name]) for name in self.fen if name in self.data}
        return str(self.detail) % shown if shown else str(self.detail)


class NotFound(Refusal):
    """The thing is not there, or the caller may not know that it is."""

    code = "not_found"
    status = 404
    title = _("Not found")
    detail = _("There is nothing here that you may see.")


class SignatureInvalid(Refusal):
    """A request of a machine that signs, without a right signature."""

    code = "signature_invalid"
    status = 401
    title = _("Signature invalid")
    detail = _("The signature of this request is missing or wrong.")


class SignatureStale(Refusal):
    """A signed request whose signature is too old or from the future."""

    code = "signature_stale"
    status = 401
    title = _("Signature out of date")
    detail = _("The time of this request's signature is too far from now.")


def get_refusal(code: str) -> type[Refusal]:
    """Get a refusal by its code, as it was booked.

    :raises KeyError: when there is none of that code.
    """
    pending = [Refusal]
    while pending:
        kind = pending.pop()
        if kind.code == code:
            return kind
        pending += kind.__subclasses__()
    raise KeyError(code)
