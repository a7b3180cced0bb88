"""First answers under idempotency keys, to be read: that there was one, when, and with which status.

The answer itself is not shown: it may hold what was meant for the caller alone, a code that is stored nowhere else.
"""

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.models import StoredAnswer
from wallet.api.operators.links import lead
from wallet.api.operators.pages import LookUp, recent
from wallet.api.operators.shown import label, link, own_id

lead("wallet", "api_storedanswer", by="wallet_id", place=90)


@admin.register(StoredAnswer)
class StoredAnswerAdmin(LookUp):
    list_display = ["key", "route", "caller", "outcome", "answered_at"]
    list_filter = ["status", recent("answered_at", _("answered"))]
    date_hierarchy = "answered_at"
    search_ids = ["pk", "wallet_id"]
    search_fields = ["key", "caller"]
    search_help_text = _("The id of a wallet, a whole key, or a caller")
    fields = [own_id, "wallet_shown", "caller", "route", "key", "outcome", "content_type", "kept", "answered_at"]
    readonly_fields = fields
    about = {"wallet": "wallet_id"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredAnswer]:
        """Leave the bodies where they are, and ask only for their length."""
        return super().get_queryset(request).defer("body").annotate(size=Length("body"))  # type: ignore[no-any-return]

    @admin.display(description=_("wallet"))
    def wallet_shown(self, answer: StoredAnswer) -> SafeString:
        return link("ledger_wallet", answer.wallet_id, answer.wallet_id)

    @admin.display(description=_("status"), ordering="status")
    def outcome(self, answer: StoredAnswer) -> SafeString:
        return label(answer.status, "good" if answer.status < 300 else "bad")

    @admin.display(description=_("body"))
    def kept(self, answer: StoredAnswer) -> str:
        size = getattr(answer, "size", None)
        return str(_("forgotten")) if size is None else str(_("%(size)s bytes, for the caller alone")) % {"size": size}
