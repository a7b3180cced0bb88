"""Housekeeping of groups, by beat."""

from celery import shared_task
from django.utils import timezone

from groups.members.services import expire_invitations


@shared_task(name="members.expire_invitations")
def expire_due_invitations() -> None:
    expire_invitations(now=timezone.now())
