"""The one settings file. Everything that differs between machines comes from the environment (see `.env.example`).

Nothing here has a default that would be wrong in production without saying so: `manage.py check --deploy` is part of
the gate. Amounts are integer fen; limits carry their unit in their name.
"""

from datetime import time, timedelta
from pathlib import Path

import django_stubs_ext
import environ
import structlog
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

# Django's generic classes become subscriptable, as the types of this project write them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# --- the machine -----------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000")
#: A folder for what the sandbox leaves behind (text messages, demo.json); None in production.
DATA = env.path("DATA", default=None) if env.str("DATA", default="") else None
SANDBOX = env.bool("SANDBOX", default=DEBUG)

# --- rooms -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "wallet.config",
    "wallet.api",
    "wallet.identity",
    "wallet.ledger",
    "wallet.events",
    "wallet.rails",
    "groups.members",
    "groups.proposals",
    "groups.rules",
    "groups.funding",
    "groups.autotransfers",
    "groups.spending",
    "groups.checkout",
    "groups.disputes",
    "groups.exits",
    "groups.insight",
    "yields",
    "yields.fundside",
]

MIDDLEWARE = [
    "wallet.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Before AuthenticationMiddleware: after it, it replaces request.user and allauth's tokens get 401.
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "wallet.config.urls"
WSGI_APPLICATION = "wallet.config.wsgi.application"
ASGI_APPLICATION = "wallet.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "wallet" / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- servers ---------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"].update(
    ATOMIC_REQUESTS=False,
    CONN_MAX_AGE=env.int("DATABASE_CONN_MAX_AGE", default=0),
    CONN_HEALTH_CHECKS=True,
)
WALLET_LOCK_WAIT_MS = env.int("WALLET_LOCK_WAIT_MS", default=3_000)
DATABASES["default"].setdefault("OPTIONS", {}).update(
    application_name="hehua",
    options=f"-c lock_timeout={WALLET_LOCK_WAIT_MS} -c idle_in_transaction_session_timeout=60000",
)
# A crowd on one wallet waits in the pool, not on the row: few connections are faster than many. Under ASGI every
# request has its own thread, so without a pool the server would run out of connections.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
if DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
    DATABASES["default"]["CONN_MAX_AGE"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # redis-py 8 made socket_timeout 5 s the default, which ends every idle socket after 5 s.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "capacity": 100, "expiry": 10},
    }
}

