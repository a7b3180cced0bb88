"""Every client's log equals the database's: in order, without gaps, nothing lost, whatever happens to clients."""

import itertools
import threading
import time
import uuid
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.events.conftest import Client, Readership, Server, make_wallet, note, note_many, numbers, writing
from wallet.events.readers import Range
from wallet.identity.models import User
from wallet.ledger.models import Wallet


def test_an_event_arrives_whole(server: Server, token: str, wallet: Wallet) -> None:
    with server.connect(token) as client:
        assert client.subscribe({wallet: 0}) == {"type": "subscribed", "groups": {str(wallet.pk): 0}}
        note(wallet, "家")
        event = client.hear("event")
    assert event.pop("at").endswith("Z")
    assert event == {
        "type": "event",
        "group": str(wallet.pk),
        "sequence": 1,
        "kind": "group_changed",
        "actor": None,
        "data": {"name": "家", "sharing_rule": "equal", "time_zone": "Asia/Shanghai", "ends_on": None},
    }


def test_a_hint_makes_it_fast(server: Server, token: str, wallet: Wallet, settings: Any) -> None:
    settings.SOCKET_WATCH_SECONDS = 30
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        time.sleep(0.3)  # the group is joined behind the answer
        for number in range(1, 6):
            started = time.monotonic()
            note(wallet)
            client.read_until(wallet, number)
            assert time.monotonic() - started < 0.5


def test_resuming_sends_what_came_after(server: Server, token: str, wallet: Wallet) -> None:
    note_many(wallet, 7)
    with server.connect(token) as client:
        assert client.subscribe({wallet: 4})["groups"] == {str(wallet.pk): 7}
        client.read_until(wallet, 7)
        assert client.seen[wallet.pk] == [5, 6, 7]
        client.seen.clear()
        client.subscribe({wallet: 5})  # again, from elsewhere
        client.read_until(wallet, 7)
        assert client.is_silent(0.3)
        assert client.seen[wallet.pk] == [6, 7]


def test_a_long_absence_is_many_pages(server: Server, token: str, wallet: Wallet, settings: Any) -> None:
    settings.SOCKET_PAGE = 7
    note_many(wallet, 50)
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        client.read_until(wallet, 50)
    assert client.seen[wallet.pk] == list(range(1, 51))


def test_concurrent_writers_many_groups_many_clients(
    server: Server, token: str, member: User, readership: Readership
) -> None:
    wallets = [make_wallet(readership, member) for _ in range(5)]
    clients = [server.connect(token) for _ in range(8)]
    for client in clients:
        client.subscribe(dict.fromkeys(wallets, 0))
    with writing(*[(wallet, 40) for wallet in wallets for _ in range(2)]):
        for client in clients:
            for wallet in wallets:
                client.read_until(wallet, 80, timeout=30)
            assert all(client.seen[wallet.pk] == list(range(1, 81)) for wallet in wallets)
            client.socket.close()
    assert all(numbers(wallet) == list(range(1, 81)) for wallet in wallets)


def test_killed_and_resumed_clients_have_seen_every_event_once_and_in_order(
    server: Server, token: str, member: User, readership: Readership
) -> None:
    """Clients are cut off at every sort of moment, and resume from the last number that they took in."""
    wallets = [make_wallet(readership, member) for _ in range(3)]
    logs: list[dict[Any, list[int]]] = [{wallet.pk: [] for wallet in wallets} for _ in range(6)]
    cuts = [0]

    def live(log: dict[Any, list[int]], pace: int) -> None:
        lives = itertools.cycle([1, 3, 8, 2, 21])
        while any(len(seen) < 100 for seen in log.values()):
            client = server.connect(token)
            client.subscribe({wallet: len(log[wallet.pk]) for wallet in wallets})
            for _ in range(next(lives) * pace):
                if all(len(seen) == 100 for seen in log.values()):
                    break
                frame = client.receive(20)
                seen = log[uuid.UUID(frame["group"])]
                if frame["sequence"] == len(seen) + 1:
                    seen.append(frame["sequence"])
                assert frame["sequence"] <= len(seen), "a gap"
            cuts[0] += 1
            client.kill()

    threads = [threading.Thread(target=live, args=(log, pace)) for pace, log in enumerate(logs, 1)]
    with writing(*[(wallet, 50) for wallet in wallets for _ in range(2)]):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert cuts[0] > 20
    assert all(log[wallet.pk] == numbers(wallet) == list(range(1, 101)) for log in logs for wallet in wallets)


