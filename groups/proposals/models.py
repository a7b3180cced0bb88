"""What needs others: a proposal, and the votes on it.

    Proposal  something one member wants the group to do: a kind, its payload, who could vote, and how it ended
    Vote      what one person said to it, once and for ever

A proposal's content never changes: another payload is another proposal, with votes of its own. Once it has ended it
stays so, and so does who had a vote on it then. Both are held by the database as well.
"""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from groups.members.models import Group
from wallet.ledger.models import append_only

DIGEST_DIGITS = 64


class Proposal(models.Model):
    """Something that is done when enough of the others approve."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        EXPIRED = "expired", _("expired")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("approved, and could not be done")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="proposals", db_column="wallet_id", verbose_name=_("group")
    )
    kind = models.CharField(_("kind"), max_length=24)
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposer"))
    payload = models.JSONField(_("content"))
    #: SHA-256 of kind, proposer and payload: whoever votes, votes on exactly this.
    digest = models.CharField(_("digest"), max_length=DIGEST_DIGITS)
    electorate = ArrayField(models.UUIDField(), verbose_name=_("who could vote"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.OPEN)
    outcome = models.JSONField(_("outcome"), default=dict)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    #: Who had a vote when it ended, and how many of them were needed: people come and go, what was decided stays.
    final_voters = ArrayField(models.UUIDField(), null=True, verbose_name=_("who had a vote"))
    final_needed = models.PositiveSmallIntegerField(_("approvals needed"), null=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "digest"], condition=Q(status="open"), name="proposals_proposal_once_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at__isnull=True) | (~Q(status="open") & Q(ended_at__isnull=False)),
                name="proposals_proposal_ended",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(status="open"), name="proposals_proposal_open")]
        triggers = [
            pgtrigger.Protect(
                name="stays_itself",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "ROW(NEW.id, NEW.wallet_id, NEW.kind, NEW.proposer_id, NEW.payload, NEW.digest, NEW.electorate,"
                    " NEW.created_at, NEW.expires_at) IS DISTINCT FROM"
                    " ROW(OLD.id, OLD.wallet_id, OLD.kind, OLD.proposer_id, OLD.payload, OLD.digest, OLD.electorate,"
                    " OLD.created_at, OLD.expires_at)"
                ),
            ),
            pgtrigger.Protect(
                name="ended_for_good",
                operation=pgtrigger.Update,
                # What came of an approved one is written once, after it was carried out.
                condition=pgtrigger.Condition(
                    "OLD.status <> 'open' AND (ROW(NEW.status, NEW.ended_at, NEW.final_voters, NEW.final_needed)"
                    " IS DISTINCT FROM ROW(OLD.status, OLD.ended_at, OLD.final_voters, OLD.final_needed)"
                    " OR (NEW.outcome <> OLD.outcome AND (OLD.status <> 'approved' OR OLD.outcome <> '{}')))"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Vote(models.Model):
    """What one person said to a proposal. It is final."""

    class Choice(models.TextChoices):
        APPROVE = "approve", _("approved")
        REJECT = "reject", _("rejected")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        Group, models.PROTECT, related_name="+", db_column="wallet_id", db_index=False, verbose_name=_("group")
    )
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, related_name="votes", db_index=False, verbose_name=_("proposal")
    )
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("voter"))
    choice = models.CharField(_("vote"), max_length=7, choices=Choice.choices)
    cast_at = models.DateTimeField(_("cast"))

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [models.UniqueConstraint(fields=["group", "proposal", "voter"], name="proposals_vote_once")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.choice} {self.voter_id}"
