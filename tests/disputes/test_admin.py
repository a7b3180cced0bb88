"""Operators mediate on a dispute's page, and carry orders out in the list of legal holds; nothing else is written."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from groups.disputes.models import Dispute, LegalHold
from groups.members.models import Group
from tests.cast import Person, World, pay_in, stakes_of, yuan
from tests.disputes.conftest import ask, contest_transfer, held, operator, take_out
from wallet.identity.models import User
from wallet.ledger.models import Entry

DISPUTES, HOLDS = "/admin/disputes/dispute/", "/admin/disputes/legalhold/"


def log_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def decide(
    client: Client, dispute: Dispute, decision: str, award: str = "", why: str = "收据是私人的"
) -> tuple[int, str]:
    """Fill in the form at the foot of a dispute's page."""
    sent = {"decision": decision, "award": award, "why": why}
    answer = client.post(f"{DISPUTES}{dispute.pk}/change/", sent, follow=True)
    dispute.refresh_from_db()
    return answer.status_code, unescape(answer.content.decode())


def act(client: Client, action: str, *holds: LegalHold) -> str:
    """Choose holds in the list, and an action."""
    sent = {"action": action, "_selected_action": [str(hold.pk) for hold in holds]}
    said = unescape(client.post(HOLDS, sent, follow=True).content.decode())
    for hold in holds:
        hold.refresh_from_db()
    return said


# --- disputes ---------------------------------------------------------------------------------------------------------
def test_the_page_shows_both_sides(group: Group, clerk: User, dispute: Dispute) -> None:
    page = log_in(clerk).get(f"{DISPUTES}{dispute.pk}/change/").content.decode()
    for text in ("张伟", "王芳", "¥30.00", "这不是家用", "蔬菜水果", 'name="decision"', 'name="award"', 'name="why"'):
        assert text in page, text
    listed = log_in(clerk).get(DISPUTES, {"q": "王芳"}).content.decode()
    assert str(dispute.pk) in listed


def test_upheld_whole_from_the_page(world: World, group: Group, clerk: User, dispute: Dispute) -> None:
    assert decide(log_in(clerk), dispute, "uphold")[0] == 200
    assert (dispute.status, dispute.awarded, dispute.ended_by, dispute.decision_reason) == (
        "upheld",
        yuan(30),
        clerk,
        "收据是私人的",
    )
    assert stakes_of(group) == {"张伟": yuan(300), "王芳": yuan(60), "李梅": 0}
    assert LogEntry.objects.filter(user=clerk, object_id=str(dispute.pk)).count() == 1


def test_upheld_in_part_to_the_fen(group: Group, clerk: User, dispute: Dispute) -> None:
    decide(log_in(clerk), dispute, "uphold", award="12.34")
    assert (dispute.status, dispute.awarded) == ("upheld", yuan(12.34))
    assert stakes_of(group) == {"张伟": yuan(282.34), "王芳": yuan(77.66), "李梅": 0}


def test_dismissed_from_the_page(world: World, group: Group, clerk: User, dispute: Dispute) -> None:
    decide(log_in(clerk), dispute, "dismiss")
    assert (dispute.status, dispute.awarded) == ("dismissed", 0)
    assert stakes_of(group) == {"张伟": yuan(270), "王芳": yuan(90), "李梅": 0}


def test_a_transfer_is_shown_and_what_was_passed_on(
    world: World, group: Group, owner: Person, member: Person, clerk: User
) -> None:
    pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    rent = take_out(world, member, group, yuan(40), "late_failed")
    dispute = Dispute.objects.get(pk=contest_transfer(owner, group, rent).expect(201)["id"])
    root = log_in(User.objects.create_superuser("root"))
    page = root.get(f"{DISPUTES}{dispute.pk}/change/").content.decode()
    assert f"/admin/funding/withdrawal/{rent.pk}/change/" in page
    assert "房租" in page
    assert str(dispute.pk) in root.get(DISPUTES, {"q": str(rent.pk)}).content.decode()
    decide(log_in(clerk), dispute, "uphold")
    world.wait(60)
    entry = Entry.objects.get(wallet=group.pk, kind="dispute_refund")
    page = root.get(f"{DISPUTES}{dispute.pk}/change/").content.decode()
    assert f"/admin/ledger/entry/{entry.pk}/change/" in page
    assert f"{DISPUTES}{dispute.pk}/change/" in root.get(f"/admin/ledger/entry/{entry.pk}/change/").content.decode()


WRONG: list[tuple[dict[str, str], str]] = [
    ({"decision": "uphold", "why": ""}, "This field is required"),
    ({"decision": "uphold", "why": "   "}, "This field is required"),
    ({"decision": ""}, "This field is required"),
    ({"decision": "uphold", "award": "30.01"}, "No more than the contested ¥30.00"),
    ({"decision": "uphold", "award": "0"}, "greater than or equal to 0.01"),
    ({"decision": "uphold", "award": "0.001"}, "no more than 2 decimal places"),
    ({"decision": "dismiss", "award": "1"}, "Nothing is awarded where a dispute is dismissed."),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=str)