# --- tasks: the broker may be flushed at any time, so due work lives in PostgreSQL ------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
# What calls strangers' machines has workers of its own: nobody's money waits for a slow shop.
CELERY_TASK_ROUTES = {"checkout.*": {"queue": "merchants"}}
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900, "socket_timeout": 30}
CELERY_BEAT_SCHEDULE = {
    "sweep-transfers": {"task": "rails.sweep_transfers", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "reconcile-rails": {"task": "rails.reconcile_due", "schedule": crontab(minute=40)},
    "expire-proposals": {"task": "proposals.expire", "schedule": timedelta(minutes=1)},
    "remind-voters": {"task": "proposals.remind", "schedule": timedelta(minutes=15)},
    "send-waiting-withdrawals": {"task": "funding.send_waiting", "schedule": timedelta(minutes=1)},
    "deliver-to-merchants": {
        "task": "checkout.deliver_due",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15},
    },
    "run-auto-transfers": {
        "task": "autotransfers.run_due",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "expire-invitations": {"task": "members.expire_invitations", "schedule": timedelta(minutes=5)},
    "expire-disputes": {"task": "disputes.expire", "schedule": timedelta(minutes=5)},
    "end-legal-holds": {"task": "disputes.end_legal_holds", "schedule": timedelta(minutes=5)},
    "pay-out-former-members": {"task": "exits.pay_out_former_members", "schedule": timedelta(minutes=5)},
    "end-groups": {"task": "exits.end_groups", "schedule": timedelta(minutes=15)},
    "follow-owners": {"task": "exits.follow_owners", "schedule": crontab(hour=9, minute=20)},
    "run-yield": {"task": "yields.run_due", "schedule": crontab(minute="*/15")},
    "correct-yield": {"task": "yields.correct_due", "schedule": crontab(minute="*/5")},
    "look-at-calendar": {"task": "yields.look_at_calendar", "schedule": crontab(hour=9, minute=10)},
    "order-funds": {"task": "fundside.order_due", "schedule": crontab(minute="2-59/5")},
    "reconcile-funds": {"task": "fundside.reconcile_due", "schedule": crontab(minute="7-59/15")},
    "forget-answers": {"task": "api.forget_answers", "schedule": crontab(hour=4, minute=10)},
    "forget-proofs": {"task": "identity.forget_proofs", "schedule": crontab(hour=4, minute=20)},
}

# --- people ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
# Operators log in by password; allauth logs members in itself, by phone and one-time code, and needs no backend for it.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
# Sessions are stored under the hash of their key.
SESSION_ENGINE = "wallet.identity.sessions"
SMS_SENDER = env.str("SMS_SENDER", default="wallet.identity.sms.ConsoleSender")
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_ADAPTER = "wallet.identity.adapter.HeadlessAdapter"
HEADLESS_TOKEN_STRATEGY = "wallet.identity.strategy.DeviceTokenStrategy"  # noqa: S105
ACCOUNT_ADAPTER = "wallet.identity.adapter.AccountAdapter"
#: Only operators log in on a page.
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = {
    # per address, then per number: at most a hundred guesses a day at one number
    "request_login_code": "20/m/ip,3/m/key,10/h/key,20/d/key",
    "request_login_code_device": "10/h/key",
    "confirm_login_code": "60/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    # codes for resetting the payment PIN: per address, then per person
    "request_pin_code": "20/m/ip,3/m/key,10/h/key,20/d/key",
}
# Behind a proxy: the header in which it names the client, or every client shares one limit.
ALLAUTH_TRUSTED_CLIENT_IP_HEADER = env.str("TRUSTED_CLIENT_IP_HEADER", default="") or None
MFA_ADAPTER = "wallet.identity.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp"]
MFA_TOTP_ISSUER = "合花"
MFA_TOTP_TOLERANCE = 1

# --- language and time -----------------------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- files and safety ------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "build" / "static")
WHITENOISE_USE_FINDERS = DEBUG
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=not DEBUG)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144

# --- the operators' admin (wallet/config/admin.py) --------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "合花",
    "SITE_HEADER": "合花",
    "SITE_SUBHEADER": _("Group wallets"),
    "SITE_SYMBOL": "savings",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "ENVIRONMENT": "wallet.config.admin.environment",
    "DASHBOARD_CALLBACK": "wallet.config.admin.dashboard",
    "SIDEBAR": {"show_search": False, "navigation": "wallet.config.admin.navigation"},
}

# --- the API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["wallet.identity.authentication.DeviceToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["wallet.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "wallet.api.schema.Schema",
    "EXCEPTION_HANDLER": "wallet.api.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "合花 group wallet",
    "DESCRIPTION": "People keep money together, and every fen belongs to somebody.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "WEBHOOKS": ["groups.checkout.serializers.ORDER_MESSAGE"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Role": "groups.members.models.Membership.Role",
        "InvitedRole": ["member", "viewer"],
        "InvitationStatus": "groups.members.models.Invitation.Status",
        "MovementStatus": "groups.funding.models.Movement.Status",
        "Speed": "groups.funding.models.Withdrawal.Speed",
        "SourceKind": "wallet.rails.models.FundingSource.Kind",
        "TransferStatus": "wallet.rails.models.Transfer.Status",
        "WithdrawalStatus": "groups.funding.models.Withdrawal.Status",
        "ProposalStatus": "groups.proposals.models.Proposal.Status",
        "AutoTransferStatus": "groups.autotransfers.models.AutoTransfer.Status",
        "AutoTransferRunStatus": "groups.autotransfers.models.AutoTransferRun.Status",
        "DisputeStatus": "groups.disputes.models.Dispute.Status",
        "PaymentStatus": "groups.spending.models.Payment.Status",
        "OrderStatus": "groups.checkout.models.Order.Status",
        "HealthStatus": ["ok", "unavailable"],
        "ProvenMethod": ["POST", "PUT", "PATCH", "DELETE"],
    },
    "SERVERS": [{"url": "/"}],
}
ANSWER_KEPT_DAYS = 30
PAGE_LIMIT_MAX = 100
PAGE_LIMIT_DEFAULT = 30

