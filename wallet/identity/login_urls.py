"""Below /_allauth/app/v1/: the doors of allauth's headless API that we open, and no others.

allauth has many more (passwords, email, changing a number, second factors of members); each would be a way in that
nobody here uses.
"""

from allauth.headless.base.views import ConfigView
from allauth.headless.constants import Client
from django.urls import path

from wallet.identity.login import ConfirmCodeView, LoginSessionView, RequestCodeView

urlpatterns = [
    path("config", ConfigView.as_api_view(client=Client.APP), name="login_config"),
    path("auth/code/request", RequestCodeView.as_api_view(client=Client.APP), name="login_code_request"),
    path("auth/code/confirm", ConfirmCodeView.as_api_view(client=Client.APP), name="login_code_confirm"),
    path("auth/session", LoginSessionView.as_api_view(client=Client.APP), name="login_session"),
]
