"""Settings of the django-hordak that a payment is measured against (`hordak_side`): what it needs, and no more."""

import os
from urllib.parse import urlsplit

_url = urlsplit(os.environ["HORDAK_DATABASE_URL"])

SECRET_KEY = "bench"
DEBUG = False
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _url.hostname,
        "PORT": _url.port,
        "USER": _url.username,
        "PASSWORD": _url.password,
        "NAME": _url.path.lstrip("/"),
        "CONN_MAX_AGE": None,
    }
}
DEFAULT_CURRENCY = HORDAK_INTERNAL_CURRENCY = "CNY"
HORDAK_CURRENCIES = CURRENCIES = ["CNY"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