def test_what_is_filled_in_wrongly(
    world: World, group: Group, clerk: User, dispute: Dispute, change: dict[str, str], said: str
) -> None:
    assert said in decide(log_in(clerk), dispute, **change)[1]
    assert dispute.status == "open"
    assert held(world, group) == yuan(30)


def test_somebody_was_faster(
    world: World, group: Group, owner: Person, clerk: User, dispute: Dispute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was open when the people agreed: the service refuses, and the operator is told why."""
    monkeypatch.setattr("groups.disputes.admin.DisputeAdmin.has_change_permission", lambda *_: True)
    owner.api.post(f"/groups/{group.pk}/disputes/{dispute.pk}/withdraw").expect(200)
    assert "This dispute is over." in decide(log_in(clerk), dispute, "uphold")[1]
    assert (dispute.status, dispute.decision_reason) == ("withdrawn", "")
    assert not LogEntry.objects.exists()


def test_what_has_ended_is_only_read(world: World, clerk: User, dispute: Dispute) -> None:
    client = log_in(clerk)
    decide(client, dispute, "dismiss", why="是家用")
    page = client.get(f"{DISPUTES}{dispute.pk}/change/").content.decode()
    assert 'name="decision"' not in page
    assert "是家用" in page
    assert decide(client, dispute, "uphold")[0] == 403
    assert dispute.status == "dismissed"


def test_past_the_deadline_nothing_is_decided(world: World, clerk: User, dispute: Dispute) -> None:
    world.go_to(dispute.deadline_at)
    assert decide(log_in(clerk), dispute, "uphold")[0] == 403
    assert dispute.status == "open"


@pytest.mark.parametrize("right", ["view_dispute", "change_dispute", "approve_legal_hold"])
def test_who_may_not_decide(world: World, group: Group, dispute: Dispute, right: str) -> None:
    client = log_in(operator("reader", right))
    page = client.get(f"{DISPUTES}{dispute.pk}/change/")
    assert page.status_code == (200 if right == "view_dispute" else 403)
    assert 'name="decision"' not in page.content.decode()
    assert decide(client, dispute, "uphold")[0] == 403
    assert held(world, group) == yuan(30)


def test_nothing_else_is_written(clerk: User, dispute: Dispute) -> None:
    root = log_in(User.objects.create_superuser("root"))
    for client in (log_in(clerk), root):
        assert client.get(f"{DISPUTES}add/").status_code == 403
        assert client.post(f"{DISPUTES}{dispute.pk}/delete/", {"post": "yes"}).status_code == 403
    sent = {"decision": "dismiss", "why": "是家用", "amount": "1", "held": "1", "reason": "别的", "status": "conceded"}
    root.post(f"{DISPUTES}{dispute.pk}/change/", sent)
    dispute.refresh_from_db()
    assert (dispute.status, dispute.amount, dispute.held, dispute.reason) == ("dismissed", 3000, 3000, "这不是家用")


# --- legal holds ------------------------------------------------------------------------------------------------------
@pytest.fixture
def rich(world: World, group: Group, member: Person) -> Group:
    pay_in(world, member, group, yuan(100))
    return group


def fill_in(rich: Group, person: Person, **change: Any) -> dict[str, Any]:
    ends = timezone.localtime(timezone.now() + timedelta(days=30))
    return {
        "group": str(rich.pk),
        "user": str(person.id),
        "amount": "60.05",
        "order_reference": "(2026)沪0101财保12号",
        "reason": "preservation",
        "ends_at_0": ends.date().isoformat(),
        "ends_at_1": "12:00:00",
        **change,
    }


def test_one_asks_and_another_approves(world: World, rich: Group, member: Person, clerk: User, chief: User) -> None:
    asking, answering = log_in(clerk), log_in(chief)
    assert asking.get(f"{HOLDS}add/").status_code == 200
    assert asking.post(f"{HOLDS}add/", fill_in(rich, member)).status_code == 302
    hold = LegalHold.objects.get()
    assert (hold.status, hold.amount, hold.asked_by, hold.user) == ("asked", yuan(60.05), clerk, member.user)
    assert "another operator answers it" in act(asking, "approve", hold)
    assert hold.status == "asked"
    assert ": done." in act(answering, "approve", hold)
    assert (hold.status, hold.answered_by) == ("active", chief)
    assert stakes_of(rich)["王芳"] == yuan(39.95)
    page = answering.get(f"{HOLDS}{hold.pk}/change/").content.decode()
    for text in ("(2026)沪0101财保12号", "¥60.05", "clerk", "chief"):
        assert text in page, text
    assert "cannot be done any more" in act(answering, "approve", hold)


def test_pages_lead_to_the_entries_and_back(
    world: World, group: Group, member: Person, clerk: User, chief: User, dispute: Dispute
) -> None:
    hold = ask(world, clerk, group, member, yuan(60), world.now + timedelta(days=30))
    act(log_in(chief), "approve", hold)
    root = log_in(User.objects.create_superuser("root"))
    for page, reference in (
        (f"{DISPUTES}{dispute.pk}", f"dispute:{dispute.pk}"),
        (f"{HOLDS}{hold.pk}", f"legal-hold:{hold.pk}"),
    ):
        entry = Entry.objects.get(wallet=group.pk, reference=reference)
        assert f"/admin/ledger/entry/{entry.pk}/change/" in root.get(f"{page}/change/").content.decode()
        assert f"{page}/change/" in root.get(f"/admin/ledger/entry/{entry.pk}/change/").content.decode()


def test_and_so_is_its_release(world: World, rich: Group, member: Person, clerk: User, chief: User) -> None:
    hold = ask(world, clerk, rich, member, yuan(60), world.now + timedelta(days=30))
    act(log_in(chief), "approve", hold)
    assert "cannot be done any more" in act(log_in(chief), "approve_the_release", hold)
    act(log_in(chief), "ask_for_release", hold)
    assert "another operator answers it" in act(log_in(chief), "approve_the_release", hold)
    assert held(world, rich) == yuan(60)
    act(log_in(clerk), "approve_the_release", hold)
    assert (hold.status, hold.release_asked_by, hold.released_by) == ("released", chief, clerk)
    assert held(world, rich) == 0
    noted = LogEntry.objects.filter(object_id=str(hold.pk)).order_by("id").values_list("user__username", flat=True)
    assert list(noted) == ["chief", "chief", "clerk"]


def test_a_release_can_be_declined(world: World, rich: Group, member: Person, clerk: User, chief: User) -> None:
    hold = ask(world, clerk, rich, member, yuan(60), world.now + timedelta(days=30))
    act(log_in(chief), "approve", hold)
    act(log_in(clerk), "ask_for_release", hold)
    assert "another operator answers it" in act(log_in(clerk), "decline_the_release", hold)
    assert ": done." in act(log_in(chief), "decline_the_release", hold)
    assert (hold.status, hold.release_declined_by) == ("active", chief)
    assert "cannot be done any more" in act(log_in(chief), "approve_the_release", hold)
    page = log_in(chief).get(f"{HOLDS}{hold.pk}/change/").content.decode()
    assert "Release declined by" in page
    assert LogEntry.objects.filter(object_id=str(hold.pk), user=chief).count() == 2
    assert held(world, rich) == yuan(60)


def test_declined(world: World, rich: Group, member: Person, clerk: User, chief: User) -> None:
    hold = ask(world, clerk, rich, member, yuan(60), world.now + timedelta(days=30))
    act(log_in(chief), "decline", hold)
    assert (hold.status, held(world, rich)) == ("declined", 0)


def test_more_than_there_is(world: World, rich: Group, member: Person, clerk: User, chief: User) -> None:
    hold = ask(world, clerk, rich, member, yuan(100.01), world.now + timedelta(days=30))
    assert "holds only ¥100.00" in act(log_in(chief), "approve", hold)
    assert hold.status == "asked"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": "{stranger}"}, "There is nothing here that you may see."),
        ({"group": "019aa3c4-7d1e-7cc3-9b1a-4c2f6f0f4b11"}, "Select a valid choice"),
        ({"ends_at_0": "2020-01-01"}, "ends in the future"),
        ({"ends_at_0": "2036-01-01"}, "within 366 days"),
        ({"amount": "0"}, "greater than or equal to 0.01"),
        ({"order_reference": ""}, "This field is required"),
        ({"reason": "curiosity"}, "Select a valid choice"),
    ],
    ids=str,
)
def test_an_order_that_cannot_be_carried_out(
    rich: Group, member: Person, stranger: Person, clerk: User, change: dict[str, str], said: str
) -> None:
    filled = {name: value.replace("{stranger}", str(stranger.id)) for name, value in change.items()}
    answer = log_in(clerk).post(f"{HOLDS}add/", fill_in(rich, member, **filled))
    assert answer.status_code == 200
    assert said in unescape(answer.content.decode())
    assert not LegalHold.objects.exists()


def test_each_step_is_offered_to_who_may_take_it(
    world: World, rich: Group, member: Person, clerk: User, chief: User
) -> None:
    hold = ask(world, clerk, rich, member, yuan(60), world.now + timedelta(days=30))
    reader, asker, answerer = (
        log_in(operator(name, right))
        for name, right in (
            ("reader", "view_legalhold"),
            ("asker", "ask_legal_hold"),
            ("answerer", "approve_legal_hold"),
        )
    )
    for client, may_add, offered in (
        (reader, 403, set()),
        (asker, 200, {"ask_for_release"}),
        (answerer, 403, {"approve", "decline", "approve_the_release", "decline_the_release"}),
    ):
        assert client.get(f"{HOLDS}add/").status_code == may_add
        page = client.get(HOLDS).content.decode()
        names = ("approve", "decline", "ask_for_release", "approve_the_release", "decline_the_release")
        assert {name for name in names if f'value="{name}"' in page} == offered
        assert client.post(f"{HOLDS}{hold.pk}/change/", {"amount": "1"}).status_code == 403
    act(reader, "approve", hold)
    act(asker, "approve", hold)
    assert hold.status == "asked"
    act(answerer, "approve", hold)
    assert hold.status == "active"
