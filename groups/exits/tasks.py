"""Late money, by beat."""

from celery import shared_task
from django.utils import timezone

from groups.exits.services import pay_out_former_members


@shared_task(name="exits.pay_out_former_members")
def pay_out_late_money() -> int:
    return pay_out_former_members(now=timezone.now())
