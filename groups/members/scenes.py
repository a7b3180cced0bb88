"""What a group is for, and what that sets at the start. Everything here can be changed afterwards."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scene(models.TextChoices):
    """What a group is for."""

    COUPLE = "couple", _("couple")
    FAMILY = "family", _("family")
    FLATMATES = "flatmates", _("flatmates")
    TRIP = "trip", _("trip")
    CLASS = "class", _("class")
    PET = "pet", _("pet")
    OTHER = "other", _("other")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a scene sets: how spends are borne, as what an invitation lets in, and how many people there may be."""

    sharing_rule: str
    invited_role: str
    members_max: int


DEFAULTS = {
    # scene            sharing rule  invited as  members
    Scene.COUPLE: Defaults("pro_rata", "member", 2),
    Scene.FAMILY: Defaults("pro_rata", "member", 20),
    Scene.FLATMATES: Defaults("equal", "member", 20),
    Scene.TRIP: Defaults("equal", "member", 50),
    Scene.CLASS: Defaults("pro_rata", "viewer", 100),
    Scene.PET: Defaults("pro_rata", "member", 20),
    Scene.OTHER: Defaults("pro_rata", "member", 100),
}
