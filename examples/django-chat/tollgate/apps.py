from django.apps import AppConfig


class TollgateConfig(AppConfig):
    name = "tollgate"
    default_auto_field = "django.db.models.BigAutoField"
