"""The database's time: one clock for all servers, by which the ends of votes are judged under a wallet's lock."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Read the database's clock as it is now, not as it was when the transaction began and had to wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
