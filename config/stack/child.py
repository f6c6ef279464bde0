"""One child process: its own group, its own log, and it ends when its parent does."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 120.0  # 30 were too few on two busy cores
_LOG_BYTES = 5_000_000
_PR_SET_PDEATHSIG = 1


class StackError(RuntimeError):
    """What the person at the keyboard has to know; the message is written for them."""


@dataclass(frozen=True)
class Identity:
    """The user and group that a child runs as instead of ours."""

    user: int
    group: int


def nothing() -> None:
    """The tick of a caller that has nothing to show and nothing to stop for."""


class Child:
    """A program we start, wait for and stop.

    Its process group is its own, so that Ctrl-C in a terminal reaches us alone and each
    child is asked to stop exactly once.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        identity: Identity | None = None,
        holds: Sequence[int] = (),
    ) -> None:
        """`holds` are open files that stay open until the last process of the child ends."""
        self.name, self.argv, self.log = name, [str(word) for word in argv], log
        self.env, self.cwd, self.stop_signal = env, cwd, stop_signal
        self.identity, self.holds = identity, tuple(holds)
        self._popen: subprocess.Popen[bytes] | None = None
        self._asked = False

    @property
    def pid(self) -> int:
        """The process, which is also the process group; 0 before the start."""
        return self._popen.pid if self._popen is not None else 0

    def start(self) -> None:
        _put_aside(self.log)
        who = self.identity
        with self.log.open("ab") as out:
            self._popen = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.env,
                cwd=self.cwd,
                process_group=0,
                user=who.user if who else None,
                group=who.group if who else None,
                extra_groups=[] if who else None,
                pass_fds=self.holds,
                # Runs after the change of user, which would clear the death signal.
                preexec_fn=_dies_with(os.getpid(), self.stop_signal),
            )
        self._asked = False

    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def wait_until(
        self,
        ready: Callable[[], bool],
        *,
        tick: Callable[[], None] = nothing,
        timeout: float = START_SECONDS,
    ) -> None:
        """Poll until ready; `tick` runs between polls and may raise to give up."""
        deadline = time.monotonic() + timeout
        while not ready():
            tick()
            if not self.running():
                raise StackError(f"{self.ending()} while starting:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} is not ready after {timeout:.0f} s:\n{self.tail()}")
            time.sleep(0.02)

    def finish(self, *, tick: Callable[[], None] = nothing) -> None:
        """Wait for a program that ends by itself; anything but exit code 0 is an error."""
        try:
            while self.running():
                tick()
                time.sleep(0.02)
        except BaseException:  # whoever gives up waiting does not leave it running
            self.stop()
            raise
        if self._popen is None or self._popen.returncode != 0:
            raise StackError(f"{self.ending()}:\n{self.tail(40)}")

    def ask_to_stop(self) -> None:
        """Send the stop signal once: asked twice, Celery drops the tasks it holds."""
        if self._popen is not None and self.running() and not self._asked:
            self._asked = True
            self._popen.send_signal(self.stop_signal)

    def stop(self, timeout: float = 30.0) -> None:
        """Ask, wait, and after the timeout end the whole group."""
        if self._popen is None:
            return
        self.ask_to_stop()
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self._end_group()
            self._popen.wait()
        # A killed parent may leave members of its group behind (pool processes of a worker).
        self._end_group()

    def ending(self) -> str:
        """How it ended, as a clause: "worker was killed by SIGKILL"."""
        code = self._popen.returncode if self._popen is not None else None
        if code is None:
            return f"{self.name} runs"
        if code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name}"
        return f"{self.name} stopped with exit code {code}"

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log, indented."""
        found = last_lines(self.log, lines)
        return "\n".join(f"    {line}" for line in found) or "    (its log is empty)"

    def _end_group(self) -> None:
        if self._popen is None:
            return
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # empty; on macOS also: only zombies left
            return


def last_lines(log: Path, count: int) -> list[str]:
    """Up to `count` last lines of a file, without reading more than 64 KiB of it."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 65_536))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:]


def _put_aside(log: Path) -> None:
    """Begin a new log when the old one has grown long; one older log is kept."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _dies_with(parent: int, with_signal: signal.Signals) -> Callable[[], None] | None:
    """Ask the kernel to signal the child when we die, even by SIGKILL (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return arm
