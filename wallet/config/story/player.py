"""Plays a story through the real services, with a clock of its own and a bank of its own.

One day is one transaction: killed, a story goes on at the next start with the day after the last whole one, and a story
that is finished does nothing. The bank is the sandbox bank, in this process and in memory, reached over its HTTP
interface on a rail that no worker serves (`story`), so that the present does not meddle with the past.
"""

import hashlib
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import httpx
from django.db import transaction

from groups.exits.services import leave_group, pay_out_former_members
from groups.funding.services import contribute
from groups.members.models import Group
from groups.members.scenes import Scene
from groups.members.selectors import list_members
from groups.members.services import accept_invitation, create_group, invite
from groups.proposals.models import Vote
from groups.proposals.selectors import get_standing, list_open, motion_of
from groups.proposals.services import vote
from groups.spending.models import Merchant, Payment
from groups.spending.services import Charge, charge, create_merchant, refund, show_code
from wallet.config.story import family
from wallet.identity.models import User
from wallet.identity.services import sign_up
from wallet.rails.adapters import use_adapter
from wallet.rails.adapters.sandbox import SandboxAdapter
from wallet.rails.sandbox.app import create_app
from wallet.rails.sandbox.book import Book
from wallet.rails.sandbox.cards import BY_NAME
from wallet.rails.sandbox.notices import send_due
from wallet.rails.selectors import find_default_source, list_due_transfers, list_sources
from wallet.rails.services import advance_transfer, hear_notice, link_card, unlink_source
from yields.calendar import SHANGHAI_TIME
from yields.models import Fund, YieldDay
from yields.services import end_enrollment, enroll, run_day

RAIL = "story"
NAMES_OF_STORIES = uuid.UUID("5f1c3a52-3a3e-4b52-9b8c-0c6b2f4d1980")
AGREEMENT = "story-1"
QUESTIONNAIRE = {"risk_level": "R1", "accepted": True}


@dataclass(frozen=True, slots=True)
class Story:
    """Which story: in which fund, over which days (both included), and whose name the group bears."""

    fund: Fund
    first: date
    last: date
    group_name: str

    @property
    def group_id(self) -> uuid.UUID:
        """The story's group; the same story always has the same."""
        return uuid.uuid5(NAMES_OF_STORIES, f"{self.fund.pk}:{self.first}:{self.last}")

    def phone(self, who: str) -> str:
        """Give a person of this story a number nobody else has: +86 199 and eight digits."""
        digest = hashlib.sha256(f"{self.group_id}:{who}".encode()).hexdigest()
        return f"+86199{int(digest, 16) % 10**8:08d}"


