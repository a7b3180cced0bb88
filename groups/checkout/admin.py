"""Orders, and whether their merchants have been told. A message can be sent again; an order is changed elsewhere."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from groups.checkout.models import Delivery, Order
from groups.checkout.webhooks import send_again
from groups.spending.admin import merchant_name, merchant_shown
from wallet.api.operators.links import lead
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import link, money, own_id, status

lead("merchant", "checkout_order", by="merchant")


@admin.register(Order)
class OrderAdmin(LookUp):
    list_display = ["out_trade_no", merchant_shown, money("amount", _("amount")), "state", "created_at", "expires_at"]
    list_filter = ["status", recent("created_at", _("created"))]
    list_select_related = ["merchant"]
    search_ids = ["pk", "merchant"]
    search_fields = ["out_trade_no", "trade_no"]
    search_help_text = _("An id, or a merchant's number")
    fieldsets = [
        (None, {"fields": [own_id, merchant_shown, "out_trade_no", money("amount", _("amount")), "state"]}),
        (_("Purchase"), {"fields": ["subject", "category", "attempts", "trade_no"]}),
        (_("Times"), {"fields": ["created_at", "expires_at", "ended_at", "notify_url"]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]
    about = {"merchant": "merchant_id"}

    def is_sandbox(self, row: Order) -> bool:
        return row.merchant.is_sandbox

    def list_tables(self, request: HttpRequest, row: Order) -> list[Table]:
        told = Delivery.objects.filter(order=row).order_by("created_at")[:ROWS_MAX]
        rows = [
            [link("checkout_delivery", each.pk, each.get_kind_display()), status(each), each.attempts, each.last_answer]
            for each in told
        ]
        headers = [_("message"), _("status"), _("attempts"), _("last answer")]
        return [Table(_("Messages to the merchant"), "checkout_delivery", headers, rows)]

    @admin.display(description=_("status"), ordering="status")
    def state(self, order: Order) -> SafeString:
        return status(order)


@admin.register(Delivery)
class DeliveryAdmin(LookUp):
    list_display = ["named", "merchant", "state", "attempts", "last_answer", "next_attempt_at", "created_at"]
    list_display_links = ["named"]
    list_filter = ["status", "kind", recent("created_at", _("created"))]
    list_select_related = ["order__merchant"]
    search_ids = ["pk", "order"]
    search_fields = ["order__out_trade_no"]
    search_help_text = _("An id, or a merchant's number")
    fields = [own_id, "order_shown", "merchant", "named", "state", "attempts", "last_answer", "next_attempt_at"]
    fields += ["created_at", "delivered_at"]
    readonly_fields = fields
    about: dict[str, str] = {}
    actions = ["again"]

    def is_sandbox(self, row: Delivery) -> bool:
        return row.order.merchant.is_sandbox

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("checkout.change_delivery")

    @admin.display(description=_("message"), ordering="kind")
    def named(self, delivery: Delivery) -> str:
        return str(delivery.get_kind_display())

    @admin.display(description=_("order"))
    def order_shown(self, delivery: Delivery) -> SafeString:
        return link("checkout_order", delivery.order_id, delivery.order.out_trade_no)

    @admin.display(description=_("merchant"))
    def merchant(self, delivery: Delivery) -> SafeString:
        return merchant_name(delivery.order.merchant)

    @admin.display(description=_("status"), ordering="status")
    def state(self, delivery: Delivery) -> SafeString:
        return status(delivery)

    @admin.action(description=_("Send the selected messages again"), permissions=["again"])
    def again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        chosen = list(deliveries[:ROWS_MAX])
        for delivery in chosen:
            send_again(delivery=delivery, now=timezone.now())
            self.log_change(request, delivery, "sent again")
        done = ngettext("%(count)s message goes out again.", "%(count)s messages go out again.", len(chosen))
        self.message_user(request, done % {"count": len(chosen)}, messages.SUCCESS)
