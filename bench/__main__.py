"""``make bench ARGS=FOLDER``: every measurement, each in a process of its own.

FOLDER holds the real records (``companies.jsonl.gz``, ``chambers.csv``, ``partner_gt/``), which are
not part of the project. ``--only imports`` (or another part) measures that alone.
"""

import argparse
import subprocess
import sys
from pathlib import Path

PARTS = ("imports", "search", "languages", "quality", "scale", "job", "timetable")


def main() -> int:
    """Run the parts one after another; the first failure's exit code, else 0."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the real records")
    parser.add_argument("--only", choices=PARTS, help="measure one part")
    options = parser.parse_args()
    if not options.folder.is_dir():
        print(
            f"{options.folder} is not there. The real records are not part of the project: name "
            "the folder that holds them, as in make bench ARGS=FOLDER",
            file=sys.stderr,
        )
        return 2
    failed = 0
    for part in [options.only] if options.only else PARTS:
        print(f"== {part}", flush=True)
        code = subprocess.run(
            [sys.executable, "-m", f"bench.{part}", str(options.folder)], check=False
        ).returncode
        failed = failed or code
    return failed


if __name__ == "__main__":
    sys.exit(main())