class Player:
    """The people of a story, their bank and their clock."""

    def __init__(self, story: Story, *, present: datetime) -> None:
        self.story, self.present = story, present
        self.now = at(story.first, time(0, 0))
        self.secret = secrets.token_hex(32)
        self.book = Book(":memory:")
        app = create_app(self.book, lambda: self.now, key_id="story", secret=self.secret.encode())
        self.adapter = SandboxAdapter(
            base_url="http://bank.invalid",
            key_id="story",
            secret=self.secret,
            notify_url="http://house.invalid/story",
            transport=httpx.WSGITransport(app=app),
            clock=lambda: self.now,
        )
        self.people: dict[str, User] = {}

    def play(self, progress: Callable[[date], object]) -> int:
        """Play what has not been played, and say how many days that was."""
        played = 0
        with use_adapter(RAIL, self.adapter):
            for day in family.tell(self.story.first, self.story.last):
                if not self._is_played(day.date):
                    self._play_day(day)
                    played += 1
                progress(day.date)
            if not self._is_credited():
                self._end()
        return played

    @transaction.atomic
    def _end(self) -> None:
        """Credit the last day. A story of the past takes its money out of the fund; the demo's goes on earning."""
        self._sign_in()
        self._credit_yield(self.story.last + timedelta(days=1))
        if not self.story.fund.is_sandbox:
            end_enrollment(actor=self.people[family.OWNER], group_id=self.story.group_id, now=self.now)

    def _is_played(self, day: date) -> bool:
        return Payment.objects.filter(group=self.story.group_id, out_trade_no=number(day)).exists()

    def _is_credited(self) -> bool:
        return YieldDay.objects.filter(group=self.story.group_id, date=self.story.last).exists()

    @transaction.atomic
    def _play_day(self, day: family.Day) -> None:
        if not self.people:
            self._sign_in()
        if day.date > self.story.first:
            self._credit_yield(day.date)
        self.now = at(day.date, time(9, 0))
        for step in day.steps:
            self.now += timedelta(minutes=20)
            self._take(step, day.date)
        self._settle()

    def _sign_in(self) -> None:
        """Meet the people again. The bank is a new one, so whoever is in the group links a card of it."""
        for who, name in family.NAMES.items():
            user = sign_up(phone=self.story.phone(who), now=self.now, name=name)
            self.people[who] = user
            for source in list_sources(user).filter(rail=RAIL):
                unlink_source(user=user, source_id=source.pk, now=self.now)
            link_card(user=user, rail=RAIL, number=BY_NAME["settles"].number, holder=name, now=self.now)
        self.merchant = self._meet_merchant()

    def _meet_merchant(self) -> Merchant:
        merchant_id = uuid.uuid5(self.story.group_id, "merchant")
        known = Merchant.objects.filter(pk=merchant_id).first()
        return known or create_merchant(
            name="街角超市", category="groceries", now=self.now, is_sandbox=True, merchant_id=merchant_id
        )

    def _credit_yield(self, day: date) -> None:
        """Credit the day before at two in the morning; what that brings to those who left goes after them."""
        self.now = min(at(day, time(2, 0)), self.present)
        run_day(fund=self.story.fund, day=day - timedelta(days=1), now=self.now)
        pay_out_former_members(now=self.now)
        self._settle()

    def _take(self, step: family.Step, day: date) -> None:
        match step:
            case family.Join(who):
                self._join(who)
            case family.Contribute(who, amount):
                source = find_default_source(self.people[who])
                assert source is not None
                contribute(
                    actor=self.people[who],
                    group_id=self.story.group_id,
                    source_id=source.pk,
                    amount=amount,
                    now=self.now,
                )
                self._settle()
            case family.Pay(who, amount, subject, category):
                shown = show_code(actor=self.people[who], group_id=self.story.group_id, now=self.now)
                asked = Charge(shown.digits, amount, number(day), subject, category)
                charge(merchant=self.merchant, asked=asked, now=self.now)
            case family.Refund(of, amount):
                refund(
                    merchant=self.merchant,
                    out_trade_no=number(of),
                    amount=amount,
                    out_request_no=f"{number(of)}-r",
                    now=self.now,
                )
            case family.Leave(who):
                leave_group(actor=self.people[who], group_id=self.story.group_id, now=self.now)

    def _join(self, who: str) -> None:
        story, user = self.story, self.people[who]
        if who == family.OWNER:
            create_group(
                owner=user,
                name=story.group_name,
                scene=Scene.FAMILY,
                now=self.now,
                group_id=story.group_id,
                is_sandbox=True,
            )
            enroll(
                actor=user,
                group_id=story.group_id,
                fund=story.fund,
                agreement_version=AGREEMENT,
                questionnaire=QUESTIONNAIRE,
                now=self.now,
            )
            return
        invited = invite(actor=self.people[family.OWNER], group_id=story.group_id, now=self.now)
        accept_invitation(user=user, code=invited.code, now=self.now)
        self._agree()

    def _agree(self) -> None:
        """Let everybody approve whatever waits for their vote."""
        for proposal in list_open(self.story.group_id):
            for voter in get_standing(proposal, motion_of(proposal, proposal.group)).silent:
                vote(
                    actor=User.objects.get(pk=voter),
                    group_id=self.story.group_id,
                    proposal_id=proposal.pk,
                    choice=Vote.Choice.APPROVE,
                    now=self.now,
                )

    def _settle(self) -> None:
        """Let the bank do its work: what is due is asked for, and its notices are heard."""
        for transfer in list_due_transfers(self.now, [RAIL]):
            advance_transfer(wallet_id=transfer.wallet_id, transfer_id=transfer.pk, now=self.now)
        while (due := self.book.next_due()) is not None and due <= self.now + timedelta(minutes=5):
            self.now = max(self.now, due)
            send_due(self.book, self.secret.encode(), self.now, self._hear)

    def _hear(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        hear_notice(rail=RAIL, notice=self.adapter.parse_notice(headers, body), now=self.now)
        return 204


def number(day: date) -> str:
    """Name the payment of a day, as the shop numbers it."""
    return f"story-{day:%Y%m%d}"


def at(day: date, clock: time) -> datetime:
    """Give the moment of a day in Shanghai."""
    return datetime.combine(day, clock, SHANGHAI_TIME)


def people_of(group: Group) -> dict[str, User]:
    """Find the people of a played story who are in its group, by name."""
    return {member.user.name: member.user for member in list_members(group.pk)}
