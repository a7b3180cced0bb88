"""Switching yield on and off: by the owner alone, on stated terms, once at a time."""

from datetime import date

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, transaction

from groups.members.errors import GroupNotFound, NotAllowed
from groups.members.models import Group
from tests.cast import Person, kinds_since, sequence_of
from tests.yields.conftest import ACCEPTED, Desk, at, balance_of, pay, run, switch_on
from wallet.ledger.models import Event
from yields.errors import AlreadyEnrolled, FundNotOffered, NotEnrolled, QuestionnaireNotAccepted
from yields.models import Enrollment, Fund, YieldDay
from yields.services import end_enrollment, enroll, ensure_demo_fund

pytestmark = pytest.mark.django_db
MON, TUE, WED, THU = (date(2026, 11, day) for day in (2, 3, 4, 5))


def test_the_terms_are_kept_with_the_enrollment(group: Group, owner: Person, fund: Fund) -> None:
    enrollment = switch_on(group, owner, fund, at(MON))
    enrollment.refresh_from_db()
    assert (enrollment.fund, enrollment.enrolled_by, enrollment.enrolled_at) == (fund, owner.user, at(MON))
    assert (enrollment.agreement_version, enrollment.questionnaire) == ("2026-11", ACCEPTED)
    told = Event.objects.filter(wallet=group.pk, kind="yield_switched_on").get()
    assert (told.actor, told.data["fund"], told.data["is_sandbox"]) == (owner.user, "T0001", False)


def test_only_the_owner_switches(group: Group, owner: Person, member: Person, viewer: Person, fund: Fund) -> None:
    for person in (member, viewer):
        with pytest.raises(NotAllowed):
            switch_on(group, person, fund, at(MON))
    switch_on(group, owner, fund, at(MON))
    with pytest.raises(NotAllowed):
        end_enrollment(actor=member.user, group_id=group.pk, now=at(TUE))


def test_a_stranger_learns_nothing(group: Group, stranger: Person, fund: Fund) -> None:
    with pytest.raises(GroupNotFound):
        switch_on(group, stranger, fund, at(MON))


@pytest.mark.parametrize("answers", [{}, {"risk_level": "R1", "accepted": False}, {"accepted": "yes"}])
def test_nobody_enrolls_without_the_questionnaire(
    group: Group, owner: Person, fund: Fund, answers: dict[str, object]
) -> None:
    with pytest.raises(QuestionnaireNotAccepted):
        enroll(
            actor=owner.user,
            group_id=group.pk,
            fund=fund,
            agreement_version="2026-11",
            questionnaire=answers,
            now=at(MON),
        )


def test_the_same_again_is_the_same_enrollment(group: Group, owner: Person, fund: Fund) -> None:
    first = switch_on(group, owner, fund, at(MON))
    before = sequence_of(group)
    assert switch_on(group, owner, fund, at(TUE)) == first
    assert (sequence_of(group), Enrollment.objects.get().enrolled_at) == (before, at(MON))


def test_one_fund_at_a_time(group: Group, owner: Person, fund: Fund) -> None:
    switch_on(group, owner, fund, at(MON))
    other = Fund.objects.create(code="T0002", name="另一只", calendar=Fund.Calendar.SHANGHAI)
    with pytest.raises(AlreadyEnrolled) as refused:
        switch_on(group, owner, other, at(TUE))
    assert refused.value.data == {"fund": "T0001"}
    with pytest.raises(IntegrityError, match="one_open"), transaction.atomic():
        Enrollment.objects.create(
            group=group,
            fund=other,
            enrolled_by=owner.user,
            enrolled_at=at(TUE),
            agreement_version="1",
            questionnaire={},
        )


def test_a_sandbox_fund_is_for_sandboxes(group: Group, owner: Person, settings: LazySettings) -> None:
    demo = ensure_demo_fund(MON)
    settings.SANDBOX = False
    with pytest.raises(FundNotOffered):
        switch_on(group, owner, demo, at(MON))
    Group.objects.filter(pk=group.pk).update(is_sandbox=True)
    assert switch_on(group, owner, demo, at(MON)).fund == demo


def test_the_day_it_ends_on_earns_nothing_and_the_days_before_are_credited(
    group: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    pay(group, owner, 9_000_00, at(MON, "08:00"))
    switch_on(group, owner, fund, at(MON, "09:00"))
    desk.publish_days(fund, MON, 4)
    run(fund, MON)
    before = sequence_of(group)
    end_enrollment(actor=owner.user, group_id=group.pk, now=at(WED, "00:00"))
    assert kinds_since(group, before) == ["yield_switched_off"]
    assert run(fund, TUE).income == 111
    last = run(fund, WED)
    assert (last.state, last.enrolled) == ("finished", 0)
    assert balance_of(group) == 9_001_11


def test_switched_on_again_everything_counts_as_money_in_once_more(
    group: Group, owner: Person, fund: Fund, desk: Desk
) -> None:
    pay(group, owner, 9_000_00, at(MON, "08:00"))
    switch_on(group, owner, fund, at(MON, "09:00"))
    desk.publish_days(fund, MON, 4)
    run(fund, MON)
    end_enrollment(actor=owner.user, group_id=group.pk, now=at(TUE, "09:00"))
    switch_on(group, owner, fund, at(TUE, "16:00"))
    for day in (TUE, WED, THU):
        run(fund, day)
    assert list(YieldDay.objects.order_by("date").values_list("base", flat=True)) == [0, 0, 0, 9_000_00]
    assert Enrollment.objects.filter(group=group).count() == 2


def test_what_is_off_cannot_be_switched_off(group: Group, owner: Person) -> None:
    with pytest.raises(NotEnrolled):
        end_enrollment(actor=owner.user, group_id=group.pk, now=at(MON))
