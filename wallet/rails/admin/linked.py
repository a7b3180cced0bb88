"""Members' sources and the wallets' payees: by their masks, for no number is kept."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.links import lead, list_faces
from wallet.api.operators.pages import recent
from wallet.api.operators.shown import own_id
from wallet.identity.lookups import PeopleLookUp, person
from wallet.ledger.shown import in_sandbox, wallet_shown
from wallet.rails.models import FundingSource, Payee

lead("wallet", "rails_payee", by="wallet", place=45)
lead("person", "rails_fundingsource", by="user", place=40)


@admin.register(FundingSource)
class FundingSourceAdmin(PeopleLookUp):
    list_display = ["label", person("user", _("person")), "kind", "rail", "is_default", "linked_at", "unlinked_at"]
    list_filter = ["kind", ("unlinked_at", admin.EmptyFieldListFilter), recent("linked_at", _("linked"))]
    list_select_related = ["user"]
    date_hierarchy = "linked_at"
    search_ids = ["pk", "user"]
    search_fields = ["label__contains"]
    # The token is what money is asked with; nobody needs to see it.
    fields = [own_id, person("user", _("person")), "rail", "kind", "label", "is_default", "linked_at", "unlinked_at"]
    readonly_fields = fields
    about = {"person": "user_id"}


@admin.register(Payee)
class PayeeAdmin(PeopleLookUp):
    list_display = ["name", "label", wallet_shown, person("user", _("linked by")), "rail", "linked_at", "unlinked_at"]
    list_filter = [("unlinked_at", admin.EmptyFieldListFilter), recent("linked_at", _("linked"))]
    date_hierarchy = "linked_at"
    search_ids = ["pk", "wallet", "user"]
    search_fields = ["label__contains"]
    fields = [own_id, wallet_shown, person("user", _("linked by")), "rail", "name", "label", "linked_at", "unlinked_at"]
    readonly_fields = fields
    about = {"wallet": "wallet_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["user", *list_faces("wallet")]

    def is_sandbox(self, row: Payee) -> bool:
        return in_sandbox(row.wallet)
