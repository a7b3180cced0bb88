"""What members read about their money: entries, a month's statement, the state of everything at one moment."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Prefetch, QuerySet

from groups.members.models import Group
from wallet.ledger.models import Account, Entry, Posting
from wallet.ledger.selectors import Statement, get_statement, list_entries


def list_group_entries(group_id: uuid.UUID) -> QuerySet[Entry]:
    """List the entries of a group with what each changed in the members' stakes."""
    stakes = Posting.objects.filter(
        wallet=group_id, account__wallet=group_id, account__kind=Account.Kind.STAKE
    ).select_related("account")
    return list_entries(group_id).prefetch_related(Prefetch("postings", queryset=stakes, to_attr="stake_postings"))


def get_month_statement(group: Group, month: date) -> Statement:
    """Sum a calendar month in the group's time zone. `month` is its first day."""
    zone = ZoneInfo(group.time_zone)
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return get_statement(group.pk, _midnight(month, zone), _midnight(following, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def read_at_one_moment(*reads: Any) -> Sequence[Any]:
    """Run several reads so that all of them see the books as they were at one moment."""
    with transaction.atomic():
        # In a transaction that has read already, as in a test, the moment is that transaction's.
        if len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return [read() for read in reads]
