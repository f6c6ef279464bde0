"""One migrated database for all processes of a test run; each begins with a copy of it.

And how it is emptied again after a test that commits, or brought back to where a test begins.
"""

import functools
import os

import psycopg
from django.core.management import call_command
from django.db import connection, connections, transaction
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


KEPT = {"django_content_type", "auth_permission"}
"""What migrating wrote of the models; nothing changes it."""
EMPTIED = """
do $$
declare
  name text;
  filled boolean;
begin
  lock table {tables} in exclusive mode;
  foreach name in array array[{names}] loop
    execute format('select exists (select from %I)', name) into filled;
    if filled and exists (
      select from pg_trigger where tgrelid = name::regclass and not tgisinternal
    ) then
      execute format('truncate %I', name);  -- its trigger refuses to delete
    elsif filled then
      execute format('delete from %I', name);
    end if;
  end loop;
end
$$
"""
"""Whoever still writes is waited for, as by TRUNCATE. References are looked at in the end."""


@functools.cache
def _tables():
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(found) - KEPT)


@functools.cache
def _emptying():
    return sql.SQL(EMPTIED).format(
        tables=sql.SQL(", ").join(map(sql.Identifier, _tables())),
        names=sql.SQL(", ").join(map(sql.Literal, _tables())),
    )


def empty():
    """Delete all rows where there are any: a test fills five of a hundred tables.

    Django truncates them all and writes anew what migrating wrote: 0.15 CPU seconds, not 0.02.
    """
    with connection.cursor() as cursor:
        cursor.execute(_emptying())


class Snapshot:
    """All rows there are, copied aside, to be put back into the emptied tables.

    For a world that takes seconds to make and that every test of a file begins with.
    """

    def __init__(self, name):
        self._schema = sql.Identifier(name)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("create schema {}").format(self._schema))
            self._tables = [table for table in _tables() if _is_filled(cursor, table)]
            for table in self._tables:
                copy = sql.SQL("create table {}.{} as table {}")
                cursor.execute(copy.format(self._schema, *[sql.Identifier(table)] * 2))

    def put_back(self):
        """Write the rows; references may point forward until all are there."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table in self._tables:
                write = sql.SQL("insert into {} select * from {}.{}")
                name = sql.Identifier(table)
                cursor.execute(write.format(name, self._schema, name))

    def forget(self):
        """Drop the copies."""
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("drop schema {} cascade").format(self._schema))


def _is_filled(cursor, table):
    cursor.execute(sql.SQL("select exists (select from {})").format(sql.Identifier(table)))
    return cursor.fetchone()[0]
