"""`manage.py`: every command finds the services of this checkout or brings them along."""

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from config.stack.child import StackError
from config.stack.home import Home, Running, default_home
from config.stack.processes import local_settings
from config.stack.progress import Progress, Silence
from config.stack.services import services
from config.stack.stopping import StoppedError, StopRequests
from config.stack.translations import compile_translations

_WAIT_SECONDS = 120.0
_WITHOUT_SERVICES = {
    *("check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "help"),
    *("makemessages", "spectacular", "version"),
    *("evaluate_matching", "learn_prior", "timetable", "verify_timetable"),  # files, no rows
}
# Settings want an address; a command that connects to nothing gets one that leads nowhere.
_NOWHERE = {"DATABASE_URL": "postgresql://nobody@/nothing", "REDIS_URL": "redis://127.0.0.1:1/0"}


def run(argv: Sequence[str], django: Callable[[list[str]], None]) -> int:
    """Run one command line and return its exit code; `django` executes it."""
    if argv[1:2] == ["up"]:
        from config.stack.up import main

        return main(argv[2:])
    try:
        if needs_services(argv[1:]):
            return _with_services(list(argv), django)
        _settle({**_NOWHERE, "SECRET_KEY": secrets.token_urlsafe(50)})
        django(list(argv))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, StoppedError):
        return 130
    return 0


def needs_services(words: Sequence[str]) -> bool:
    """Whether a command reads or writes rows, as far as its name tells."""
    if not words or words[0].startswith("-") or {"-h", "--help", "--version"} & set(words):
        return False
    if words[0] == "check":
        return any(word.startswith("--database") for word in words)
    return words[0] not in _WITHOUT_SERVICES


def _with_services(argv: list[str], django: Callable[[list[str]], None]) -> int:
    compile_translations()
    home = Home(default_home())
    if {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        if "SECRET_KEY" not in os.environ:
            home.prepare()
            _settle(home.environment())
        django(argv)
        return 0
    home.prepare()
    with StopRequests() as requests:
        speaker = Progress if sys.stderr.isatty() else Silence
        progress = speaker(sys.stderr, check=requests.check)
        with _joined_or_brought(home, progress, argv[1]) as environment:
            _settle({**home.environment(), **environment})
            with requests.as_usual():
                django(argv)
    return 0


@contextmanager
def _joined_or_brought(home: Home, progress: Progress, command: str) -> Iterator[dict[str, str]]:
    """The environment of the services that run; ours, until the end, when none do."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        with home.lock("lock") as owned:
            if owned is not None:
                with _brought(home, progress, command, owned) as environment:
                    yield environment
                return
        with home.lock("users", shared=True) as joined:
            running = home.running()
            if joined is not None and running is not None and running.environment:
                yield running.environment
                return
        # They are just being started or stopped.
        progress.tick()
        time.sleep(0.1)
    raise StackError(f"Another process has held {home.path} for {_WAIT_SECONDS:.0f} s.")


@contextmanager
def _brought(home: Home, progress: Progress, command: str, owned: int) -> Iterator[dict[str, str]]:
    home.forget()
    with services(home, progress, holds=(owned,)) as found:
        home.announce(Running(os.getpid(), command, str(found.scratch), found.environment))
        try:
            yield found.environment
        finally:
            _wait_for_users(home, progress)


def _wait_for_users(home: Home, progress: Progress) -> None:
    """Other commands may work on what we brought: let them finish, unless asked to stop."""
    if _forgotten(home):
        return
    try:
        with progress.step("Waiting for other commands"):
            while not _forgotten(home):
                progress.tick()
                time.sleep(0.1)
    except StoppedError:
        home.forget()


def _forgotten(home: Home) -> bool:
    """Take the announcement back if nobody uses it; while we do, nobody can begin to."""
    with home.lock("users") as alone:
        if alone is None:
            return False
        home.forget()
        return True


def _settle(environment: dict[str, str]) -> None:
    """Fill gaps of the environment; without a SECRET_KEY of its own it is a developer's."""
    if "SECRET_KEY" not in os.environ:
        environment = {**local_settings("http://127.0.0.1:8000"), **environment}
    for name, value in environment.items():
        os.environ.setdefault(name, value)