# --- limits of the product (docs/limits.md) --------------------------------------------------------------------------
AMOUNT_MAX_FEN = 100_000_000_00
GROUPS_PER_USER_MAX = 10
MEMBERS_PER_GROUP_MAX = 100
INVITATIONS_OPEN_MAX = 20
INVITATION_LIFE_HOURS = 72
PROPOSALS_OPEN_MAX = 5
TRANSFERS_WAITING_MAX = 5
CATEGORY_BLOCKS_MAX = 100
PAYOUT_ARRIVES_HOURS = 24
#: What may go out fast of fund money, an owner and day in Shanghai; and at what time there an ordinary payout goes out.
FAST_CASH_OUT_DAY_MAX_FEN = 10_000_00
ORDINARY_PAYOUT_AT = time(10)
ENDING_NOTICE_DAYS = 3
SUCCESSION_INACTIVE_DAYS = 180
SUCCESSION_NOTICE_DAYS = 30
APPROVED_PAYMENT_LIFE_MINUTES = 15
#: The pauses between attempts to tell a merchant, three days in all; and whether private addresses may be told.
WEBHOOK_PAUSES_SECONDS = [15, 60, 300, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600, 24 * 3_600]
WEBHOOK_TIMEOUT_SECONDS = 5
WEBHOOKS_AT_ONCE_MAX = 2
WEBHOOK_TASK_SECONDS = 5
WEBHOOK_PRIVATE_ALLOWED = SANDBOX
#: Whose day decides whether an order that was paid can still be cancelled.
MERCHANT_TIME_ZONE = "Asia/Shanghai"
SOURCES_PER_USER_MAX = 10
PAYEES_PER_GROUP_MAX = 20
AUTO_TRANSFER_MAX_FEN = 50_000_00
AUTO_TRANSFERS_PER_GROUP_MAX = 50
#: How many hours after its first try a run that did not succeed is tried again. After the last one it is missed.
AUTO_TRANSFER_RETRY_HOURS = (1, 6, 24, 72)
#: After an outage: how late a run is still on time, and how many at most are caught up with.
AUTO_TRANSFER_LATE_MINUTES = 60
AUTO_TRANSFER_CATCH_UP_MAX = 3
#: How many due orders a worker takes at a time, and how long they are its own before others may take them.
AUTO_TRANSFER_BATCH = 500
AUTO_TRANSFER_LEASE_SECONDS = 120
#: A night's yield: how many wallets a worker takes at a time, how many it credits in one commit (their locks are held
#: so long), and how long a worker may be silent before another takes over.
YIELD_PARTITION_WALLETS = env.int("YIELD_PARTITION_WALLETS", default=5_000)
YIELD_CHUNK_WALLETS = env.int("YIELD_CHUNK_WALLETS", default=1_000)
YIELD_LEASE_SECONDS = env.int("YIELD_LEASE_SECONDS", default=60)
#: At most so many workers are called to one run.
YIELD_WORKERS = env.int("YIELD_WORKERS", default=2)
#: How many days one chart of yield shows.
YIELD_CHART_DAYS_MAX = 366
CONTRIBUTION_MAX_FEN = 5_000_00
CONTRIBUTION_DAY_MAX_FEN = 20_000_00
PAYMENT_CODE_LIFE_SECONDS = 60
MERCHANT_SIGNATURE_TOLERANCE_SECONDS = 300
#: How long a process may go on with the trading days that it knows, before it looks whether a year was confirmed.
CALENDAR_KEPT_SECONDS = 60
DISPUTE_WINDOW_DAYS = 30
DISPUTE_LIFE_DAYS = 14
LEGAL_HOLD_DAYS_MAX = 366
MERCHANT_SECRETS_KEY = env.str("MERCHANT_SECRETS_KEY", default="")

