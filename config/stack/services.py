"""Which services to bring along: each one whose URL the environment does not name."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from config.stack.child import Child
from config.stack.home import Home, temporary_folder
from config.stack.postgres import Postgres
from config.stack.progress import Progress
from config.stack.valkey import Valkey


@dataclass
class Services:
    """The addresses of the database and the broker, and the servers that we started."""

    environment: dict[str, str]
    scratch: Path  # removed in the end, with whatever is in it
    children: list[Child] = field(default_factory=list)


@contextmanager
def services(
    home: Home, progress: Progress, *, holds: tuple[int, ...] = (), durable: bool = True
) -> Iterator[Services]:
    """Start what is missing, yield the addresses, stop what was started."""
    named = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
    who = None if "DATABASE_URL" in named else home.postgres_identity()
    with ExitStack() as stack:
        found = Services(named, temporary_folder(who))
        stack.callback(shutil.rmtree, found.scratch, ignore_errors=True)
        if "DATABASE_URL" not in named:
            sockets = found.scratch / "sockets"
            postgres = Postgres(home.path, sockets, identity=who, durable=durable, holds=holds)
            stack.callback(postgres.stop)
            with progress.step("PostgreSQL"):
                postgres.start(progress.tick)
            found.environment["DATABASE_URL"] = postgres.url()
            found.children.extend(filter(None, [postgres.child]))
        if "REDIS_URL" not in named:
            valkey = Valkey(home.path, durable=durable, holds=holds)
            stack.callback(valkey.stop)
            with progress.step("Valkey"):
                valkey.start(progress.tick)
            found.environment["REDIS_URL"] = valkey.url()
            found.children.extend(filter(None, [valkey.child]))
        yield found
