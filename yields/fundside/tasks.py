"""Beat's doors to the fund's side. Lost or doubled, a task changes nothing but the hour."""

import structlog
from celery import shared_task
from django.utils import timezone

from yields.calendar import SHANGHAI_TIME
from yields.fundside.errors import CompanyUnavailable
from yields.fundside.models import FundOrder
from yields.fundside.services import hear_confirmations, make_due_orders, reconcile_funds_due, send_orders
from yields.models import Fund

logger = structlog.get_logger(__name__)


@shared_task(name="fundside.order_due")
def order_due() -> int:
    """Make and send what is due; hear what was confirmed today, and on days on which something should have been."""
    now = timezone.now()
    make_due_orders(now=now)
    sent = send_orders(now=now)
    today = now.astimezone(SHANGHAI_TIME).date()
    waiting = FundOrder.objects.filter(state=FundOrder.State.SENT)
    for fund in Fund.objects.filter(pk__in=waiting.values("fund")):
        due = waiting.filter(fund=fund, confirm_date__lt=today).values_list("confirm_date", flat=True)
        try:
            for day in [*sorted(set(due)), today]:
                hear_confirmations(fund=fund, day=day, now=now)
        except CompanyUnavailable as problem:
            logger.warning("fund_confirmations_not_heard", fund=fund.pk, problem=problem.code)
    return sent


@shared_task(name="fundside.reconcile_due")
def reconcile_due_days() -> int:
    """Reconcile the days that are over and credited, when what was to be ordered is at the companies."""
    order_due()
    return reconcile_funds_due(now=timezone.now())
