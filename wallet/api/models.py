"""The first answer under each idempotency key. See `idempotency` for the law."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7


class StoredAnswer(models.Model):
    """What a caller was told the first time. The body is forgotten after 30 days, the row never."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    wallet_id = models.UUIDField(_("wallet"))
    caller = models.CharField(_("caller"), max_length=64)
    route = models.CharField(_("route"), max_length=160)
    key = models.CharField(_("key"), max_length=64)
    fingerprint = models.BinaryField(_("fingerprint of the request"))
    status = models.PositiveSmallIntegerField(_("status"))
    content_type = models.CharField(_("content type"), max_length=64)
    body = models.BinaryField(_("body"), null=True)
    answered_at = models.DateTimeField(_("answered"))

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [
            models.UniqueConstraint(fields=["wallet_id", "caller", "route", "key"], name="api_storedanswer_once")
        ]
        indexes = [
            models.Index(fields=["answered_at"], condition=models.Q(body__isnull=False), name="api_storedanswer_kept")
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
