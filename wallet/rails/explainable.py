"""What every table of differences has, whoever reconciles: columns, and the laws for its constraints and indexes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

EXPLANATION_MAX = 500
#: What somebody has to look at.
TO_EXPLAIN = Q(gone_at__isnull=True, explained_at__isnull=True)
#: An explanation has words, and who says so when; or there is none.
EXPLAINED_IN_WORDS = Q(explained_at__isnull=True, explained_by__isnull=True, explanation="") | (
    Q(explained_at__isnull=False, explained_by__isnull=False) & ~Q(explanation="")
)


class Explainable(models.Model):
    """A difference of any reconciliation: when it was seen, and how people explained it. Other words are another row.

    A table of them adds what it is a difference of, what `kind` it is, and what the other side says (`theirs`).
    """

    #: What the two sides say of these kinds is an amount (fen).
    OF_AMOUNTS: ClassVar[tuple[str, ...]]

    ours = models.CharField(_("we say"), max_length=64, blank=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    gone_at = models.DateTimeField(_("gone"), null=True)
    explanation = models.CharField(_("explanation"), max_length=EXPLANATION_MAX, blank=True)
    explained_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("explained by")
    )
    explained_at = models.DateTimeField(_("explained"), null=True)

    class Meta:
        abstract = True
