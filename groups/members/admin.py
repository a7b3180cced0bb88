"""Groups and their people, to be read. What people agreed among themselves, nobody changes from outside."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.members.models import Group, Invitation, Membership
from groups.members.shown import group_name, group_shown, members_table
from wallet.api.operators.links import face_wallets, lead
from wallet.api.operators.pages import Table, either, recent
from wallet.api.operators.shown import NOTHING, link, money, own_id, sandbox_label, status, yuan
from wallet.identity.lookups import PeopleLookUp, matching_people, person
from wallet.identity.models import User
from wallet.ledger.models import Account
from wallet.ledger.shown import last_entries

face_wallets("group")
lead("wallet", "members_group", place=1)
lead("wallet", "members_membership", by="group", place=10)
lead("wallet", "members_invitation", by="group", place=10)
lead("person", "members_membership", by="user", place=10)

BALANCE = money("balance", _("balance"))
PERSON = person("user", _("person"))


class CurrentFilter(admin.SimpleListFilter):
    """Who is in the group now."""

    title = _("in the group")
    parameter_name = "current"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("now")), ("0", _("formerly"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        return queryset.filter(left_at__isnull=self.value() == "1") if self.value() in ("0", "1") else queryset


@admin.register(Group)
class GroupAdmin(PeopleLookUp):
    list_display = ["named", "scene", "owner", "members", "balance", "sharing_rule", "created_at", "archived_at"]
    list_display_links = None
    list_filter = [
        "scene",
        "sharing_rule",
        "is_sandbox",
        ("archived_at", admin.EmptyFieldListFilter),
        recent("created_at", _("created")),
    ]
    list_select_related = ["wallet"]
    date_hierarchy = "created_at"
    search_fields = ["name__icontains"]
    search_help_text = _("A group's id or part of its name, a whole phone number, or the beginning of a person's name")
    fieldsets = [
        (None, {"fields": ["wallet", "name", "balance", "state", "owner", "sandbox"]}),
        (_("Rules"), {"fields": ["scene", "sharing_rule", "time_zone", "created_at", "ends_on", "archived_at"]}),
    ]
    readonly_fields = [field for _title, options in fieldsets for field in options["fields"]]
    about = {"wallet": "pk"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Fetch owner and number of members along, by one subquery each, which the members' index serves."""
        owners = Membership.objects.filter(group=OuterRef("pk"), role=Membership.Role.OWNER, left_at__isnull=True)
        current = Membership.objects.filter(group=OuterRef("pk"), left_at__isnull=True).order_by()
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(
            owner_id=Subquery(owners.values("user")[:1]),
            owner_name=Subquery(owners.values("user__name")[:1]),
            members_now=Subquery(current.values("group").annotate(count=Count("pk")).values("count")),
        )

    def matches(self, term: str) -> Q:
        people = Membership.objects.filter(user__in=User.objects.filter(matching_people(term)), left_at__isnull=True)
        return super(PeopleLookUp, self).matches(term) | either({"pk__in": people.values("group")})

    def list_tables(self, request: HttpRequest, row: Group) -> list[Table]:
        return [members_table(row), last_entries(row.pk)]

    @admin.display(description=_("group"), ordering="name")
    def named(self, group: Group) -> SafeString:
        return group_name(group)

    @admin.display(description=_("owner"))
    def owner(self, group: Any) -> SafeString | str:
        return link("identity_user", group.owner_id, group.owner_name or NOTHING) if group.owner_id else NOTHING

    @admin.display(description=_("members"), ordering="members_now")
    def members(self, group: Any) -> int:
        return group.members_now or 0

    @admin.display(description=_("balance"), ordering="wallet__balance")
    def balance(self, group: Group) -> str:
        return yuan(group.wallet.balance)

    @admin.display(description=_("status"))
    def state(self, group: Group) -> SafeString:
        return status(group.wallet)

    @admin.display(description=_("sandbox"))
    def sandbox(self, group: Group) -> SafeString | str:
        return sandbox_label() if group.is_sandbox else NOTHING


@admin.register(Membership)
class MembershipAdmin(PeopleLookUp):
    list_display = [PERSON, "masked", group_shown, "role", "stake", "weight", "joined_at", "left_at"]
    list_display_links = None
    list_filter = ["role", CurrentFilter, recent("joined_at", _("joined"))]
    list_select_related = ["user", "group"]
    date_hierarchy = "joined_at"
    search_ids = ["pk", "group", "user"]
    search_fields = ["group__name__startswith"]
    search_help_text = _("An id, a group's name, a whole phone number, or the beginning of a person's name")
    fields = [own_id, PERSON, "masked", group_shown, "role", "stake", "weight", "joined_at", "left_at", "left_sequence"]
    readonly_fields = fields
    about = {"wallet": "group_id", "person": "user_id"}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        stakes = Account.objects.filter(wallet=OuterRef("group"), holder=OuterRef("user"), kind=Account.Kind.STAKE)
        owned = Subquery(stakes.values("balance")[:1])
        return super().get_queryset(request).annotate(owned=owned)  # type: ignore[no-any-return]

    def is_sandbox(self, row: Membership) -> bool:
        return row.group.is_sandbox

    @admin.display(description=_("phone number"))
    def masked(self, member: Membership) -> str:
        return member.user.masked_phone

    @admin.display(description=_("stake"), ordering="owned")
    def stake(self, member: Any) -> str:
        return yuan(member.owned)


@admin.register(Invitation)
class InvitationAdmin(PeopleLookUp):
    list_display = [own_id, group_shown, person("inviter", _("inviter")), "role", "state", "created_at", "expires_at"]
    list_filter = ["status", "role", recent("created_at", _("created"))]
    list_select_related = ["group", "inviter"]
    date_hierarchy = "created_at"
    search_ids = ["pk", "group", "inviter", "answered_by"]
    people = ["inviter", "answered_by"]
    fields = [
        own_id,
        group_shown,
        "role",
        "state",
        person("inviter", _("inviter")),
        "created_at",
        "expires_at",
        person("answered_by", _("answered by")),
        "answered_at",
    ]
    readonly_fields = fields
    about = {"wallet": "group_id"}

    def is_sandbox(self, row: Invitation) -> bool:
        return row.group.is_sandbox

    @admin.display(description=_("status"), ordering="status")
    def state(self, invitation: Invitation) -> SafeString:
        return status(invitation)
