"""``make bench ARGS=FOLDER``: every measurement, each in a process of its own.

FOLDER holds the real records (``companies.jsonl.gz``, ``chambers.csv``, ``partner_gt/``), which are
not part of the project: without it the parts that need none are measured. ``--only imports`` (or
another part) measures that alone.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from bench.machine import pace

NEED_RECORDS = ("imports", "search", "languages", "quality")
PARTS = ("imports", "search", "languages", "quality", "scale", "job", "timetable")


def main() -> int:
    """Run the parts one after another; the first failure's exit code, else 0."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="folder with the real records")
    parser.add_argument("--only", choices=PARTS, help="measure one part")
    options = parser.parse_args()
    if options.folder is not None and not options.folder.is_dir():
        print(
            f"{options.folder} is not there. The real records are not part of the project: name "
            "the folder that holds them, as in make bench ARGS=FOLDER",
            file=sys.stderr,
        )
        return 2
    failed = 0
    told = [] if options.folder is None else [str(options.folder)]
    for part in [options.only] if options.only else PARTS:
        print(f"== {part}; {pace()}", flush=True)
        if part in NEED_RECORDS and not told:
            print("Left out: it needs the real records, as in make bench ARGS=FOLDER")
            continue
        code = subprocess.run(
            [sys.executable, "-m", f"bench.{part}", *told], check=False
        ).returncode
        failed = failed or code
    return failed


if __name__ == "__main__":
    sys.exit(main())
