"""How a login becomes a token: allauth's login session leads to the code, and its end issues a device.

allauth asks for an access token once, in the answer in which a session has become somebody's. The session token stays
good for logging out; asked again, an authenticated session gets no second token.
"""

from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.http import HttpRequest
from django.utils import timezone

from wallet.identity.models import User
from wallet.identity.services import issue_device


class DeviceTokenStrategy(SessionTokenStrategy):  # type: ignore[misc]
    def create_access_token(self, request: HttpRequest) -> str:
        assert isinstance(request.user, User)
        name = request.headers.get("User-Agent", "")
        session_key = self.create_session_token(request)
        return issue_device(user=request.user, name=name, now=timezone.now(), session_key=session_key)[1]
