"""Housekeeping of people's secrets, by beat."""

from celery import shared_task
from django.utils import timezone

from wallet.identity.services import forget_expired

BATCH = 5_000


@shared_task(name="identity.forget_proofs")
def forget_old_proofs() -> None:
    """Forget in bites, so that no lock is long."""
    now = timezone.now()
    while forget_expired(now=now, limit=BATCH):
        pass
