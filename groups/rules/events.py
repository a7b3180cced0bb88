"""What happens to a group's rules. Where no user is named, it is about everybody."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

limit_changed = define("limit_changed", _("A limit was changed"), fields=("limit", "user"), money=("amount",))
category_blocked = define("category_blocked", _("A category was blocked"), fields=("category", "user"))
category_unblocked = define("category_unblocked", _("A category was unblocked"), fields=("category", "user"))
spending_paused = define("spending_paused", _("Spending was paused"), fields=("user",))
spending_resumed = define("spending_resumed", _("Spending goes on"), fields=("user",))
voting_changed = define(
    "voting_changed", _("The rules of approval were changed"), fields=("tiers", "part_percent", "objection_hours")
)
owing_changed = define("owing_changed", _("What members may owe was changed"), money=("owe_max",))
choosing_changed = define(
    "choosing_changed", _("Whether payers choose who bears a payment was changed"), fields=("payers_choose",)
)
