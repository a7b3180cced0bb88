"""Log in by phone and one-time code, on top of allauth's headless flow; whoever is new is signed up on the way.

    POST auth/code/request {"phone"}   → 401 with a pending flow and meta.session_token
    POST auth/code/confirm {"code"}    → 200 with meta.access_token; X-Session-Token from before
    GET, DELETE auth/session           → who am I; log out (by X-Session-Token or by Authorization)

Nothing about a number is looked up before its code has been typed, so a known and an unknown number get the same
answer after the same work, and nobody can fill the table of people. Tries are counted under a lock on the login
session: of two hundred guesses sent at once, five are compared.
"""

from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.constants import LoginStageKey
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core import context, ratelimit
from allauth.core.internal.httpkit import get_authorization_credential
from allauth.decorators import rate_limit
from allauth.headless.account.views import SessionView
from allauth.headless.base.response import AuthenticationResponse, ConflictResponse
from allauth.headless.base.views import APIView
from allauth.headless.internal.restkit import inputs
from allauth.headless.internal.restkit.response import ErrorResponse
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.translation import get_language

from wallet.identity.codes import hash_code
from wallet.identity.models import User
from wallet.identity.selectors import find_device
from wallet.identity.services import revoke_device, sign_up

RATE_LIMITED = "too_many_login_attempts"
RETRY_AFTER_SECONDS = 60


class PhoneCodeProcess(LoginCodeVerificationProcess):  # type: ignore[misc]
    """allauth's process, but it begins with a number and not with a user, and keeps the code as a hash."""

    @classmethod
    def begin(cls, request: HttpRequest, phone: str) -> "PhoneCodeProcess":
        login = Login(user=None, phone=phone)
        login.state["stages"] = {"current": LoginStageKey.LOGIN_BY_CODE.value}
        stage = LoginByCodeStage(LoginStageController(request, login), request, login)
        stage.state.update(cls.initial_state(user=None, phone=phone), initiated_by_user=True)
        process = cls(stage)
        process.send()
        process.persist()
        request.session.set_expiry(settings.ACCOUNT_LOGIN_TIMEOUT)
        return process

    @classmethod
    def resume(cls, stage: Any) -> "PhoneCodeProcess | None":
        process: PhoneCodeProcess | None = cls(stage).abort_if_invalid()
        return process

    @property
    def phone(self) -> str:
        return str(self.state["phone"])

    def send(self, skip_enumeration_mails: bool = False) -> None:
        adapter = get_adapter()
        code = adapter.generate_phone_verification_code(user=None, phone=self.phone)
        self.state["code"] = hash_code(phone=self.phone, code=code)
        adapter.send_verification_code_sms(user=None, phone=self.phone, code=code)

    def finish(self, redirect_url: str | None = None) -> Any:
        language = get_language()
        known = language in User.Language.values
        self._user = sign_up(
            phone=self.phone, now=timezone.now(), language=language if known and language else User.Language.CHINESE
        )
        self.request.session.set_expiry(None)
        return super().finish(redirect_url)


class RequestCodeInput(inputs.Input):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"] = get_adapter().phone_form_field(required=True)

    def clean_phone(self) -> str:
        """Count this request against the device that is logging in, the address and the number."""
        phone: str = self.cleaned_data["phone"]
        request = context.request
        counted = [("request_login_code", phone)]
        if request.session.session_key:
            counted.insert(0, ("request_login_code_device", request.session.session_key))
        for action, key in counted:
            if not ratelimit.consume(request, action=action, key=key):
                raise get_adapter().validation_error(RATE_LIMITED)
        return phone


class ConfirmCodeInput(inputs.Input):  # type: ignore[misc]
    code = inputs.CharField(max_length=16)

    def __init__(self, *args: Any, process: PhoneCodeProcess, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.process = process

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not constant_time_compare(hash_code(phone=self.process.phone, code=code), self.process.code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class RequestCodeView(APIView):  # type: ignore[misc]
    input_class = RequestCodeInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return ConflictResponse(request)  # type: ignore[no-any-return]
        PhoneCodeProcess.begin(request, self.input.cleaned_data["phone"])
        return AuthenticationResponse(request)  # type: ignore[no-any-return]

    def handle_invalid_input(self, input: Any) -> HttpResponseBase:
        if not input.has_error("phone", RATE_LIMITED):
            return super().handle_invalid_input(input)  # type: ignore[no-any-return]
        response: HttpResponseBase = ErrorResponse(self.request, input=input, status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


@method_decorator(rate_limit(action="confirm_login_code"), name="handle")
class ConfirmCodeView(APIView):  # type: ignore[misc]
    input_class = ConfirmCodeInput
    process: PhoneCodeProcess

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Hold the login session from reading the tries to writing them, so that tries at once come one by one."""
        with transaction.atomic():
            request.session.lock()  # type: ignore[attr-defined]
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            if request.session.modified and not request.session.is_empty():
                request.session.save()
            # allauth saves what is still marked once more, after the lock: over what the next in line has written.
            request.session.modified = False
            return response

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        stage = get_pending_stage(request)
        process = PhoneCodeProcess.resume(stage) if stage else None
        if process is None:
            return ConflictResponse(request)  # type: ignore[no-any-return]
        self.process = process
        return super().handle(request, *args, **kwargs)  # type: ignore[no-any-return]

    def get_input_kwargs(self) -> dict[str, Any]:
        return {"process": self.process}

    def handle_invalid_input(self, input: Any) -> HttpResponseBase:
        self.process.record_invalid_attempt()
        return super().handle_invalid_input(input)  # type: ignore[no-any-return]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = self.process.finish()
        if not request.user.is_authenticated:
            clear_login(request)
            inactive = get_adapter().validation_error("account_inactive")
            return ErrorResponse(request, exception=inactive, status=HTTPStatus.FORBIDDEN)  # type: ignore[no-any-return]
        return AuthenticationResponse.from_response(request, response)  # type: ignore[no-any-return]


class LoginSessionView(SessionView):  # type: ignore[misc]
    """allauth's session, which can also be ended with the token alone: apps need not keep two secrets."""

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        token = get_authorization_credential(request, "Bearer")
        device = find_device(token) if token else None
        if device:
            revoke_device(device=device, now=timezone.now())
        return super().delete(request, *args, **kwargs)  # type: ignore[no-any-return]
