"""The service that is measured: the demo world behind the settings of a public service."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from config.stack import CHECKOUT
from config.stack.child import Child
from config.stack.home import Home, temporary_folder
from config.stack.identity import postgres_identity
from config.stack.probe import ask
from config.stack.processes import local_settings, web
from config.stack.progress import Silence
from config.stack.services import services
from config.stack.translations import compile_translations


@contextmanager
def service(keep: Path | None) -> Iterator[str]:
    """Run it; yields its address. Django is set up in this process, on the same database."""
    # Never the one that the environment names: it may hold somebody's members.
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    home = keep or temporary_folder(postgres_identity(CHECKOUT))
    home.mkdir(parents=True, exist_ok=True)
    try:
        with services(Home(home), Silence(sys.stderr)) as found:
            port = _free_port()
            os.environ |= found.environment | {
                "SECRET_KEY": "measured-" * 6,
                "LOG_LEVEL": "ERROR",
                "VAR_DIR": str(home),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }
            _fill(port, home / "filled")
            os.environ |= {"DEMO": "0", "BASE_URL": f"https://localhost:{port}"}
            os.environ["SSL_REDIRECT"] = "0"  # the browser comes without TLS
            _manage("collectstatic", "--no-input", "--verbosity=0")
            django.setup()
            with _served(port, home):
                yield f"http://localhost:{port}"
    finally:
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


def _fill(port: int, done: Path) -> None:
    """The demo world with its suggestions; ``done`` is there when they are, from another time."""
    compile_translations()
    os.environ.update(local_settings(f"http://127.0.0.1:{port}"))
    _manage("migrate", "--verbosity=0")
    if not done.exists():
        _manage("seed")
        _manage("match")
        done.touch()
    for name in ("DEMO", "STAFF_MFA", "ALLOWED_HOSTS"):
        del os.environ[name]


def _manage(*words: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *words], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _served(port: int, home: Path) -> Iterator[None]:
    argv = [sys.executable, *web("127.0.0.1", port)]
    child = Child("web", argv, home / "web.log", env={**os.environ}, cwd=CHECKOUT)
    child.start()
    try:
        child.wait_until(lambda: ask("/livez", port, "localhost")[0] == 200)
        yield
    finally:
        child.stop()
