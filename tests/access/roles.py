"""Everybody who may knock, each with what they knock with: an id, a body, a proof of the payment PIN.

`build(world)` sets a stage through the real services: a family with money, an invitation, a contribution, a payment and
a dispute; somebody who left and somebody who was removed; another family; two shops; operators. `Stage.callers` has one
client for every role, and `Stage.ids` what a path of the stage is filled with.
"""

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from groups.autotransfers.services import run_due
from groups.disputes.services import contest
from groups.members.models import Group
from groups.members.services import invite
from tests.cast import (
    Api,
    Person,
    Shop,
    World,
    buy,
    found,
    join,
    link,
    meet,
    money,
    open_shop,
    pay_in,
    settle_on,
    show_code,
    yuan,
)
from tests.checkout.conftest import order
from wallet.identity.models import User
from wallet.identity.services import issue_device, revoke_device
from yields.services.funds import ensure_demo_fund, ensure_sandbox_rates

ROLES = {
    "anon": "nobody is logged in",
    "strg": "a stranger: logged in, in no group, holds no code",
    "invi": "invited: logged in, holds the code of an open invitation",
    "left": "left the group",
    "rmvd": "was removed from the group",
    "view": "a viewer of the group",
    "memb": "a member of the group, who made the payments; the device and the card of the paths are theirs",
    "ownr": "the owner of the group; the invitation and the dispute of the paths are theirs",
    "othr": "the owner of another group",
    "shop": "the merchant of the payment",
    "shp2": "another merchant",
    "oper": "an operator without any right",
    "oprt": "an operator with every right but a superuser's",
    "rvkd": "a member whose device was revoked",
}
#: The doors that ask for a proof of the payment PIN.
PROVEN = [
    ("POST", "groups/<uuid:group_id>/payment-codes", False),
    ("POST", "groups/<uuid:group_id>/payments/<uuid:payment_id>/reshare", False),
    ("POST", "groups/<uuid:group_id>/withdrawals", False),
    ("POST", "groups/<uuid:group_id>/exit", False),
    ("POST", "orders/<uuid:checkout_id>/pay", False),
    ("DELETE", "groups/<uuid:group_id>/members/<uuid:user_id>", False),
    ("DELETE", "groups/<uuid:group_id>/members/<uuid:user_id>", True),
    ("PATCH", "me/sources/<uuid:source_id>", False),
    ("DELETE", "me/sources/<uuid:source_id>", False),
]


