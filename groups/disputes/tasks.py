"""Ends that nobody has to wait for, by beat. A deadline holds without it; this moves the money and tells the group."""

from celery import shared_task
from django.utils import timezone

from groups.disputes.services import end_legal_holds, expire_disputes


@shared_task(name="disputes.expire")
def expire_due_disputes() -> int:
    return expire_disputes(now=timezone.now())


@shared_task(name="disputes.end_legal_holds")
def end_due_legal_holds() -> int:
    return end_legal_holds(now=timezone.now())
