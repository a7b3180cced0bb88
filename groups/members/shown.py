"""How operators see people in a group: the group by its name, marked where it is a sandbox, and what each one owns."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from groups.members.models import Group, Membership
from groups.members.selectors import stakes_by_holder
from wallet.api.operators.pages import ROWS_MAX, Table
from wallet.api.operators.shown import link, moment, sandbox_label, yuan


def group_name(group: Group) -> SafeString:
    """Write a group by its name, and say when it is a sandbox."""
    named = link("members_group", group.pk, group.name)
    return format_html("{} {}", named, sandbox_label()) if group.is_sandbox else named


@admin.display(description=_("group"), ordering="group__name")
def group_shown(row: Any) -> SafeString:
    return group_name(row.group)


def members_table(group: Group) -> Table:
    """Show everybody who is or was in a group, with their stakes."""
    stakes = stakes_by_holder(group.pk)
    memberships = Membership.objects.filter(group=group).select_related("user").order_by("left_at", "id")
    rows = [
        [
            link("identity_user", member.user_id, member.user),
            member.user.masked_phone,
            link("members_membership", member.pk, member.get_role_display()),
            yuan(stakes.get(member.user_id)),
            member.weight,
            moment(member.joined_at),
            moment(member.left_at),
        ]
        for member in memberships[:ROWS_MAX]
    ]
    headers = [_("person"), _("phone number"), _("role"), _("stake"), _("weight"), _("joined"), _("left")]
    return Table(_("Members"), "members_membership", headers, rows)
