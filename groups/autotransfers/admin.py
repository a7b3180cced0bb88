"""Standing orders and their runs, to be read: what was ordered, what came of each occurrence, what moved the money."""

from datetime import datetime

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.selectors import list_runs
from groups.members.shown import group_shown
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import lead, lead_reference
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import NOTHING, first_id_since, link, money, own_id, status, yuan
from wallet.identity.lookups import HELP, PeopleLookUp, person

for model in ("autotransfer", "autotransferrun"):
    lead("wallet", f"autotransfers_{model}", by="group", place=35)
lead("person", "autotransfers_autotransfer", by="user", place=35)
lead_reference("auto-transfer", "autotransfers_autotransfer")

AMOUNT = money("amount", _("amount"))
MEMBER = person("user", _("member"))


@admin.register(AutoTransfer)
class AutoTransferAdmin(PeopleLookUp):
    list_display = [own_id, group_shown, MEMBER, "direction", AMOUNT, "every", "state", "due_at", "created_at"]
    list_filter = ["status", "direction", "every", recent("created_at", _("made"))]
    list_select_related = ["group", "user", "source", "payee", "paused_by"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "user", "source", "payee"]
    search_fields = ["memo__contains"]
    search_help_text = HELP
    fieldsets = [
        (None, {"fields": [own_id, group_shown, MEMBER, "direction", AMOUNT, "other_side", "memo", "state"]}),
        (
            _("When"),
            {
                "fields": [
                    "every", "day", "at", "starts_on", "ends_on", "runs_max", money("goal", _("goal")), "catch_up",
                    "passed", "last_on", "next_on", "due_at", "sweep_at",
                ]
            },
        ),
        (_("End"), {"fields": [person("paused_by", _("paused by")), "end_reason", "created_at", "ended_at"]}),
    ]  # fmt: skip
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]
    about = {"wallet": "group_id", "person": "user_id"}

    def is_sandbox(self, row: AutoTransfer) -> bool:
        return row.group.is_sandbox

    def list_tables(self, request: HttpRequest, row: AutoTransfer) -> list[Table]:
        rows = [
            [link("autotransfers_autotransferrun", run.pk, run.due_on), yuan(run.amount), status(run), run.failure_code]
            for run in list_runs(row.group_id, row.pk).order_by("-id")[:ROWS_MAX]
        ]
        return [
            Table(_("Runs"), "autotransfers_autotransferrun", [_("date"), _("amount"), _("status"), _("reason")], rows)
        ]

    @admin.display(description=_("from or to"))
    def other_side(self, order: AutoTransfer) -> SafeString:
        if order.source is None:
            return link("rails_payee", order.payee_id, order.payee)
        return link("rails_fundingsource", order.source_id, order.source)

    @admin.display(description=_("status"), ordering="status")
    def state(self, order: AutoTransfer) -> SafeString:
        return status(order)


@admin.register(AutoTransferRun)
class AutoTransferRunAdmin(LookUp):
    list_display = [own_id, group_shown, "order_shown", "due_on", AMOUNT, "state", "tries", "next_at", "failure_code"]
    list_filter = ["status", recent("due_at", _("due"))]
    list_select_related = ["group", "order"]
    search_ids = ["pk", "group", "order", "contribution", "withdrawal"]
    search_fields = ["failure_code"]
    fields = [*list_display, "due_at", "first_tried_at", "by_hand", "movement", "final_at"]
    readonly_fields = fields
    about = {"wallet": "group_id"}

    def is_sandbox(self, row: AutoTransferRun) -> bool:
        return row.group.is_sandbox

    @admin.display(description=_("auto-transfer"))
    def order_shown(self, run: AutoTransferRun) -> SafeString:
        return link("autotransfers_autotransfer", run.order_id, run.order)

    @admin.display(description=_("moved by"))
    def movement(self, run: AutoTransferRun) -> SafeString | str:
        if run.contribution_id is not None:
            return link("funding_contribution", run.contribution_id, run.contribution_id)
        return link("funding_withdrawal", run.withdrawal_id, run.withdrawal_id) if run.withdrawal_id else NOTHING

    @admin.display(description=_("status"), ordering="status")
    def state(self, run: AutoTransferRun) -> SafeString:
        return status(run)


def missed_today(now: datetime, midnight: datetime) -> Figure:
    """Count the runs of today, and those that were missed or wait for another try."""
    todays = AutoTransferRun.objects.filter(pk__gte=first_id_since(midnight))
    waiting = todays.filter(status__in=AutoTransferRun.UNPAID).count()
    line = _("%(count)s not paid") % {"count": waiting}
    return Figure(todays.count(), line, "mind" if waiting else "")


card(_("Auto-transfers today"), "autotransfers_autotransferrun", missed_today)
