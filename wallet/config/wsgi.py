"""The API and the admin for a WSGI server (production)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wallet.config.settings")
application = get_wsgi_application()
