from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MarketplaceConfig(AppConfig):
    name = "marketplace"
    verbose_name = _("Marketplace")

    def ready(self) -> None:
        """Every process writes links into mails, and whoever leaves is forgotten everywhere."""
        from marketplace.services import (  # noqa: F401
            feedback_links,
            interest_links,
            outcome_links,
            own_data,
            request_links,
        )
