"""Votes that run out of time, by beat."""

from celery import shared_task
from django.utils import timezone

from groups.proposals.services import expire_proposals, remind_silent


@shared_task(name="proposals.expire")
def expire_due_proposals() -> int:
    return expire_proposals(now=timezone.now())


@shared_task(name="proposals.remind")
def remind_silent_voters() -> int:
    return remind_silent(now=timezone.now())
