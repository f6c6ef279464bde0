"""How well the engine finds known partners: ``manage.py evaluate_matching`` on the real records.

``python -m bench.quality FOLDER`` with FOLDER holding ``companies.jsonl.gz`` and
``partner_gt/company_statements_train.jsonl.gz``. The shipped parameters were learnt from these very
pairs, which flatters the engine; ``docs/matching-quality.md`` says how it does on others.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the command; its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the real companies and partners")
    folder = parser.parse_args().folder
    named = {
        "--companies": folder / "companies.jsonl.gz",
        "--pairs": folder / "partner_gt" / "company_statements_train.jsonl.gz",
    }
    paths = [part for name, path in named.items() for part in (name, str(path))]
    command = [sys.executable, "manage.py", "evaluate_matching", *paths]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
