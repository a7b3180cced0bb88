"""Orders, confirmations, and the days of a fund with what differs, to be read. Nobody orders or confirms by hand here.

Where a day does not agree, an operator says why; nothing else can be written.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from wallet.api.operators.cards import Figure, card
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import NOTHING, label, link, moment, money, yuan
from wallet.identity.lookups import person
from wallet.rails.admin.differences import (
    DifferencePage,
    OpenDifferenceFilter,
    count_left,
    count_open,
    describe,
    say,
    state_of,
    state_of_day,
)
from yields.fundside.models import FundConfirmation, FundDifference, FundOrder, FundPosition
from yields.shown import DayLookUp, fund_shown

TONES = {FundOrder.State.CREATED: "mind", FundOrder.State.SENT: "plain", FundOrder.State.CONFIRMED: "good"}
KINDS = {"purchase": _("purchase"), "redemption": _("redemption"), "nothing": _("nothing to order")}
AMOUNT = money("amount", _("amount"))
PARTS = [
    money("money_in", _("money in")),
    money("money_out", _("money out")),
    money("switched_on", _("switched on")),
    money("switched_off", _("switched off")),
    money("income_paid_out", _("income of wallets that had left")),
]
SUMS = {
    "position": [
        money("shares", _("position")),
        money("confirmed", _("confirmed orders")),
        money("reinvested", _("income reinvested")),
        money("stated_shares", _("position by the company")),
        money("under_way", _("ordered and not confirmed")),
    ],
    "wallets": [
        money("ordered", _("ordered, due to be confirmed")),
        money("bases", _("sum of the bases")),
        money("leaving", _("left, and not redeemed yet")),
        money("waiting", _("credited, and not earning yet")),
        money("kept", _("kept so far")),
    ],
    "income": [
        money("income", _("income that follows from it")),
        money("stated_income", _("income by the company")),
        money("credits", _("sum of the credits")),
    ],
}


class FundRow:
    """A row that is a fund's."""

    def is_sandbox(self, row: Any) -> bool:
        return bool(row.fund.is_sandbox)


