"""The command lines of the three processes, for `manage.py up` and for deployment alike."""

from pathlib import Path

_CELERY = ("-m", "celery", "--app=config")
WORKER = (
    *_CELERY,
    "worker",
    "--loglevel=INFO",
    "--concurrency=2",
    # Workers need not know of each other: the job rows say who does what.
    "--without-gossip",
    "--without-mingle",
)


def web(host: str, port: int) -> tuple[str, ...]:
    """The web server; forwarded headers are trusted by the settings or by nobody."""
    return (
        *("-m", "uvicorn", "config.asgi:application", f"--host={host}", f"--port={port}"),
        *("--lifespan=off", "--no-access-log", "--no-server-header", "--no-proxy-headers"),
        "--timeout-graceful-shutdown=20",
    )


def beat(schedule: Path) -> tuple[str, ...]:
    """The clock; its file only spares it from starting a period anew."""
    return (*_CELERY, "beat", "--loglevel=INFO", "--pidfile=", f"--schedule={schedule}")


def local_settings(address: str) -> dict[str, str]:
    """Settings of a service for the people at this machine alone, reached at an address."""
    return {
        "DEMO": "1",
        "STAFF_MFA": "0",
        "BASE_URL": address,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
