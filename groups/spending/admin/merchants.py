"""Merchants and their keys, and how a merchant is written wherever one is named.

A merchant is entered here and given keys: a key's secret is shown to the operator once, in the answer, and stands
nowhere afterwards. A key that is not needed any more is revoked, never deleted.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from groups.spending.keys import issue_key, revoke_key
from groups.spending.models import Merchant, MerchantKey
from groups.spending.services import create_merchant
from wallet.api.operators.links import lead
from wallet.api.operators.pages import ROWS_MAX, LookUp, Table, recent
from wallet.api.operators.shown import link, moment, own_id, sandbox_label

lead("merchant", "spending_merchant", place=1)
lead("merchant", "spending_merchantkey", by="merchant")


@admin.display(description=_("merchant"), ordering="merchant__name")
def merchant_shown(row: Any) -> SafeString:
    return merchant_name(row.merchant)


def merchant_name(merchant: Merchant) -> SafeString:
    """Write a merchant by name, and say when it is a sandbox's."""
    named = link("spending_merchant", merchant.pk, merchant.name)
    return format_html("{} {}", named, sandbox_label()) if merchant.is_sandbox else named


@admin.register(Merchant)
class MerchantAdmin(LookUp):
    list_display = ["named", "category", "is_active", "keys_valid", "created_at"]
    list_display_links = None
    list_filter = ["category", "is_active", "is_sandbox", recent("created_at", _("created"))]
    search_fields = ["name__icontains", "keys__key_id"]
    search_help_text = _("A merchant's id, part of the name, or the id of a key")
    fields = [own_id, "name", "category", "is_active", "is_sandbox", "created_at"]
    readonly_fields = [own_id, "is_active", "created_at"]
    add_fieldsets = [(None, {"fields": ["name", "category", "is_sandbox"]})]
    about = {"merchant": "pk"}
    actions = ["issue"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merchant]:
        valid = Count("keys", filter=Q(keys__revoked_at__isnull=True))
        return super().get_queryset(request).annotate(valid=valid)  # type: ignore[no-any-return]

    def get_fieldsets(self, request: HttpRequest, obj: Merchant | None = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spending.add_merchant")

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spending.add_merchantkey")

    def save_model(self, request: HttpRequest, obj: Merchant, form: forms.ModelForm[Merchant], change: bool) -> None:
        create_merchant(
            name=obj.name,
            category=obj.category,
            is_sandbox=obj.is_sandbox,
            merchant_id=obj.pk,
            now=timezone.now(),
        )

    def list_tables(self, request: HttpRequest, row: Merchant) -> list[Table]:
        keys = MerchantKey.objects.filter(merchant=row).order_by("-created_at")[:ROWS_MAX]
        rows = [
            [link("spending_merchantkey", key.pk, key.key_id), moment(key.created_at), moment(key.revoked_at)]
            for key in keys
        ]
        return [Table(_("Keys"), "spending_merchantkey", [_("key id"), _("created"), _("revoked")], rows)]

    @admin.display(description=_("merchant"), ordering="name")
    def named(self, merchant: Merchant) -> SafeString:
        return merchant_name(merchant)

    @admin.display(description=_("valid keys"), ordering="valid")
    def keys_valid(self, merchant: Any) -> int:
        return int(merchant.valid)

    @admin.action(description=_("Issue a key to the selected merchant"), permissions=["issue"])
    def issue(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> None:
        """Issue a key to one merchant, so that one secret is shown and read."""
        chosen = list(merchants[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one merchant."), messages.ERROR)
            return
        key, secret = issue_key(merchant=chosen[0], now=timezone.now())
        self.log_change(request, chosen[0], f"issued {key.key_id}")
        shown = _("Key %(key)s, secret %(secret)s. Hand it over now: it is not shown again.")
        self.message_user(request, shown % {"key": key.key_id, "secret": secret}, messages.WARNING)


@admin.register(MerchantKey)
class MerchantKeyAdmin(LookUp):
    list_display = ["key_id", merchant_shown, "created_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["merchant"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    search_ids = ["merchant"]
    search_fields = ["key_id", "merchant__name__icontains"]
    search_help_text = _("The id of a key or a merchant, or part of the merchant's name")
    fields = ["key_id", merchant_shown, "created_at", "revoked_at"]
    readonly_fields = fields
    about = {"merchant": "merchant_id"}
    actions = ["revoke"]

    def is_sandbox(self, row: MerchantKey) -> bool:
        return row.merchant.is_sandbox

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("spending.change_merchantkey")

    @admin.action(description=_("Revoke the selected keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, keys: QuerySet[MerchantKey]) -> None:
        valid = list(keys.filter(revoked_at__isnull=True)[:ROWS_MAX])
        for key in valid:
            revoke_key(key=key, now=timezone.now())
            self.log_change(request, key, "revoked")
        done = ngettext("%(count)s key was revoked.", "%(count)s keys were revoked.", len(valid))
        self.message_user(request, done % {"count": len(valid)}, messages.SUCCESS)
