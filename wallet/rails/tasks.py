"""Workers' doors to the rails. A task carries ids; lost or doubled, it changes nothing but the hour.

They have a queue and a worker of their own (`CELERY_TASK_ROUTES`), because they wait for institutions.
"""

import time
import uuid

import structlog
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import timezone

from wallet.rails.adapters import is_served
from wallet.rails.reconciling import reconcile_due
from wallet.rails.selectors import list_due_transfers
from wallet.rails.services import advance_transfer

SWEEP_LIMIT = 200
#: After so long a sweep begins no other step: what is due by then is the next one's.
SWEEP_SECONDS_MAX = 60
logger = structlog.get_logger(__name__)


@shared_task(name="rails.advance")
def advance(wallet_id: str, transfer_id: str) -> None:
    advance_transfer(wallet_id=uuid.UUID(wallet_id), transfer_id=uuid.UUID(transfer_id), now=timezone.now())


@shared_task(name="rails.sweep_transfers")
def sweep_transfers() -> int:
    """Take every step that is due, the longest overdue first; say how many were tried."""
    due = list_due_transfers(timezone.now(), [rail for rail in settings.RAILS if is_served(rail)])[:SWEEP_LIMIT]
    tried, until = 0, time.monotonic() + SWEEP_SECONDS_MAX
    for wallet_id, transfer_id in list(due.values_list("wallet_id", "pk")):
        if time.monotonic() >= until:
            break
        tried += 1
        try:
            advance_transfer(wallet_id=wallet_id, transfer_id=transfer_id, now=timezone.now())
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            # One transfer must not hold up the others; its row says when it is tried again.
            logger.exception("transfer_step_failed", transfer=str(transfer_id))
    return tried


@shared_task(name="rails.reconcile_due")
def reconcile_due_days() -> int:
    """Reconcile the days that are over. Every hour: a statement may come late, and a worker may have been down."""
    return reconcile_due(now=timezone.now())
