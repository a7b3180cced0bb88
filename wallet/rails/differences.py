"""What differs in a reconciliation is kept, and people explain it. Each room that reconciles has a table of its own.

Running a day again finds the same differences in the same rows, for their words are the key, and what people wrote
stays; one that is found no more is marked as gone, and is found again if it comes back.
"""

import uuid
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth import get_permission_codename
from django.db import models, transaction

from wallet.identity.models import User
from wallet.identity.rights import check_permission
from wallet.rails.errors import AlreadyExplained, DifferenceNotFound, ExplanationMissing
from wallet.rails.explainable import TO_EXPLAIN, Explainable

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound=Explainable)
WORDS_MAX = 64


def keep_found(differences: "models.Manager[Any]", found: "Iterable[DataclassInstance]", now: datetime) -> int:
    """Keep what was found of a day, whose row the caller has locked; count what is left to explain.

    `differences` are the day's; the fields of what was found are theirs by name.
    """
    seen = [_see(differences, asdict(each), now) for each in found]
    differences.filter(gone_at__isnull=True).exclude(pk__in=seen).update(gone_at=now)
    return differences.filter(TO_EXPLAIN).count()


def _see(differences: "models.Manager[Any]", words: dict[str, str], now: datetime) -> uuid.UUID:
    difference, _ = differences.update_or_create(
        **{name: text[:WORDS_MAX] for name, text in words.items()},
        defaults={"last_seen_at": now, "gone_at": None},
        create_defaults={"first_seen_at": now, "last_seen_at": now},
    )
    key: uuid.UUID = difference.pk
    return key


@transaction.atomic
def explain_difference(
    *, of: type[Row], operator: User, difference_id: uuid.UUID, explanation: str, now: datetime
) -> Row:
    """Mark a difference as explained, and say why, as an operator with the table's right to. It moves no money.

    :raises OperatorNotAllowed: without the right to.
    :raises DifferenceNotFound: when there is no such difference.
    :raises ExplanationMissing: without an explanation.
    :raises AlreadyExplained: when somebody has done so.
    """
    check_permission(operator, f"{of._meta.app_label}.{get_permission_codename('explain', of._meta)}")
    difference = of._default_manager.select_for_update(no_key=True).filter(pk=difference_id).first()
    if difference is None:
        raise DifferenceNotFound
    if not explanation.strip():
        raise ExplanationMissing
    if difference.explained_at is not None:
        raise AlreadyExplained
    difference.explanation = explanation.strip()
    difference.explained_by, difference.explained_at = operator, now
    difference.save(update_fields=["explanation", "explained_by", "explained_at"])
    return difference
