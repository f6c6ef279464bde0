"""One migrated database for all processes of a test run; each begins with a copy of it."""

import os

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

LOCK = 20261121  # any number that nobody else uses on the server of a test run


def migrated_database(name):
    """Its name, for ``create database ... template``; whoever asks first makes it."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute("select pg_advisory_lock(%s)", [LOCK])
        if not server.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            # Renamed when it is whole: a process that is killed leaves no half of it.
            unfinished = sql.Identifier(f"{name}_unfinished")
            server.execute(sql.SQL("drop database if exists {}").format(unfinished))
            server.execute(sql.SQL("create database {}").format(unfinished))
            _migrate(f"{name}_unfinished")
            rename = sql.SQL("alter database {} rename to {}")
            server.execute(rename.format(unfinished, sql.Identifier(name)))
    return name


def _migrate(name):
    connection = connections["default"]
    configured = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        connection.close()
        connection.close_pool()  # nobody may be in a database that is renamed or copied
        connection.settings_dict["NAME"] = configured
