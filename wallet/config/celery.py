"""The Celery app. Tasks carry ids only; what is due stands in PostgreSQL, so a lost message delays and never loses."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wallet.config.settings")
app = Celery("hehua")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
