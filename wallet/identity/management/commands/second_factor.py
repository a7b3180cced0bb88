"""Give an operator a second factor, or take it away: `manage.py second_factor <username> [--remove]`.

The secret is saved only after a code made from it was typed, so a bad scan locks nobody out.
"""

from typing import Any

import segno
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from wallet.identity.models import User


class Command(BaseCommand):
    help = "Sets up, or with --remove takes away, an operator's authenticator app for the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--remove", action="store_true", help="Take the second factor away.")

    def handle(self, *args: Any, username: str, remove: bool, **options: Any) -> None:
        operator = User.objects.filter(username=username, is_staff=True).first()
        if operator is None:
            raise CommandError(_("There is no operator %(username)s.") % {"username": username})
        factor = Authenticator.objects.filter(user=operator, type=Authenticator.Type.TOTP)
        if remove:
            factor.delete()
        elif factor.exists():
            raise CommandError(_("There is a second factor already; --remove it first."))
        else:
            self._set_up(operator)
        self.stdout.write(_("Done."))

    def _set_up(self, operator: User) -> None:
        secret = generate_totp_secret()
        url = get_adapter().build_totp_url(operator, secret)
        segno.make(url).terminal(compact=True)
        self.stdout.write(url)
        if not validate_totp_code(secret, input(_("Code shown by the app: "))):
            raise CommandError(_("That is not the code; nothing was changed."))
        TOTP.activate(operator, secret)