@admin.register(FundOrder)
class FundOrderAdmin(FundRow, LookUp):
    list_display = ["number", fund_shown, "trade_date", "kind", AMOUNT, "state_shown", "confirmed", "confirm_date"]
    list_filter = ["state", "fund", recent("made_at", _("made"))]
    list_select_related = ["fund"]
    date_hierarchy = "trade_date"
    ordering = ["-trade_date", "fund"]
    search_fields = ["number"]
    search_help_text = _("An id, or our number of an order")
    fieldsets = [
        (None, {"fields": ["number", fund_shown, "trade_date", "kind", AMOUNT, "state_shown", "confirmed"]}),
        (_("Made of"), {"fields": ["since", "until", *PARTS]}),
        (_("Not ordered"), {"fields": [money("income_credited", _("income credited"))]}),
        (_("Steps"), {"fields": ["made_at", "sent_at", "confirm_date", "confirmed_at"]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]

    def list_tables(self, request: HttpRequest, row: FundOrder) -> list[Table]:
        told = row.confirmations.order_by("confirmed_on", "number")[:ROWS_MAX]
        rows = [
            [
                link("fundside_fundconfirmation", each.pk, each.number),
                yuan(each.amount),
                each.confirmed_on.isoformat(),
                moment(each.heard_at),
            ]
            for each in told
        ]
        headers = [_("the company's number"), _("amount"), _("confirmed on"), _("heard")]
        differences = FundDifference.objects.filter(position__fund=row.fund, number=row.number).order_by("pk")
        return [
            Table(_("Confirmations"), "fundside_fundconfirmation", headers, rows),
            differences_table(differences[:ROWS_MAX]),
        ]

    @admin.display(description=_("kind"))
    def kind(self, order: FundOrder) -> str:
        return str(KINDS[order.kind])

    @admin.display(description=_("confirmed"), ordering="confirmed_amount")
    def confirmed(self, order: FundOrder) -> str:
        return yuan(order.confirmed_amount)

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, order: FundOrder) -> SafeString:
        return label(order.get_state_display(), TONES[FundOrder.State(order.state)])


@admin.register(FundConfirmation)
class FundConfirmationAdmin(FundRow, LookUp):
    list_display = ["number", fund_shown, "order_shown", AMOUNT, "confirmed_on", "heard_at"]
    list_filter = ["fund", recent("heard_at", _("heard"))]
    list_select_related = ["fund", "order"]
    date_hierarchy = "confirmed_on"
    search_ids = ["pk", "order"]
    search_fields = ["number", "order_number"]
    search_help_text = _("The company's number, or ours")
    fields = ["number", fund_shown, "order_shown", AMOUNT, "confirmed_on", "heard_at"]
    readonly_fields = fields

    @admin.display(description=_("order"), ordering="order_number")
    def order_shown(self, told: FundConfirmation) -> SafeString | str:
        return link("fundside_fundorder", told.order_id, told.order_number) if told.order_id else told.order_number


@admin.register(FundPosition)
class FundPositionAdmin(FundRow, DayLookUp):
    list_display = ["date", fund_shown, "state_shown", SUMS["position"][0], SUMS["wallets"][1], *SUMS["income"][1:]]
    list_display += ["truncated", SUMS["wallets"][4], "finished_at"]
    list_filter = ["fund", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["fund"]
    date_hierarchy = "date"
    ordering = ["-date", "fund"]
    search_fields = ["fund__code"]
    fieldsets = [
        (None, {"fields": ["date", fund_shown, "state_shown", "problem", "yield_per_10k"]}),
        (_("Position: confirmed orders and the income reinvested"), {"fields": SUMS["position"]}),
        (_("Whose it is: ordered and reinvested = bases + left + credited + kept"), {"fields": SUMS["wallets"]}),
        (
            _("Income: position × rate = credits + truncated remainder + earned beside the bases"),
            {"fields": [*SUMS["income"], "truncated", "beside"]},
        ),
        (_("Steps"), {"fields": ["times", "started_at", "finished_at"]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FundPosition]:
        return count_left(super().get_queryset(request))

    def list_tables(self, request: HttpRequest, row: FundPosition) -> list[Table]:
        return [differences_table(row.differences.order_by("pk")[:ROWS_MAX])]

    @admin.display(description=_("state"))
    def state_shown(self, position: Any) -> SafeString:
        return state_of_day(position)


def differences_table(differences: Iterable[FundDifference]) -> Table:
    """Show differences beside what they are about."""
    rows = [describe(each, each.number or NOTHING) for each in differences]
    headers = [_("difference"), _("number"), _("we say"), _("the other side says"), _("state")]
    return Table(_("Differences"), "fundside_funddifference", headers, rows)


@admin.register(FundDifference)
class FundDifferenceAdmin(DifferencePage):
    list_display = ["position", "kind", "number", "we_say", "they_say", "state_shown", "first_seen_at"]
    list_filter = ["kind", "position__fund", OpenDifferenceFilter, recent("first_seen_at", _("first seen"))]
    list_select_related = ["position__fund"]
    date_hierarchy = "first_seen_at"
    search_ids = ["pk", "position"]
    search_fields = ["number"]
    search_help_text = _("An id, or our number of an order")
    shown = ["position_shown", "kind", "number", "we_say", "they_say", "state_shown"]
    shown += ["first_seen_at", "last_seen_at", "gone_at"]
    shown += ["explanation", person("explained_by", _("explained by")), "explained_at"]
    readonly_fields = shown

    def is_sandbox(self, row: FundDifference) -> bool:
        return row.position.fund.is_sandbox

    @admin.display(description=_("fund position"))
    def position_shown(self, difference: FundDifference) -> SafeString:
        return link("fundside_fundposition", difference.position_id, difference.position)

    @admin.display(description=_("the other side says"))
    def they_say(self, difference: FundDifference) -> str:
        return say(difference, difference.theirs)

    @admin.display(description=_("state"))
    def state_shown(self, difference: FundDifference) -> SafeString:
        return state_of(difference)


def open_differences(now: datetime, midnight: datetime) -> Figure:
    """Count what does not agree with the funds and is not explained, and days without a statement."""
    return count_open(FundDifference, FundPosition)


def latest_order(now: datetime, midnight: datetime) -> Figure:
    """Show the latest order that asks for something, and how many the companies have not taken."""
    unsent = FundOrder.objects.filter(state=FundOrder.State.CREATED).count()
    latest = FundOrder.objects.exclude(amount=0).order_by("-trade_date").first()
    line = _("%(count)s orders not sent") % {"count": unsent}
    return Figure(f"{yuan(latest.amount)} · {latest.trade_date}" if latest else yuan(None), line, "bad" * bool(unsent))


card(_("Fund days to explain"), "fundside_funddifference", open_differences, "?open=1")
card(_("Fund ordered last"), "fundside_fundorder", latest_order)
