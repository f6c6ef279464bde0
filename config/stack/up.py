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
_EARLIER_RUN_SECONDS = 180.0  # its worker finishes what it is at: a matching on a slow machine
_STOP_SECONDS = 10.0  # then it is ended; a job that was cut off is taken up again


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
        settings["VAR_DIR"] = str(home.path)  # also when --home says otherwise than VAR_DIR
        stack.callback(home.forget)
        running = Running(os.getpid(), "up", str(found.scratch), settings)
        home.announce(running)

        parts = _Parts(home, progress, settings, found.scratch, owned)
        stack.callback(parts.stop)
        logins = _begin(parts, port, demo=not wanted.no_demo)
        with progress.step("Web server, worker and clock"):
            _wait_until_ready(port, settings, parts, progress)
        progress.say(_welcome(address, home.path, logins, time.monotonic() - began))
        home.announce(replace(running, url=address))
        while True:
            progress.tick()
            parts.must_run()
            _must_run(found.children)
            time.sleep(0.1)


class _Parts:
    """The processes of the service: those that last, and commands that end by themselves."""

    def __init__(
        self,
        home: Home,
        progress: Progress,
        settings: dict[str, str],
        scratch: Path,
        owned: int,
    ) -> None:
        self.home, self.progress, self.owned = home, progress, owned
        self.lasting: list[Child] = []
        temporary = scratch / "tmp"  # a killed worker cannot remove its temporary files
        temporary.mkdir(mode=0o700)
        self.env = {**os.environ, **settings, "TMPDIR": str(temporary)}

    def run(self, name: str, *words: str) -> None:
        """Start a process that lasts as long as the service."""
        child = self._child(name, *words)
        self.lasting.append(child)
        child.start()

    def command(self, title: str, *words: str) -> Path:
        """Run a management command to its end; returns the file with what it printed."""
        child = self._command(*words)
        with self.progress.step(title, detail=lambda: _last_line(child)):
            child.start()
            child.finish(tick=self.progress.tick)
        return child.log

    @contextmanager
    def beside(self, title: str, *words: str) -> Iterator[None]:
        """Run a management command while something else is done."""
        child = self._command(*words)
        child.start()
        try:
            yield
            with self.progress.step(title, detail=lambda: _last_line(child)):
                child.finish(tick=self.progress.tick)
        finally:
            child.stop()

    def must_run(self) -> None:
        """Raise StackError, with the end of its log, when one of those that last has ended."""
        _must_run(self.lasting)

    def stop(self) -> None:
        """Ask all at once, since each takes its time to finish what it holds."""
        self.progress.say("\n  Stopping ...")
        for child in self.lasting:
            child.ask_to_stop()
        for child in self.lasting:
            child.stop(_STOP_SECONDS)

    def _command(self, *words: str) -> Child:
        child = self._child(words[0], "manage.py", *words)
        child.log.unlink(missing_ok=True)
        return child

    def _child(self, name: str, *words: str) -> Child:
        log = self.home.path / f"{name}.log"
        argv = [sys.executable, *words]
        return Child(name, argv, log, env=self.env, cwd=CHECKOUT, holds=(self.owned,))


def _begin(parts: _Parts, port: int, *, demo: bool) -> str:
    """Start everything in an order that keeps two cores busy; returns the demo logins."""
    with parts.progress.step("Translations"):
        compile_translations()
    with parts.beside("Static files", "collectstatic", "--no-input"):
        parts.command("Tables", "migrate")
        parts.run("worker", *WORKER)
        parts.run("beat", *beat(parts.home.path / "beat-schedule"))
    parts.run("web", *web("127.0.0.1", port))
    parts.command("Reference and demo data", "seed", *(() if demo else ("--no-demo",)))
    return parts.command("Demo logins", "demo_logins").read_text().rstrip() if demo else ""


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
    port: int, settings: dict[str, str], parts: _Parts, progress: Progress
) -> None:
    """Until the worker listens to the broker and the web server says that all is well.

    The worker is asked as well, because what /readyz saw pass through the queue may have
    passed before a restart.
    """
    deadline = time.monotonic() + START_SECONDS
    host = urlsplit(settings["BASE_URL"]).netloc
    broker = Celery(broker=settings["REDIS_URL"], set_as_current=False)
    listens, status, text = False, 0, "not asked"
    while status != 200:
        listens = listens or bool(broker.control.ping(timeout=0.3))
        if listens:
            status, text = ask("/readyz", port, host)
        progress.tick()
        parts.must_run()
        if time.monotonic() > deadline:
            raise StackError(
                f"Not ready after {START_SECONDS:.0f} s. The worker "
                f"{'listens' if listens else 'does not answer'}; /readyz: {status} {text}\n"
                + "\n".join(f"  {child.log}\n{child.tail()}" for child in parts.lasting)
            )
        time.sleep(0.2)


def _must_run(children: list[Child]) -> None:
    for child in children:
        if not child.running():
            raise StackError(f"{child.ending()}; the end of {child.log}:\n{child.tail()}")


def _last_line(child: Child) -> str:
    return " ".join(last_lines(child.log, 1)).strip()


def _welcome(address: str, home: Path, logins: str, seconds: float) -> str:
    people = f"\n{logins}\n" if logins else ""
    return (
        f"\n  Business Market is up after {seconds:.0f} s:  {address}/\n{people}"
        f"\n  Data and logs are in {home}. Ctrl-C stops everything.\n"
    )
