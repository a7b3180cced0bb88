"""The session engine keeps sessions under the hash of their key, also for asynchronous code."""

import pytest
from asgiref.sync import async_to_sync

from wallet.identity.models import LoginSession
from wallet.identity.sessions import SessionStore
from wallet.identity.tokens import hash_token

pytestmark = pytest.mark.django_db


def _saved() -> SessionStore:
    session = SessionStore()
    session["colour"] = "red"
    session.save()
    return session


def test_a_session_is_found_by_its_key_and_stored_by_its_hash() -> None:
    key = _saved().session_key
    assert key
    assert LoginSession.objects.get().session_key == hash_token(key)
    assert SessionStore(key)["colour"] == "red"
    assert SessionStore(key).exists(key)
    assert not SessionStore(key).exists(hash_token(key))
    assert dict(SessionStore(hash_token(key)).items()) == {}


def test_a_key_that_leads_nowhere_is_not_adopted() -> None:
    session = SessionStore("chosen-by-the-client-1234567890")
    session["colour"] = "red"
    session.save()
    assert session.session_key != "chosen-by-the-client-1234567890"


def test_cycling_and_flushing_leave_nothing_behind() -> None:
    session = _saved()
    old = session.session_key
    session.cycle_key()
    assert session.session_key != old
    assert LoginSession.objects.count() == 1
    session.flush()
    assert not LoginSession.objects.exists()


def test_the_same_holds_for_asynchronous_code() -> None:
    async_to_sync(_live_asynchronously)()


async def _live_asynchronously() -> None:
    session = SessionStore()
    await session.aset("colour", "red")
    await session.asave()
    key = session.session_key
    assert key
    assert (await LoginSession.objects.aget()).session_key == hash_token(key)
    assert await SessionStore(key).aget("colour") == "red"
    assert await session.aexists(key)
    await session.aflush()
    assert not await LoginSession.objects.aexists()
