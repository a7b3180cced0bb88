"""Money on its way, and what the rails told us of it. Nobody settles a transfer by hand: the rail is asked again."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import lead, list_faces, name_of_kind, page_of_reference
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import NOTHING, link, moment, money, own_id, status, yuan
from wallet.identity.lookups import HELP, PeopleLookUp
from wallet.ledger.shown import in_sandbox, wallet_shown
from wallet.rails.admin.reconciliation import differences_table
from wallet.rails.models import Difference, RailNotice, Transfer

lead("wallet", "rails_transfer", by="wallet", place=40)
lead("person", "rails_transfer", by="source__user", place=40)

AMOUNT = money("amount", _("amount"))
ENDS = ["final_at", "booked_at", "late_at"]


class OpenFilter(admin.SimpleListFilter):
    """Transfers that are still on their way: few, and found by their index."""

    title = _("on its way")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(next_step_at__isnull=False) if self.value() == "1" else queryset


@admin.register(Transfer)
class TransferAdmin(PeopleLookUp):
    list_display = ["out_no", wallet_shown, "direction", AMOUNT, "what", "person", "state", "attempts", "created_at"]
    list_filter = [OpenFilter, "direction", "status", recent("created_at", _("created"))]
    date_hierarchy = "created_at"
    search_ids = ["pk", "wallet", "subject_id", "source", "payee"]
    search_fields = ["failure_code"]
    search_help_text = HELP
    people = ["source__user"]
    fieldsets = [
        (None, {"fields": ["out_no", wallet_shown, "direction", AMOUNT, "state", "reason"]}),
        (_("What for"), {"fields": ["subject", "person", "source_shown"]}),
        (_("Steps"), {"fields": ["rail", "attempts", "created_at", "submitted_at", "next_step_at", *ENDS]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]
    about = {"wallet": "wallet_id"}

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["source__user", "payee", *list_faces("wallet")]

    def is_sandbox(self, row: Transfer) -> bool:
        return in_sandbox(row.wallet)

    def list_tables(self, request: HttpRequest, row: Transfer) -> list[Table]:
        notices = RailNotice.objects.filter(out_no=row.out_no).order_by("received_at")[:ROWS_MAX]
        rows = [
            [link("rails_railnotice", notice.pk, notice.notice_id), notice.status, moment(notice.received_at)]
            for notice in notices
        ]
        differences = Difference.objects.filter(out_no=row.out_no).select_related("run").order_by("pk")[:ROWS_MAX]
        return [
            Table(_("Notices"), "rails_railnotice", [_("notice"), _("status"), _("received")], rows),
            differences_table(differences),
        ]

    @admin.display(description=_("what for"), ordering="purpose")
    def what(self, transfer: Transfer) -> str:
        return name_of_kind(transfer.purpose)

    @admin.display(description=_("what for"))
    def subject(self, transfer: Transfer) -> SafeString | str:
        page, name = page_of_reference(transfer.purpose), name_of_kind(transfer.purpose)
        return link(page, transfer.subject_id, name) if page else name

    @admin.display(description=_("person"))
    def person(self, transfer: Transfer) -> SafeString | str:
        source = transfer.source
        return link("identity_user", source.user_id, source.user) if source else NOTHING

    @admin.display(description=_("from or to"))
    def source_shown(self, transfer: Transfer) -> SafeString:
        if transfer.source is None:
            return link("rails_payee", transfer.payee_id, transfer.payee)
        return link("rails_fundingsource", transfer.source_id, transfer.source)

    @admin.display(description=_("status"), ordering="status")
    def state(self, transfer: Transfer) -> SafeString:
        return status(transfer)

    @admin.display(description=_("reason"))
    def reason(self, transfer: Transfer) -> str:
        return transfer.failure_code


@admin.register(RailNotice)
class RailNoticeAdmin(LookUp):
    list_display = ["notice_id", "rail", "out_no", "status", "received_at"]
    list_filter = [recent("received_at", _("received"))]
    date_hierarchy = "received_at"
    search_ids: list[str] = []
    search_fields = ["notice_id", "out_no"]
    search_help_text = _("The number of a notice, or our number of a transfer")
    fields = [own_id, "rail", "notice_id", "transfer", "status", "received_at"]
    readonly_fields = fields

    @admin.display(description=_("transfer"))
    def transfer(self, notice: RailNotice) -> SafeString | str:
        found = Transfer.objects.filter(out_no=notice.out_no).first()
        return link("rails_transfer", found.pk, found.out_no) if found else notice.out_no


def open_transfers(now: Any, midnight: Any) -> Figure:
    """Count what is on its way, by the index that the sweep uses."""
    waiting = list(Transfer.objects.filter(next_step_at__isnull=False).values_list("status", "amount")[:1000])
    unknown = sum(status == Transfer.Status.UNKNOWN for status, _amount in waiting)
    text = _("%(amount)s, %(count)s of them unknown")
    return Figure(
        len(waiting),
        text % {"amount": yuan(sum(amount for _status, amount in waiting)), "count": unknown},
        "mind" if unknown else "",
    )


card(_("Transfers on their way"), "rails_transfer", open_transfers, "?open=1")
