from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MatchingConfig(AppConfig):
    name = "matching"
    verbose_name = _("Matching")

    def ready(self) -> None:
        """Let the marketplace ask who fits whom and why, and a person what is held of them."""
        import_module("matching.selectors.why")
        import_module("matching.services.rounds")
        import_module("matching.services.own_data")
