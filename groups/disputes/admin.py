"""Where operators mediate, and where orders from outside are carried out. Whatever moves money is a service's call.

A dispute's page shows both sides and lets an operator uphold or dismiss it, with a reason, while it is open. A legal
hold is asked for on its add page by one operator, and answered from the list by another; so is its release. Nothing
else can be written here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.disputes.forms import DecisionForm, LegalHoldForm
from groups.disputes.models import Dispute, LegalHold
from groups.disputes.services import (
    approve_legal_hold,
    approve_release,
    ask_legal_hold,
    ask_release,
    decide_dispute,
    decline_legal_hold,
    decline_release,
)
from groups.members.shown import group_shown
from groups.spending.models import Refund
from wallet.api.operators.cards import Figure, card
from wallet.api.operators.links import call_kind, lead, lead_reference
from wallet.api.operators.pages import ROWS_MAX, Table, recent
from wallet.api.operators.shown import NOTHING, link, moment, money, own_id, status
from wallet.identity.lookups import HELP, PeopleLookUp, person
from wallet.identity.models import User
from wallet.ledger.models import Entry
from wallet.ledger.shown import entry_name
from wallet.refusals import Refusal

for model in ("dispute", "legalhold"):
    lead("wallet", f"disputes_{model}", by="group", place=25)
    lead("person", f"disputes_{model}", by="user", place=25)
for prefix in ("dispute", "dispute-outcome", "dispute-refund"):
    lead_reference(prefix, "disputes_dispute")
for prefix in ("legal-hold", "legal-hold-end"):
    lead_reference(prefix, "disputes_legalhold")
call_kind("dispute_held", _("held for a dispute"))
call_kind("dispute_upheld", _("dispute upheld"))
call_kind("dispute_returned", _("back from a dispute"))
call_kind("dispute_refund", _("passed on after a dispute"))
call_kind("legal_hold_placed", _("legal hold"))
call_kind("legal_hold_released", _("legal hold released"))

AMOUNT, HELD = money("amount", _("amount")), money("held", _("held"))
AWARDED, REPAID = money("awarded", _("awarded")), money("repaid", _("repaid"))
CONTESTER, RESPONDENT = person("user", _("contested by")), person("respondent", _("respondent"))
MEMBER = person("user", _("member"))


class HoldLookUp(PeopleLookUp):
    """What disputes and legal holds have in common: an operator does one thing with a service, and may be refused."""

    references: tuple[str, ...] = ()

    def is_sandbox(self, row: Any) -> bool:
        return bool(row.group.is_sandbox)

    def list_tables(self, request: HttpRequest, row: Any) -> list[Table]:
        references = self.list_references(row)
        entries = Entry.objects.filter(wallet=row.group_id, reference__in=references).order_by("sequence")
        booked = [[entry_name(entry), entry.reference, moment(entry.posted_at)] for entry in entries]
        return [Table(_("Entries"), "ledger_entry", [_("entry"), _("reference"), _("posted")], booked)]

    def list_references(self, row: Any) -> list[str]:
        return [f"{prefix}:{row.pk}" for prefix in self.references]

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: Any) -> SafeString:
        return status(row)


@admin.register(Dispute)
class DisputeAdmin(HoldLookUp):
    form = DecisionForm
    list_display = [own_id, group_shown, CONTESTER, RESPONDENT, AMOUNT, HELD, "state", "created_at", "deadline_at"]
    list_filter = ["status", recent("created_at", _("contested"))]
    list_select_related = ["group", "user", "respondent"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "user", "respondent", "payment", "withdrawal"]
    people = ["user", "respondent"]
    search_help_text = HELP
    shown = [own_id, group_shown, CONTESTER, RESPONDENT, "contested_shown", AMOUNT, HELD, "reason", "state"]
    shown += ["created_at", "deadline_at", AWARDED, person("ended_by", _("decided by")), "ended_at", "decision_reason"]
    shown += [REPAID]
    readonly_fields = shown
    about = {"wallet": "group_id", "person": "user_id"}
    references = ("dispute", "dispute-outcome")

    def get_fieldsets(self, request: HttpRequest, obj: Dispute | None = None) -> Any:
        decision = [(_("Decision"), {"fields": ["decision", "award", "why"]})]
        return [(None, {"fields": self.shown}), *(decision if self.has_change_permission(request, obj) else [])]

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        is_open = isinstance(obj, Dispute) and obj.status == Dispute.Status.OPEN and timezone.now() < obj.deadline_at
        return is_open and bool(request.user.has_perm("disputes.decide_dispute"))

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let who decides look, too."""
        return bool(request.user.has_perm("disputes.view_dispute") or request.user.has_perm("disputes.decide_dispute"))

    def save_model(self, request: HttpRequest, obj: Dispute, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        given = form.cleaned_data
        decide_dispute(
            operator=request.user,
            group_id=obj.group_id,
            dispute_id=obj.pk,
            uphold=given["decision"] == DecisionForm.UPHOLD,
            amount=given["award"],
            reason=given["why"],
            now=timezone.now(),
        )

    def list_references(self, row: Dispute) -> list[str]:
        """List those of what was passed on as well; each names what had come back."""
        refunds = Refund.objects.filter(group=row.group_id, payment=row.payment_id) if row.payment_id else ()
        causes = [row.withdrawal_id, *(refund.pk for refund in refunds)]
        return super().list_references(row) + [f"dispute-refund:{row.pk}:{cause}" for cause in causes if cause]

    @admin.display(description=_("what is contested"))
    def contested_shown(self, dispute: Dispute) -> SafeString | str:
        if payment := dispute.payment:
            return link("spending_payment", payment.pk, f"{payment.subject} ({payment})")
        withdrawal = dispute.withdrawal
        return link("funding_withdrawal", withdrawal.pk, withdrawal.memo or str(withdrawal)) if withdrawal else NOTHING


@admin.register(LegalHold)
class LegalHoldAdmin(HoldLookUp):
    form = LegalHoldForm
    list_display = [
        own_id,
        group_shown,
        MEMBER,
        AMOUNT,
        "order_reference",
        "state",
        "asked_by",
        "created_at",
        "ends_at",
    ]
    list_display += ["release_asked_at"]
    list_filter = [
        "status",
        "reason",
        ("release_asked_at", admin.EmptyFieldListFilter),
        ("release_declined_at", admin.EmptyFieldListFilter),
        recent("created_at", _("asked")),
    ]
    list_select_related = ["group", "user", "asked_by"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "user"]
    search_fields = ["order_reference__startswith"]
    search_help_text = _("An id, a reference of an order, a whole phone number, or the beginning of a person's name")
    shown = [own_id, group_shown, MEMBER, AMOUNT, "order_reference", "reason", "state"]
    shown += [person("asked_by", _("asked by")), "created_at", "ends_at"]
    shown += [person("answered_by", _("answered by")), "answered_at"]
    shown += [person("release_asked_by", _("release asked by")), "release_asked_at"]
    shown += [person("release_declined_by", _("release declined by")), "release_declined_at"]
    shown += [person("released_by", _("release approved by")), "ended_at"]
    raw_id_fields = ["group", "user"]
    about = {"wallet": "group_id", "person": "user_id"}
    actions = ["approve", "decline", "ask_for_release", "approve_the_release", "decline_the_release"]
    references = ("legal-hold", "legal-hold-end")

    def get_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> Any:
        return self.shown if obj else LegalHoldForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> Any:
        return self.shown if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_ask_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Let who asks or answers look, too."""
        may_look = request.user.has_perm("disputes.view_legalhold")
        return bool(may_look) or self.has_ask_permission(request) or self.has_answer_permission(request)

    def has_ask_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("disputes.ask_legal_hold"))

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("disputes.approve_legal_hold"))

    def save_model(self, request: HttpRequest, obj: LegalHold, form: forms.ModelForm[LegalHold], change: bool) -> None:
        assert isinstance(request.user, User)
        asked = ask_legal_hold(
            operator=request.user,
            group_id=obj.group_id,
            user_id=obj.user_id,
            amount=obj.amount,
            order_reference=obj.order_reference,
            reason=obj.reason,
            ends_at=obj.ends_at,
            now=timezone.now(),
        )
        obj.pk = asked.pk

    @admin.action(description=_("Approve: hold the money"), permissions=["answer"])
    def approve(self, request: HttpRequest, holds: QuerySet[LegalHold]) -> None:
        self._do(request, holds, approve_legal_hold, "approved")

    @admin.action(description=_("Decline"), permissions=["answer"])
    def decline(self, request: HttpRequest, holds: QuerySet[LegalHold]) -> None:
        self._do(request, holds, decline_legal_hold, "declined")

    @admin.action(description=_("Ask for release"), permissions=["ask"])
    def ask_for_release(self, request: HttpRequest, holds: QuerySet[LegalHold]) -> None:
        self._do(request, holds, ask_release, "asked for release")

    @admin.action(description=_("Approve the release: give the money back"), permissions=["answer"])
    def approve_the_release(self, request: HttpRequest, holds: QuerySet[LegalHold]) -> None:
        self._do(request, holds, approve_release, "approved release")

    @admin.action(description=_("Decline the release: go on holding"), permissions=["answer"])
    def decline_the_release(self, request: HttpRequest, holds: QuerySet[LegalHold]) -> None:
        self._do(request, holds, decline_release, "declined release")

    def _do(
        self, request: HttpRequest, holds: QuerySet[LegalHold], service: Callable[..., LegalHold], noted: str
    ) -> None:
        assert isinstance(request.user, User)
        for hold in holds.order_by("pk")[:ROWS_MAX]:
            try:
                service(operator=request.user, group_id=hold.group_id, hold_id=hold.pk, now=timezone.now())
            except Refusal as refusal:
                self.message_user(request, f"{hold}: {refusal.describe()}", messages.ERROR)
            else:
                self.log_change(request, hold, noted)
                self.message_user(request, _("%(hold)s: done.") % {"hold": hold}, messages.SUCCESS)


def open_disputes(now: datetime, midnight: datetime) -> Figure:
    """Count what waits for an answer, and what of it ends within a day."""
    soon = Q(deadline_at__lt=now + timedelta(days=1))
    counts = Dispute.objects.filter(status=Dispute.Status.OPEN).aggregate(
        open=Count("pk"), soon=Count("pk", filter=soon)
    )
    line = _("%(soon)s of them end within a day") % counts
    return Figure(counts["open"], line, "mind" if counts["soon"] else "")


card(_("Open disputes"), "disputes_dispute", open_disputes, "?status__exact=open")
