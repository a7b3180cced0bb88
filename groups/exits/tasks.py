"""Late money, last days and successions, by beat."""

from celery import shared_task
from django.utils import timezone

from groups.exits import services


@shared_task(name="exits.pay_out_former_members")
def pay_out_late_money() -> int:
    return services.pay_out_former_members(now=timezone.now())


@shared_task(name="exits.end_groups")
def end_groups() -> int:
    now = timezone.now()
    services.announce_endings(now=now)
    return services.dissolve_ended(now=now)


@shared_task(name="exits.follow_owners")
def follow_owners() -> int:
    now = timezone.now()
    services.announce_successions(now=now)
    return services.carry_out_successions(now=now)
