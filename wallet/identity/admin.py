"""Operators look people and devices up, log devices out, and, as superusers, make each other.

Numbers are masked in lists and full on a person's own page. Nobody changes a number here, because a number is the key
to the money: only a code sent to it proves it. Nobody is deleted either; the books name them. Of a payment PIN is said
whether there is one and what is the matter with it; there is no page with its hash. Whoever is not a superuser cannot
touch an operator, or an operator could make themselves one.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from wallet.api.operators.links import lead
from wallet.api.operators.pages import Related
from wallet.api.operators.shown import moment
from wallet.identity.models import Device, User
from wallet.identity.selectors import get_pin_status
from wallet.identity.services import revoke_device, revoke_devices

# allauth shows addresses that nobody here has, and authenticators with their secrets.
for model in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

lead("person", "identity_user", place=1)
lead("person", "identity_device", by="user", place=70)

PERSON: tuple[Any, Any] = (None, {"fields": ["id", "name", "language", "is_active", "created_at", "last_login"]})
PIN = ["pin_is_set", "pin_locked_until", "pin_lowered_until"]
POWERS = ["is_staff", "is_superuser", "groups", "user_permissions"]


class NewOperatorForm(UserCreationForm):  # type: ignore[misc]
    class Meta:
        model = User
        fields = ("username", "name")

    def save(self, commit: bool = True) -> User:
        self.instance.is_staff = True
        user: User = super().save(commit)
        return user


class PersonForm(UserChangeForm):  # type: ignore[misc]
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin, Related):  # type: ignore[misc,type-arg]
    about = {"person": "pk"}
    form = PersonForm
    add_form = NewOperatorForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["__str__", "masked", "username", "is_staff", "is_active", "devices_live", "created_at"]
    list_filter = ["is_staff", "is_active", "language", "created_at"]
    search_fields = ["phone__endswith", "name", "username"]
    search_help_text = _("The end of a phone number, a name or a username")
    ordering = ["-id"]
    readonly_fields = ["id", "phone", "phone_verified", "created_at", "last_login", "device_list", *PIN]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [PERSON, (_("Operator"), {"fields": ["username", "password", *POWERS]})]
    member_fieldsets = [PERSON, (_("Member"), {"fields": ["phone", "phone_verified", "device_list", *PIN]})]
    add_fieldsets = [(None, {"fields": ["username", "name", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        live = Count("devices", filter=Q(devices__revoked_at=None))
        return super().get_queryset(request).annotate(devices_live=live)  # type: ignore[no-any-return]

    @admin.display(description=_("phone number"), ordering="phone")
    def masked(self, user: User) -> str:
        return user.masked_phone

    @admin.display(description=_("devices"), ordering="devices_live")
    def devices_live(self, user: Any) -> str:
        url = reverse("admin:identity_device_changelist")
        return format_html('<a href="{}?user__id__exact={}">{}</a>', url, user.pk, user.devices_live)

    device_list = devices_live

    @admin.display(description=_("payment PIN set"), boolean=True)
    def pin_is_set(self, user: User) -> bool:
        return get_pin_status(user, timezone.now()).is_set

    @admin.display(description=_("payment PIN locked until"))
    def pin_locked_until(self, user: User) -> str:
        return moment(get_pin_status(user, timezone.now()).locked_until)

    @admin.display(description=_("lower limits until"))
    def pin_lowered_until(self, user: User) -> str:
        return moment(get_pin_status(user, timezone.now()).lowered_until)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Show a member nothing of an operator, least of all a box to become one."""
        if obj is None:
            return self.add_fieldsets
        return self.member_fieldsets if obj.phone else self.fieldsets

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Use the form with the password only where the password is shown."""
        if obj and (obj.phone or not self.has_change_permission(request, obj)):
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_member = obj is None or bool(obj.phone)
        return (is_member or bool(request.user.is_superuser)) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            revoke_devices(user=obj, now=timezone.now())


@admin.register(Device)
class DeviceAdmin(Related):
    about = {"person": "user_id"}
    list_display = ["__str__", "person", "masked", "created_at", "last_seen_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "created_at", "last_seen_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__name", "user__phone__endswith"]
    search_help_text = _("A device's name, a person's name or the end of their phone number")
    ordering = ["-id"]
    fields = ["id", "person", "masked", "name", "created_at", "last_seen_at", "revoked_at"]
    readonly_fields = fields
    actions = ["revoke"]

    @admin.display(description=_("person"), ordering="user__name")
    def person(self, device: Device) -> str:
        url = reverse("admin:identity_user_change", args=[device.user_id])
        return format_html('<a href="{}">{}</a>', url, device.user)

    @admin.display(description=_("phone number"))
    def masked(self, device: Device) -> str:
        return device.user.masked_phone

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "user__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("identity.change_device")

    @admin.action(description=_("Log the selected devices out"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, devices: QuerySet[Device]) -> None:
        live = list(devices.filter(revoked_at=None))
        for device in live:
            revoke_device(device=device, now=timezone.now())
        done = ngettext("%(count)s device was logged out.", "%(count)s devices were logged out.", len(live))
        self.message_user(request, done % {"count": len(live)}, messages.SUCCESS)


@admin.register(Group)
class PowersAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]
    """Django's groups of permissions, which have nothing to do with the groups of this product."""
