"""What happens to standing orders and to their runs. The money itself is told by `groups.funding.events`."""

from django.utils.translation import gettext_lazy as _

from wallet.events.kinds import define

TERMS = (
    "order",
    "user",
    "direction",
    "other_side",
    "memo",
    "every",
    "day",
    "at",
    "starts_on",
    "ends_on",
    "runs_max",
    "catch_up",
    "next_on",
)
RUN = ("order", "run", "user", "direction", "due_on")

auto_transfer_made = define(
    "auto_transfer_made", _("An auto-transfer was set up"), fields=TERMS, money=("amount", "goal")
)
auto_transfer_changed = define(
    "auto_transfer_changed",
    _("An auto-transfer was changed, from its next run on"),
    fields=TERMS,
    money=("amount", "goal"),
)
auto_transfer_paused = define("auto_transfer_paused", _("An auto-transfer was paused"), fields=("order",))
auto_transfer_resumed = define(
    "auto_transfer_resumed", _("An auto-transfer goes on"), fields=("order", "user", "next_on")
)
auto_transfer_ended = define("auto_transfer_ended", _("An auto-transfer has ended"), fields=("order", "reason"))
auto_run_started = define(
    "auto_run_started", _("An auto-transfer was due and is on its way"), fields=(*RUN, "by_hand"), money=("amount",)
)
auto_run_settled = define(
    "auto_run_settled", _("An auto-transfer has arrived"), fields=(*RUN, "by_hand"), money=("amount",)
)
auto_run_retried = define(
    "auto_run_retried",
    _("An auto-transfer did not succeed and is tried again"),
    fields=(*RUN, "failure_code", "next_at"),
    money=("amount",),
)
auto_run_missed = define(
    "auto_run_missed", _("An auto-transfer was missed"), fields=(*RUN, "failure_code"), money=("amount",)
)
auto_run_excused = define("auto_run_excused", _("A missed auto-transfer was excused"), fields=RUN, money=("amount",))
auto_run_skipped = define(
    "auto_run_skipped", _("A run of an auto-transfer was skipped"), fields=(*RUN, "reason"), money=("amount",)
)
