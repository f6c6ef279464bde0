"""The web server's way in."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_TIMEOUT_MS", "5000")

from django.core.asgi import get_asgi_application

from config.garbage import settle

application = get_asgi_application()
settle()
