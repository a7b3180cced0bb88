"""What a wallet that closes is still owed is credited first: every day that is over and whose rate is published.

What is not published yet comes with its run, into the stakes of the closed wallet, and goes to its people from there as
late money does.
"""

from datetime import datetime, timedelta

from django.db.models import Max

from groups.members.models import Group
from wallet.ledger.models import Wallet
from yields.calendar import SHANGHAI_TIME
from yields.models import Enrollment, FundDay, YieldDay
from yields.selectors import find_enrollment
from yields.services.credits import Paying, credit_named


def hear_closing(wallet: Wallet, group: Group, now: datetime) -> None:
    """Credit a closing wallet's open days, in their order, under the lock that the caller holds."""
    if (enrollment := find_enrollment(wallet.pk)) is None:
        return
    for paying in _list_open_days(enrollment, now):
        if not credit_named(paying, wallet.pk):
            break
    wallet.refresh_from_db(fields=["balance", "sequence", "head"])


def _list_open_days(enrollment: Enrollment, now: datetime) -> list[Paying]:
    days = YieldDay.objects.filter(group=enrollment.group_id, fund=enrollment.fund)
    first = enrollment.enrolled_at.astimezone(SHANGHAI_TIME).date()
    latest = days.filter(date__gte=first).aggregate(latest=Max("date"))["latest"]
    day, today = latest + timedelta(days=1) if latest else first, now.astimezone(SHANGHAI_TIME).date()
    published = enrollment.fund.days.filter(state=FundDay.State.PUBLISHED, date__gte=day, date__lt=today)
    rates = dict(published.values_list("date", "yield_per_10k"))
    due = []
    while day in rates and rates[day] >= 0:
        due.append(Paying(enrollment.fund, day, rates[day], now))
        day += timedelta(days=1)
    return due
