"""Compiles translations with Babel, so that a fresh checkout needs no gettext programs."""

import os
import sys
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.stack import CHECKOUT


def compile_translations(root: Path = CHECKOUT) -> list[Path]:
    """Write each .mo that is older than its .po; returns the files written.

    What Babel cannot read of a file somebody is at work on is named on stderr and left out.
    """
    written = []
    for source in sorted(root.glob("*/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        complaints, compiled = StringIO(), BytesIO()
        with source.open("rb") as words, redirect_stdout(complaints):
            write_mo(compiled, read_po(words))
        if said := complaints.getvalue().split("\n")[0]:
            print(f"{source.relative_to(root)}: {said}", file=sys.stderr)
        fresh = target.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(compiled.getvalue())
        fresh.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_translations()
