"""What a client makes of events: a snapshot, brought up to date by what happened since, and by nothing else.

This is the other half of the contract of `GET /groups/{id}/snapshot`: whoever loads it and applies the events after its
`sequence` sees what a fresh snapshot would show. A kind that is unknown here is refused, so that nobody adds one
without saying what it changes.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

#: Kinds that tell something and change nothing that a snapshot shows. Those that post bring balance and stakes.
TELL_ONLY = {
    "auto_run_excused",
    "auto_run_missed",
    "auto_run_retried",
    "auto_run_settled",
    "auto_run_skipped",
    "auto_run_started",
    "auto_transfer_changed",
    "auto_transfer_ended",
    "auto_transfer_made",
    "auto_transfer_paused",
    "auto_transfer_resumed",
    "category_blocked",
    "category_unblocked",
    "choosing_changed",
    "claim_collected",
    "debt_settled",
    "group_ending",
    "limit_changed",
    "owing_changed",
    "proposal_ended",
    "proposal_made",
    "shares_agreed",
    "spending_paused",
    "spending_resumed",
    "succession_announced",
    "succession_called_off",
    "transfer_announced",
    "transfer_failed",
    "transfer_refused",
    "transfer_requested",
    "transfer_settled",
    "transfer_settled_late",
    "transfer_stopped",
    "vote_cast",
    "vote_reminded",
    "voting_changed",
    "contribution_failed",
    "contribution_requested",
    "contribution_settled",
    "dispute_closed",
    "dispute_closed_unfunded",
    "dispute_opened",
    "dispute_opened_unfunded",
    "dispute_refunded",
    "dispute_upheld",
    "invitation_closed",
    "legal_hold_placed",
    "legal_hold_released",
    "member_invited",
    "payment_refunded",
    "payment_refused",
    "payment_reshared",
    "payment_settled",
    "transfer_submitted",
    "transfer_unknown",
    "withdrawal_failed",
    "withdrawal_requested",
    "withdrawal_settled",
    "withdrawal_settled_late",
    "yield_corrected",
    "yield_credited",
    "yield_reversed",
    "yield_switched_off",
    "yield_switched_on",
}
NOTHING = {"amount": 0, "currency": "CNY"}


def reduce(snapshot: dict[str, Any] | None, events: Iterable[dict[str, Any]], me: str) -> dict[str, Any]:
    """Apply events, in order, to a snapshot that this person has loaded; without one, from the very beginning."""
    state = deepcopy(snapshot) or {"sequence": 0, "group": {}, "members": []}
    for event in events:
        assert event["sequence"] == state["sequence"] + 1, "there is a gap"
        state["sequence"] = state["group"]["sequence"] = event["sequence"]
        if event["kind"] not in TELL_ONLY:
            CHANGES[event["kind"]](state, event, event["data"])
        _take_balances(state, event["data"])
        _look_at_myself(state, me)
    return state


def _take_balances(state: dict[str, Any], data: dict[str, Any]) -> None:
    if "balance" in data:
        state["group"]["balance"] = data["balance"]
    for member in state["members"]:
        member["stake"] = data.get("stakes", {}).get(member["user"], member["stake"])


def _look_at_myself(state: dict[str, Any], me: str) -> None:
    for member in state["members"]:
        if member["user"] == me:
            state["group"] |= {"my_role": member["role"], "my_stake": member["stake"]}


def _group_created(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    told = {name: data[name] for name in ("name", "scene", "time_zone", "sharing_rule", "is_sandbox", "ends_on")}
    state["group"] |= {"id": event["group"], **told, "created_at": event["at"], "archived_at": None, "balance": NOTHING}


def _group_changed(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    state["group"] |= data


def _member_joined(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    told = {name: data[name] for name in ("user", "name", "role", "weight", "joined_at", "stake")}
    state["members"].append(told)


def _member_changed(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    for member in state["members"]:
        if member["user"] == data["user"]:
            member |= {"role": data["role"], "weight": data["weight"]}


def _member_left(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    state["members"] = [member for member in state["members"] if member["user"] != data["user"]]


def _group_archived(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    state["group"]["archived_at"] = data["archived_at"]


def _group_handed_over(state: dict[str, Any], event: dict[str, Any], data: dict[str, Any]) -> None:
    roles = {data["former"]: "member", data["owner"]: "owner"}
    for member in state["members"]:
        member["role"] = roles.get(member["user"], member["role"])


CHANGES = {
    "group_archived": _group_archived,
    "group_handed_over": _group_handed_over,
    "group_created": _group_created,
    "group_changed": _group_changed,
    "member_joined": _member_joined,
    "member_changed": _member_changed,
    "member_left": _member_left,
}
