"""The folder of one running service: its data, logs, secret key, lock and address."""

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from config.stack import CHECKOUT
from config.stack.child import Identity, StackError
from config.stack.identity import postgres_identity, reachable
from config.stack.postgres import data_folder

_SOCKET_BYTES = 107  # what the kernel allows for the path of a unix socket


@dataclass(frozen=True)
class Running:
    """What others need to know of a running service.

    `url` is empty while it starts, and when a single command brought the services up.
    """

    pid: int
    command: str
    scratch: str
    environment: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class Home:
    """Paths inside the folder, and who may use it.

    `lock` is held by whoever runs the services and by every process they start, so it is
    free only when the last of them has ended. `users` is shared by the commands that work
    on services another command brought up.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Make the folder; raises StackError when it belongs to somebody else."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "lock").touch(mode=0o600)
        except PermissionError as error:
            raise StackError(
                f"{self.path} belongs to another user. Run this as that user, "
                "or name another folder: manage.py up --home DIR"
            ) from error

    @contextmanager
    def lock(self, name: str, *, shared: bool = False) -> Iterator[int | None]:
        """Try to take a lock without waiting; yields its open file, or None when taken."""
        with (self.path / name).open("a") as file:
            try:
                fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield file.fileno()

    def running(self) -> Running | None:
        """What was announced last, when whoever announced it is still there."""
        try:
            announced = Running(**json.loads(self._state.read_text()))
        except FileNotFoundError:
            return None
        return announced if announced.alive() else None

    def announce(self, running: Running) -> None:
        """Tell other commands; readable by us alone, since it carries a password."""
        fresh = self._state.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(running), file)
        fresh.replace(self._state)

    def forget(self) -> None:
        """Take the announcement back, and what a killed owner could not remove itself."""
        try:
            left = Running(**json.loads(self._state.read_text()))
        except FileNotFoundError:
            return
        shutil.rmtree(left.scratch, ignore_errors=True)
        self._state.unlink()

    def environment(self) -> dict[str, str]:
        """Settings that live in this folder."""
        return {
            "SECRET_KEY": self.secret_key(),
            "VAR_DIR": str(self.path),
            # Compiled code is kept here: the checkout may not be ours to write.
            "NUMBA_CACHE_DIR": str(self.path / "numba"),
        }

    def secret_key(self) -> str:
        """The secret key of this folder, made at the first call and kept (mode 0600)."""
        file = self.path / "secret_key"
        if not file.exists():
            fresh = self.path / f"secret_key.{os.getpid()}"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(50))
            try:
                os.link(fresh, file)  # unlike a rename, keeps the key of whoever was first
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return file.read_text()

    def postgres_identity(self) -> Identity | None:
        """Who runs PostgreSQL on this folder, with the folder open to that user."""
        who = postgres_identity(data_folder(self.path))
        if who is not None:
            self.path.chmod(self.path.stat().st_mode | 0o111)
        if not reachable(self.path.resolve(), who):
            raise StackError(
                f"PostgreSQL does not run as root, and its user cannot reach {self.path}: "
                "name another folder with --home, or a running PostgreSQL in DATABASE_URL."
            )
        return who

    @property
    def _state(self) -> Path:
        return self.path / "running.json"


def default_home() -> Path:
    """VAR_DIR, or var/ in the checkout; as root under a closed folder, below /var/lib."""
    if named := os.environ.get("VAR_DIR"):
        return Path(named).absolute()
    if os.geteuid() != 0 or reachable(CHECKOUT, postgres_identity(data_folder(CHECKOUT / "var"))):
        return CHECKOUT / "var"
    return Path("/var/lib/business-market") / sha256(str(CHECKOUT).encode()).hexdigest()[:12]


def temporary_folder(who: Identity | None) -> Path:
    """A new folder of ours that a user may walk through, with a path short enough for sockets.

    Not listed to others: each file in it decides by its own mode.
    """
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108
        room = len(str(parent / "market-xxxxxxxx" / "sockets" / ".s.PGSQL.5432.lock"))
        if parent.is_dir() and room <= _SOCKET_BYTES and reachable(parent.resolve(), who):
            folder = Path(tempfile.mkdtemp(prefix="market-", dir=parent))
            if who is not None:
                folder.chmod(0o711)
            return folder
    raise StackError("There is no temporary folder with a short path that PostgreSQL can reach.")
