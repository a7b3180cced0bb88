"""Merchants sign every request; nothing else tells who they are."""

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from groups.spending.keys import Signed, verify
from groups.spending.models import Merchant, MerchantKey


class MerchantCaller:
    """A merchant in the place of `request.user`."""

    is_authenticated = True

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.pk = merchant.pk


class MerchantSignature(BaseAuthentication):
    """`Merchant-Key` and `Merchant-Signature` (see `keys`)."""

    def authenticate(self, request: Request) -> tuple[MerchantCaller, MerchantKey]:
        sent = request._request
        key = verify(
            request.headers.get("Merchant-Key", ""),
            request.headers.get("Merchant-Signature", ""),
            Signed(sent.method or "", sent.get_full_path(), sent.body),
            timezone.now(),
        )
        return MerchantCaller(key.merchant), key


def get_merchant(request: Request) -> Merchant:
    """Get the merchant who calls."""
    assert isinstance(request.user, MerchantCaller)
    return request.user.merchant


class MerchantSignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI document how merchants sign."""

    target_class = "groups.spending.authentication.MerchantSignature"
    name = "merchantSignature"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Merchant-Signature",
            "description": 't=<unix>,v2=<hex HMAC-SHA256 of "<t>.<METHOD>.<path>.<raw body>">, the path with its '
            'query, with `Merchant-Key: <key id>`; or v1=<hex HMAC-SHA256 of "<t>.<raw body>">, for the body alone.',
        }
