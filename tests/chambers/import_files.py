"""Files to import, and what came of them."""

import gzip
import json
from pathlib import Path

from django.db import connection

from chambers.gates import tables
from chambers.services import imports, jobs

TABLES = ("chambers_chamber", "chambers_company", "chambers_membership")


def company_file(folder, *records, name="companies.jsonl"):
    """A JSON Lines file with a dict per line; packed when its name ends so."""
    content = "".join(json.dumps(record) + "\n" for record in records)
    path = Path(folder) / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    return path


def run_import(path, **options):
    """The job when it is over, and its row report as dicts: none when it wrote none."""
    report = path.with_name("report.csv")
    report.unlink(missing_ok=True)
    job, lease = imports.order_import(path, report=report, **options)
    jobs.do(lease)
    job.refresh_from_db()
    return job, read_report(report)


def read_report(path):
    if not path.exists():
        return []
    with path.open("rb") as stream:
        return [row for _, row in tables.read_table(stream, "utf-8-sig").rows]


def digest():
    """What all rows that an import may touch hold, as one text."""
    found = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(row::text, '' ORDER BY id), '')) FROM {table} row"
            )
            found += cursor.fetchone()
    return " ".join(found)
