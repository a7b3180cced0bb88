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
    """Make and send what is due, and hear what was confirmed today."""
    now = timezone.now()
    make_due_orders(now=now)
    sent = send_orders(now=now)
    today = now.astimezone(SHANGHAI_TIME).date()
    for fund in Fund.objects.filter(pk__in=FundOrder.objects.filter(state=FundOrder.State.SENT).values("fund")):
        try:
            hear_confirmations(fund=fund, day=today, now=now)
        except CompanyUnavailable as problem:
            logger.warning("fund_confirmations_not_heard", fund=fund.pk, problem=problem.code)
    return sent


@shared_task(name="fundside.reconcile_due")
def reconcile_due_days() -> int:
    """Reconcile the days that are over and credited."""
    return reconcile_funds_due(now=timezone.now())
