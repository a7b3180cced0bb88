"""A family's November, walked through: every state that money in and out has is seen where people look for it.

Three look on: a member in the app (the API), the same member's phone (a websocket to a real server, which hears every
event in order), and an operator (the admin's pages). The clock is the world's; beat comes by whenever something is due.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from groups.autotransfers.models import AutoTransfer, AutoTransferRun
from groups.autotransfers.services import run_due
from groups.checkout.models import Order
from groups.funding.models import Contribution, Withdrawal
from groups.members.models import Group
from tests.autotransfers.conftest import live, local
from tests.cast import Person, Shop, World, balance_of, money, pay_in, stakes_of, yuan
from tests.checkout.conftest import cancel, look, order, pay
from tests.events.conftest import Client, Server, server
from wallet.identity.models import User
from wallet.identity.services import issue_device
from wallet.rails.models import Difference, Transfer
from wallet.rails.reconciling import reconcile
from yields.services import run_due as run_nights
from yields.services.funds import ensure_demo_fund

__all__ = ["server"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


class Watch:
    """The three who look on."""

    def __init__(self, world: World, group: Group, member: Person, phone: Client, operator: User) -> None:
        self.world, self.group, self.member, self.phone, self.operator = world, group, member, phone, operator
        self.desk = Browser()
        self.path = f"/groups/{group.pk}"
        self.heard = 0

    def see(self, row: Model, status: str, *kinds: str) -> None:
        """Look for a thing's status in the app and in the admin, and for what the phone heard since the last look."""
        row.refresh_from_db()
        assert self.read(row) == status
        if kinds:
            assert set(kinds) <= set(self.listen()), f"{row} is {status}"
        self.desk.force_login(self.operator)  # a session of long ago has ended
        page = self.desk.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]))
        with translation.override(page.headers["Content-Language"]):
            shown = escape(row.get_status_display())  # type: ignore[attr-defined]
        assert f">{shown}</span>" in page.content.decode()

    def read(self, row: Any) -> str:
        get = partial(self.member.api.get)
        match row:
            case Contribution():
                answer = get(f"{self.path}/contributions/{row.pk}").expect(200)
            case Withdrawal():
                answer = get(f"{self.path}/withdrawals/{row.pk}").expect(200)
            case Transfer():
                where = "contributions" if row.purpose == "contribution" else "withdrawals"
                answer = {"status": get(f"{self.path}/{where}/{row.subject_id}").expect(200)["transfer"]}
            case AutoTransfer():
                answer = get(f"{self.path}/auto-transfers/{row.pk}").expect(200)
            case AutoTransferRun():
                runs = get(f"{self.path}/auto-transfers/{row.order_id}/runs", limit=100).expect(200)["data"]
                (answer,) = (run for run in runs if run["id"] == str(row.pk))
            case Order():
                answer = get(f"/orders/{row.pk}").expect(200)
        return str(answer["status"])

    def listen(self) -> list[str]:
        """What the phone has heard since it was asked last, up to what has happened until now."""
        self.group.wallet.refresh_from_db()
        if self.group.wallet.sequence > self.heard:
            self.phone.read_until(self.group.wallet, self.group.wallet.sequence)
        events = [frame for frame in self.phone.frames if frame["type"] == "event"]
        news = [frame["kind"] for frame in events if frame["sequence"] > self.heard]
        self.heard = self.group.wallet.sequence
        return news

    def go_to(self, text: str) -> None:
        live(self.world, f"2026-{text}")

    def run(self, made: dict[str, Any], day: int) -> AutoTransferRun:
        return AutoTransferRun.objects.get(group=self.group, order=made["id"], due_on=date(2026, 11, day))

    def transfer(self, run: AutoTransferRun) -> Transfer:
        movement = run.contribution or run.withdrawal
        assert movement is not None
        return Transfer.objects.get(wallet=self.group.pk, subject_id=movement.pk)


@pytest.fixture
def watch(world: World, group: Group, member: Person, server: Server) -> Iterator[Watch]:
    operator = User.objects.create_superuser("desk", "x")
    _device, token = issue_device(user=member.user, name="phone", now=world.now)
    with server.connect(token) as phone:
        phone.subscribe({group.wallet: 0})
        yield Watch(world, group, member, phone, operator)


def link_account(person: Person, kind: str, card: str) -> str:
    """Link an account at Yu'e Bao, or an Alipay balance, that behaves like one of the test cards."""
    told = {"rail": "sandbox", "kind": kind, "login": f"{card}@example.com", "holder": person.name}
    return str(person.api.post("/me/sources", told).expect(201)["id"])


def link_empty(person: Person) -> str:
    return link_account(person, "alipay_balance", "insufficient")


def vote(person: Person, group: Group, proposal: str) -> None:
    person.api.post(f"/groups/{group.pk}/proposals/{proposal}/votes", {"choice": "approve"}, proof=True).expect(200)


