"""Who runs PostgreSQL, which refuses to run as root."""

import os
import pwd
from pathlib import Path

from config.stack import CHECKOUT
from config.stack.child import Identity, StackError


def postgres_identity(data: Path) -> Identity | None:
    """None when it runs as we do; as root the owner of the data, of the checkout, or nobody.

    Raises StackError when our user has no name, which initdb insists on.
    """
    if os.geteuid() != 0:
        if not _has_name(os.geteuid()):
            raise StackError(
                f"User {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL does not start "
                "without one. Name a running PostgreSQL in DATABASE_URL instead."
            )
        return None
    for owned in (data, CHECKOUT):
        if owned.exists() and (owner := owned.stat()).st_uid != 0 and _has_name(owner.st_uid):
            return Identity(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError(
            "PostgreSQL refuses to run as root, and there is no user nobody here. "
            "Name a running PostgreSQL in DATABASE_URL instead."
        ) from None
    return Identity(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, who: Identity | None) -> bool:
    """Whether a user may walk down to a path; we ourselves always may."""
    return who is None or all(_enterable(folder, who) for folder in (path, *path.parents))


def _enterable(folder: Path, who: Identity) -> bool:
    facts = folder.stat()
    if facts.st_uid == who.user:
        return bool(facts.st_mode & 0o100)
    if facts.st_gid == who.group:
        return bool(facts.st_mode & 0o010)
    return bool(facts.st_mode & 0o001)


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True
