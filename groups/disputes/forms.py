"""What operators fill in: amounts in yuan, which become fen without a float; and reasons, which are asked for."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from groups.disputes.models import REASON_MAX, Dispute, LegalHold
from groups.disputes.services.legal_holds import check_terms
from wallet.api.operators.shown import yuan
from wallet.refusals import Refusal

FEN = 100


class YuanField(forms.DecimalField):
    """An amount in yuan; its value is an integer of fen."""

    widget = widgets.UnfoldAdminDecimalFieldWidget

    def __init__(self, **kwargs: Any) -> None:
        largest = Decimal(settings.AMOUNT_MAX_FEN) / FEN
        super().__init__(min_value=Decimal("0.01"), max_value=largest, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> int | None:
        cleaned = super().clean(value)
        return None if cleaned is None else int(cleaned * FEN)


class DecisionForm(forms.ModelForm[Dispute]):
    """How an operator ends an open dispute, and why."""

    UPHOLD, DISMISS = "uphold", "dismiss"

    decision = forms.ChoiceField(
        label=_("decision"),
        choices=[("", "—"), (UPHOLD, _("uphold")), (DISMISS, _("dismiss"))],
        widget=widgets.UnfoldAdminSelectWidget,
    )
    award = YuanField(
        label=_("award (yuan)"),
        required=False,
        help_text=_("Where it is upheld in part; the whole, where it is empty."),
    )
    why = forms.CharField(
        label=_("reason of the decision"),
        max_length=REASON_MAX,
        widget=widgets.UnfoldAdminTextareaWidget,
        help_text=_("The members of the group read it."),
    )

    class Meta:
        model = Dispute
        fields: list[str] = []

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        award = given.get("award")
        if award and given.get("decision") == self.DISMISS:
            self.add_error("award", _("Nothing is awarded where a dispute is dismissed."))
        elif award and award > self.instance.amount:
            most = {"amount": yuan(self.instance.amount)}
            self.add_error("award", _("No more than the contested %(amount)s.") % most)
        return given


class LegalHoldForm(forms.ModelForm[LegalHold]):
    """What an order asks for."""

    amount = YuanField(label=_("amount (yuan)"))

    class Meta:
        model = LegalHold
        fields = ["group", "user", "amount", "order_reference", "reason", "ends_at"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if {"group", "user", "ends_at"} <= set(given):
            try:
                check_terms(
                    group_id=given["group"].pk, user_id=given["user"].pk, ends_at=given["ends_at"], now=timezone.now()
                )
            except Refusal as refusal:
                self.add_error("ends_at" if refusal.code == "legal_hold_end_wrong" else "user", refusal.describe())
        return given