def test_a_familys_november(
    world: World, watch: Watch, group: Group, owner: Person, member: Person, viewer: Person, shop: Shop
) -> None:
    father, mother, grandmother, see, path = owner, member, viewer, watch.see, watch.path
    assert mother.source is not None
    assert grandmother.source is not None

    # Monday, the 2nd. 3,000 to begin with; and three standing orders: his from Yu'e Bao, of which answers get lost,
    # until 1,600 have come; hers from an account that is empty; the grandmother's 50 a day.
    pay_in(world, father, group, yuan(3_000))
    terms = {"amount": money(yuan(500)), "every": "week", "at": "09:00", "starts_on": "2026-11-03"}
    yuebao = link_account(father, "yuebao", "unknown_settled")
    his = father.api.post(f"{path}/auto-transfers", {**terms, "source": yuebao, "goal": money(yuan(1_600))}).expect(201)
    terms |= {"amount": money(yuan(200)), "starts_on": "2026-11-05"}
    hers = mother.api.post(f"{path}/auto-transfers", {**terms, "source": link_empty(mother)}).expect(201)
    terms |= {"amount": money(yuan(50)), "every": "day", "at": "08:00", "starts_on": "2026-11-03"}
    daily = grandmother.api.post(f"{path}/auto-transfers", {**terms, "source": str(grandmother.source.pk)}).expect(201)
    watch.listen()
    see(AutoTransfer.objects.get(pk=his["id"]), "active")

    # Tuesday at eight hers, the grandmother's: created, submitted, settled.
    world.go_to(local("2026-11-03 08:00"))
    run_due(now=world.now)
    run = watch.run(daily, 3)
    see(run, "under_way", "auto_run_started", "contribution_requested")
    see(watch.transfer(run), "created")
    world.sweep()
    see(watch.transfer(run), "submitted", "transfer_submitted")
    world.wait()
    see(watch.transfer(run), "settled", "contribution_settled")
    see(run, "settled")

    # At nine his. The bank's answer is lost; it is asked again, not paid again.
    world.go_to(local("2026-11-03 09:00"))
    run_due(now=world.now)
    run = watch.run(his, 3)
    world.sweep()
    see(watch.transfer(run), "unknown", "transfer_unknown")
    see(Contribution.objects.get(pk=watch.transfer(run).subject_id), "requested")
    world.wait(60)
    see(watch.transfer(run), "settled", "contribution_settled", "auto_run_settled")
    assert stakes_of(group) == {"张伟": yuan(3_500), "王芳": 0, "李梅": yuan(50)}

    # Thursday hers: nothing on the account. It is tried four times more, and on Sunday it is missed. He excuses it.
    watch.go_to("11-05 09:01")
    missed = watch.run(hers, 5)
    see(watch.transfer(missed), "failed", "contribution_failed", "auto_run_retried")
    see(missed, "retrying")
    watch.go_to("11-08 09:02")
    see(missed, "missed", "auto_run_missed")
    asked = {"kind": "excuse_missed", "payload": {"run": str(missed.pk)}}
    made = mother.api.post(f"{path}/proposals", asked, proof=True).expect(201)
    vote(father, group, made["id"])
    see(missed, "excused", "proposal_made", "vote_cast", "auto_run_excused")

    # The week after it is empty again. This time she pays it by hand, from her card, and orders from that card.
    watch.go_to("11-12 10:30")
    by_hand = watch.run(hers, 12)
    see(by_hand, "retrying")
    card = {"source": str(mother.source.pk)}
    mother.api.post(f"{path}/auto-transfers/{hers['id']}/runs/{by_hand.pk}/contribution", card).expect(201)
    see(by_hand, "under_way")
    world.wait()
    see(by_hand, "settled", "auto_run_settled")
    mother.api.patch(f"{path}/auto-transfers/{hers['id']}", card).expect(200)

    # The grandmother leaves one out, and rests for two days.
    order_of_hers = AutoTransfer.objects.get(pk=daily["id"])
    grandmother.api.post(f"{path}/auto-transfers/{daily['id']}/skip").expect(200)
    see(watch.run(daily, 13), "skipped", "auto_transfer_changed", "auto_run_skipped")
    watch.go_to("11-14 12:00")
    grandmother.api.post(f"{path}/auto-transfers/{daily['id']}/pause").expect(200)
    see(order_of_hers, "paused", "auto_transfer_paused")
    watch.go_to("11-16 12:00")
    grandmother.api.post(f"{path}/auto-transfers/{daily['id']}/resume").expect(200)
    see(order_of_hers, "active", "auto_transfer_resumed")
    assert not AutoTransferRun.objects.filter(order=daily["id"], due_on__in=[date(2026, 11, 15), date(2026, 11, 16)])

    # Books, online: one order is paid, one is closed, one is paid and cancelled the same day.
    bought, closed, cancelled = (order(shop, yuan(40), f"web-{number}").expect(201) for number in (1, 2, 3))
    rows = [Order.objects.get(pk=each["id"]) for each in (bought, closed, cancelled)]
    see(rows[0], "open")
    pay(mother, group, bought).expect(201)
    see(rows[0], "paid", "payment_settled")
    cancel(shop, "web-2").expect(200)
    see(rows[1], "closed")
    pay(father, group, cancelled).expect(201)
    cancel(shop, "web-3").expect(200)
    see(rows[2], "closed", "payment_settled", "payment_refunded")
    assert look(shop, "web-1")["status"] == "paid"

    # The rent, 1,000 on every last day of a month: she proposes it, and both agree whose money it takes.
    landlord = {"number": "6217000000001004", "holder": "周建国", "name": "房东", "rail": "sandbox"}
    payee = mother.api.post(f"{path}/payees", landlord).expect(201)["id"]
    rent = {"payee": payee, "amount": money(yuan(1_000)), "every": "month", "day": 31, "at": "09:00", "memo": "房租"}
    made = mother.api.post(f"{path}/auto-transfers", rent, proof=True).expect(202)
    vote(father, group, made["id"])
    vote(grandmother, group, made["id"])
    (rented,) = AutoTransfer.objects.filter(group=group, direction="out")
    see(rented, "active", "proposal_made", "auto_transfer_made")

    # He takes 100 out to an account that sends them back.
    before = stakes_of(group)
    bad = {"source": link_account(father, "alipay_balance", "late_failed"), "amount": money(yuan(100))}
    returned = father.api.post(f"{path}/withdrawals", bad, proof=True).expect(201)
    row = Withdrawal.objects.get(pk=returned["id"])
    see(row, "requested", "withdrawal_requested")
    world.wait(60)
    see(row, "failed", "withdrawal_failed")
    assert stakes_of(group) == before

    # From the 18th on the pool earns. On a Friday a fast payout comes at once, an ordinary one on Monday at ten.
    watch.go_to("11-18 12:00")
    fund = ensure_demo_fund(date(2026, 11, 1))
    consent = {"agreement_version": "2026-11", "questionnaire": {"risk_level": "R1", "accepted": True}}
    father.api.call("PUT", f"{path}/enrollment", {"fund": fund.pk, **consent}).expect(200)
    watch.go_to("11-20 12:00")
    assert father.source is not None
    asked = {"source": str(father.source.pk), "amount": money(yuan(200))}
    fast = father.api.post(f"{path}/withdrawals", {**asked, "speed": "fast"}, proof=True).expect(201)
    slow = father.api.post(f"{path}/withdrawals", {**asked, "speed": "ordinary"}, proof=True).expect(201)
    world.wait()
    see(Withdrawal.objects.get(pk=fast["id"]), "settled", "withdrawal_settled")
    row = Withdrawal.objects.get(pk=slow["id"])
    see(row, "requested")
    assert row.expected_at == local("2026-11-23 10:00")
    watch.go_to("11-23 09:59")
    see(row, "requested")
    watch.go_to("11-23 10:01")
    see(row, "settled", "withdrawal_settled")

    # On the 24th his goal is reached: of the last run a hundred are enough. His order is over.
    watch.go_to("11-24 09:05")
    see(AutoTransfer.objects.get(pk=his["id"]), "ended", "auto_transfer_ended")
    amounts = AutoTransferRun.objects.filter(order=his["id"]).order_by("due_on").values_list("amount", flat=True)
    assert list(amounts) == [yuan(500), yuan(500), yuan(500), yuan(100)]

    # For three days no worker runs. What was due at eight on each of them is one run of the latest.
    world.wait(timedelta(days=3).total_seconds())
    watch.go_to("11-27 12:00")
    assert [watch.run(daily, day).status for day in (25, 26, 27)] == ["skipped", "skipped", "settled"]
    see(watch.run(daily, 25), "skipped", "auto_run_skipped")

    # The 30th: November has no 31st. The landlord's bank takes half a minute.
    watch.go_to("11-30 08:30")
    before = stakes_of(group)
    world.go_to(local("2026-11-30 09:00"))
    run_due(now=world.now)
    world.wait(5)
    run = AutoTransferRun.objects.get(order=rented)
    see(run, "under_way", "transfer_requested", "auto_run_started")
    see(watch.transfer(run), "submitted")
    world.wait(60)
    see(run, "settled", "transfer_settled", "auto_run_settled")
    assert sum(before.values()) - balance_of(group) == yuan(1_000)

    # December. The nights are paid, the bank's statements of the month agree, and nobody has lost a fen.
    watch.go_to("12-01 20:00")
    run_nights(now=world.now)
    assert "yield_credited" in watch.listen()
    chart = mother.api.get(f"{path}/yield/chart", since="2026-11-01", until="2026-11-30").expect(200)
    earned = {day["date"]: day["income"]["amount"] for day in chart["days"] if day["income"]}
    assert (earned["2026-11-18"], earned["2026-11-19"] > 0, len(earned)) == (0, True, 13), "it earns from the 19th on"
    for day in range(2, 31):
        reconcile(rail="sandbox", day=date(2026, 11, day), now=world.now)
    assert not Difference.objects.exists()
    totals = world.bank.book.get_totals()
    spent, yields = yuan(40), sum(earned.values())
    assert totals.collected - totals.paid_out == balance_of(group) - yields + spent
    assert watch.phone.seen[group.pk] == list(range(1, watch.heard + 1)), "every event, in order"
