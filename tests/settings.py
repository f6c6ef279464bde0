"""The production settings, made fast and safe for tests."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "tests-only-tests-only-tests-only-tests")
os.environ.setdefault("DEMO", "1")
os.environ.setdefault("BASE_URL", "http://localhost")

from config.settings import *

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
MAIL_VIEWER = False  # its own tests open it
STATEMENT_TIMEOUT_MS = 0
API_REQUESTS_PER_MINUTE = API_GUESTS_PER_MINUTE = 1_000_000  # the limit has its own tests
_index = tempfile.TemporaryDirectory()  # each process is a machine of its own
INDEX_DIR = Path(os.environ.get("INDEX_DIR", _index.name))
STATIC_ROOT = BASE_DIR / "config" / "static"  # there is no collected folder in a test run
