"""Compiles translations with Babel, so that a fresh checkout needs no gettext programs."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.stack import CHECKOUT


def compile_translations(root: Path = CHECKOUT) -> list[Path]:
    """Write each .mo that is older than its .po; returns the files written."""
    written = []
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = target.with_suffix(f".{os.getpid()}")
        with source.open("rb") as words, fresh.open("wb") as out:
            write_mo(out, read_po(words, abort_invalid=True))
        fresh.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_translations()