def test_a_burst_over_the_capacity_of_the_layer_loses_nothing(server: Server, token: str, wallet: Wallet) -> None:
    """Hints are dropped on the way, by the hundred; the events are not."""
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        note_many(wallet, 300)
        client.read_until(wallet, 300, timeout=20)
    assert client.seen[wallet.pk] == list(range(1, 301))


def test_unsubscribing_ends_delivery(server: Server, token: str, wallet: Wallet) -> None:
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        client.say("unsubscribe", groups=[str(wallet.pk)])
        assert client.hear("unsubscribed")["groups"] == [str(wallet.pk)]
        note(wallet)
        assert client.is_silent(1.5)


def test_a_heartbeat_tells_the_newest_numbers(server: Server, token: str, wallet: Wallet, settings: Any) -> None:
    settings.SOCKET_HEARTBEAT_SECONDS = 0.5
    note_many(wallet, 3)
    with server.connect(token) as client:
        assert client.hear("heartbeat") == {"type": "heartbeat", "groups": {}}
        client.subscribe({wallet: 3})
        assert client.hear("heartbeat", timeout=2)["groups"] == {str(wallet.pk): 3}
        note(wallet)
        client.read_until(wallet, 4)
        assert client.hear("heartbeat", timeout=2)["groups"] == {str(wallet.pk): 4}


def test_an_idle_socket_lives(server: Server, token: str, wallet: Wallet) -> None:
    """Longer than the five seconds after which redis-py 8 ends an idle connection, if it is not told otherwise."""
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        assert client.is_silent(7)
        started = time.monotonic()
        note(wallet)
        client.read_until(wallet, 1)
        assert time.monotonic() - started < 1.5


def test_what_a_foreign_or_invented_group_answers(server: Server, token: str, readership: Readership) -> None:
    foreign, invented = make_wallet(readership), Wallet()
    note(foreign)
    with server.connect(token) as client:
        for hidden in (foreign, invented):
            assert client.subscribe({hidden: 0}) == {"type": "error", "code": "not_found", "group": str(hidden.pk)}
        note(foreign)
        assert client.is_silent(1.5)


def test_one_foreign_group_does_not_spoil_the_others(
    server: Server, token: str, wallet: Wallet, readership: Readership
) -> None:
    foreign = make_wallet(readership)
    note(wallet)
    with server.connect(token) as client:
        assert client.subscribe({foreign: 0, wallet: 0})["code"] == "not_found"
        assert client.hear("subscribed")["groups"] == {str(wallet.pk): 1}
        client.read_until(wallet, 1)


def test_a_number_nobody_has_reached(server: Server, token: str, wallet: Wallet) -> None:
    note(wallet)
    with server.connect(token) as client:
        assert client.subscribe({wallet: 2})["code"] == "sequence_ahead"


def test_acks(server: Server, token: str, wallet: Wallet) -> None:
    note(wallet)
    with server.connect(token) as client:
        client.say("ack", group=str(wallet.pk), sequence=1)
        assert client.hear("error")["code"] == "not_subscribed"
        client.subscribe({wallet: 0})
        client.read_until(wallet, 1)
        client.say("ack", group=str(wallet.pk), sequence=1)
        assert client.is_silent(0.3)
        client.say("ack", group=str(wallet.pk), sequence=2)
        assert client.hear("error")["code"] == "sequence_ahead"


