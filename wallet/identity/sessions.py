"""The session engine: Django's in the database, but stored under the SHA-256 of its key.

Django keeps session keys as they are, so a leaked backup would be a bunch of logins. Here the client alone has the key.
The class changes where a session is found and nothing else; `lock` is for doors that count tries.
"""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from wallet.identity.models import LoginSession
from wallet.identity.tokens import hash_token


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[LoginSession]:
        return LoginSession

    def _get_session_from_db(self) -> LoginSession | None:
        return self._settle(self._stored().first())

    async def _aget_session_from_db(self) -> LoginSession | None:
        return self._settle(await self._stored().afirst())

    def exists(self, session_key: str) -> bool:
        return LoginSession.objects.filter(pk=hash_token(session_key)).exists()

    async def aexists(self, session_key: str) -> bool:
        return await LoginSession.objects.filter(pk=hash_token(session_key)).aexists()

    def create_model_instance(self, data: dict[str, Any]) -> LoginSession:
        return self._hashed(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> LoginSession:
        return self._hashed(await super().acreate_model_instance(data))

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            LoginSession.objects.filter(pk=hash_token(key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            await LoginSession.objects.filter(pk=hash_token(key)).adelete()

    def lock(self) -> None:
        """Wait for whoever else uses this session, then read what they left; inside a transaction."""
        if not self.session_key:
            return
        stored = self._settle(self._stored().select_for_update().first())
        self._session_cache = self.decode(stored.session_data) if stored else {}

    def _stored(self) -> Any:
        return LoginSession.objects.filter(pk=hash_token(self.session_key or ""), expire_date__gt=timezone.now())

    def _settle(self, stored: LoginSession | None) -> LoginSession | None:
        """A key that leads nowhere is forgotten, or a client could choose the key of its next session."""
        if stored is None:
            self._session_key = None
        return stored

    @staticmethod
    def _hashed(instance: Any) -> LoginSession:
        assert isinstance(instance, LoginSession)
        instance.session_key = hash_token(instance.session_key)
        return instance
