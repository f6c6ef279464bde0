"""Django's administration as the chambers' own: one gate for all of it."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class ChamberAdminConfig(AdminConfig):
    """Puts the chambers' site in the place of Django's default one."""

    default_site = "chambers.admin_site.ChamberAdminSite"
