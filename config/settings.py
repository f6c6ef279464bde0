"""Every setting of the service, read once from the environment.

A missing or malformed variable stops the process at start with its name.
"""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)  # this machine only: plain http, no second factor asked
SECRET_KEY = env.str("SECRET_KEY", "")
if len(SECRET_KEY) < 32 or SECRET_KEY.startswith(("change-me", "django-insecure")):
    raise ImproperlyConfigured("Set SECRET_KEY to at least 32 random characters.")

BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")
_base = urlsplit(BASE_URL)
PRODUCTION = not (DEBUG or DEMO)
if PRODUCTION and _base.scheme != "https":
    raise ImproperlyConfigured("Set BASE_URL to the public https:// address of this service.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [_base.hostname or "localhost"])
if PRODUCTION and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts; * admits any.")


def _is_this_machine(host: str) -> bool:
    """Whether a host name or address can only be reached from the machine itself."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


for _name, _hosts in {"BASE_URL": [_base.hostname or ""], "ALLOWED_HOSTS": ALLOWED_HOSTS}.items():
    if not PRODUCTION and not all(map(_is_this_machine, _hosts)):
        raise ImproperlyConfigured(
            f"{_name} names a host beyond this machine, where {'DEMO' if DEMO else 'DEBUG'} "
            "may not be set: unset it."
        )

INSTALLED_APPS = [
    "chambers.apps.ChambersConfig",
    "marketplace.apps.MarketplaceConfig",
    "matching.apps.MatchingConfig",
    "seeds.apps.SeedsConfig",
    "config.site.ChamberAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chambers.middleware.CompressedPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "chambers.middleware.ActingMiddleware",
    "chambers.middleware.PrivatePagesMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chambers.context.site",
            ],
            # Every mail sets somebody's words apart: no template may forget to ask for that.
            "builtins": ["chambers.templatetags.mails"],
        },
    },
]

DATABASES = {
    "default": {
        **env.dj_db_url("DATABASE_URL"),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Every request has a thread: of many at once those beyond the pool wait their turn, and
            # fifty answers to one company take a busy machine of two cores 10 to 25 s.
            "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", 8), "timeout": 30},
            # A page may not hold the database longer; jobs (0) may. Pages of an index cost what
            # they cost on a solid-state disk; no query is long enough to be worth compiling.
            "options": f"-c statement_timeout={env.int('STATEMENT_TIMEOUT_MS', 0)}"
            " -c random_page_cost=1.1 -c jit=off",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

AUTH_USER_MODEL = "chambers.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "chambers.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "chambers.forms.accounts.SignUpForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # with it, a known address is answered as a new one
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, and only there
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Business Market"
# Staff reach nothing of the admin without a second factor, except in the demo on this machine.
STAFF_MFA = env.bool("STAFF_MFA", PRODUCTION)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("ja", _("Japanese"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STATICFILES_FINDERS = [
    "config.styles.JoinedSheetFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
MEDIA_ROOT = VAR_DIR / "media"  # files of companies; handed out by chambers.views.files alone
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Compressing takes a minute: done once per release, not at every start of the demo.
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}

# Mail is rows first (chambers.services.mail); this says where the rows go from there.
EMAIL_BACKEND = "chambers.services.mail.OutboxBackend"
_email = env.dj_email_url("EMAIL_URL", "")
MAIL_TRANSPORT = (
    _email["EMAIL_BACKEND"]
    if env.str("EMAIL_URL", "")
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
if env.str("EMAIL_URL", ""):
    EMAIL_HOST = _email["EMAIL_HOST"]
    EMAIL_PORT = _email["EMAIL_PORT"]
    EMAIL_HOST_USER = _email["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = _email["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = _email["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 10  # seconds
MAIL_VIEWER = DEMO  # whether /mail/ shows all mails to whoever sits at this machine
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"Business Market <noreply@{_base.hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The only address inside private networks that outbound HTTP may reach: a test's own receiver.
WEBHOOK_TEST_RECEIVER = env.str("WEBHOOK_TEST_RECEIVER", "")

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True  # results are rows
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # a lost wake-up is made good by the clock
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 1
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", 60)
JOB_TRIES = 5
MATCH_PART = env.int("MATCH_PART", 4000)  # companies that one matching job takes
MATCH_RECHECK = env.int("MATCH_RECHECK", 200)  # profiles a run reads for safety's sake alone
# Dotted path of what makes vectors of texts (matching.engine.embedding.Provider); none ships.
TEXT_EMBEDDINGS = env.str("TEXT_EMBEDDINGS", "")
INDEX_DIR = Path(env.str("INDEX_DIR", str(VAR_DIR / "index")))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "chambers.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["chambers.api.ScopedPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "chambers.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "chambers.api.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["chambers.api.Throttle"],
    "EXCEPTION_HANDLER": "config.api.exception_handler",
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", 0),
    "URL_FORMAT_OVERRIDE": None,
}
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 200)  # of a person
API_GUESTS_PER_MINUTE = env.int("API_GUESTS_PER_MINUTE", 100)  # of an address
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)
REST_KNOX = {
    "TOKEN_TTL": None,
    "AUTO_REFRESH": False,
    "SECURE_HASH_ALGORITHM": "hashlib.sha512",
}
KNOX_TOKEN_MODEL = "chambers.ApiToken"  # noqa: S105 - the name of a model
# Its own migrations make its own table although ours takes its place; nothing could empty that.
MIGRATION_MODULES = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "Business Market",
    "DESCRIPTION": _("Chambers, companies, opportunities and suggested partners."),
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": [],  # choices stand where they are used
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
SECURE_SSL_REDIRECT = _base.scheme == "https" and env.bool("SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]  # asked by the machine itself, over http
SECURE_HSTS_SECONDS = 31_536_000 if _base.scheme == "https" else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_https = _base.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600  # seconds
CSRF_FAILURE_VIEW = "chambers.views.errors.csrf_failed"
# Behind a proxy that ends TLS, and only then: says which header carries the scheme.
if env.bool("TRUST_FORWARDED_PROTO", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # bytes
SILENCED_SYSTEM_CHECKS: list[str] = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # It tells each step, and each rule for screens that paper has no use for.
    "loggers": {"weasyprint": {"level": "ERROR"}},
}
