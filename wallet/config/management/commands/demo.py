"""`manage.py demo --data DIR`: the demo group, its people and what a script needs to speak for them (`DIR/demo.json`).

The family's story is played over the 427 days up to yesterday, in the sandbox fund; from then on the group lives in the
present: its members have test cards at the sandbox bank, and yield is paid every night. A second call only brings
demo.json up to date; the tokens in it are made anew when the file is gone.
"""

import json
import os
import secrets
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone
from tqdm import tqdm

from groups.spending.keys import issue_key
from groups.spending.models import Merchant
from groups.spending.services import create_merchant
from wallet.config.story import family
from wallet.config.story.player import Player, Story
from wallet.identity.models import User
from wallet.identity.selectors import find_pin
from wallet.identity.services import issue_device, set_pin, sign_up
from wallet.rails.errors import RailUnavailable
from wallet.rails.sandbox.cards import BY_NAME
from wallet.rails.selectors import list_sources
from wallet.rails.services import link_card, set_default_source
from yields.calendar import SHANGHAI_TIME
from yields.services import ensure_demo_fund

DAYS = 427
STRANGER = "stranger"
MERCHANT_NAME = "沙箱商店"
ADMIN = "admin"
#: Everybody's payment PIN, until they change it.
PIN = "258036"


class Command(BaseCommand):
    help = "Make the demo group, whose last fourteen months are played through the real services, and demo.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, required=True, help="folder for demo.json")
        parser.add_argument(
            "--days", type=int, default=int(os.environ.get("DEMO_DAYS", DAYS)), help="how many days up to yesterday"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        file = options["data"] / "demo.json"
        known = json.loads(file.read_text("utf-8")) if file.exists() else {}
        story = self._tell(known, now, options["days"])
        if not known:
            # So that a first start which is cut off goes on with the same days, whatever day it is then.
            write_private(file, json.dumps(days_of(story)))
        with tqdm(total=(story.last - story.first).days + 1, unit="day", desc="demo", mininterval=1) as bar:
            Player(story, present=now).play(lambda day: bar.update(1))
        demo = days_of(story) | {
            "base_url": settings.BASE_URL,
            "group": str(story.group_id),
            "fund": story.fund.pk,
            "users": {who: self._person(story, who, known, now) for who in (*family.NAMES, STRANGER)},
            "merchant": self._merchant(known, now),
            "admin": self._admin(known),
        }
        write_private(file, json.dumps(demo, ensure_ascii=False, indent=2) + "\n")
        self.stdout.write(f"demo: group {story.group_id} in {file}")

    def _tell(self, known: dict[str, Any], now: datetime, days: int) -> Story:
        """Say which story it is: the one that was begun before, or one that ends yesterday."""
        yesterday = now.astimezone(SHANGHAI_TIME).date() - timedelta(days=1)
        last = date.fromisoformat(known["last_day"]) if known else yesterday
        first = date.fromisoformat(known["first_day"]) if known else last - timedelta(days=days - 1)
        return Story(fund=ensure_demo_fund(first), first=first, last=last, group_name="演示家庭 (sandbox)")

    def _person(self, story: Story, who: str, known: dict[str, Any], now: datetime) -> dict[str, str]:
        phone = story.phone(who)
        user = sign_up(phone=phone, now=now, name=family.NAMES.get(who, "路人"))
        before = known.get("users", {}).get(who, {})
        token = (
            before["token"] if before.get("id") == str(user.pk) else issue_device(user=user, name="demo", now=now)[1]
        )
        if find_pin(user) is None:
            set_pin(user=user, pin=PIN, now=now)
        self._link_live_card(user, now)
        return {"id": str(user.pk), "name": user.name, "phone": phone, "token": token, "pin": before.get("pin", PIN)}

    def _link_live_card(self, user: User, now: datetime) -> None:
        """Give somebody of the story a test card at the bank that runs beside the demo."""
        if not settings.SANDBOX_BANK_URL or list_sources(user).filter(rail="sandbox").exists():
            return
        try:
            card = link_card(user=user, rail="sandbox", number=BY_NAME["settles"].number, holder=user.name, now=now)
        except RailUnavailable:
            self.stderr.write("The sandbox bank does not answer; cards can be linked in the app.")
        else:
            # Money goes out to it as well: the story's own bank is gone with the story.
            set_default_source(user=user, source_id=card.pk)

    def _merchant(self, known: dict[str, Any], now: datetime) -> dict[str, str]:
        if before := known.get("merchant"):
            return dict(before)
        merchant = Merchant.objects.filter(name=MERCHANT_NAME, is_sandbox=True).first() or create_merchant(
            name=MERCHANT_NAME, category="groceries", now=now, is_sandbox=True
        )
        key, secret = issue_key(merchant=merchant, now=now)
        return {"key_id": key.pk, "secret": secret}

    def _admin(self, known: dict[str, Any]) -> dict[str, str]:
        before = known.get("admin")
        if before and User.objects.filter(username=ADMIN).exists():
            return dict(before)
        password = secrets.token_urlsafe(12)
        operator, _ = User.objects.get_or_create(username=ADMIN, defaults={"is_staff": True, "is_superuser": True})
        operator.set_password(password)
        operator.save(update_fields=["password"])
        return {"username": ADMIN, "password": password}


def days_of(story: Story) -> dict[str, str]:
    """Note which days a story covers."""
    return {"first_day": story.first.isoformat(), "last_day": story.last.isoformat()}


def write_private(file: Path, text: str) -> None:
    """Write a file with secrets whole or not at all, for its owner only."""
    draft = file.with_suffix(".draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    draft.replace(file)