class OperatorApi(Api):
    """An operator's browser: a session and no token."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self._client = Client(raise_request_exception=False)
        self._client.force_login(user)


@dataclass
class Stage:
    """What is there to be seen, and who is there to look."""

    group: Group
    callers: dict[str, Api]
    ids: dict[str, str]
    #: What differs by role in what they send: their own card, the code they hold.
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Proofs of the doors that ask for one, by role, method, route, and whether it is about oneself.
    proofs: dict[tuple[str, str, str, bool], str] = field(default_factory=dict)

    def fill(self, role: str, text: str) -> str:
        """Put the ids of the stage into a path or a body, as the role knows them."""
        for name, value in {**self.ids, **self.own.get(role, {})}.items():
            text = text.replace("{" + name + "}", value)
        return text

    def write(self, role: str, method: str, route: str, *, is_self: bool = False) -> tuple[str, Any]:
        """Write a good request of this role to a route: its path, which is below /api/v1/ as a rule, and its body."""
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        path = path.replace("{code}", "{invitation_code}") if route.startswith("invitations/") else path
        path = path.replace("{user_id}", "{self}") if is_self else path
        body = bodies(method, route)
        return self.fill(role, path), None if body is None else json.loads(self.fill(role, json.dumps(body)))

    def prove_all(self) -> None:
        """Let everybody with a PIN ask for the proofs that they may need."""
        for role, api in self.callers.items():
            for method, route, is_self in PROVEN if api.pin else ():
                path, body = self.write(role, method, route, is_self=is_self)
                self.proofs[role, method, route, is_self] = api.prove(method, f"/{path}", body)


def build(world: World) -> Stage:
    """Set the stage."""
    now = world.now
    phones = iter(f"+86139000000{n:02d}" for n in range(1, 20))
    owner, member, viewer, left, removed, bystander, _, _, other = people = [
        meet(name, next(phones), now=now)
        for name in ("张伟", "王芳", "李梅", "赵敏", "孙丽", "周杰", "吴迪", "陈生", "郑爽")
    ]
    group = found(owner, now=now)
    for person in (member, left, removed, bystander):
        join(group, owner, person, now=now)
    join(group, owner, viewer, now=now, role="viewer")
    found(other, now=now, name="另一家")
    contribution = pay_in(world, owner, group, yuan(300))
    pay_in(world, member, group, yuan(100))
    pay_in(world, viewer, group, yuan(100))
    shop, shop2 = open_shop("菜市场", now=now), open_shop("药店", now=now)
    number = buy(member, group, shop, yuan(4))
    payment = shop.look_up(number).body["payment"]
    contested = shop.look_up(buy(member, group, shop, yuan(4))).body["payment"]
    dispute = contest(actor=owner.user, group_id=group.pk, payment_id=contested, reason="这不是家用", now=world.now)
    left.api.delete(f"/groups/{group.pk}/members/{left.id}", proof=True).expect(200)
    settle_on(owner, group, "remove_member", {"user": str(removed.id)})
    limit = {"limit": "payment", "user": None, "amount": money(yuan(50))}
    asked = owner.api.post(f"/groups/{group.pk}/proposals", {"kind": "set_limit", "payload": limit}).expect(201)
    assert member.source is not None
    rent = {"source": str(member.source.pk), "amount": money(yuan(200)), "borne_by": "group"}
    waiting = member.api.post(f"/groups/{group.pk}/withdrawals", rent, proof=True).expect(201)
    standing, run, payee = _order(member, world, group)
    invitation = invite(actor=owner.user, group_id=group.pk, now=now)
    fund = ensure_demo_fund(now.date() - timedelta(days=9))
    ensure_sandbox_rates(now)
    placed = order(shop, yuan(1), no=number).expect(201)
    code = show_code(member, group)
    callers = {
        **_people_and_shops(people, shop, shop2, world),
        "oper": OperatorApi(_operator("oper", every_right=False)),
        "oprt": OperatorApi(_operator("oprt", every_right=True)),
        "rvkd": _revoked(member, world),
    }
    assert list(callers) == list(ROLES)
    ids = {
        "group_id": str(group.pk),
        "user_id": str(bystander.id),
        "invitation_id": str(invitation.invitation.pk),
        "contribution_id": str(contribution.pk),
        "proposal_id": asked["id"],
        "withdrawal_id": waiting["id"],
        "order_id": standing,
        "run_id": run,
        "payee_id": payee,
        "payment_id": payment,
        "dispute_id": str(dispute.pk),
        "checkout_id": placed["id"],
        "out_trade_no": number,
        "device_id": str(member.device.pk),
        "source_id": str(member.source.pk),
        "rail": "sandbox",
        "day": "2026-11-01",
        "code": fund.code,
        "invitation_code": invitation.code,
        "auth_code": code,
        "own_source": str(uuid.uuid4()),
        "self": str(uuid.uuid4()),
    }
    known = dict(zip(("ownr", "memb", "view", "left", "rmvd", "_", "invi", "strg", "othr"), people, strict=True))
    own = {
        role: {"own_source": str(person.source.pk), "self": str(person.id)}
        for role, person in known.items()
        if person.source is not None
    }
    own["strg"]["invitation_code"] = "ABCDEFGH23"
    stage = Stage(group, callers, ids, own)
    stage.prove_all()
    return stage


def _order(member: Person, world: World, group: Group) -> tuple[str, str, str]:
    """Let the member order something that does not come in, and link whom the group could pay."""
    path, empty = f"/groups/{group.pk}", link(member, "insufficient", now=world.now)
    asked = {"source": str(empty.pk), "amount": money(yuan(2)), "every": "day", "at": "10:01"}
    order = member.api.post(f"{path}/auto-transfers", asked).expect(201)
    world.wait(90)
    run_due(now=world.now)
    world.wait()
    (run,) = member.api.get(f"{path}/auto-transfers/{order['id']}/runs").expect(200)["data"]
    landlord = {"rail": "sandbox", "number": "6225880000001009", "holder": "周建国", "name": "房东"}
    payee = member.api.post(f"{path}/payees", landlord).expect(201)
    return order["id"], run["id"], payee["id"]


def _people_and_shops(people: list[Person], shop: Shop, shop2: Shop, world: World) -> dict[str, Api]:
    owner, member, viewer, left, removed, _, invited, stranger, other = people
    return {
        "anon": Api(),
        "strg": stranger.api,
        "invi": invited.api,
        "left": left.api,
        "rmvd": removed.api,
        "view": viewer.api,
        "memb": member.api,
        "ownr": owner.api,
        "othr": other.api,
        "shop": shop.api,
        "shp2": shop2.api,
    }


def _operator(name: str, *, every_right: bool) -> User:
    user = User.objects.create_user(name, None, is_staff=True)
    if every_right:
        user.user_permissions.set(Permission.objects.all())
    return user


def _revoked(member: Person, world: World) -> Api:
    device, token = issue_device(user=member.user, name="lost", now=world.now)
    revoke_device(device=device, now=world.now)
    return Api(token)


def bodies(method: str, route: str) -> dict[str, Any] | None:
    """What is sent to a route: a good request, so that nothing but the caller can be what is wrong with it."""
    money = {"amount": 100, "currency": "CNY"}
    sent: dict[tuple[str, str], dict[str, Any]] = {
        ("PATCH", "me"): {"name": "新名"},
        ("POST", "me/sources"): {"rail": "sandbox", "number": "6225880000001009", "holder": "某人"},
        ("PATCH", "me/sources/<uuid:source_id>"): {"is_default": True},
        ("POST", "me/pin"): {"pin": "258036"},
        ("PATCH", "me/pin"): {"current": "258036", "pin": "719402"},
        ("POST", "me/pin/reset/confirm"): {"code": "123456", "pin": "719402"},
        ("POST", "pin/proofs"): {
            "pin": "258036", "operation": {"method": "POST", "path": "/api/v1/groups/{group_id}/payment-codes"},
        },
        ("POST", "groups"): {"name": "新家", "scene": "family"},
        ("PATCH", "groups/<uuid:group_id>"): {"name": "新名"},
        ("PATCH", "groups/<uuid:group_id>/members/<uuid:user_id>"): {"weight": 2},
        ("POST", "groups/<uuid:group_id>/invitations"): {},
        ("POST", "groups/<uuid:group_id>/contributions"): {"source": "{own_source}", "amount": money},
        ("POST", "groups/<uuid:group_id>/proposals"): {
            "kind": "set_limit", "payload": {"limit": "group_month", "user": None, "amount": money},
        },
        ("POST", "groups/<uuid:group_id>/proposals/<uuid:proposal_id>/votes"): {"choice": "approve"},
        ("PUT", "groups/<uuid:group_id>/limits"): {"limit": "group_month", "user": None, "amount": money},
        ("PUT", "groups/<uuid:group_id>/blocks"): {"category": "games", "user": None, "blocked": True},
        ("PUT", "groups/<uuid:group_id>/pauses"): {"user": None, "paused": True},
        ("POST", "groups/<uuid:group_id>/withdrawals"): {"source": "{own_source}", "amount": money},
        ("POST", "groups/<uuid:group_id>/exit"): {"discreet": False},
        ("POST", "groups/<uuid:group_id>/auto-transfers"): {
            "source": "{own_source}", "amount": money, "every": "month", "day": 31, "at": "09:00",
        },
        ("PATCH", "groups/<uuid:group_id>/auto-transfers/<uuid:order_id>"): {"amount": money},
        ("POST", "groups/<uuid:group_id>/auto-transfers/<uuid:order_id>/runs/<uuid:run_id>/contribution"): {
            "source": "{own_source}",
        },
        ("POST", "groups/<uuid:group_id>/payees"): {
            "rail": "sandbox", "number": "6225880000001009", "holder": "周建国", "name": "房东",
        },
        ("POST", "groups/<uuid:group_id>/payment-codes"): {},
        ("POST", "groups/<uuid:group_id>/payments/<uuid:payment_id>/reshare"): {"sharing_rule": "payer"},
        ("POST", "groups/<uuid:group_id>/disputes"): {
            "payment": "{payment_id}", "amount": {**money, "amount": 50}, "reason": "私人消费",
        },
        ("POST", "orders/<uuid:checkout_id>/pay"): {"group": "{group_id}"},
        ("POST", "merchant/orders"): {"amount": money, "out_trade_no": "access-web", "subject": "书"},
        ("POST", "merchant/payments"): {
            "auth_code": "{auth_code}", "amount": money, "out_trade_no": "access", "subject": "肉",
        },
        ("POST", "merchant/payments/<payment_number:out_trade_no>/refunds"): {
            "amount": money, "out_request_no": "access",
        },
        ("PUT", "groups/<uuid:group_id>/enrollment"): {
            "fund": "{code}",
            "agreement_version": "2026-11",
            "questionnaire": {"risk_level": "R1", "answers": [{"question": "a", "answer": "b"}], "accepted": True},
        },
        ("POST", "_allauth/app/v1/auth/code/request"): {"phone": "+8613900009999"},
        ("POST", "_allauth/app/v1/auth/code/confirm"): {"code": "123456"},
    }  # fmt: skip
    return sent.get((method, route))