# --- payment PINs (docs/limits.md) ------------------------------------------------------------------------------------
PIN_PEPPER = env.str("PIN_PEPPER", default="")
#: Argon2id: rounds, memory (KiB), lanes. The tests pay less.
PIN_ARGON2 = dict(
    zip(
        ("time_cost", "memory_cost", "parallelism"),
        env.list("PIN_ARGON2", cast=int, default=[2, 19_456, 1]),
        strict=True,
    )
)
PIN_TRIES_MAX = 3
PIN_LOCK_HOURS = 3
PIN_RESET_CODE_LIFE_SECONDS = 300
PIN_RESET_TRIES_MAX = 5
#: How long after a reset, and how much a proof lets out then.
PIN_LOWERED_HOURS = 24
PIN_LOWERED_AMOUNT_MAX_FEN = 500_00
PIN_PROOF_LIFE_SECONDS = 120
PIN_PROOFS_PER_DEVICE_MAX = 10

# --- rails -----------------------------------------------------------------------------------------------------------
#: The rails that workers of this installation serve.
RAILS = env.list("RAILS", default=["sandbox"])
SANDBOX_BANK_URL = env.str("SANDBOX_BANK_URL", default="")
SANDBOX_BANK_KEY_ID = env.str("SANDBOX_BANK_KEY_ID", default="hehua")
SANDBOX_BANK_SECRET = env.str("SANDBOX_BANK_SECRET", default="")
#: The sandbox of a fund company (docs/funds.md) keeps its book in this file; without one there is none.
SANDBOX_FUND_FILE = env.str("SANDBOX_FUND_FILE", default="")
#: Alipay's open platform (docs/alipay.md); off unless RAILS names `alipay`.
ALIPAY_GATEWAY = env.str("ALIPAY_GATEWAY", default="https://openapi.alipay.com/gateway.do")
ALIPAY_APP_ID = env.str("ALIPAY_APP_ID", default="")
ALIPAY_PRIVATE_KEY_FILE = env.str("ALIPAY_PRIVATE_KEY_FILE", default="")
ALIPAY_PUBLIC_KEY_FILE = env.str("ALIPAY_PUBLIC_KEY_FILE", default="")
ALIPAY_SIGN_SCENE = env.str("ALIPAY_SIGN_SCENE", default="")
RAIL_CONNECT_TIMEOUT_SECONDS = 2
RAIL_READ_TIMEOUT_SECONDS = 5
#: How long after each step the rail is asked again, unless it has told us meanwhile. The last one repeats.
RAIL_STEPS_SECONDS = [10, 15, 30, 60, 300, 900, 3600]
#: After how long without an answer a collection counts as failed. A payout never does: only the rail's word ends it.
RAIL_GIVE_UP_HOURS = 72
#: How many days back a day that was not reconciled is made up for.
RECONCILE_DAYS_BACK = 7

# --- sockets ---------------------------------------------------------------------------------------------------------
SOCKET_HEARTBEAT_SECONDS = 25
SOCKET_WATCH_SECONDS = 1
SOCKET_SEND_TIMEOUT_SECONDS = 10
SOCKET_GROUPS_MAX = 20
SOCKET_PAGE = 100
SOCKET_ALLOWED_ORIGINS = env.list("SOCKET_ALLOWED_ORIGINS", default=[])

# --- logs: no phone number, code, token or card number ever reaches them ----------------------------------------------
DJANGO_STRUCTLOG_USER_ID_FIELD = None
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
            "foreign_pre_chain": [
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Libraries that tell of every request they make, or of every optional package they miss.
    "loggers": {"httpx": {"level": "WARNING"}, "pyBarcode": {"level": "WARNING"}},
}
