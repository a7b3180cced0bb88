"""Merchants are entered into the books."""

import uuid
from datetime import datetime

from groups.spending.models import Merchant


def create_merchant(
    *, name: str, category: str, now: datetime, is_sandbox: bool = False, merchant_id: uuid.UUID | None = None
) -> Merchant:
    """Enter a merchant into the books of merchants."""
    fields = {"id": merchant_id} if merchant_id else {}
    return Merchant.objects.create(name=name, category=category, created_at=now, is_sandbox=is_sandbox, **fields)
