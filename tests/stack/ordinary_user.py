"""Lets an ordinary user run the Python of these tests, wherever root keeps it."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from config.stack.child import Identity
from config.stack.identity import reachable

NOBODY = Identity(65534, 65534)


def readable_copy(folder: Path) -> tuple[Path, Path]:
    """A Python with our packages that nobody may run, and the folder of its libraries.

    Ours itself if its folders are open to all; else hard links to its files.
    """
    executable = Path(sys.executable)
    base = Path(sys.base_prefix)
    if reachable(executable.parent, NOBODY) and reachable(base, NOBODY):
        return executable, base / "lib"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    copy, environment = folder / "python", folder / "venv"
    ours, packages = copy / "lib" / version, environment / "lib" / version / "site-packages"
    link_tree(Path(sysconfig.get_path("stdlib")), ours, "site-packages", "test")
    link_tree(Path(sysconfig.get_path("purelib")), packages, "tests", "playwright", "mypy*")
    for library in (base / "lib").glob("libpython*"):
        _link_file(library, copy / "lib" / library.name)
    (copy / "bin").mkdir()
    _link_file(executable.resolve(), copy / "bin" / version)
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(copy / "bin" / version)
    (environment / "pyvenv.cfg").write_text(f"home = {copy / 'bin'}\n")
    return environment / "bin" / "python", copy / "lib"


def link_tree(source: Path, target: Path, *left_out: str) -> None:
    """Copy a tree without copying its bytes, where the file system allows."""
    shutil.copytree(
        source,
        target,
        symlinks=True,
        ignore=shutil.ignore_patterns(*left_out),
        copy_function=_link_file,
    )


def _link_file(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target)
