"""What happens among the people of a group."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

group_created = define(
    "group_created",
    _("The group was created"),
    fields=("name", "scene", "time_zone", "sharing_rule", "is_sandbox", "ends_on", "owner"),
)
group_changed = define(
    "group_changed", _("The group was changed"), fields=("name", "sharing_rule", "time_zone", "ends_on")
)
group_archived = define("group_archived", _("The group was closed"), fields=("archived_at",))
member_invited = define("member_invited", _("Somebody was invited"), fields=("invitation", "role", "expires_at"))
invitation_closed = define("invitation_closed", _("An invitation was closed"), fields=("invitation", "status"))
member_joined = define(
    "member_joined",
    _("Somebody joined"),
    fields=("user", "name", "role", "weight", "joined_at", "invitation"),
    # What somebody who comes back had left behind; those who were not here do not know it.
    money=("stake",),
)
member_changed = define("member_changed", _("A member's role was changed"), fields=("user", "role", "weight"))
group_handed_over = define("group_handed_over", _("The group has a new owner"), fields=("owner", "former"))
member_left = define("member_left", _("Somebody left"), fields=("user", "removed"))
