from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "wallet.config"
    label = "config"
