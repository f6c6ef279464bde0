"""`manage.py up`: the whole service on this machine, until Ctrl-C."""

import argparse
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from celery import Celery

from config.stack import CHECKOUT
from config.stack.child import START_SECONDS, Child, StackError, last_lines
from config.stack.home import Home, Running, default_home
from config.stack.probe import ask
from config.stack.processes import WORKER, beat, local_settings, web
from config.stack.progress import Progress
from config.stack.services import services
from config.stack.stopping import StoppedError, StopRequests
from config.stack.translations import compile_translations

_PORTS_IN_A_ROW = 20
_EARLIER_RUN_SECONDS = 60.0


def main(argv: Sequence[str]) -> int:
    """Run until somebody stops it (0), or a part of it fails (1)."""
    wanted = _parser().parse_args(argv)
    with StopRequests() as requests:
        progress = Progress(sys.stdout, check=requests.check)
        try:
            home = Home(wanted.home.absolute() if wanted.home else default_home())
            home.prepare()
            with _only_one(home, progress) as owned:
                _serve(home, progress, owned, wanted)
        except StoppedError:
            progress.say("  Stopped.")
            return 0
        except (StackError, OSError) as error:
            with suppress(OSError):
                print(f"\n  {error}", file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="first port to try (8000)")
    parser.add_argument("--home", type=Path, help="folder for data and logs (var/)")
    parser.add_argument("--no-demo", action="store_true", help="do not load the demo world")
    return parser


def _serve(home: Home, progress: Progress, owned: int, wanted: argparse.Namespace) -> None:
    began = time.monotonic()
    home.forget()
    with ExitStack() as stack:
        found = stack.enter_context(services(home, progress, holds=(owned,)))
        port = stack.enter_context(_port(wanted.port))
        address = f"http://127.0.0.1:{port}"
        settings = {**local_settings(address), **home.environment(), **found.environment}
        settings = {name: os.environ.get(name, value) for name, value in settings.items()}
        stack.callback(home.forget)
        running = Running(os.getpid(), "up", str(found.scratch), settings)
        home.announce(running)

        part = _Parts(home, progress, settings, found.scratch, owned)
        logins = _prepare(part, demo=not wanted.no_demo)
        children = [
            part.child("web", *web("127.0.0.1", port)),
            part.child("worker", *WORKER),
            part.child("beat", *beat(home.path / "beat-schedule")),
        ]
        stack.callback(_stop_all, children, progress)
        with progress.step("Web server, worker and clock"):
            for child in children:
                child.start()
            _wait_until_ready(port, settings, children, progress)
        home.announce(replace(running, url=address))
        progress.say(_welcome(address, home.path, logins, time.monotonic() - began))
        while True:
            progress.tick()
            _all_running([*found.children, *children])
            time.sleep(0.1)


class _Parts:
    """Makes children that run a module of ours in the environment of this service."""

    def __init__(
        self,
        home: Home,
        progress: Progress,
        settings: dict[str, str],
        scratch: Path,
        owned: int,
    ) -> None:
        self.home, self.progress, self.owned = home, progress, owned
        temporary = scratch / "tmp"  # a killed worker cannot remove its temporary files
        temporary.mkdir(mode=0o700)
        self.env = {**os.environ, **settings, "TMPDIR": str(temporary)}

    def child(self, name: str, *words: str) -> Child:
        log = self.home.path / f"{name}.log"
        argv = [sys.executable, *words]
        return Child(name, argv, log, env=self.env, cwd=CHECKOUT, holds=(self.owned,))

    def command(self, title: str, *words: str) -> Path:
        """Run a management command to its end; returns the file with what it printed."""
        child = self.child(words[0], "manage.py", *words)
        child.log.unlink(missing_ok=True)
        with self.progress.step(title, detail=lambda: " ".join(last_lines(child.log, 1))):
            child.start()
            child.finish(tick=self.progress.tick)
        return child.log


def _prepare(part: _Parts, *, demo: bool) -> str:
    """Translations, tables, static files and the demo world; returns the demo logins."""
    with part.progress.step("Translations"):
        compile_translations()
    part.command("Tables", "migrate", "--verbosity=1")
    part.command("Static files", "collectstatic", "--no-input", "--verbosity=1")
    part.command("Reference and demo data", "seed", *(() if demo else ("--no-demo",)))
    return part.command("Demo logins", "demo_logins").read_text().rstrip() if demo else ""


@contextmanager
def _only_one(home: Home, progress: Progress) -> Iterator[int]:
    """Own the folder; waits for what is left of a run that was killed."""
    deadline = time.monotonic() + _EARLIER_RUN_SECONDS
    while time.monotonic() < deadline:
        with home.lock("lock") as owned:
            if owned is not None:
                yield owned
                return
        if running := home.running():
            raise StackError(_who_runs(running))
        progress.tick()
        time.sleep(0.05)
    raise StackError(
        f"Processes of an earlier run still hold {home.path} after "
        f"{_EARLIER_RUN_SECONDS:.0f} s. Find them with: fuser -v {home.path / 'lock'}"
    )


def _who_runs(running: Running) -> str:
    if running.url:
        return f"It is already running at {running.url}/ (process {running.pid})."
    if running.command == "up":
        return f"It is already starting (process {running.pid})."
    return (
        f"manage.py {running.command} (process {running.pid}) has its own services up: "
        "wait until it ends."
    )


@contextmanager
def _port(first: int) -> Iterator[int]:
    """A free port: the first one asked for, one of those after it, or any.

    Reserved by a name in the kernel until we end, since the web server takes seconds to
    bind it and another `up` must not choose the same one meanwhile.
    """
    for port in (*range(first, first + _PORTS_IN_A_ROW), 0):
        with socket.socket() as probe, socket.socket(socket.AF_UNIX) as name:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                free = int(probe.getsockname()[1])
                if sys.platform.startswith("linux"):
                    name.bind(f"\0business-market-port-{free}")
            except OSError:
                continue
            probe.close()
            yield free
            return
    raise StackError("There is no free port on 127.0.0.1.")


def _wait_until_ready(
    port: int, settings: dict[str, str], children: list[Child], progress: Progress
) -> None:
    """Until the web server says all is well and the worker listens to the broker.

    The worker is asked as well, because what /readyz saw pass through the queue may have
    passed before a restart.
    """
    deadline = time.monotonic() + START_SECONDS
    host = urlsplit(settings["BASE_URL"]).netloc
    broker = Celery(broker=settings["REDIS_URL"], set_as_current=False)
    while True:
        status, text = ask("/readyz", port, host)
        if status == 200 and broker.control.ping(timeout=0.5):
            return
        progress.tick()
        _all_running(children)
        if time.monotonic() > deadline:
            tails = "\n".join(f"  {child.log}\n{child.tail()}" for child in children)
            raise StackError(
                f"Not ready after {START_SECONDS:.0f} s; /readyz: {status} {text}\n{tails}"
            )
        time.sleep(0.1)


def _all_running(children: list[Child]) -> None:
    for child in children:
        if not child.running():
            raise StackError(f"{child.ending()}; the end of {child.log}:\n{child.tail()}")


def _stop_all(children: list[Child], progress: Progress) -> None:
    """Ask all at once, since each takes its time to finish what it holds."""
    progress.say("\n  Stopping ...")
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def _welcome(address: str, home: Path, logins: str, seconds: float) -> str:
    people = f"\n{logins}\n" if logins else ""
    return (
        f"\n  Business Market is up after {seconds:.0f} s:  {address}/\n{people}"
        f"\n  Data and logs are in {home}. Ctrl-C stops everything.\n"
    )
