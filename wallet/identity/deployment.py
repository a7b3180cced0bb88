"""What `manage.py check --deploy` asks about payment PINs: a pepper nobody guesses, and a hash that costs something."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

PEPPER_LENGTH_MIN = 32
#: The least that OWASP recommends for Argon2id (Password Storage Cheat Sheet).
ROUNDS_MIN, MEMORY_KIB_MIN = 2, 19_456


@register(Tags.security, deploy=True)
def check_pepper(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Complain about a pepper that is missing or short."""
    if len(settings.PIN_PEPPER) >= PEPPER_LENGTH_MIN:
        return []
    return [
        Error(
            f"PIN_PEPPER has less than {PEPPER_LENGTH_MIN} characters.",
            hint="Make it once from 32 random bytes and never change it: it is part of every payment PIN.",
            id="identity.E001",
        )
    ]


@register(Tags.security, deploy=True)
def check_costs(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Complain about an Argon2 that is as cheap as that of the tests."""
    costs = settings.PIN_ARGON2
    if costs["time_cost"] >= ROUNDS_MIN and costs["memory_cost"] >= MEMORY_KIB_MIN:
        return []
    hint = f"At least {ROUNDS_MIN} rounds over {MEMORY_KIB_MIN} KiB. Without PIN_ARGON2 the default is right."
    return [Error("PIN_ARGON2 makes payment PINs too cheap to guess.", hint=hint, id="identity.E002")]