# --- the end of a membership ------------------------------------------------------------------------------------------
def test_after_a_removal_no_later_event_and_the_socket_closes(
    server: Server, token: str, member: User, wallet: Wallet, readership: Readership
) -> None:
    """Whoever removes somebody records an event in the same transaction; here the last one the member may see."""
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        with writing((wallet, 60), (wallet, 60)):
            client.read_until(wallet, 20)
            readership.end(member, wallet, 30)
            started = time.monotonic()
            assert client.read_to_the_end() == 4403
            assert time.monotonic() - started < 2
    assert client.frames[-1] == {"type": "error", "code": "membership_ended", "group": str(wallet.pk)}
    assert client.seen[wallet.pk] == list(range(1, client.seen[wallet.pk][-1] + 1))


@pytest.mark.parametrize("last", [3, None])
def test_a_removal_that_no_hint_tells_of(
    server: Server, token: str, member: User, wallet: Wallet, readership: Readership, last: int | None
) -> None:
    """Events up to the removal, then none: neither what came after it nor what comes later."""
    note_many(wallet, 2)
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        client.read_until(wallet, 2)
        if last is None:
            del readership.ranges[member.pk][wallet.pk]
        else:
            readership.end(member, wallet, last)
        note_many(wallet, 3)
        assert client.read_to_the_end() == 4403
    assert client.seen[wallet.pk] == ([1, 2, 3] if last else [1, 2])


def test_a_former_member_resumes_up_to_their_last_event(
    server: Server, token: str, member: User, wallet: Wallet, readership: Readership
) -> None:
    note_many(wallet, 9)
    readership.end(member, wallet, 5)
    with server.connect(token) as client:
        assert client.subscribe({wallet: 2})["groups"] == {str(wallet.pk): 5}
        assert client.hear("error")["code"] == "membership_ended"
        assert client.seen[wallet.pk] == [3, 4, 5]
        assert client.subscribe({wallet: 5})["code"] == "membership_ended"
        assert client.is_silent(0.3)


def test_a_heartbeat_finds_an_end_that_nothing_told_of(
    server: Server, token: str, member: User, wallet: Wallet, readership: Readership, settings: Any
) -> None:
    settings.SOCKET_HEARTBEAT_SECONDS = 0.5
    with server.connect(token) as client:
        client.subscribe({wallet: 0})
        readership.ranges[member.pk].clear()
        assert client.read_to_the_end() == 4403
    assert str(wallet.pk) not in [frame.get("groups", {}) for frame in client.frames if frame["type"] == "heartbeat"]


# --- naive readers, which the same tests must catch -------------------------------------------------------------------
def test_the_range_is_asked_after_the_events_are_read(
    member: User, wallet: Wallet, readership: Readership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event that is committed between the two reads, and after a removal, is not passed on."""
    from wallet.events import selectors

    note(wallet)
    read = selectors.list_events

    def read_and_remove(*args: Any, **kwargs: Any) -> Any:
        note(wallet, "removed")
        readership.end(member, wallet, 2)
        note(wallet, "not for you")
        return read(*args, **kwargs)

    monkeypatch.setattr(selectors, "list_events", read_and_remove)
    page = selectors.read_page(user_id=member.pk, wallet_id=wallet.pk, after=0, limit=10)
    assert [event.sequence for event in page.events] == [1, 2]
    assert page.range == Range(2)


def test_clients_that_go_away_leave_nothing_behind(server: Server, token: str, wallet: Wallet) -> None:
    from wallet.events import hub

    clients = [server.connect(token) for _ in range(5)]
    for client in clients:
        client.subscribe({wallet: 0})
    assert len(hub._hubs) == 1
    for client in clients:
        client.kill()
    deadline = time.monotonic() + 10
    while hub._hubs and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not hub._hubs


def test_a_closed_client_is_told_nothing_more(server: Server, token: str) -> None:
    client: Client = server.connect(token)
    client.socket.close()
    with pytest.raises(ConnectionClosed):
        client.receive()
