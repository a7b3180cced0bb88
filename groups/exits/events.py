"""What happens when people part."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

debt_settled = define(
    "debt_settled",
    _("A debt was settled outside the group"),
    fields=("debtor", "creditor"),
    money=("amount",),
    posts=True,
)
shares_agreed = define("shares_agreed", _("What everybody gets was agreed on"), shares=("shares",), posts=True)
group_ending = define("group_ending", _("The group's last day is near"), fields=("ends_on",))
succession_announced = define(
    "succession_announced",
    _("The owner is away or gives the group up; somebody will follow"),
    fields=("owner", "heir", "reason", "due_at"),
)
succession_called_off = define("succession_called_off", _("The owner stays"), fields=("owner", "heir"))
