"""``python -m marketplace.verification FILE``, or ``INSTANCE SCHEDULE``.

Exit code 0 accepted, 1 rejected, 2 unreadable.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from marketplace.verification import UnreadableError, verify_file


def main(words: Sequence[str]) -> int:
    """Write the verdict; its exit code."""
    if not 1 <= len(words) <= 2:
        sys.stderr.write("usage: python -m marketplace.verification FILE | INSTANCE SCHEDULE\n")
        return 2
    try:
        verdict = verify_file(*map(Path, words))
    except UnreadableError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join(verdict.lines()) + "\n")
    return 0 if verdict.accepted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
