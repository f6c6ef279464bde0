from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChambersConfig(AppConfig):
    name = "chambers"
    verbose_name = _("Chambers and members")

    def ready(self) -> None:
        """A person reads all that is held of them."""
        import_module("chambers.services.own_data")
