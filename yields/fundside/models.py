"""What we ordered from the fund company, what it confirmed, and what came of comparing.

    FundOrder         one a trading day and fund: the net of the enrolled wallets' flows, and what it is made of
    FundConfirmation  what the fund company said it did, each of its numbers once
    FundPosition      a fund's day: what we hold there, what its company says, and what our wallets say
    FundDifference    where these differ, and how people explained it

All amounts are fen; one share is one yuan. What an order was made of never changes: a mistaken order is a finding, and
people act on it, for the money has been asked for.
"""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from wallet.rails.explainable import EXPLAINED_IN_WORDS, TO_EXPLAIN, Explainable
from yields.models import Fund


class FundOrder(models.Model):
    """What is asked of the fund on a trading day: more shares (> 0), fewer (< 0), or nothing (0).

    `amount` = money in − money out + switched on − switched off − income paid out. Credited income is not asked for:
    the fund reinvests it by itself. It is noted beside the order, because with it the orders sum to what wallets hold.
    """

    class State(models.TextChoices):
        CREATED = "created", _("to be sent")
        SENT = "sent", _("sent")
        CONFIRMED = "confirmed", _("confirmed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="orders", db_index=False, verbose_name=_("fund"))
    trade_date = models.DateField(_("trade date"))
    confirm_date = models.DateField(_("to be confirmed on"))
    number = models.CharField(_("our number"), max_length=32, unique=True)
    since = models.DateTimeField(_("flows since"))
    until = models.DateTimeField(_("flows until"))
    amount = models.BigIntegerField(_("amount (fen)"))
    money_in = models.BigIntegerField(_("money in (fen)"))
    money_out = models.BigIntegerField(_("money out (fen)"))
    switched_on = models.BigIntegerField(_("switched on (fen)"))
    switched_off = models.BigIntegerField(_("switched off (fen)"))
    income_paid_out = models.BigIntegerField(_("income of wallets that had left (fen)"))
    income_credited = models.BigIntegerField(_("income credited, not ordered (fen)"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.CREATED)
    confirmed_amount = models.BigIntegerField(_("confirmed (fen)"), default=0)
    made_at = models.DateTimeField(_("made"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("fund order")
        verbose_name_plural = _("fund orders")
        constraints = [
            models.UniqueConstraint(fields=["fund", "trade_date"], name="fundside_order_once"),
            models.CheckConstraint(
                condition=Q(
                    amount=F("money_in") - F("money_out") + F("switched_on") - F("switched_off") - F("income_paid_out")
                ),
                name="fundside_order_parts",
            ),
            models.CheckConstraint(
                condition=Q(money_in__gte=0, money_out__gte=0, switched_on__gte=0, switched_off__gte=0),
                name="fundside_order_signs",
            ),
            models.CheckConstraint(
                condition=Q(state="created", sent_at__isnull=True, confirmed_at__isnull=True)
                | Q(state="sent", sent_at__isnull=False, confirmed_at__isnull=True)
                | Q(state="confirmed", confirmed_at__isnull=False),
                name="fundside_order_state",
            ),
        ]
        indexes = [
            models.Index(fields=["fund", "trade_date"], condition=~Q(state="confirmed"), name="fundside_order_open")
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="as_it_was_made",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["state", "confirmed_amount", "sent_at", "confirmed_at"],
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def kind(self) -> str:
        """Say what is asked for: purchase, redemption or nothing."""
        if self.amount == 0:
            return "nothing"
        return "purchase" if self.amount > 0 else "redemption"


class FundConfirmation(models.Model):
    """What the fund company confirmed under a number of its own. The same number again is the same news."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="+", db_index=False, verbose_name=_("fund"))
    number = models.CharField(_("the company's number"), max_length=64)
    order_number = models.CharField(_("our number"), max_length=32)
    #: Nothing, where it names a number that was never ours.
    order = models.ForeignKey(
        FundOrder, models.PROTECT, null=True, related_name="confirmations", verbose_name=_("order")
    )
    amount = models.BigIntegerField(_("amount (fen)"))
    confirmed_on = models.DateField(_("confirmed on"))
    heard_at = models.DateTimeField(_("heard"))

    class Meta:
        verbose_name = _("fund confirmation")
        verbose_name_plural = _("fund confirmations")
        constraints = [models.UniqueConstraint(fields=["fund", "number"], name="fundside_confirmation_once")]
        indexes = [models.Index(fields=["fund", "confirmed_on"], name="fundside_confirmation_day")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number


def _fen(text: object) -> models.BigIntegerField[int, int]:
    return models.BigIntegerField(text, default=0)  # type: ignore[arg-type]


def _part(text: object) -> models.DecimalField[str | float | Decimal, Decimal]:
    """An exact sum of parts of a fen."""
    return models.DecimalField(text, max_digits=24, decimal_places=8, default=0)  # type: ignore[arg-type]


class FundPosition(models.Model):
    """A fund's day, reconciled; running it again is the same row. `problem` says why there is nothing to compare.

    Two sums explain it, each to the last fen (see docs/funds.md):

        ordered + reinvested = bases + leaving + waiting + kept
        shares × rate        = credits + truncated + earned beside
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fund = models.ForeignKey(Fund, models.PROTECT, related_name="positions", db_index=False, verbose_name=_("fund"))
    date = models.DateField(_("day"))
    yield_per_10k = models.DecimalField(_("yield per 10,000 shares (yuan)"), max_digits=8, decimal_places=4, null=True)
    ordered = _fen(_("ordered, due to be confirmed (fen)"))
    under_way = _fen(_("ordered and not confirmed (fen)"))
    confirmed = _fen(_("confirmed orders (fen)"))
    reinvested = _fen(_("income reinvested (fen)"))
    shares = _fen(_("position (fen)"))
    income = _fen(_("income that follows from it (fen)"))
    stated_shares = _fen(_("position by the company (fen)"))
    stated_income = _fen(_("income by the company (fen)"))
    bases = _fen(_("sum of the bases (fen)"))
    leaving = _fen(_("left, and not redeemed yet (fen)"))
    waiting = _fen(_("credited, and not earning yet (fen)"))
    kept = _fen(_("kept so far (fen)"))
    credits = _fen(_("sum of the credits (fen)"))
    truncated = _part(_("truncated remainder (fen)"))
    beside = _part(_("earned beside the bases (fen)"))
    times = models.PositiveIntegerField(_("times run"), default=0)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("fund position")
        verbose_name_plural = _("fund positions")
        constraints = [models.UniqueConstraint(fields=["fund", "date"], name="fundside_position_once")]

    def __str__(self) -> str:
        return f"{self.fund_id} {self.date}"


class FundDifference(Explainable):
    """Where a fund's day does not agree."""

    class Kind(models.TextChoices):
        ORDER_MISSING = "order_missing", _("no order was made")
        ORDER_DIFFERS = "order_differs", _("the order is not what the books say")
        NOT_CONFIRMED = "not_confirmed", _("not confirmed in time")
        CONFIRMED_LATE = "confirmed_late", _("confirmed on another day")
        CONFIRMED_IN_PART = "confirmed_in_part", _("confirmed in part")
        CONFIRMED_TOO_MUCH = "confirmed_too_much", _("more was confirmed, or the other way")
        UNKNOWN_ORDER = "unknown_order", _("a number that was never ours")
        POSITION_DIFFERS = "position_differs", _("another position")
        INCOME_DIFFERS = "income_differs", _("another income")
        INCOME_SHORT = "income_short", _("the fund earned less than was credited")
        BASES_DIFFER = "bases_differ", _("the wallets hold something else than was ordered")
        CREDITS_DIFFER = "credits_differ", _("the credits are not the bases times the rate")
        RUN_UNFINISHED = "run_unfinished", _("the day was not credited to everybody")

    #: What the two sides say of these is an amount (fen); of the others it is a day, a state or an exact sum.
    OF_AMOUNTS = (
        Kind.ORDER_MISSING,
        Kind.ORDER_DIFFERS,
        Kind.NOT_CONFIRMED,
        Kind.CONFIRMED_IN_PART,
        Kind.CONFIRMED_TOO_MUCH,
        Kind.UNKNOWN_ORDER,
        Kind.POSITION_DIFFERS,
        Kind.INCOME_DIFFERS,
        Kind.INCOME_SHORT,
        Kind.BASES_DIFFER,
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    position = models.ForeignKey(
        FundPosition, models.PROTECT, related_name="differences", verbose_name=_("fund position")
    )
    kind = models.CharField(_("kind"), max_length=18, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=64, blank=True)
    theirs = models.CharField(_("the other side says"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("fund difference")
        verbose_name_plural = _("fund differences")
        permissions = [("explain_funddifference", "Can explain a difference of a fund's day")]
        constraints = [
            models.UniqueConstraint(
                fields=["position", "kind", "number", "ours", "theirs"], name="fundside_difference_once"
            ),
            models.CheckConstraint(
                condition=EXPLAINED_IN_WORDS,
                name="fundside_difference_explained",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-id"],
                condition=TO_EXPLAIN,
                name="fundside_difference_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}".strip()
